"""Where the suites lie: in a wheel inside of wavecomp, in a checkout beside it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from wavecomp.errors import BenchmarksUnavailable

_NEEDED = {"pytest": "pytest", "pytest_benchmark": "pytest-benchmark"}


def suites_folder() -> Path:
    """Return the folder that pytest is given.

    Raises
    ------
    BenchmarksUnavailable
        pytest or pytest-benchmark is not installed, or wavecomp was installed without its suites.
    """
    missing = [name for module, name in _NEEDED.items() if find_spec(module) is None]
    if missing:
        raise BenchmarksUnavailable(
            f"the suites run under pytest-benchmark, and {' and '.join(missing)} is not installed here: "
            "pip install 'wavecomp[bench]'"
        )
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "suites", package.parent / "suites"):
        if (folder / "pytest.ini").is_file():
            return folder
    raise BenchmarksUnavailable(f"{package} was installed without its suites; install wavecomp from its wheel, anew")
