"""A gradient study: exact where it must be, resumable, one record a case, and the right exit status."""

from __future__ import annotations

import pytest

from wavecomp.cli import status_of
from wavecomp.compressors import default_registry
from wavecomp.errors import DamagedArchive, SpecError
from wavecomp.impact.cases import BARE, impact_cases
from wavecomp.impact.study import run_impact
from wavecomp.isolation import Limits
from wavecomp.records import Failure, GradientArchive, GradientImpact, load_gradients
from wavecomp.report.gradient_table import gradient_table

EXACT = (
    "store-all",
    "trajectory",
    "trajectory/blosc2",
    "revolve:slots=4",
    "revolve:slots=4/zfp:reversible",
    "mixed:levels=8/blosc2",
)
LOSSY = ("trajectory/zfp:accuracy=1e-1", "trajectory/zfp:accuracy=1e-3")
LIMITS = Limits(seconds=600.0, memory_bytes=2**40)


@pytest.fixture(scope="module")
def study(tiny, tmp_path_factory):
    """Every exact strategy and two lossy ones on the tiny problem, measured once."""
    archive = GradientArchive(tmp_path_factory.mktemp("study"))
    cases = impact_cases(tiny, (*EXACT, *LOSSY), (), default_registry())
    return cases, archive, run_impact(cases, archive, rounds=1, limits=LIMITS)


def test_lossless_strategies_stand_in_the_table_with_error_zero(study):
    _, archive, result = study
    assert not result.failures
    frame = load_gradients([archive])
    digests = {row["spec"]: row["gradient_digest"] for row in frame.to_dict("records")}
    registry = default_registry()
    from wavecomp.plans.strategies import parse_strategy

    exact = {parse_strategy(text, registry).spec for text in EXACT}
    assert {digests[spec] for spec in exact} == {digests["store-all"]}
    table = gradient_table(frame, "tiny")
    error = [column.header for column in table.columns].index("Relative L2")
    assert [row.cells[error] for row in table.rows].count(0.0) == len(exact)
    for column in ("Relative L1", "Relative L∞", "Angle (rad)", "Bias"):
        place = [c.header for c in table.columns].index(column)
        assert all(row.cells[place] == 0.0 for row in table.rows if row.cells[error] == 0.0)


def test_lossy_error_falls_with_the_tolerance(study):
    _, _, result = study
    errors = [r.outcome.distance["relative_l2"] for r in result.records if "accuracy" in r.spec]
    assert errors[0] > 10 * errors[1] > 0


def test_the_bare_sweeps_have_times_and_no_gradient(study):
    _, _, result = study
    bare = result.records[0]
    assert bare.spec == BARE
    assert bare.outcome.distance == {}
    assert bare.outcome.gradient_digest is None
    assert bare.outcome.seconds.wall == min(bare.outcome.walls_s) > 0


def test_kinds_of_work_add_up_to_the_wall_time(study):
    for record in study[2].records:
        s = record.outcome.seconds
        total = s.advance + s.compress + s.decompress + s.reverse + s.other
        assert total == pytest.approx(s.wall, rel=1e-9)


def test_the_process_that_measured_says_where_and_with_which_kernels(study):
    _, archive, result = study
    (made,) = archive.provenances().values()
    assert {record.provenance for record in result.records} == {made.digest}
    assert made.build["compiler"]
    assert made.settings["OMP_WAIT_POLICY"] == "PASSIVE"
    assert made.code


def test_nothing_is_measured_twice(study, tiny, monkeypatch):
    cases, archive, result = study
    before = archive.path.read_bytes()
    again = run_impact(cases, archive, rounds=1, limits=LIMITS)
    assert again.measured == 0
    assert archive.path.read_bytes() == before
    assert [r.case for r in again.records] == [r.case for r in result.records] == [c.digest for c in cases]


def test_a_line_that_was_cut_off_is_measured_again_alone(tiny, tmp_path):
    archive = GradientArchive(tmp_path)
    cases = impact_cases(tiny, ("trajectory:every=4",), (), default_registry())
    run_impact(cases, archive, rounds=1, limits=LIMITS)
    whole = archive.path.read_bytes()
    lines = whole.splitlines(keepends=True)
    archive.path.write_bytes(b"".join(lines[:-1]) + lines[-1][:40])
    assert run_impact(cases, archive, rounds=1, limits=LIMITS).measured == 1
    assert archive.path.read_bytes().splitlines(keepends=True)[:-1] == lines[:-1]


def test_damaged_line_is_named(study, tmp_path):
    lines = study[1].path.read_bytes().splitlines(keepends=True)
    copy = GradientArchive(tmp_path)
    copy.path.write_bytes(lines[0] + lines[1].replace(b'"writes":0', b'"writes":1') + b"".join(lines[2:]))
    with pytest.raises(DamagedArchive, match="line 2"):
        list(copy)


def test_what_does_not_fit_is_a_failure_with_the_numbers(tiny, tmp_path):
    cases = impact_cases(tiny, ("trajectory",), (), default_registry(), budget_bytes=100_000)
    result = run_impact(cases, GradientArchive(tmp_path), rounds=1, limits=LIMITS)
    outcomes = {record.spec: record.outcome for record in result.records}
    assert isinstance(outcomes[BARE], GradientImpact)
    for spec in ("store-all", "trajectory/identity"):
        assert isinstance(outcomes[spec], Failure)
        assert "100000" in outcomes[spec].message


def test_words_that_cross(tiny):
    registry = default_registry()
    specs = [
        case.spec
        for case in impact_cases(tiny, ("trajectory", "revolve:slots=3/zfp:rate=8"), ("int8", "sz3:abs=1e-3"), registry)
    ]
    assert specs[:2] == [BARE, "store-all"]
    assert specs[2].startswith("trajectory/int8")
    assert specs[3].startswith("trajectory/sz3")
    assert specs[4].startswith("revolve:slots=3/zfp:rate=8")
    assert len(specs) == 5
    with pytest.raises(SpecError, match="trajectry"):
        impact_cases(tiny, ("trajectry",), ("int8",), registry)


@pytest.mark.parametrize("name", ["tiny", "overthrust-2d", "quick"])
def test_default_study_is_made_of_distinct_strategies(name, tmp_path, monkeypatch):
    from wavecomp.physics.problem_recipe import find_problem

    (tmp_path / "overthrust_2d_slice.h5").write_bytes(b"what a digest is made of")
    monkeypatch.setenv("WAVECOMP_DATA", str(tmp_path))

    cases = impact_cases(find_problem(name), (), (), default_registry())
    assert len({case.digest for case in cases}) == len(cases) >= 12
    assert {case.spec.partition("/")[0].partition(":")[0] for case in cases} == {
        BARE, "store-all", "trajectory", "revolve", "mixed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["--problem", "tinny"], 2, 'unknown problem "tinny"; did you mean "tiny"?'),
        (["--strategy", "revolv"], 2, 'unknown strategy "revolv"; did you mean "revolve"?'),
        (["--strategy", "revolve:slots=0"], 2, "slots=0"),
        (["--compressor", "zpf"], 2, 'unknown compressor "zpf"; did you mean "zfp"?'),
        (["--memory", "2GiBs"], 2, "2GiBs"),
        (["--memory", "0"], 2, "is no size above 0"),
        (["--problem", "tiny", "--shot", "9"], 2, "has the shots 0 to 3"),
        (["--workers", "0"], 2, "--workers"),
    ],
)
def test_wrong_words(tmp_path, monkeypatch, capfd, words, status, says):
    monkeypatch.chdir(tmp_path)
    assert status_of(["gradient", *words]) == status
    shown = capfd.readouterr().err
    assert says in shown.replace("\n", " ")
    assert "Traceback" not in shown
    assert not any(tmp_path.iterdir())


def test_command_line_end_to_end(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    words = ["gradient", "--problem", "tiny", "--strategy", "trajectory/zfp:accuracy=1e-2", "--format", "csv"]
    assert status_of(words) == 0
    table = capfd.readouterr().out
    assert "bare sweeps, nothing stored" in table
    assert "store-all" in table
    page = (tmp_path / "results" / "tiny" / "report.md").read_text()
    assert "The gradient of tiny" in page
    assert (tmp_path / "results" / "tiny" / "figures" / "frontier.png").exists()
    assert status_of(["report", "results/tiny"]) == 0
    assert (tmp_path / "results" / "tiny" / "report.md").read_text() == page
    assert status_of([*words, "--memory", "50kB"]) == 1
    assert "50000" in capfd.readouterr().err
