"""The suite that ships: what crashes, hangs or prints is named, with the smallest field that shows it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from wavecomp.cli import status_of
from wavecomp.compressors import BUILT_IN, Absolute, Compressor, Definition, Registry
from wavecomp.conformance import Report, check, examination
from wavecomp.conformance.case import Case, shown
from wavecomp.conformance.checks import CHECKS
from wavecomp.conformance.memory_places import Guarded
from wavecomp.conformance.shrinking import smaller, smallest
from wavecomp.conformance.subject import NotPortable
from wavecomp.errors import SpecError
from wavecomp.isolation import Limits

from . import liars


def build_crashing(configuration) -> Compressor:
    made = liars.Crashes()
    made.spec = configuration.spec
    return made


CRASHING = Definition("crashing", "dies of negative values", (), build_crashing, ("crashing",))


@pytest.fixture(autouse=True)
def few_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried here is how a process is watched: the checks themselves are tried in test_contract_sees.py."""
    monkeypatch.setattr("wavecomp.conformance.CHECKS", [one for one in CHECKS if one.name in FEW])
    monkeypatch.setattr(examination, "_SHRINKING_S", 0.0)


FEW = ("shapes", "streams of their own", "no state", "standard output")


def outcomes(report: Report) -> dict[str, str]:
    return {outcome.check: outcome.status for outcome in report.outcomes}


def test_an_honest_one_passes() -> None:
    report = check(liars.Honest())
    assert report.ok
    assert outcomes(report) == dict.fromkeys(("declaration", *FEW, "two processes"), "passed")
    assert report.names == ()
    assert str(report).startswith("liar: lossless\ndeclaration           passed\n")


def test_a_crash_is_named_with_a_small_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies of seven values or more with a negative one among them; seven are not found, halves and ends are."""
    monkeypatch.setattr(examination, "_SHRINKING_S", 120.0)
    monkeypatch.setattr(examination, "_MOST_DEATHS", 1)
    report = check(liars.Crashes())
    assert not report.ok
    assert report.names == ("crashes",)
    (found,) = report.findings
    assert "SIGSEGV" in found.found
    field = eval(found.example.removesuffix(" (wave)"), {"np": np})  # noqa: S307
    assert 7 <= field.size <= 12
    assert np.count_nonzero(field) == np.count_nonzero(field < 0) == 1


def test_after_a_crash_the_next_check_is_made() -> None:
    report = check(liars.Crashes())
    assert outcomes(report) == {
        "declaration": "passed",
        "shapes": "failed",
        "streams of their own": "failed",
        "no state": "failed",
        "standard output": "not run",
        "two processes": "not run",
    }
    assert report.names == ("crashes",)


def test_a_crash_of_a_registered_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "_MOST_DEATHS", 1)
    report = check("crashing", Registry((*BUILT_IN, CRASHING)))
    assert report.spec == "crashing"
    assert report.names == ("crashes",)


def test_what_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "_MOST_DEATHS", 1)
    report = check(liars.Hangs(), patience_s=0.5)
    assert report.names == ("hangs",)
    assert report.findings[0].found == "no result within 0.5 s"


def test_what_hoards_memory_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a gigabyte is held; the limit is 400 MiB, which the imports do not reach."""
    monkeypatch.setattr(examination, "_WHOLE", Limits(60.0, 400 * 2**20))
    monkeypatch.setattr(examination, "_MOST_DEATHS", 1)
    report = check(liars.Hoards(), patience_s=10.0)
    assert report.names == ("takes too much memory",)


@pytest.mark.parametrize(
    ("liar", "name"),
    [
        (liars.Liar(Absolute(1e-2), liars.nudge), "breaks its bound"),
        (liars.Spoils(), "changes its input"),
        (liars.WritesPastField(), "writes outside its input"),
        (liars.WritesPastOut(), "writes outside its output"),
        (liars.Aliases(), "shares memory with its input"),
        (liars.Learns(), "keeps state"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_lives_and_lies_is_named_too(liar: Compressor, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "_SHRINKING_S", 60.0)
    report = check(liar)
    assert name in report.names
    assert not report.ok
    found = next(finding for finding in report.findings if finding.name == name)
    # What a process has learned hides what it does: there the first field that showed it stays.
    assert found.example.startswith("np.array([") or name == "keeps state"


def test_what_prints_is_heard(capfd: pytest.CaptureFixture[str]) -> None:
    report = check(liars.Prints())
    assert report.names == ("prints to standard output",)
    assert "block 1 of 1 done" in report.findings[0].found
    assert "block" not in capfd.readouterr().out


def test_what_depends_on_the_process_is_seen() -> None:
    report = check(liars.Numbered())
    assert [(outcome.check, outcome.status) for outcome in report.outcomes if outcome.findings] == [
        ("two processes", "failed")
    ]
    assert report.names == ("gives different streams",)


def test_nonsense_about_itself_ends_it_at_once() -> None:
    report = check(liars.Boasts())
    assert report.names == ("declares nonsense",)
    assert "max_dimensions is 0" in report.findings[0].found
    assert set(outcomes(report).values()) == {"failed", "not run"}


def test_what_cannot_leave_this_process_is_refused() -> None:
    class Local(liars.Liar):
        pass

    with pytest.raises(NotPortable, match="top level of a module"):
        check(Local())


@pytest.mark.parametrize("spec", ["zpf", "zfp:accuracy=1e-3,rate=8", "zfp"])
def test_wrong_words_are_wrong_words(spec: str) -> None:
    with pytest.raises(SpecError):
        check(spec)


def test_an_example_is_python_that_makes_the_field() -> None:
    for values in ([0.1, -0.0, np.nan], [[1e-45, np.inf], [-np.inf, 3.4e38]]):
        for dtype in (np.float32, np.float64):
            field = np.array(values).astype(dtype)
            made = eval(shown(field), {"np": np})  # noqa: S307
            assert np.array_equal(made, field, equal_nan=True)
            assert made.dtype == field.dtype
            assert np.array_equal(np.signbit(made), np.signbit(field))


def test_shrinking_finds_the_smallest() -> None:
    """Fails where a value is above a half beside another one: two values, one of them 1, are the smallest."""
    rng = np.random.default_rng(1)
    field = rng.standard_normal((5, 6, 7))

    def fails(case: Case) -> bool:
        return case.field.size >= 2 and bool((case.field > 0.5).any())

    found = smallest(Case(field), fails, 30.0).field
    assert found.shape == (2,)
    assert sorted(found.tolist()) == [0.0, 1.0]


def test_every_smaller_field_is_another_one() -> None:
    field = np.arange(-4.0, 5.0).reshape(3, 3)
    for one in smaller(field):
        assert one.shape != field.shape or not np.array_equal(one, field)
        assert one.flags.c_contiguous
    assert list(smaller(np.zeros((0, 3)))) == []
    assert list(smaller(np.zeros(1))) == []


@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize("place", [-1, 0])
def test_a_guard_sees_one_byte(offset: int, place: int) -> None:
    guarded = Guarded(np.ones((3, 5), np.float32), offset)
    assert guarded.array.ctypes.data % 64 == offset
    assert guarded.intact()
    index = guarded._start - 1 if place < 0 else guarded._stop
    guarded._whole[index] = 0
    assert not guarded.intact()


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["compressors", "check", "identity"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "identity: lossless"
    assert lines[-1].startswith("6 passed; ")


def test_the_command_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["compressors", "check", "identity", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert [outcome["status"] for outcome in report["outcomes"]] == ["passed"] * 6


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["zpf"], 'did you mean "zfp"?'),
        (["zfp:accuracy=1,rate=8"], "give exactly one of"),
        ([], "Missing argument 'SPEC'"),
    ],
)
def test_the_command_refuses_wrong_words(words, says, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["compressors", "check", *words]) == 2
    assert says in capsys.readouterr().err


def test_a_plug_in_that_falls_short_ends_the_command_with_1(
    troublemaker, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "_SHRINKING_S", 60.0)
    assert status_of(["compressors", "check", "trouble:kind=lie"]) == 1
    shown = capsys.readouterr().out
    assert "shapes                failed" in shown
    assert "breaks its bound: 0.0 comes back as 0.02" in shown
    assert "np.array([0.0], np.float32)" in shown
