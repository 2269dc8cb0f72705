"""A report replaces what a report wrote, and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from wavecomp.errors import ForeignFile
from wavecomp.records import Record
from wavecomp.report import own_report
from wavecomp.report.figures import figure10, save_figure
from wavecomp.report.own_report import LISTING, PAGE, check_report_place, write_report
from wavecomp.report.page import build_report

from .factory import frame_of, write_archive

PUBLISHED = Path(__file__).resolve().parents[2] / "results" / "published"


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def source(tmp_path: Path, study: list[Record]) -> Path:
    write_archive(tmp_path / "archive", *study[:6])
    return tmp_path / "archive"


def text(name: str):
    def make(out: Path) -> None:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("precious\n")

    return make


def a_title(out: Path) -> None:
    out.mkdir()
    (out / PAGE).write_text(f"{own_report.TITLE}\n\nMy own words about it.\n")


def a_link(out: Path) -> None:
    text("elsewhere")(out)
    (out / PAGE).symlink_to("elsewhere")


def a_link_to_nothing(out: Path) -> None:
    out.mkdir()
    (out / PAGE).symlink_to("nowhere")


def a_folder(out: Path) -> None:
    (out / PAGE).mkdir(parents=True)


def a_list_of_something(out: Path) -> None:
    out.mkdir()
    (out / LISTING).write_text(json.dumps({"files": {PAGE: []}}))


FOREIGN = {
    PAGE: text(PAGE),
    "tables/table1.csv": text("tables/table1.csv"),
    "tables": text("tables"),
    f"{PAGE}: was": a_title,
    f"{PAGE}: is a symbolic link": a_link,
    "is a symbolic link": a_link_to_nothing,
    "no file": a_folder,
    LISTING: text(LISTING),
    f"{LISTING}: ": a_list_of_something,
}


@pytest.mark.parametrize("says", FOREIGN)
def test_what_no_report_wrote_is_refused_and_nothing_is_written(tmp_path: Path, source: Path, says: str) -> None:
    out = tmp_path / "out"
    FOREIGN[says](out)
    before = tree(out)
    with pytest.raises(ForeignFile, match=f"{says}.*Nothing was changed"):
        build_report(source, out)
    with pytest.raises(ForeignFile):
        check_report_place(out)
    assert tree(out) == before


def test_files_of_other_names_do_not_matter(tmp_path: Path, source: Path) -> None:
    for name in ("notes.txt", "tables/mine.csv", "figures/figure10.pdf"):
        text(name)(tmp_path / "out")
    build_report(source, tmp_path / "out")
    build_report(source, tmp_path / "out")
    for name in ("notes.txt", "tables/mine.csv", "figures/figure10.pdf"):
        assert (tmp_path / "out" / name).read_text() == "precious\n"


def test_a_report_takes_the_place_of_the_one_before(tmp_path: Path, source: Path, study: list[Record]) -> None:
    out = tmp_path / "out"
    build_report(source, out)
    first = tree(out)
    assert build_report(source, out)
    assert tree(out) == first
    write_archive(source, study[7])
    build_report(source, out)
    assert tree(out)[PAGE] != first[PAGE]
    listed = json.loads((out / LISTING).read_text())["files"]
    assert set(listed) == set(tree(out)) - {LISTING}
    assert all(len(digests) == 1 for digests in listed.values())


@pytest.mark.parametrize("name", [PAGE, "tables/table1.tex"])
def test_what_was_edited_since_is_kept(tmp_path: Path, source: Path, study: list[Record], name: str) -> None:
    out = tmp_path / "out"
    build_report(source, out)
    (out / name).write_text((out / name).read_text() + "My own words.\n")
    before = tree(out)
    with pytest.raises(ForeignFile, match=f"{name}: was changed after a report was written"):
        build_report(source, out)
    assert tree(out) == before
    (out / name).unlink()
    build_report(source, out)


@pytest.mark.parametrize("at", range(1, 6))
def test_a_report_that_was_ended_while_it_wrote_is_made_anew(tmp_path: Path, monkeypatch, at: int) -> None:
    """After any number of files have got their names: neither half of them is taken for somebody's."""
    names = ("tables/table1.csv", "figures/figure10.png", PAGE)
    old, new = ({name: b"%s %d" % (name.encode(), number) for name in names} for number in (1, 2))
    write_report(tmp_path / "out", old)
    real, count = Path.replace, 0

    def ended(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == at:
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", ended)
        with pytest.raises(KeyboardInterrupt):  # two lists and three files
            write_report(tmp_path / "out", new)
    write_report(tmp_path / "out", new)
    write_report(tmp_path / "fresh", new)
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


def test_the_place_is_checked_for_all_that_a_page_has(tmp_path: Path, source: Path, study: list[Record]) -> None:
    write_archive(source, *study)
    written = {str(path.relative_to(tmp_path / "out")) for path in build_report(source, tmp_path / "out")}
    assert written <= set(own_report._USUAL)


def test_a_report_from_before_there_were_lists_is_known(tmp_path: Path) -> None:
    """By its title, its sources, and what it links to."""
    pages = sorted(PUBLISHED.glob(f"*/{PAGE}"))
    if not pages:
        pytest.skip("no published results beside these tests")
    for page in pages:
        folder = tmp_path / page.parent.name
        shutil.copytree(page.parent, folder)
        (folder / LISTING).unlink(missing_ok=True)
        check_report_place(folder)
        names = [PAGE, *(name for name in tree(folder) if name.startswith("tables/"))]
        assert len(names) >= 5
        text("tables/mine.csv")(folder)
        write_report(folder, dict.fromkeys(names, b"new"))
        with pytest.raises(ForeignFile, match=r"tables/mine\.csv"):
            write_report(folder, {"tables/mine.csv": b"new"})


def test_an_older_report_does_not_own_what_it_does_not_link_to(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out"
    build_report(source, out)
    (out / LISTING).unlink()
    page = (out / PAGE).read_text()
    (out / PAGE).write_text(page.replace("[csv](tables/table1.csv)", "csv"))
    (out / "tables" / "table1.csv").write_text("precious")
    with pytest.raises(ForeignFile, match=r"tables/table1\.csv: was not written by a report of this folder") as caught:
        build_report(source, out)
    assert "so is" not in str(caught.value)
    assert (out / "tables" / "table1.csv").read_text() == "precious"


def test_a_figure_alone_replaces_what_wavecomp_drew(tmp_path: Path, study: list[Record]) -> None:
    figure = figure10(frame_of(*study))
    first = {path.name: path.read_bytes() for path in save_figure(figure, tmp_path, "mine")}
    assert {path.name: path.read_bytes() for path in save_figure(figure, tmp_path, "mine")} == first
    for name in ("mine.png", "mine.svg"):
        (tmp_path / name).write_text("precious")
        with pytest.raises(ForeignFile, match=name):
            save_figure(figure, tmp_path, "mine")
        assert (tmp_path / name).read_text() == "precious"
        (tmp_path / name).write_bytes(first[name])
