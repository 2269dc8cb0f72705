"""The how-to for operators of one's own does what it says, from an empty folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto-own-devito-operators.md"


def test_the_page_runs_as_it_is_written(tmp_path):
    """All its Python, in order, is one script; the four strategies that it calls exact come out so."""
    page = PAGE.read_text(encoding="utf-8")
    (tmp_path / "gradient.py").write_text("\n".join(re.findall(r"```python\n(.*?)```", page, flags=re.S)), "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "gradient.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("misfit ")
    errors = [float(re.search(r"error ([^,]+),", line).group(1)) for line in lines[1:]]
    assert errors[:4] == [0, 0, 0, 0]
    assert all(0 < error < 0.1 for error in errors[4:])
    assert len(errors) == 6


def test_files_and_links_that_it_names_are_there():
    page = PAGE.read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!http)([^)#]+)", page):
        assert (PAGE.parent / link).exists(), link
    root = PAGE.parents[1]
    for name in re.findall(r"python (suites/\S+\.py)", page):
        assert (root / name).is_file()
    for name in re.findall(r"for name in ([^;]+); do", page)[0].split():
        assert (root / "reference_fields" / "problems" / f"{name}.toml").is_file()
