"""A tiny field, a toy plug-in in a repository of its own, and a cache of the test's own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

TOY = """
import os, time, zlib
import numpy as np
PAUSE_S, KIND = {pause_s}, {kind!r}

def compress(array):
    if array.size > 512:  # the corner that warms up comes through
        time.sleep(PAUSE_S)
        if KIND == "die":
            os.kill(os.getpid(), 9)
        if KIND == "hang":
            time.sleep(600)
        if KIND == "raise":
            raise RuntimeError("no luck today")
        if KIND == "hog":
            kept = np.ones(2**26)
            time.sleep(600)
        if KIND == "print":
            print("chatter", flush=True)
            os.write(1, b"chatter of a descriptor")
        if KIND == "once":
            mark = os.path.join(os.path.dirname(__file__), "mark")
            if not os.path.exists(mark):
                open(mark, "w").close()
                os._exit(7)
    return zlib.compress(array.tobytes(), 1)

def decompress(data, out):
    out[...] = np.frombuffer(zlib.decompress(data), out.dtype).reshape(out.shape)
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WAVECOMP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "revisions"


@pytest.fixture
def field(tmp_path: Path) -> Path:
    path = tmp_path / "field.npy"
    np.save(path, np.linspace(-1, 1, 16 * 16 * 16, dtype=np.float32).reshape(16, 16, 16))
    return path


@pytest.fixture
def toy(tmp_path: Path) -> Callable[..., Path]:
    """Write a plug-in file of some kind; each into a folder of its own, all under one name."""

    def write(name: str, kind: str = "fine", pause_s: float = 0.0) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        path = folder / "toy.py"
        path.write_text(TOY.format(kind=kind, pause_s=pause_s))
        return path

    return write


@pytest.fixture
def git(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run git as nobody in particular, without anybody's settings."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)

    def run(folder: Path, *words: str) -> str:
        who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", "-C", str(folder), *who, *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return run
