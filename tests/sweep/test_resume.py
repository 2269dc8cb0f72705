"""A sweep may be interrupted, killed, repeated and run side by side: no record is lost, none stands there twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from wavecomp.errors import ArchiveBusy, DamagedArchive
from wavecomp.records import Archive, collect_provenance, load_frame
from wavecomp.sweep import Case, Repeats, run_sweep

ONCE = Repeats(seconds=0.0, least=1, most=1)
SPECS = [f"zfp:precision={planes}" for planes in range(4, 30)] + [f"zfp:rate={bits}" for bits in range(1, 15)]

SCRIPT = """
import sys
from pathlib import Path
from wavecomp.records import Archive
from wavecomp.sweep import Case, FieldRef, Repeats, run_sweep
if __name__ == "__main__":
    path, digest, out, *specs = sys.argv[1:]
    field = FieldRef("killed@1", Path(path), digest, (24, 24, 24), "float32", 1, 0.1, 1.0)
    run_sweep([Case.of(s, field) for s in specs], Archive(out), suite="killed", repeats=Repeats(0.0, 1, 1))
"""


def test_kill_minus_nine_then_the_same_command(tmp_path, array_field, troublemaker):
    """SIGKILL the whole sweep, several times, at moments when it has written more and more; then let it finish."""
    field = array_field()
    script = tmp_path / "sweep.py"
    script.write_text(SCRIPT)
    out = tmp_path / "archive"
    command = [sys.executable, str(script), str(field.path), field.digest, str(out), *SPECS]
    # However slow the one that kills is: what it kills does not come to an end.
    endless = [*command[: -len(SPECS)], *SPECS[:30], "trouble:kind=hang", *SPECS[30:]]
    archive = Archive(out)
    kept: list[bytes] = []
    for wanted in (3, 11, 23):
        process = subprocess.Popen(endless)
        deadline = time.monotonic() + 600
        while len(_lines(archive)) < wanted:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        workers = _children(process.pid)
        process.kill()
        process.wait()
        _gone(workers)
        lines = _lines(archive)
        assert lines[: len(kept)] == kept, "records of an earlier run were changed"
        kept = lines
    subprocess.run(command, check=True, timeout=600)
    lines = _lines(archive)
    assert lines[: len(kept)] == kept
    assert [record.spec for record in archive] == SPECS
    assert all(not record.failed for record in archive)
    before = archive.path.read_bytes()
    subprocess.run(command, check=True, timeout=600)
    assert archive.path.read_bytes() == before, "a finished sweep measured something again"


def _lines(archive: Archive) -> list[bytes]:
    if not archive.path.exists():
        return []
    return [line for line in archive.path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def _children(pid: int) -> list[int]:
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def _gone(pids: list[int]) -> None:
    """Workers of a killed sweep end too: nothing is left that burns a core."""
    import psutil

    deadline = time.monotonic() + 600
    while any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids):
        assert time.monotonic() < deadline, f"workers {pids} outlived their sweep"
        time.sleep(0.02)


def test_nothing_is_measured_twice_and_duplicates_run_once(tmp_path, array_field):
    field = array_field()
    cases = [Case.of("identity", field), Case.of("zfp:rate=8", field), Case.of("identity", field)]
    first = run_sweep(cases, Archive(tmp_path / "a"), suite="s", repeats=ONCE)
    again = run_sweep(cases, Archive(tmp_path / "a"), suite="another", repeats=ONCE)
    assert (first.measured, again.measured) == (2, 0)
    assert [r.to_line() for r in first.records] == [r.to_line() for r in again.records]


def test_fields_of_the_same_bytes_and_another_shape_are_other_cases(tmp_path, array_field):
    """The digest of a field is that of its bytes: a plane and the cube that it was cut into have one."""
    archive = Archive(tmp_path / "a")
    plane = np.sin(np.linspace(0, 9, 4096, dtype=np.float32)).reshape(64, 64)
    ratios = {}
    fields = {}
    for shape in ((64, 64), (16, 16, 16)):
        stored = array_field(plane.reshape(shape))
        fields[shape] = replace(stored, path=stored.path.rename(tmp_path / f"{len(shape)}.npy"))
    assert len({field.digest for field in fields.values()}) == 1
    for shape in ((64, 64), (16, 16, 16), (64, 64)):
        case = Case.of("zfp:accuracy=1e-3", fields[shape])
        (record,) = run_sweep([case], archive, suite="s", repeats=ONCE).records
        assert record.shape == shape
        ratios.setdefault(shape, set()).add(record.outcome.ratio)
    assert len(list(archive)) == len(load_frame([archive])) == 2
    assert [len(found) for found in ratios.values()] == [1, 1]
    assert len(set.union(*ratios.values())) == 2
    # Beside each other, in one process that keeps its field.
    both = [Case.of("zfp:accuracy=1e-3", field) for field in fields.values()]
    together = run_sweep(both, Archive(tmp_path / "b"), suite="s", repeats=ONCE).records
    assert [{record.outcome.ratio} for record in together] == list(ratios.values())


def test_fewer_repeats_than_the_least_that_are_asked_for_are_not_enough(tmp_path, array_field):
    cases, archive = [Case.of("zfp:rate=8", array_field())], Archive(tmp_path / "a")
    assert run_sweep(cases, archive, suite="s", repeats=ONCE).measured == 1
    assert run_sweep(cases, archive, suite="s", repeats=Repeats(0.0, 3, 3), workers=2).measured == 0
    more = run_sweep(cases, archive, suite="s", repeats=Repeats(0.0, 3, 3))
    assert (more.measured, len(more.records[0].outcome.compress.samples_s)) == (1, 3)
    assert run_sweep(cases, archive, suite="s", repeats=ONCE).measured == 0


def test_the_process_that_measured_says_where(tmp_path, array_field, monkeypatch):
    """What is set in the measuring process alone is in the provenance: here by what Python runs when it starts."""
    (tmp_path / "sitecustomize.py").write_text("import os; os.environ['BLOSC_NTHREADS'] = '1'")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    archive = Archive(tmp_path / "a")
    (record,) = run_sweep([Case.of("identity", array_field())], archive, suite="s", repeats=ONCE).records
    assert archive.provenances()[record.provenance].settings["BLOSC_NTHREADS"] == "1"
    assert "BLOSC_NTHREADS" not in collect_provenance().settings
    assert archive.provenances()[record.provenance].code


def test_concurrent_timings_are_marked_and_measured_again_alone(tmp_path, array_field):
    field = array_field()
    cases = [Case.of(f"zfp:precision={p}", field) for p in range(8, 16)]
    archive = Archive(tmp_path / "a")
    together = run_sweep(cases, archive, suite="s", repeats=ONCE, workers=2)
    assert together.measured == 8
    assert all(record.concurrent for record in together.records)
    assert run_sweep(cases, archive, suite="s", repeats=ONCE, workers=2).measured == 0
    alone = run_sweep(cases, archive, suite="s", repeats=ONCE)
    assert alone.measured == 8
    assert not any(record.concurrent for record in alone.records)
    assert [(r.outcome.ratio, r.outcome.distortion) for r in together.records] == [
        (r.outcome.ratio, r.outcome.distortion) for r in alone.records
    ]
    # What was measured alone is good enough for a run that wants ratios only.
    assert run_sweep(cases, archive, suite="s", repeats=ONCE, workers=2).measured == 0


def test_failures_stay_until_a_retry_is_asked_for(tmp_path, troublemaker, array_field):
    cases = [Case.of("trouble:kind=raise", array_field())]
    archive = Archive(tmp_path / "a")
    assert len(run_sweep(cases, archive, suite="s", repeats=ONCE).failures) == 1
    assert run_sweep(cases, archive, suite="s", repeats=ONCE).measured == 0
    source = troublemaker / "trouble_plugin.py"
    source.write_text(source.read_text().replace('raise RuntimeError("no luck today")', "pass"))
    mended = run_sweep(cases, archive, suite="s", repeats=ONCE, retry=True)
    assert (mended.measured, len(mended.failures)) == (1, 0)


def test_two_sweeps_do_not_write_to_one_archive(tmp_path, array_field):
    archive = Archive(tmp_path / "a")
    with archive.writer(collect_provenance()), pytest.raises(ArchiveBusy, match=r"records\.jsonl"):
        run_sweep([Case.of("identity", array_field())], archive, suite="s", repeats=ONCE)


def test_damaged_line_stops_the_sweep_and_loses_nothing(tmp_path, array_field):
    field = array_field()
    archive = Archive(tmp_path / "a")
    run_sweep([Case.of(f"zfp:rate={b}", field) for b in (2, 4, 8)], archive, suite="s", repeats=ONCE)
    lines = archive.path.read_bytes().splitlines(keepends=True)
    digit = lines[1].index(b'"ratio":') + 8
    changed = bytes([lines[1][digit] ^ 1])
    damaged = lines[0] + lines[1][:digit] + changed + lines[1][digit + 1 :] + lines[2]
    archive.path.write_bytes(damaged)
    with pytest.raises(DamagedArchive, match="line 2"):
        run_sweep([Case.of("identity", field)], archive, suite="s", repeats=ONCE)
    assert archive.path.read_bytes() == damaged
    archive.path.write_bytes(lines[0] + lines[2])
    mended = run_sweep([Case.of(f"zfp:rate={b}", field) for b in (2, 4, 8)], archive, suite="s", repeats=ONCE)
    assert mended.measured == 1


def test_records_of_another_machine_or_version_are_kept_and_not_taken_for_ours(tmp_path, array_field, monkeypatch):
    from wavecomp.records import Provenance

    cases = [Case.of("identity", array_field()), Case.of("zfp:rate=8", array_field())]
    archive = Archive(tmp_path / "a")
    run_sweep(cases, archive, suite="s", repeats=ONCE)
    (file,) = archive.folder.glob("provenance-*.json")
    ours = Provenance.from_json(file.read_text())
    theirs = replace(ours, cpu="another processor")
    file.unlink()
    (archive.folder / f"provenance-{theirs.digest}.json").write_text(theirs.to_json())
    foreign = [replace(record, provenance=theirs.digest).to_line() + "\n" for record in archive]
    archive.path.write_text("".join(foreign))
    assert run_sweep(cases, archive, suite="s", repeats=ONCE).measured == 2
    assert archive.path.read_text().startswith("".join(foreign))
    assert run_sweep(cases, archive, suite="s", repeats=ONCE).measured == 0
    monkeypatch.setattr("wavecomp.sweep.run.library_of", lambda *_: "zfpy 99.0")
    assert run_sweep(cases, archive, suite="s", repeats=ONCE).measured == 2


@pytest.fixture
def interruptible():
    """A shell starts background jobs with SIGINT ignored, and Python leaves it so."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_interrupt_keeps_what_is_finished(tmp_path, array_field, interruptible):
    field = array_field()
    archive = Archive(tmp_path / "a")

    def stop_at_three(progress):
        if progress.done == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_sweep([Case.of(s, field) for s in SPECS], archive, suite="s", repeats=ONCE, progress=stop_at_three)
    assert len(list(archive)) == 3
    assert run_sweep([Case.of(s, field) for s in SPECS], archive, suite="s", repeats=ONCE).measured == len(SPECS) - 3
