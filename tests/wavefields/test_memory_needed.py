"""What a propagation takes is known before it is taken: an honest bound, and one line where it does not fit."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from wavecomp import machine_memory
from wavecomp.errors import MemoryTooSmall
from wavecomp.machine_memory import Share
from wavecomp.wavefields import FieldStore, memory_needed, parse_recipe
from wavecomp.wavefields.memory_needed import check_propagation, propagation_bytes

RECIPE = """
name = "cube"
description = "to be measured"
physics = "acoustic"

[model]
{model}

[grid]
shape = {shape}
spacing_m = 4.0
absorbing_points = {layer}
space_order = 8

[source]
peak_frequency_hz = 20.0
position_m = {source}

[time]
steps = 3

[snapshots]
"""

CONSTANT = 'kind = "constant"\nvelocity_m_s = 2000.0'
BELT = 'kind = "overthrust_like"'


def recipe_text(shape, model=BELT, layer=10):
    return RECIPE.format(model=model, shape=list(shape), layer=layer, source=["centre"] * len(shape))


def recipe_of(shape, **more):
    return parse_recipe(recipe_text(shape, **more), "cube.toml")


PROGRAM = """
import sys, tempfile
from pathlib import Path
from wavecomp.wavefields import FieldStore, parse_recipe
with tempfile.TemporaryDirectory() as folder:
    FieldStore(Path(folder)).generate(parse_recipe(sys.argv[1], "cube.toml"))
lines = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark is Linux's")
@pytest.mark.parametrize(
    ("shape", "more"),
    [((120, 110, 100), {"layer": 20}), ((2000, 1200), {"model": CONSTANT})],
)
def test_a_process_takes_what_is_said(shape, more):
    """Never more; and no less than seven tenths, so that nobody is refused without need."""
    text = recipe_text(shape, **more)
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), text]
    taken = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    said = propagation_bytes(parse_recipe(text, "cube.toml"))
    assert 0.7 * said <= taken <= said


def there(monkeypatch, free_bytes):
    share = Share(10**12, free_bytes, "the control group's memory.max")
    monkeypatch.setattr(machine_memory, "available", lambda: share)


def test_a_field_of_80_gigabytes_is_refused_before_anything_is_taken(tmp_path, monkeypatch):
    """1300 points a side: it was killed after 89 s, without a word."""
    there(monkeypatch, 24 * 10**9)
    taken = []
    monkeypatch.setattr("wavecomp.wavefields.store.build_velocity", lambda *_: taken.append(1))
    big = recipe_of((1300, 1300, 1300))
    with pytest.raises(MemoryTooSmall, match=r"1300 x 1300 x 1300 points, would take 75\d+ bytes \(75 GB\)") as caught:
        FieldStore(tmp_path).generate(big)
    assert taken == []
    assert not list(tmp_path.iterdir())
    words = str(caught.value)
    assert "the control group's memory.max" in words
    # What is said to fit does, and nearly fills it.
    shape = tuple(int(n) for n in words.partition("); ")[2].partition(" points")[0].split(" x "))
    fits = propagation_bytes(recipe_of(shape))
    assert 0.9 * caught.value.there_bytes < fits <= caught.value.there_bytes
    check_propagation(recipe_of(shape))


def test_nothing_fits(monkeypatch):
    there(monkeypatch, 0)
    monkeypatch.setattr(memory_needed, "PROCESS_BYTES", 10**12)  # more than the process of the tests holds already
    with pytest.raises(MemoryTooSmall, match="no grid over this extent would fit"):
        check_propagation(recipe_of((200, 200, 200)))


def test_a_model_file_counts(tmp_path):
    """A small grid cut from a large file takes what the file takes."""
    (tmp_path / "model.bin").write_bytes(bytes(40_000_000))
    model = (
        'kind = "raw"\nfile = "model.bin"\nfile_shape = [2500, 4000]\nfile_spacing_m = [4.0, 4.0]\n'
        "file_origin_m = [0.0, 0.0]\n"
        'axes = "xz"\ndtype = "<f4"\nunit = "m/s"'
    )
    recipe = parse_recipe(recipe_text((100, 100), model=model), "cube.toml", tmp_path)
    assert propagation_bytes(recipe) - propagation_bytes(recipe_of((100, 100))) > 10 * 40_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark is Linux's")
@pytest.mark.parametrize(
    ("physics", "shape"),
    [
        ("tti", (2800, 2200)),
        ("viscoacoustic", (2800, 2200)),
        ("viscoelastic", (1700, 1500)),
        ("elastic", (110, 100, 90)),
    ],
)
def test_every_physics_counts_its_own_arrays(physics, shape):
    """As above: never more than is said, and no less than seven tenths of it."""
    text = (
        recipe_text(shape, model=CONSTANT)
        .replace('"acoustic"', f'"{physics}"')
        .replace("space_order = 8", "space_order = 4")
    )
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), text]
    taken = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    said = propagation_bytes(parse_recipe(text, "cube.toml"))
    assert 0.7 * said <= taken <= said
