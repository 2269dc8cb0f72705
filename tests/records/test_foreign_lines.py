"""Archives that are newer than this version, mixed up, or damaged beside their records: read where possible."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wavecomp.cli import status_of
from wavecomp.errors import ArchiveWarning, DamagedArchive, MisplacedRecord, NewerRecord
from wavecomp.records import (
    Archive,
    Failure,
    GradientArchive,
    GradientRecord,
    Measurement,
    Provenance,
    Record,
    Section,
    Timing,
    collect_provenance,
    load_sections,
    save_section,
)
from wavecomp.records.column_types import checked
from wavecomp.records.experiment import ExperimentResult, load_experiment, save_experiment
from wavecomp.records.record import line_of


def record(case: str = "c0", **changes: object) -> Record:
    measured = Measurement(
        100, 10.24, 3.125, Timing(0.5, (0.3, 0.1)), Timing(0.25, (0.05,)), 4096, None, "|e| <= 0.001", "holds", 0.2,
        {"max_absolute": 2e-4, "psnr_db": 71.0}, {"block_bytes": 65536}, 0.01,
    )  # fmt: skip
    row: dict[str, Any] = {
        "case": case, "suite": "s", "spec": "zfp:accuracy=1e-3", "compressor": "zfp", "parameters": {"accuracy": 1e-3},
        "library": "zfpy 1.0.1", "threads": 1, "concurrent": False, "field": "quick@500", "field_digest": "d" * 64,
        "step": 500, "time_s": 1.5, "shape": (4, 8, 8), "dtype": "float32", "raw_bytes": 1024, "provenance": "p",
        "created_utc": "2026-01-01T00:00:00+00:00", "outcome": measured,
    }  # fmt: skip
    return Record(**(row | changes))


def gradient(**changes: object) -> GradientRecord:
    row: dict[str, Any] = {
        "case": "g0", "spec": "revolve:slots=5", "strategy": "revolve", "strategy_parameters": {"slots": 5},
        "compressor": None, "compressor_parameters": {}, "library": "devito 4.8.20", "threads": 1, "concurrent": False,
        "problem": "tiny", "problem_digest": "d", "shots": (0,), "shape": (4, 4), "steps": None, "level_bytes": 64,
        "dtype": "float32", "budget_bytes": None, "provenance": "p", "created_utc": "2026-01-01T00:00:00+00:00",
        "outcome": Failure("time", "late"),
    }  # fmt: skip
    return GradientRecord(**(row | changes))


def changed(made: Record | GradientRecord, **changes: object) -> str:
    """Return the line that another version might have written: other columns, and a checksum that fits."""
    return line_of(made.to_row() | changes)


@pytest.fixture
def archive(tmp_path) -> Archive:
    made = Archive(tmp_path / "a")
    provenance = collect_provenance()
    with made.writer(provenance) as writer:
        writer.append(record("first", provenance=provenance.digest))
        writer.append(record("second", provenance=provenance.digest, outcome=Failure("time", "late")))
    return made


def test_columns_that_are_not_known_here_are_passed_over():
    line = changed(record(), humidity=0.4, details_of_the_future={"a": [1]})
    assert Record.from_line(line) == record()
    assert GradientRecord.from_line(changed(gradient(), humidity=0.4)) == gradient()


@pytest.mark.parametrize(
    "changes",
    [
        {"ratio": "big"}, {"shape": "abc"}, {"shape": 3}, {"shape": [4.5, 2]}, {"threads": "one"}, {"threads": True},
        {"concurrent": "no"}, {"parameters": [1]}, {"compress_samples_s": ["fast"]}, {"compress_samples_s": 3},
        {"details": None}, {"error_psnr_db": "loud"}, {"spec": 7}, {"created_utc": None}, {"status": "failed"},
    ],
)  # fmt: skip
def test_wrong_types_are_seen_though_the_checksum_fits(changes):
    with pytest.raises(DamagedArchive, match=next(iter(changes)).removeprefix("error_")[:5] + "|failure|column"):
        Record.from_line(changed(record(), **changes))


@pytest.mark.parametrize("changes", [{"shots": "abc"}, {"strategy_parameters": 3}, {"level_bytes": 1.5}])
def test_wrong_types_of_a_gradient_are_seen(changes):
    with pytest.raises(DamagedArchive, match=next(iter(changes))):
        GradientRecord.from_line(changed(gradient(), **changes))


@pytest.mark.parametrize("line", ["[]", "3", "null", '{"sum": 1}', "[" * 100_000, '{"schema": 1}', ""])
def test_json_that_is_no_record(line):
    for kind in (Record, GradientRecord):
        with pytest.raises(DamagedArchive):
            kind.from_line(line)


@pytest.mark.parametrize("schema", [2, 99])
@pytest.mark.parametrize("sound", [True, False])
def test_newer_records_ask_for_a_newer_wavecomp(archive, schema, sound, capfd):
    """Another schema may have another checksum: neither is a reason to delete what somebody measured."""
    line = changed(record("third"), schema=schema)
    if not sound:
        line = line.replace('"sum":"', '"sum":"new-')
    with archive.path.open("a") as file:
        file.write(line + "\n")
    before = archive.path.read_bytes()
    with pytest.raises(NewerRecord, match=f"line 3: schema {schema} is of a newer wavecomp") as caught:
        list(archive)
    assert "upgrade wavecomp" in str(caught.value)
    assert "delete" not in str(caught.value)
    assert status_of(["report", str(archive.folder)]) == 1
    shown = capfd.readouterr().err
    assert shown.count("\n") == 1
    assert "upgrade wavecomp" in shown
    assert archive.path.read_bytes() == before


@pytest.mark.parametrize(("kind", "line"), [(Archive, gradient().to_line()), (GradientArchive, record().to_line())])
def test_records_in_the_file_of_another_kind(tmp_path, kind, line):
    held = kind(tmp_path)
    held.path.write_text(line + "\n")
    with pytest.raises(MisplacedRecord, match="line 1: a record of kind") as caught:
        list(held)
    assert "delete" not in str(caught.value)


def garbage(file: Path) -> None:
    file.write_bytes(b"\x93NUMPY\x01\x00\xff\xfe" * 9)


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "blank": lambda file: file.write_bytes(b"\n\n"),
    "garbage": garbage,
    "folder": folder,
    "loop": loop,
    "half": lambda file: file.write_bytes(file.read_bytes()[:100]),
    "edited": lambda file: file.write_text(file.read_text().replace('"cores"', '"kernels"')),
    "another text": lambda file: file.write_text("[1, 2]"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_records_are_read_without_a_damaged_provenance(archive, damage, capfd):
    """They are whole: one line says which file was passed over, and their machine is not shown."""
    (file,) = archive.folder.glob("provenance-*.json")
    DAMAGES[damage](file)
    with pytest.warns(ArchiveWarning, match=file.name):
        assert archive.provenances() == {}
    assert [one.case for one in archive] == ["first", "second"]
    assert status_of(["report", str(archive.folder)]) == 0
    shown = capfd.readouterr().err
    assert shown.count(file.name) == 1
    assert shown.startswith("wavecomp: warning: ")
    assert shown.count("\n") == 2
    assert "its file is not in the archive" in (archive.folder / "report.md").read_text()


def test_other_provenances_are_kept_beside_a_damaged_one(archive):
    (archive.folder / "provenance-0000000000000000.json").write_bytes(b"")
    with pytest.warns(ArchiveWarning, match="provenance-0000000000000000"):
        assert list(archive.provenances().values()) == [collect_provenance()]


@pytest.mark.parametrize("damage", ["empty", "garbage", "half", "edited"])
def test_a_damaged_provenance_is_mended_by_the_run_that_has_it(archive, damage):
    """Its name says what it has to hold."""
    (file,) = archive.folder.glob("provenance-*.json")
    whole = file.read_bytes()
    DAMAGES[damage](file)
    provenance = collect_provenance()
    with archive.writer(provenance) as writer:
        writer.append(record("third", provenance=provenance.digest))
    assert file.read_bytes() == whole
    assert len(list(archive)) == 3


def test_newer_provenance_is_read_under_the_digest_that_its_records_name(archive):
    """A version that keeps more gives another digest; what is not known here is left out."""
    text = json.dumps(json.loads(collect_provenance().to_json()) | {"humidity": 0.4, "fans": ["a"]}, indent=1)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    (archive.folder / f"provenance-{digest}.json").write_text(text + "\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = archive.provenances()
    assert found[digest] == collect_provenance()
    assert len(found) == 2


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "NaN", '{"system": 1}', "[" * 100_000, collect_provenance().to_json()[:-1]]
)
def test_text_that_is_no_provenance(text):
    with pytest.raises(DamagedArchive, match="not a provenance"):
        Provenance.from_json(text)


def test_provenance_with_a_number_that_is_none():
    values = json.loads(collect_provenance().to_json())
    with pytest.raises(DamagedArchive, match="memory_bytes"):
        Provenance.from_json(json.dumps(values | {"memory_bytes": float("nan")}))


def section() -> Section:
    values = np.ones((5, 4), np.float32)
    return Section("quick@500", "d", None, 500, 1.5, "x-z", (0.0, 1.0, 0.0, 1.0), {"ssim": 0.9}, values, None, {})


def rewrite(file: Path, head: dict[str, object] | None = None, **arrays: object) -> None:
    with np.load(file) as data:
        held = dict(data)
    if head is not None:
        held["head"] = np.array(json.dumps(json.loads(str(held["head"])) | head))
    np.savez_compressed(file, **(held | arrays))


SECTION_DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "half": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "one byte short": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "a hole": lambda file: file.write_bytes(file.read_bytes()[:200] + b"\0" * 60 + file.read_bytes()[260:]),
    "folder": folder,
    "head is a list": lambda file: np.savez(file, head=np.array("[]")),
    "objects": lambda file: np.savez(file, head=np.array([{}], dtype=object)),
    "extent": lambda file: rewrite(file, {"extent_m": [0.0, 1.0]}),
    "step": lambda file: rewrite(file, {"step": "late"}),
    "statistics": lambda file: rewrite(file, {"statistics": {"ssim": "fine"}}),
    "plane": lambda file: rewrite(file, values=np.ones(7, np.float32)),
    "text": lambda file: rewrite(file, values=np.full((5, 4), "x")),
    "shapes": lambda file: rewrite(file, error=np.ones((4, 5), np.float32)),
}


@pytest.mark.parametrize("damage", SECTION_DAMAGES)
def test_damaged_section_is_named(archive, damage, capfd):
    file = save_section(archive.folder, section())
    SECTION_DAMAGES[damage](file)
    with pytest.raises(DamagedArchive, match=file.name):
        load_sections(archive.folder)
    assert status_of(["report", str(archive.folder)]) == 1
    shown = capfd.readouterr().err
    assert file.name in shown
    assert shown.count("\n") == 1


def test_newer_section_and_experiment_are_read_without_what_is_new(tmp_path):
    rewrite(save_section(tmp_path, section()), {"humidity": 0.4})
    (read,) = load_sections(tmp_path)
    assert read.statistics == {"ssim": 0.9}
    made = ExperimentResult("ratio", "tiny", "d", {}, {"steps": 4}, ({"ratio": 2.0},))
    file = save_experiment(tmp_path, made)
    rewrite(file, {"humidity": 0.4})
    assert load_experiment(file) == made


@pytest.mark.parametrize("damage", ["empty", "half", "one byte short", "folder", "head is a list", "objects"])
def test_damaged_experiment_is_named(tmp_path, damage):
    file = save_experiment(tmp_path, ExperimentResult("ratio", "tiny", "d", {}, {}, ({"ratio": 2.0},)))
    SECTION_DAMAGES[damage](file)
    with pytest.raises(DamagedArchive, match=file.name):
        load_experiment(file)


@pytest.mark.parametrize("rows", [[3], {"a": 1}, "text", [{"ratio": [1]}]])
def test_experiment_with_rows_of_another_kind(tmp_path, rows):
    file = save_experiment(tmp_path, ExperimentResult("ratio", "tiny", "d", {}, {}, ({"ratio": 2.0},)))
    rewrite(file, {"rows": rows})
    with pytest.raises(DamagedArchive, match="rows"):
        load_experiment(file)


def test_report_of_an_archive_in_which_everything_failed(tmp_path, capfd):
    provenance = collect_provenance()
    with Archive(tmp_path).writer(provenance) as writer:
        for index, spec in enumerate(("identity", "zfp:accuracy=1e-3", "blosc2:codec=lz4,level=5")):
            failure = Failure("crash", "killed by SIGSEGV")
            made = record(f"c{index}", spec=spec, compressor=spec.partition(":")[0], provenance=provenance.digest)
            writer.append(Record.from_line(changed(made, status="failed", failure=failure.kind, message="m")))
    with GradientArchive(tmp_path).writer(provenance) as writer:
        writer.append(gradient(provenance=provenance.digest))
    assert status_of(["report", str(tmp_path)]) == 0
    assert status_of(["table1", "--out", str(tmp_path)]) == 1
    shown = capfd.readouterr().err
    assert "Traceback" not in shown
    assert "fault in wavecomp" not in shown
    page = (tmp_path / "report.md").read_text()
    assert "3 cases, 3 of them failed" in page
    assert "1 gradients, 1 of them failed" in page


@pytest.mark.parametrize("content", [b"", b'{"half of a li'])
def test_report_of_no_record(tmp_path, capfd, content):
    (tmp_path / "records.jsonl").write_bytes(content)
    assert status_of(["report", str(tmp_path)]) == 1
    assert "holds no record" in capfd.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["records.jsonl"]


def test_published_archives_are_read_whole():
    """Records, provenances, sections and experiments of earlier versions, without a warning."""
    published = Path(__file__).parents[2] / "results" / "published"
    folders = [folder for folder in published.iterdir() if any(folder.glob("*.jsonl"))] if published.is_dir() else []
    if not folders:
        pytest.skip("no published results beside the tests")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for place in folders:
            known = Archive(place).provenances()
            assert known
            assert {one.provenance for one in (*Archive(place), *GradientArchive(place))} <= set(known)
            load_sections(place)


@dataclass
class Odd:
    fine: tuple[int, str]
    either: int | None


def test_types_are_those_that_are_declared():
    assert checked(Odd((1, "a"), None)) == Odd((1, "a"), None)
    for wrong in (Odd((1, 2), None), Odd((1,), None), Odd([1, "a"], None), Odd((1, "a"), 1.5)):
        with pytest.raises(TypeError, match=r"fine|either"):
            checked(wrong)
