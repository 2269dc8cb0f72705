"""A baseline renewed: its records, its places, and why; and what is read as a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wavecomp.errors import DamagedArchive, NothingToCompare, UsageError
from wavecomp.gate.baseline import JOURNAL, renew, renewals
from wavecomp.gate.runs import read_runs
from wavecomp.gate.verdict import judge

from .builders import PLACE, doctored, gradient, run, sweep, write_archive


def test_a_renewed_baseline_is_the_new_run_with_the_reason(tmp_path):
    folder = write_archive(tmp_path / "base", run([sweep(), sweep("int8")], [gradient()]))
    (old,) = read_runs(folder)
    place = replace(PLACE, versions={**PLACE.versions, "zfpy": "1.1.0"})
    new = run([doctored(sweep(), lambda _: {"stream_bytes": 103_000})], [gradient()], place)
    renew(folder, new, "zfpy 1.1 writes a longer header", judge([old], [new]))
    (now,) = read_runs(folder)
    assert (now.sweeps, now.gradients, now.places) == (new.sweeps, new.gradients, (place,))
    assert [file.stem for file in folder.glob("provenance-*.json")] == [f"provenance-{place.digest}"]
    (entry,) = renewals(folder)
    assert entry.why == "zfpy 1.1 writes a longer header"
    assert entry.verdict.startswith("WORSE: 1 value")
    assert "zfpy 1.0.1 → 1.1.0" in entry.changed
    renew(folder, run([sweep()]), "back", judge([now], [run([sweep()])]))
    assert [one.why for one in renewals(folder)] == ["zfpy 1.1 writes a longer header", "back"]
    assert not (folder / "gradients.jsonl").exists()


def test_without_a_reason_nothing_changes(tmp_path):
    folder = write_archive(tmp_path / "base", run([sweep()]))
    before = {file: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(UsageError, match="say in a few words why"):
        renew(folder, run([sweep("int8")]), " ", None)
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


def test_a_folder_of_several_runs_or_a_file_is_not_renewed(tmp_path):
    write_archive(tmp_path / "runs" / "1", run([sweep()]))
    (tmp_path / "one.json").write_text("{}")
    for place, says in (("runs", "a folder of several runs is not renewed"), ("one.json", "only an archive's folder")):
        with pytest.raises(UsageError, match=says):
            renew(tmp_path / place, run([sweep()]), "why not", None)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["1"]
    renew(tmp_path / "new", run([sweep()]), "the first", None)
    assert [one.verdict for one in renewals(tmp_path / "new")] == ["the first records"]


def test_a_journal_that_is_none_is_said_before_anything_changes(tmp_path):
    folder = write_archive(tmp_path / "base", run([sweep()]))
    (folder / JOURNAL).write_text('{"when": 1}')
    before = {file: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(DamagedArchive, match="no journal of a baseline"):
        renew(folder, run([sweep("int8")]), "why not", None)
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


def test_a_folder_of_archives_is_read_in_order_of_time(tmp_path):
    for name, day in (("b", 1), ("a", 2)):
        made = run([replace(sweep(), created_utc=f"2026-03-0{day}T12:00:00+00:00")])
        write_archive(tmp_path / name, made)
    (tmp_path / "notes.txt").write_text("not a run")
    assert [one.name for one in read_runs(tmp_path)] == [str(tmp_path / "b"), str(tmp_path / "a")]


def test_what_holds_no_records_is_said(tmp_path):
    with pytest.raises(UsageError, match="nowhere: no such file or folder"):
        read_runs(tmp_path / "nowhere")
    with pytest.raises(NothingToCompare, match="holds no records"):
        read_runs(tmp_path)
