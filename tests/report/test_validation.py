"""Predicted against measured, from records alone: the table, its bars, and the picture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from validation_row import ROW
from wavecomp.errors import NothingToReport
from wavecomp.records import Failure
from wavecomp.records.experiment import ExperimentResult, load_experiments, save_experiment
from wavecomp.report.draw_validation import figure_validation
from wavecomp.report.page import build_report
from wavecomp.report.table import render
from wavecomp.report.validation_rows import bars, judged, latest_validations
from wavecomp.report.validation_table import validation_sentences, validation_table

from .factory import PROVENANCE, write_archive

REFUSED = {
    **ROW, "refused": "does not fit", "fits": False, "measured_s": None, "relative_l2": None, "deep_l2": None,
    "peak_bytes": None, "forward_steps": None, "writes": None, "predicted_s": None, "published_s": None,
    "budget_bytes": 100,
}  # fmt: skip


def validation(problem: str, rows, *, unseen: bool = False, when: str = "2026-01-01", **changed) -> ExperimentResult:
    facts = {"calibrated_on": "block", "never_calibrated": unseen, "speed": 1.25, "own_speed": 1.3, "rounds": 3}
    made = ExperimentResult(
        "validate", problem, f"digest of {problem}", {"costs": "{}"}, facts, tuple(rows), PROVENANCE.digest,
        case=f"{problem}{when}", created_utc=when,
    )  # fmt: skip
    return replace(made, **changed)


def test_what_meets_the_bars_meets_all_of_them_and_a_step_beyond_misses_its_own():
    assert all(bar.met for bar in bars(judged([validation("block", [ROW, REFUSED])])))
    for changed, missed in (
        ({"predicted_s": 12.1}, ["wall time: median", "wall time: worst"]),
        ({"predicted_peak_bytes": 5_250_001}, ["peak memory"]),
        ({"writes": 91}, ["forward steps and writes: 0 of 1"]),
        ({"predicted_l2": 2.01e-3}, ["gradient error"]),
        ({"predicted_deep_l2": 0.9e-3}, ["gradient error"]),
        ({"fits": False}, ["does the budget hold it: 0 of 1"]),
    ):
        found = [bar.words for bar in bars(judged([validation("block", [{**ROW, **changed}])])) if not bar.met]
        assert len(found) == len(missed), changed
        assert all(words.startswith(start) for words, start in zip(found, missed, strict=True))


def test_errors_that_are_rounding_are_not_held_against_anybody():
    (case,) = judged([validation("block", [{**ROW, "relative_l2": 1e-7, "predicted_l2": 0.0, "deep_l2": 9e-7}])])
    assert case.error_factors == (None, None)


def test_the_table_says_each_case_and_what_was_to_be_shown():
    results = [validation("block", [ROW, REFUSED]), validation("cube", [{**ROW, "predicted_s": 8.0}], unseen=True)]
    table = validation_table(results)
    assert [row.muted for row in table.rows] == [False, True, False]
    text = render(table, "markdown")
    assert "+5.0" in text
    assert "-20.0" in text
    assert "-40" in text  # the published equations
    assert "refused for want of memory" in text
    assert "cube, never calibrated: costs of block for its grid" in text
    assert "by the speed of block's bare sweeps: 10.0 and 10.0 %" in text
    assert "wall time: worst 20.0 % (at most 20.0 %): met" in validation_sentences(results)
    assert "wall time: median 12.5 % (at most 10.0 %): MISSED" in validation_sentences(results)


@pytest.mark.parametrize(
    ("speed", "speeds", "said"),
    [
        (1.25, [1.0, 1.2, 1.1], ""),
        (1.25, [1.0] * 5 + [3.0] * 5, "a factor of 3.0"),
        (0.2, [0.2, 0.2, 0.2], "a factor of 5.0"),
    ],
)
def test_a_machine_that_others_used_is_told(speed, speeds, said):
    facts = {"calibrated_on": "block", "never_calibrated": False, "speed": speed, "own_speed": 1.3, "rounds": 3}
    rows = [{**ROW, "speed": one} for one in speeds]
    note = validation_table([validation("block", rows, facts=facts)]).notes[0]
    assert said in note
    assert ("something else was running" in note) is bool(said)


@pytest.mark.parametrize(("steady", "said"), [(0.75, "25 % of which were on another machine"), (1.0, ""), (0.0, "")])
def test_rounds_that_did_not_count_are_told(steady, said):
    facts = {"calibrated_on": "block", "never_calibrated": False, "speed": 1.0, "own_speed": 1.0, "rounds": 4}
    note = validation_table([validation("block", [ROW], facts=facts | {"steady": steady})]).notes[0]
    assert said in note
    assert ("do not count" in note) is bool(said)


def test_of_two_validations_of_one_problem_the_later_counts():
    earlier, later = validation("block", [ROW]), validation("block", [ROW, ROW], when="2026-02-01")
    assert latest_validations([later, earlier]) == [later]
    failed = validation("block", [], when="2026-03-01", failure=Failure("crash", "no more"))
    assert latest_validations([later, failed]) == [later]
    for make in (validation_table, figure_validation):
        with pytest.raises(NothingToReport, match="wavecomp model validate"):
            make([failed])


def test_the_page_shows_all_problems_in_one_table_and_one_picture(tmp_path):
    write_archive(tmp_path)
    for result in (validation("block", [ROW, REFUSED]), validation("cube", [{**ROW, "compressed": True}], unseen=True)):
        save_experiment(tmp_path, result)
    assert len(load_experiments(tmp_path)) == 2
    build_report(tmp_path, tmp_path)
    page = (tmp_path / "report.md").read_text()
    assert page.count("figures/validation.png") == 1
    assert "wall time: median 5.0 %" in page
    assert (tmp_path / "tables" / "validation.csv").read_text().count("\n") == 4
    assert (tmp_path / "figures" / "validation.png").stat().st_size > 10_000


def test_the_picture_has_both_panels_with_units_and_a_marker_a_problem():
    figure = figure_validation([validation("block", [ROW]), validation("cube", [ROW], unseen=True)])
    left, right = figure.axes
    assert (left.get_xlabel(), right.get_xlabel()) == ("Measured (s)", "Measured (MB)")
    labels = [text.get_text() for text in left.get_legend().get_texts()]
    assert labels == ["published equations", "block", "cube, never calibrated"]
