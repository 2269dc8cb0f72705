"""A gradient problem is what its model files hold, and not what they are called."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace

import numpy as np
import pytest

from wavecomp.compressors import default_registry
from wavecomp.errors import ModelFileError, RecipeError
from wavecomp.impact.cases import impact_cases
from wavecomp.impact.study import run_impact
from wavecomp.isolation import Limits
from wavecomp.physics.problem_recipe import find_problem
from wavecomp.records import Failure, GradientArchive
from wavecomp.wavefields import model_contents
from wavecomp.wavefields.recipe import find_recipe
from wavecomp.wavefields.velocity import build_velocity

SHAPE = (24, 20)
MODEL = f"""
file_shape = {list(SHAPE)}
file_spacing_m = [10.0, 10.0]
unit = "m/s"
kind = "raw"
"""
PROBLEM = f"""
name = "own"
description = "from files"
physics = "acoustic"
[model]
file = "true.bin"
{MODEL}
[initial]
file = "initial.bin"
{MODEL}
[grid]
shape = {list(SHAPE)}
spacing_m = 10.0
absorbing_points = 5
space_order = 4
[source]
peak_frequency_hz = 20.0
first_m = [100.0, 20.0]
[receivers]
depth_m = 20.0
every = 2
[time]
steps = 40
"""


def write(folder, true=2500.0, initial=2400.0):
    for name, velocity in (("true.bin", true), ("initial.bin", initial)):
        model = np.full(SHAPE, velocity, np.float32)
        model[:, :8] = 2000.0
        model.tofile(folder / name)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A problem beside its files, and a working directory somewhere else."""
    monkeypatch.delenv("WAVECOMP_DATA", raising=False)
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "own.toml").write_text(PROBLEM)
    write(beside)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return beside


def test_files_are_found_beside_the_problem(folder, monkeypatch):
    problem = find_problem(folder / "own.toml")
    assert problem.true_velocity()[0, -1] == 2500.0
    assert problem.initial_velocity()[0, -1] == 2400.0
    problem = find_problem(os.path.relpath(folder / "own.toml"))
    monkeypatch.chdir(folder.parent)
    assert problem.true_velocity()[0, -1] == 2500.0, "a relative path means the folder that it was read in"


@pytest.mark.parametrize("name", ["true.bin", "initial.bin"])
def test_the_digest_is_that_of_the_contents(folder, name):
    before = find_problem(folder / "own.toml").digest
    write(folder, **{name.partition(".")[0]: 2600.0})
    after = find_problem(folder / "own.toml").digest
    assert after != before
    write(folder)
    assert find_problem(folder / "own.toml").digest == before
    # The same bytes for both are not the same bytes the other way round.
    write(folder, true=2400.0, initial=2500.0)
    assert find_problem(folder / "own.toml").digest not in (before, after)


def test_a_file_of_the_same_size_and_time_is_not_taken_for_the_old_one(folder):
    """As a copy that keeps times leaves it: another inode, or another time of change."""
    path = folder / "true.bin"
    long_ago = 10**18
    os.utime(path, ns=(long_ago, long_ago))
    before = find_problem(folder / "own.toml").digest
    write(folder, true=2600.0)
    os.utime(path, ns=(long_ago, long_ago))
    assert find_problem(folder / "own.toml").digest != before


def test_a_file_is_hashed_once_while_nothing_changes(folder, monkeypatch):
    hashed = []
    real = model_contents.file_digest
    monkeypatch.setattr(model_contents, "file_digest", lambda path: hashed.append(path) or real(path))
    monkeypatch.setattr(model_contents, "_SETTLED_NS", -(10**18))  # as if the files lay there for long
    problem = find_problem(folder / "own.toml")
    assert len({problem.digest for _ in range(5)}) == 1
    assert sorted(path.name for path in hashed) == ["initial.bin", "true.bin"]


def test_a_missing_file_matters_where_it_is_needed(folder):
    (folder / "initial.bin").unlink()
    problem = find_problem(folder / "own.toml")
    assert problem.name == "own"
    for ask in (lambda: problem.digest, problem.pinned, problem.initial_velocity):
        with pytest.raises(ModelFileError, match=r'"initial\.bin" was not found in .*beside'):
            ask()


def test_a_pinned_problem_reads_no_other_file(folder):
    problem = find_problem(folder / "own.toml").pinned()
    digest = problem.digest
    write(folder, initial=2600.0)
    for pinned in (problem, pickle.loads(pickle.dumps(problem)), problem.resized(steps=30)):
        assert pinned.true_velocity()[0, -1] == 2500.0
        with pytest.raises(ModelFileError, match=r"initial\.bin: was replaced since this work began"):
            pinned.initial_velocity()
    assert problem.digest == digest
    assert replace(problem, files_sha256=None).digest != digest
    write(folder)
    assert problem.initial_velocity()[0, -1] == 2400.0


def test_a_study_whose_file_is_replaced_meanwhile_has_no_gradient_of_the_new_one(folder, tmp_path):
    cases = impact_cases(find_problem(folder / "own.toml"), ("store-all",), (), default_registry())
    write(folder, true=2600.0)
    archive = GradientArchive(tmp_path / "study")
    result = run_impact(cases, archive, limits=Limits(seconds=600.0, memory_bytes=2**40))
    assert {type(record.outcome) for record in result.records} == {Failure}
    assert all("true.bin: was replaced since this work began" in record.outcome.message for record in result.records)


def test_problems_without_files_keep_their_digests():
    assert find_problem("tiny").digest == "759325a92f936a1527da6b417eca95404cd38269aaa4c380ccec0e8fea0aa4c7"
    assert find_problem("quick").digest.startswith("2dd58341")
    assert find_problem("tiny").pinned().digest == find_problem("tiny").digest


@pytest.mark.parametrize("kind", ["problem", "recipe"])
def test_a_name_that_no_file_system_takes_is_refused(tmp_path, kind):
    text = PROBLEM.replace('"own"', '"' + "a" * 300 + '"')
    if kind == "recipe":
        text = text.replace("[initial]", "[nothing]").replace("first_m", "position_m")
    (tmp_path / "long.toml").write_text(text)
    with pytest.raises(RecipeError, match=r"name = .*has 300 characters.* at most 100 fit"):
        (find_problem if kind == "problem" else find_recipe)(tmp_path / "long.toml")
    (tmp_path / "long.toml").write_text(PROBLEM.replace('"own"', '"' + "a" * 100 + '"'))
    assert find_problem(tmp_path / "long.toml").name == "a" * 100


def test_a_recipe_reads_the_file_that_it_was_told(folder):
    text = PROBLEM.split("[initial]")[0] + "[grid]" + PROBLEM.split("[grid]")[1].split("[receivers]")[0]
    text = text.replace("first_m", "position_m") + "[time]\nsteps = 40\n[snapshots]\nevery = 20\n"
    (folder / "field.toml").write_text(text)
    recipe = find_recipe(folder / "field.toml")
    held = model_contents.model_digest(recipe.model, recipe.folder)
    assert build_velocity(recipe, held)[0, -1] == 2500.0
    write(folder, true=2600.0)
    with pytest.raises(ModelFileError, match="was replaced"):
        build_velocity(recipe, held)
