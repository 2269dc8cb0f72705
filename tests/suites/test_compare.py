"""What the how-to on regressions says of a comparison with nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("asked", "status"), [([], 0), (["--benchmark-compare-fail=median:100%"], 4)])
def test_comparing_with_nothing_saved(tmp_path, generated, fields_root, asked, status):
    generated("tiny")
    words = ["suites", "--field", "tiny", "--benchmark-only", "-q", "-k", "bench_compress and identity"]
    storage = ["--benchmark-compare", f"--benchmark-storage=file://{tmp_path}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words, *storage, *asked],
        cwd=HERE,
        # Beside others pytest measures nothing, and says so in the environment.
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        | {"WAVECOMP_FIELDS": str(fields_root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert "Can't compare" in done.stdout + done.stderr
    assert "1 passed" in done.stdout or status
