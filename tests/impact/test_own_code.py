"""A code of one's own goes through the same study: measured, recorded, resumed, and failing in the same words."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from impact import own_factories

from wavecomp import GradientArchive, OwnCode, study_gradients
from wavecomp.errors import MeaninglessGradient, UsageError
from wavecomp.impact.exact import check_exact
from wavecomp.impact.own_sources import plain
from wavecomp.isolation import Limits

LIMITS = Limits(60.0)


def test_a_nonlinear_code_is_studied_and_the_study_goes_on(tmp_path):
    problem = OwnCode(own_factories.logistic, name="logistic", arguments={"shape": [30], "steps": 12})
    texts = [
        "trajectory/zfp:accuracy=1e-3peak",
        "trajectory/zfp:accuracy=1e-5peak",
        "revolve:slots=2",
        "trajectory:every=3",
    ]
    study = study_gradients(problem, texts, out=tmp_path, rounds=1)
    found = {record.spec: record for record in study.records}
    assert [record.spec for record in study.failures] == ["trajectory:every=3/identity"]
    assert "UnsupportedStrategy: every=3: Logistic reads its level" in study.failures[0].outcome.message
    assert found["revolve:slots=2/identity"].outcome.distance["relative_l2"] == 0.0
    assert 0 < found["trajectory/zfp:accuracy=1e-3peak"].outcome.distance["relative_l2"] < 1e-2
    record = found["store-all"]
    assert (record.shape, record.shots, record.steps, record.dtype) == ((30,), (), 12, "float64")
    assert record.level_bytes == 30 * 8
    assert record.outcome.misfit > 0
    assert found["bare"].strategy_parameters == {"level": "one"}
    (where,) = GradientArchive(tmp_path).provenances().values()
    assert where.build == {}
    shown = str(study)
    assert "Gradients of logistic: 30 values, 12 steps\n" in shown
    assert "bare sweeps, back with one" in shown
    assert "shot" not in shown
    assert "one and the same" in (tmp_path / "report.md").read_text()
    again = study_gradients(problem, texts, out=tmp_path, rounds=1)
    assert again.measured == 0
    assert [one.case for one in again.records] == [one.case for one in study.records]


def test_a_separable_code_has_bare_sweeps_without_levels(tmp_path):
    problem = OwnCode(own_factories.wave, name="string", arguments={"points": 20, "steps": 15})
    study = study_gradients(problem, ["trajectory:every=2", "mixed:levels=6"], out=tmp_path, rounds=1)
    assert not study.failures
    found = {record.spec: record for record in study.records}
    assert found["bare"].strategy_parameters == {}
    assert found["mixed:levels=6/identity"].outcome.distance["relative_l2"] == 0.0
    assert "bare sweeps, nothing stored" in str(study)


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        (own_factories.raises, "LookupError: nothing of that name (in raises, line"),
        (own_factories.dies, "killed by SIGSEGV, twice"),
        (own_factories.hangs, "no result within 2 s"),
        (own_factories.eats, "the limit is 1024"),
        (own_factories.returns_a_number, "returned an object of type int; it must return a time-stepping code"),
        (own_factories.raises_on_the_way_back, "ZeroDivisionError: at three"),
        (own_factories.logistic, "missing 2 required positional arguments"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_goes_wrong_in_the_process_is_a_record(factory, words, tmp_path):
    """The limits are far from what the others take: a hang is one whatever the machine's speed."""
    seconds = 2.0 if factory is own_factories.hangs else 60.0
    problem = OwnCode(factory, name="wrong")
    study = study_gradients(problem, ["store-all"], out=tmp_path, time_limit_s=seconds, memory_bytes=1 << 30, rounds=1)
    assert [record.spec for record in study.records] == ["bare", "store-all"]
    assert len(study.failures) == 2
    for record in study.failures:
        assert words in record.outcome.message
    assert words in str(study)


def test_a_module_that_the_process_does_not_find_is_a_record(tmp_path, monkeypatch):
    (tmp_path / "here_alone.py").write_text("from adjoint.honest import Logistic\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import here_alone

    here_alone.make = lambda: None
    here_alone.make.__module__, here_alone.make.__qualname__ = "here_alone", "make"
    study = study_gradients(OwnCode(here_alone.make, name="gone"), ["store-all"], out=tmp_path / "out", rounds=1)
    assert len(study.failures) == len(study.records)
    assert "AttributeError" in study.failures[0].outcome.message


def test_a_gradient_of_no_dimension_has_distances(tmp_path):
    study = study_gradients(
        OwnCode(own_factories.scalar, name="sum"), ["trajectory/zfp:accuracy=1e-3peak"], out=tmp_path, rounds=1
    )
    assert not study.failures
    assert study.records[-1].shape == ()
    assert 0 < study.records[-1].outcome.distance["relative_l2"] < 1e-2


def test_a_gradient_of_zeros_ends_the_study(tmp_path):
    with pytest.raises(MeaninglessGradient, match=r"problem flat: the exact gradient is zero .* wavecomp\.check_code"):
        study_gradients(OwnCode(own_factories.Flat, name="flat"), ["store-all"], out=tmp_path, rounds=1)
    assert not list(GradientArchive(tmp_path))


def test_words_about_waves_are_for_shots_alone():
    with pytest.raises(MeaninglessGradient) as caught:
        check_exact("mine", (), None, np.zeros(3))
    assert "waves" not in str(caught.value)
    check_exact("mine", (), 0.0, np.ones(3))  # an objective may be zero where its gradient is not


CODE = """
import numpy as np
import helper
from adjoint.honest import Logistic

class Mine(Logistic):
    pass

def make(steps=4, start=None):
    return Mine((3,), steps)
"""


def test_the_digest_is_that_of_sources_arguments_and_files(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    files = {"mine.py": CODE, "helper.py": "A = 1\n", "data.txt": "1\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    from mine import make

    def digest(**more):
        given = {"name": "mine", "files": [tmp_path / "data.txt"], "arguments": {"steps": 4}} | more
        return OwnCode(make, **given).looked_at(LIMITS).digest

    first = digest()
    assert digest() == first
    seen = {first}
    for more in ({"name": "other"}, {"arguments": {"steps": 5}}, {"arguments": {"steps": 4, "start": np.arange(3)}},
                 {"arguments": {"steps": 4, "start": np.arange(3) + 1}}, {"files": []}):  # fmt: skip
        seen.add(digest(**more))
    for name, text in files.items():
        (tmp_path / name).write_text(text + "\n# edited\n" if name.endswith(".py") else "2\n")
        seen.add(digest())
        (tmp_path / name).write_text(text)
    assert len(seen) == 9
    assert digest() == first


def test_what_another_process_would_not_find_is_refused_at_once():
    def local():
        return None

    for factory in (local, lambda: None):
        with pytest.raises(UsageError, match="top level of a module"):
            OwnCode(factory, name="mine")
    with pytest.raises(UsageError, match="no function and no class"):
        OwnCode(3, name="mine")
    with pytest.raises(UsageError, match=r"arguments\['at'\]\[1\] is of type object"):
        OwnCode(own_factories.logistic, name="mine", arguments={"at": [1, object()]})
    with pytest.raises(UsageError, match=r"nowhere.*cannot be read"):
        OwnCode(own_factories.logistic, name="mine", files=["nowhere"])
    with pytest.raises(UsageError, match="give the code a name"):
        OwnCode(own_factories.logistic, name="")


def test_arguments_are_equal_only_where_they_are():
    different = [1, 1.0, True, "1", None, b"1", [1], (1,), {"a": 1}, {1: "a"}, float("nan"), 1j, np.arange(2), [0, 1],
                 np.arange(2.0), np.arange(2).reshape(2, 1), float("inf"), "nan", ["float", "nan"]]  # fmt: skip
    texts = [repr(plain(value, "it")) for value in different]
    assert len(set(texts)) == len(texts)
    assert plain(np.float64(0.5), "it") == plain(0.5, "it")


SCRIPT = """
import sys
from wavecomp import ArrayCode, OwnCode, study_gradients
from adjoint.honest import Logistic

class Mine(Logistic):
    pass

{guard}
    study = study_gradients(OwnCode(Mine, name="mine"), ["revolve:slots=2"], out="out", rounds=1)
    assert not study.failures and study.measured == 3, str(study)
    assert "devito" not in sys.modules
"""


def run(script, folder, tests):
    (folder / "devito").mkdir()
    (folder / "devito" / "__init__.py").write_text("raise ImportError('nobody asked for it')\n")
    (folder / "script.py").write_text(textwrap.dedent(script))
    program = f"import sys; sys.path[:0] = [{str(folder)!r}, {tests!r}]\n"
    (folder / "script.py").write_text(program + textwrap.dedent(script))
    return subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True, check=False)


def test_a_code_in_the_script_itself_runs_without_devito(tmp_path, request):
    done = run(SCRIPT.format(guard='if __name__ == "__main__":'), tmp_path, str(request.config.rootpath / "tests"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "gradients.jsonl").exists()


def test_a_call_at_the_top_level_of_a_script_is_refused_with_the_line_that_helps(tmp_path, request):
    done = run(SCRIPT.format(guard="if True:"), tmp_path, str(request.config.rootpath / "tests"))
    assert done.returncode == 1
    assert 'under if __name__ == "__main__":' in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out" / "gradients.jsonl").exists() or not (tmp_path / "out" / "gradients.jsonl").read_text()
