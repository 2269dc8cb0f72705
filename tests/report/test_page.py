from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from wavecomp.errors import NothingToReport
from wavecomp.records import Record, save_section
from wavecomp.report.page import build_report

from .factory import PROVENANCE, blosc, make_section, write_archive


def archive(folder: Path, study: list[Record]) -> Path:
    write_archive(folder, *study)
    for spec, error in ((None, None), ("zfp:accuracy=1e-3", 1e-4), ("sz3:abs=1e-4,algorithm=interp_lorenzo", 1.2e-4)):
        save_section(folder, make_section(spec, error))
    return folder


def test_a_whole_page_and_the_same_bytes_again(tmp_path: Path, study: list[Record]) -> None:
    source = archive(tmp_path / "archive", study)
    first = build_report(source, tmp_path / "a")
    second = build_report(source, tmp_path / "b")
    names = [str(path.relative_to(tmp_path / "a")) for path in first]
    assert names == [str(path.relative_to(tmp_path / "b")) for path in second]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert names[-1] == "report.md"
    tables = {f"tables/{stem}.{form}" for stem in ("table1", "quality") for form in ("txt", "md", "tex", "csv")}
    stems = ("figure10", "figure11", "figure12", "figure13", "spectrum")
    figures = {f"figures/{stem}.{form}" for stem in stems for form in ("png", "svg")}
    assert set(names) == tables | figures | {"report.md"}
    there = {str(p.relative_to(tmp_path / "a")) for p in (tmp_path / "a").rglob("*.*")}
    assert there == {*names, "report-files.json"}


def test_every_link_leads_to_a_file_and_the_machine_is_named(tmp_path: Path, study: list[Record]) -> None:
    build_report(archive(tmp_path, study), tmp_path)
    page = (tmp_path / "report.md").read_text()
    links = re.findall(r"\]\(([^)]+)\)", page)
    assert len(links) == 2 * 4 + 5 * 2
    assert all((tmp_path / link).is_file() for link in links)
    for fact in (
        r"Test\_CPU 3000",
        PROVENANCE.digest,
        "numpy 2.4.3",
        "OMP_WAIT_POLICY=PASSIVE",
        "2025-03-01",
        "abc123",
    ):
        assert fact in page
    assert "do not support" not in page
    assert str(tmp_path) not in page


def test_what_is_missing_is_said(tmp_path: Path, study: list[Record]) -> None:
    write_archive(tmp_path / "archive", *study[:6])
    written = build_report(tmp_path / "archive", tmp_path / "out")
    assert [path.name for path in written] == ["table1.txt", "table1.md", "table1.tex", "table1.csv", "report.md"]
    page = (tmp_path / "out" / "report.md").read_text()
    missing = page.partition("do not support")[2]
    for command in ("wavecomp sweep lossy", "wavecomp sweep steps", "wavecomp run"):
        assert command in missing


def test_two_wavefields_in_one_archive_do_not_overwrite_each_other(tmp_path: Path) -> None:
    write_archive(tmp_path, blosc("lz4", 1.2), blosc("lz4", 3.4, field="standard@9"))
    written = {path.name for path in build_report(tmp_path, tmp_path)}
    assert {"table1-quick.csv", "table1-standard.csv"} <= written
    assert "3.4" in (tmp_path / "tables" / "table1-standard.csv").read_text()


def test_an_empty_archive_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NothingToReport, match="wavecomp run"):
        build_report(tmp_path / "none", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_tables_do_not_import_matplotlib_nor_a_compressor() -> None:
    code = (
        "import sys, wavecomp.report as r; "
        "bad = [m for m in sys.modules if m.partition('.')[0] in ('matplotlib', 'devito', 'zfpy', 'blosc2', 'pysz') "
        "or m.startswith(('wavecomp.compressors', 'wavecomp.wavefields', 'wavecomp.metrics', 'wavecomp.sweep'))]; "
        "import wavecomp.report.page; "
        "bad += [m for m in sys.modules if m == 'matplotlib.pyplot' or m.startswith('wavecomp.compressors')]; "
        "sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
