"""A folder of the model's figures: pictures, a table of values beside each, and a page that says what each answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from wavecomp.records.own_files import begins_with, refuse_foreign
from wavecomp.report.figures import check_figure_place, save_figure
from wavecomp.report.files import write_files
from wavecomp.report.model_constants import ModelConstants
from wavecomp.report.model_curves import TABLE_HEADS

PAGE = "model.md"
TITLE = "# The performance model in pictures: "


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure of the folder.

    Attributes
    ----------
    stem : str
        Its file names without suffix.
    heading : str
        Above it on the page.
    caption : str
        One sentence: what it answers, and with which constants.
    figure : Figure
        Drawn.
    table : str
        Its values as CSV.
    """

    stem: str
    heading: str
    caption: str
    figure: Figure
    table: str


def write_model_page(
    folder: str | Path, subject: str, shown: Sequence[Shown], constants: ModelConstants, notes: str = ""
) -> list[Path]:
    """Write figures, tables and the page; what wavecomp wrote there before is replaced.

    Parameters
    ----------
    folder : path
        Made if need be.
    subject : str
        Whose constants, for the title.
    shown : sequence of Shown
        In the page's order.
    constants : ModelConstants
        Listed on the page with their sources.
    notes : str
        What stands below them.

    Returns
    -------
    list of Path
        Every file written, the page last.

    Raises
    ------
    ForeignFile
        A file that would be replaced is not wavecomp's; nothing is written.
    StorageError
        The disk is full or gone.
    """
    place = Path(folder)
    check_model_place(place, [one.stem for one in shown])
    written = [file for one in shown for file in save_figure(one.figure, place, one.stem)]
    tables = {f"{one.stem}.csv": one.table.encode() for one in shown}
    lines = [TITLE + subject, "", "Constants:", ""]
    lines += [f"- {value}: {source}" for value, source in constants.sources]
    lines += ["", *([notes, ""] if notes else [])]
    for one in shown:
        lines += [f"## {one.heading}", "", f"![{one.heading}]({one.stem}.png)", ""]
        lines += [f"{one.caption} Values: [{one.stem}.csv]({one.stem}.csv).", ""]
    return [*written, *write_files(place, tables | {PAGE: "\n".join(lines).rstrip().encode() + b"\n"})]


def check_model_place(folder: str | Path, stems: Sequence[str]) -> None:
    """See, before anything is measured, that nothing of anybody's would be replaced; raises ForeignFile."""
    place = Path(folder)
    refuse_foreign(place / PAGE, begins_with(TITLE.encode()), "a page")
    heads = begins_with(*(head.encode() for head in TABLE_HEADS))
    for stem in stems:
        refuse_foreign(place / f"{stem}.csv", heads, "a table")
        check_figure_place(place, stem)
