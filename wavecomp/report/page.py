"""The page of an archive: every table and figure that its records support, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from wavecomp.errors import NothingToReport
from wavecomp.plain_text import printable
from wavecomp.records import (
    Archive,
    ComparisonRecord,
    GradientArchive,
    Provenance,
    Section,
    load_frame,
    load_gradients,
    load_sections,
)
from wavecomp.records.experiment import ExperimentResult, load_experiments
from wavecomp.report.comparison import comparison_of, load_comparisons, load_rounds
from wavecomp.report.comparison_rows import rounds_of
from wavecomp.report.comparison_words import title_words
from wavecomp.report.draw_experiments import draw_experiment
from wavecomp.report.draw_validation import figure_validation
from wavecomp.report.experiment_words import describe
from wavecomp.report.figures import (
    comparison_curves,
    comparison_figure,
    figure10,
    figure11,
    figure12,
    figure13,
    figure14,
    figure_spectrum,
    frontier,
    gradient_comparison_figure,
)
from wavecomp.report.gradient_comparison import gradient_comparison
from wavecomp.report.gradient_rows import forward_words
from wavecomp.report.gradient_table import gradient_table
from wavecomp.report.growing_page import GrowingPage
from wavecomp.report.measured_where import lines_of_names, lines_of_rows
from wavecomp.report.order import explain_order
from wavecomp.report.own_report import PAGE, SOURCES, TITLE, check_report_place, write_report
from wavecomp.report.quality import quality_table
from wavecomp.report.rows import RUN, base_name, current
from wavecomp.report.summary import summary
from wavecomp.report.table import Table, escape_markdown
from wavecomp.report.table1 import table1
from wavecomp.report.validation_rows import latest_validations
from wavecomp.report.validation_table import validation_sentences, validation_table


def build_report(archive_folder: str | Path, out_folder: str | Path) -> list[Path]:
    """Write every table and figure that an archive supports, and a page ``report.md`` that shows them.

    The same archive gives the same bytes. What the archive does not support is named at the foot of the page.

    Parameters
    ----------
    archive_folder : path
        With ``records.jsonl``, ``gradients.jsonl``, comparisons or results of experiments, provenances and sections.
    out_folder : path
        Gets ``report.md``, ``tables/`` and ``figures/``, and ``report-files.json``, which lists them: what an earlier
        report wrote is replaced.

    Returns
    -------
    list of Path
        Every file written, the page last.

    Raises
    ------
    NothingToReport
        The archive holds no record; nothing is written.
    DamagedArchive
        A record, a section or an experiment's result is not what was written.
    ForeignFile
        A file that would be replaced was not written by a report; nothing is written.
    StorageError
        The disk is full or gone; the files are as they were before.
    """
    archive = Archive(archive_folder)
    frame = load_frame([archive])
    gradients = load_gradients([GradientArchive(archive_folder)])
    experiments = latest_experiments(load_experiments(archive_folder))
    comparisons = load_comparisons(archive_folder)
    if frame.empty and gradients.empty and not experiments and not comparisons:
        raise NothingToReport(f"{archive.folder} holds no record; {RUN} makes a whole study")
    sections = load_sections(archive_folder)
    provenances = archive.provenances()
    check_report_place(out_folder)  # said before anything is drawn
    page = GrowingPage()
    page.lines += [TITLE, ""]
    if not frame.empty:
        frame = current(frame)
        page.lines += [*(f"- {escape_markdown(line)}" for line in summary(frame)), ""]
        bases = sorted({base_name(str(name)) for name in frame["field"]})
        for base in bases:
            page.lines += [f"## {escape_markdown(base)}", ""]
            _of_wavefield(page, base, f"-{base}" if len(bases) > 1 else "", frame, sections, provenances)
    _of_comparisons(page, comparisons, archive_folder, provenances)
    if not gradients.empty:
        _of_gradients(page, gradients, provenances)
    _of_experiments(page, [one for one in experiments if one.experiment != "validate"])
    _of_validations(page, experiments)
    page.lines += [SOURCES, ""]
    for rows, what in ((frame, "cases"), (gradients, "gradients")):
        if not rows.empty:
            page.lines += lines_of_rows(rows, what, provenances)
    page.lines += lines_of_names("experiment", [(one.experiment, one.provenance) for one in experiments], provenances)
    page.lines += lines_of_names("comparison", [(one.subject, one.provenance) for one in comparisons], provenances)
    if page.missing:
        page.lines += ["## What these records do not support", ""]
        page.lines += [f"- {escape_markdown(reason)}" for reason in dict.fromkeys(page.missing)]
    text = printable("\n".join(page.lines).rstrip() + "\n")
    return write_report(out_folder, page.files | {PAGE: text.encode(errors="backslashreplace")})


def _of_wavefield(
    page: GrowingPage,
    base: str,
    suffix: str,
    frame: pd.DataFrame,
    sections: list[Section],
    provenances: dict[str, Provenance],
) -> None:
    def first_table() -> tuple[Table, list[str]]:
        made = table1(frame, base, provenances)
        return made.to_table(), explain_order(made)

    rows = frame[frame["field"].map(base_name) == base]
    page.table(f"table1{suffix}", first_table)
    page.table(f"quality{suffix}", lambda: (quality_table(rows, base, provenances), []))
    page.figure(
        f"figure10{suffix}",
        "The ratio of each setting at every kept time step of one run, on a logarithmic scale.",
        lambda: figure10(rows, base),
    )
    page.figure(
        f"figure11{suffix}",
        _plane_caption(sections, base),
        lambda: figure11(sections, base),
    )
    page.figure(
        f"figure12{suffix}",
        "Ratio against the absolute tolerance asked for (left) and the largest error that came out (right).",
        lambda: figure12(rows, base),
    )
    page.figure(
        f"figure13{suffix}",
        "What compression changes: errors of one setting of each compressor at errors of about one size.",
        lambda: figure13(sections, base),
    )
    page.figure(
        f"spectrum{suffix}",
        "At which wavenumbers those errors lie, beside the field itself.",
        lambda: figure_spectrum(sections, base),
    )


def _plane_caption(sections: list[Section], base: str) -> str:
    foreign = any(section.axes for section in sections if base_name(section.field) == base)
    if foreign:
        return "The snapshot: a whole level, or the plane through its greatest amplitude; the last axis points down."
    return "The reference wavefield in the vertical plane through the source."


def _of_comparisons(
    page: GrowingPage,
    comparisons: Sequence[ComparisonRecord],
    folder: str | Path,
    provenances: dict[str, Provenance],
) -> None:
    archive, rounds = GradientArchive(folder), load_rounds(folder)
    gradients = list(archive.latest().values()) if any(one.of_gradients for one in comparisons) else []
    for record in comparisons:
        page.lines += [f"## {escape_markdown(f'Equal error on {record.subject}: {title_words(record)}')}", ""]
        stem = f"comparison-{record.case}"
        if record.of_gradients:
            page.figure(
                stem,
                f"Time against memory on {record.subject}, each contestant at a setting that just meets the target.",
                partial(gradient_comparison_figure, record, gradients),
            )
            page.table(stem, partial(gradient_comparison, record, gradients, provenances))
            continue
        mine = rounds_of(record, rounds)
        page.figure(
            stem,
            f"Ratio against speed on {record.subject}, each contestant at its coarsest setting that meets the target.",
            partial(comparison_figure, record, mine),
        )
        if len(record.targets) > 1:
            page.figure(
                f"{stem}-curve",
                f"What a smaller error costs on {record.subject}.",
                partial(comparison_curves, record, mine),
            )
        page.table(stem, partial(comparison_of, record, mine, provenances))


def _of_gradients(page: GrowingPage, gradients: pd.DataFrame, provenances: dict[str, Provenance]) -> None:
    problems = sorted(set(gradients["problem"]))
    for problem in problems:
        suffix = f"-{problem}" if len(problems) > 1 else ""
        page.lines += [f"## The gradient of {escape_markdown(problem)}", ""]
        rows = gradients[gradients["problem"] == problem]
        page.figure(
            f"frontier{suffix}",
            f"What keeping the {forward_words(rows)} costs: time against peak memory, coloured by error.",
            partial(frontier, gradients, problem),
        )
        page.figure(
            f"figure14{suffix}",
            "Error of the gradient against the tolerance asked for (left) and the memory that it took (right).",
            partial(figure14, gradients, problem),
        )
        page.table(f"gradient{suffix}", partial(_gradient_table, gradients, problem, provenances))


def latest_experiments(results: Sequence[ExperimentResult]) -> list[ExperimentResult]:
    """Return the last answer to each question: those of other machines and versions give way, as other records do.

    A failure gives way to whatever was found.
    """
    kept: dict[tuple[str, str, str], ExperimentResult] = {}
    for result in results:
        if result.question not in kept or not result.failed or kept[result.question].failed:
            kept[result.question] = result
    return list(kept.values())


def _of_experiments(page: GrowingPage, experiments: Sequence[ExperimentResult]) -> None:
    problems = sorted({(result.problem, result.problem_digest) for result in experiments})
    for name, digest in problems:
        # Two problems may share a name: a file that was edited between two experiments.
        which = f" (problem {digest[:8]})" if [one for one, _ in problems].count(name) > 1 else ""
        page.lines += [f"## Experiments on the gradient of {escape_markdown(name)}{which}", ""]
        for result in (one for one in experiments if (one.problem, one.problem_digest) == (name, digest)):
            if result.failure is not None:
                page.missing.append(f"experiment {result.experiment} on {name} failed: {result.failure.message}")
            else:
                page.figure(result.stem, describe(result), partial(draw_experiment, result))


def _of_validations(page: GrowingPage, experiments: Sequence[ExperimentResult]) -> None:
    """Show all problems' predictions in one table and one figure."""
    for result in experiments:
        if result.experiment == "validate" and result.failure is not None:
            page.missing.append(f"validation on {result.problem} failed: {result.failure.message}")
    if not latest_validations(experiments):
        return
    page.lines += ["## Predicted and measured", ""]
    page.figure(
        "validation",
        "Predicted against measured wall time and peak memory, of every run of the validation.",
        partial(figure_validation, experiments),
    )
    page.table("validation", lambda: (validation_table(experiments), validation_sentences(experiments)))


def _gradient_table(
    gradients: pd.DataFrame, problem: str, provenances: dict[str, Provenance]
) -> tuple[Table, list[str]]:
    return gradient_table(gradients, problem, provenances), []
