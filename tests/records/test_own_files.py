"""Nobody's records, pictures or notes are appended to, cut off, or replaced."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wavecomp.errors import DamagedArchive, ForeignFile
from wavecomp.records import (
    Archive,
    Failure,
    GradientArchive,
    Record,
    Section,
    collect_provenance,
    load_sections,
    save_section,
)
from wavecomp.records import whole_file as whole_file_module
from wavecomp.records.experiment import ExperimentResult, load_experiment, save_experiment
from wavecomp.records.whole_file import whole_file

PROVENANCE = collect_provenance()
ARCHIVES = [Archive, GradientArchive]


def record(case: str = "c0") -> Record:
    return Record(
        case=case, suite="s", spec="zfp:accuracy=1e-3", compressor="zfp", parameters={"accuracy": 1e-3},
        library="zfpy 1.0.1", threads=1, concurrent=False, field="quick@500", field_digest="d" * 64, step=500,
        time_s=1.5, shape=(4, 8, 8), dtype="float32", raw_bytes=1024, provenance=PROVENANCE.digest,
        created_utc="2026-01-01T00:00:00+00:00", outcome=Failure("time", "late"),
    )  # fmt: skip


SECTION = Section(
    "quick@500", "d", None, 500, 1.5, "x-z", (0.0, 1.0, 0.0, 1.0), {"ssim": 0.9}, np.ones((5, 4), np.float32), None, {}
)
RESULT = ExperimentResult("ratio", "tiny", "d", {}, {"steps": 4}, ({"ratio": 2.0},))

SOMEBODYS = {
    "text": b"my notes",
    "text with lines": b"my notes\nare long\n",
    "text and no end": b"my notes\nare long",
    "one object": b'{"precious": 1}',
    "one object, without spaces": b'{"case":"mine"}',
    "objects": b'{"precious": 1}\n{"precious": 2}\n',
    "half an object": b'{"precious": [1, 2,',
    "numbers": b"\x01\x02\x03\xff",
    "blank": b"\n",
}


@pytest.mark.parametrize("kind", ARCHIVES)
@pytest.mark.parametrize("content", SOMEBODYS)
def test_a_file_of_somebodys_is_neither_appended_to_nor_cut_off(tmp_path, kind, content):
    archive = kind(tmp_path)
    archive.path.write_bytes(SOMEBODYS[content])
    for ask in (archive.check, lambda: archive.writer(PROVENANCE).__enter__()):
        with pytest.raises((DamagedArchive, ForeignFile), match=r"s\.jsonl.*[Nn]othing was changed.*--out"):
            ask()
    assert archive.path.read_bytes() == SOMEBODYS[content]
    assert [path.name for path in tmp_path.iterdir()] == [archive.path.name]


def write(archive: Archive, *cases: str) -> None:
    with archive.writer(PROVENANCE) as writer:
        for case in cases:
            writer.append(record(case))


@pytest.mark.parametrize("note", [b"todo: once more", b'{"note": "mine"}', b'{"case":"mine"}'])
def test_a_note_at_the_end_of_records_is_not_cut_off(tmp_path, note):
    archive = Archive(tmp_path)
    write(archive, "first")
    whole = archive.path.read_bytes()
    archive.path.write_bytes(whole + note)
    with pytest.raises(ForeignFile, match="ends with"):
        write(archive, "second")
    assert archive.path.read_bytes() == whole + note


@pytest.mark.parametrize("length", [1, 2, 9, 200, -1])
@pytest.mark.parametrize("alone", [True, False])
def test_what_a_killed_run_left_of_a_line_is_cut_off(tmp_path, length, alone):
    """A single character, or all but the line feed."""
    archive = Archive(tmp_path)
    write(archive, "first")
    whole = archive.path.read_bytes()
    archive.path.write_bytes((b"" if alone else whole) + whole[:length])
    write(archive, "second")
    assert [one.case for one in archive] == (["second"] if alone else ["first", "second"])


def test_zeros_that_a_crash_of_the_system_left_are_cut_off(tmp_path):
    archive = Archive(tmp_path)
    write(archive, "first")
    archive.path.write_bytes(archive.path.read_bytes() + bytes(100_000))
    write(archive, "second")
    assert [one.case for one in archive] == ["first", "second"]


def test_nothing_is_cut_off_before_there_is_something_to_append(tmp_path):
    archive = Archive(tmp_path)
    write(archive, "first")
    part = archive.path.read_bytes() * 2
    archive.path.write_bytes(part[:-50])
    with archive.writer(PROVENANCE):
        pass
    assert archive.path.read_bytes() == part[:-50]


def npz(file: Path, **arrays: object) -> None:
    with file.open("wb") as opened:
        np.savez(opened, **arrays)


def a_folder(file: Path) -> None:
    file.mkdir()


def a_link(file: Path) -> None:
    (file.parent / "precious").write_text("x")
    file.symlink_to("precious")


IN_THE_WAY = {
    "text": lambda file: file.write_text("x"),
    "arrays": lambda file: npz(file, velocity=np.ones(3)),
    "arrays with a head": lambda file: npz(file, head=np.array(json.dumps({"mine": 1})), values=np.ones(3)),
    "folder": a_folder,
    "link": a_link,
}


@pytest.mark.parametrize("what", IN_THE_WAY)
def test_sections_and_results_replace_nothing_of_somebodys(tmp_path, what):
    for save, made, name in (
        (save_section, SECTION, SECTION.file_name),
        (save_experiment, RESULT, RESULT.file_name),
    ):
        folder = tmp_path / name
        folder.mkdir()
        IN_THE_WAY[what](folder / name)
        before = {path.name: path.is_dir() or path.read_bytes() for path in folder.iterdir()}
        with pytest.raises(ForeignFile, match=name):
            save(folder, made)
        assert {path.name: path.is_dir() or path.read_bytes() for path in folder.iterdir()} == before
        assert (folder / name).is_symlink() == (what == "link")


DAMAGES = {
    "none": lambda content: content,
    "empty": lambda _: b"",
    "half": lambda content: content[: len(content) // 2],
    "a changed byte": lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_our_own_are_replaced_even_if_damaged(tmp_path, damage):
    for file in (save_section(tmp_path, SECTION), save_experiment(tmp_path, RESULT)):
        file.write_bytes(DAMAGES[damage](file.read_bytes()))
    save_section(tmp_path, replace(SECTION, time_s=2.5))
    assert load_sections(tmp_path)[0].time_s == 2.5
    assert load_experiment(save_experiment(tmp_path, RESULT)) == RESULT


def test_somebodys_file_under_a_provenances_name_is_kept(tmp_path):
    (tmp_path / f"provenance-{PROVENANCE.digest}.json").write_text("precious")
    archive = Archive(tmp_path)
    write(archive, "first")
    assert (tmp_path / f"provenance-{PROVENANCE.digest}.json.kept-1").read_text() == "precious"
    assert archive.provenances() == {PROVENANCE.digest: PROVENANCE}


def test_temporary_files_take_nobodys_name(tmp_path, monkeypatch):
    """Neither that of a file that was there nor one another's, for names that differ in their endings alone."""
    tokens = iter(["aaaa", "bbbb", "bbbb"])
    monkeypatch.setattr(whole_file_module.secrets, "token_hex", lambda _: next(tokens))
    theirs = tmp_path / f".results.v1.npz.{os.getpid()}-aaaa.tmp"
    theirs.write_text("precious")
    older = tmp_path / f"results.v1.{os.getpid()}.tmp"
    older.write_text("precious")
    with whole_file(tmp_path / "results.v1.npz", 1) as first, whole_file(tmp_path / "results.v1.json", 1) as second:
        first.write_text("first")
        second.write_text("second")
    assert theirs.read_text() == older.read_text() == "precious"
    assert (tmp_path / "results.v1.npz").read_text() == "first"
    assert (tmp_path / "results.v1.json").read_text() == "second"
    assert len(list(tmp_path.iterdir())) == 4
