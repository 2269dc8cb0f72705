"""Is there a C compiler? Asked before a propagation starts, since Devito compiles its kernels at run time."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wavecomp.errors import CompilerMissing

_PROBE = """#include <math.h>
#include <stdlib.h>
#include <sys/time.h>
int main(void) { struct timeval now; return gettimeofday(&now, NULL) + (int) sqrt(0.0); }
"""

# The program that Devito starts for each value of DEVITO_ARCH.
_PROGRAMS = {
    "gnu": "gcc",
    "gcc": "gcc",
    "arm": "gcc",
    "clang": "clang",
    "cray": "cc",
    "aomp": "amdclang",
    "icc": "icc",
    "intel": "icc",
    "icx": "icx",
    "oneapi": "icx",
    "nvc": "nvc++",
    "nvidia": "nvc++",
}

_ADVICE = (
    "install one: Debian, Ubuntu: apt install gcc libc6-dev; Fedora: dnf install gcc; macOS: xcode-select --install; "
    "or name yours in the environment variable CC"
)


@dataclass(frozen=True)
class Compiler:
    """A C compiler that works: its program, the first line of its ``--version``, and whether it takes OpenMP."""

    program: str
    version: str
    openmp: bool


def find_compiler() -> Compiler:
    """Return the compiler that Devito will use, after a trial compilation.

    Devito's own variables are respected: DEVITO_ARCH chooses the family, CC the program.

    Raises
    ------
    CompilerMissing
        There is none, or it cannot compile a program of four lines; the text names the package to install.
    """
    return _probe(_program(), os.environ.get("PATH", ""))


def _program() -> str:
    family = os.environ.get("DEVITO_ARCH", "custom")
    if family == "custom":
        fallback = "clang" if platform.system() == "Darwin" else "gcc"
        return os.environ.get("CC") or fallback
    if family.startswith("gcc-"):
        return family
    return _PROGRAMS.get(family, "gcc")


@cache
def _probe(program: str, search_path: str) -> Compiler:
    if shutil.which(program, path=search_path) is None:
        raise CompilerMissing(f'no C compiler: "{program}" was not found on the PATH; {_ADVICE}')
    with tempfile.TemporaryDirectory(prefix="wavecomp-probe-") as folder:
        source = Path(folder) / "probe.c"
        source.write_text(_PROBE)
        plain = _compile(program, source, [])
        if plain is not None:
            raise CompilerMissing(
                f'the C compiler "{program}" cannot compile a program of four lines: {plain}; {_ADVICE}'
            )
        openmp = _compile(program, source, ["-fopenmp"]) is None
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return Compiler(program, (shown.splitlines() or ["unknown"])[0].strip(), openmp)


def _compile(program: str, source: Path, flags: list[str]) -> str | None:
    """Return None where it worked, else what the compiler said."""
    command = [program, *flags, str(source), "-lm", "-o", str(source.with_suffix(".out"))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    return " ".join(done.stderr.split())[:300] or f"exit status {done.returncode}"
