"""Is there a C compiler? Asked before a propagation starts, since Devito compiles its kernels at run time."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from wavecomp.errors import CompilerMissing, EnvironmentRefused
from wavecomp.wavefields.cache_folder import cache_root, check_disk, disk_words, work_folder

# What the kernels are written in; as a library, since a compiler may make programs only.
_PROBE = """#ifdef __cplusplus
#error this compiler takes C for C++
#endif
#include <math.h>
#include <stdlib.h>
#include <sys/time.h>
int probe(double *restrict x) { struct timeval now; return gettimeofday(&now, NULL) + (int) sqrt(x[0]); }
"""

# The program that Devito starts for each value of DEVITO_ARCH that makes code for this machine's processor.
_PROGRAMS = {
    "gnu": "gcc",
    "gcc": "gcc",
    "arm": "gcc",
    "clang": "clang",
    "osx": "clang",
    "cray": "cc",
    "aomp": "amdclang",
    "amdclang": "amdclang",
    "icc": "icc",
    "icpc": "icc",
    "intel-knl": "icc",
    "knl": "icc",
    "intel": "icx",
    "icx": "icx",
    "icpx": "icx",
    "nvc": "nvc",
    "nvc++": "nvc",
    "nvidia": "nvc",
}

_ADVICE = (
    "install one: Debian, Ubuntu: apt install gcc libc6-dev; Fedora: dnf install gcc; macOS: xcode-select --install; "
    "or name yours in the environment variable CC"
)

_BASE_FLAGS = ("-O1", "-fPIC", "-shared", "-std=c99")


@dataclass(frozen=True)
class Compiler:
    """A C compiler that works.

    Attributes
    ----------
    program : str
        As the user named it, with arguments (``ccache gcc``).
    version : str
        The first line of its ``--version``.
    openmp : bool
        Whether it takes OpenMP.
    version_text : str
        All that ``--version`` says.
    """

    program: str
    version: str
    openmp: bool
    version_text: str = field(default="", repr=False)


def find_compiler() -> Compiler:
    """Return the compiler that Devito will use, after a trial compilation.

    Devito's own variables are respected: DEVITO_ARCH chooses the family; of the family ``custom``, CC names the
    program, and CFLAGS and LDFLAGS its further options.

    Raises
    ------
    CompilerMissing
        There is none, or it cannot compile a program of four lines; the text names the package to install.
    EnvironmentRefused
        CFLAGS or LDFLAGS are not what the compiler takes, or DEVITO_ARCH names no family of compilers.
    """
    c_flags, ld_flags = flags_of("CFLAGS"), flags_of("LDFLAGS")
    return _probe(compiler_program(), os.environ.get("PATH", ""), c_flags, ld_flags, cache_root())


def flags_of(name: str) -> tuple[str, ...]:
    """Return the words of CFLAGS or LDFLAGS as a shell would take them: any space between, quotes around spaces.

    None, where Devito takes no notice of them: the family is another one than ``custom``.
    """
    return words_of(name, os.environ.get(name, "")) if _family() == "custom" else ()


def words_of(name: str, value: str) -> tuple[str, ...]:
    """Return the words of a variable that holds a part of a command line."""
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise EnvironmentRefused(name, value, f"{str(error).lower()}; close it, or leave it out") from None


def gnu_version(command: tuple[str, ...]) -> str | None:
    """Return the version number of GNU's compiler, under whatever name; None of another one."""
    if "Free Software Foundation" not in _output(*command, "--version"):
        return None
    return _output(*command, "-dumpfullversion", "-dumpversion").strip() or None


def _family() -> str:
    return os.environ.get("DEVITO_ARCH") or "custom"


def compiler_program() -> str:
    """Return the command that Devito will start: DEVITO_ARCH chooses the family, CC the program of ``custom``.

    Raises
    ------
    EnvironmentRefused
        DEVITO_ARCH names no family of compilers for this machine's processor.
    """
    family = _family()
    if family == "custom":
        fallback = "clang" if platform.system() == "Darwin" else "gcc"
        return os.environ.get("CC", "").strip() or fallback
    if family.startswith("gcc-"):
        return family
    if family not in _PROGRAMS:
        known = ", ".join(("custom", *_PROGRAMS, "gcc-VERSION"))
        raise EnvironmentRefused("DEVITO_ARCH", family, f"give a compiler for this machine's processor, one of {known}")
    return _PROGRAMS[family]


@cache
def _probe(program: str, search_path: str, c_flags: tuple[str, ...], ld_flags: tuple[str, ...], root: Path) -> Compiler:
    command = words_of("CC", program)
    if shutil.which(command[0], path=search_path) is None:
        raise CompilerMissing(f'no C compiler: "{command[0]}" was not found on the PATH; {_ADVICE}')
    with work_folder(root, "probe-") as (folder, environment):
        source = folder / "probe.c"
        with disk_words(folder):
            source.write_text(_PROBE)

        def refusal(*flags: str) -> str | None:
            return _compile([*command, *_BASE_FLAGS, *flags], source, environment)

        plain = refusal()
        if plain is not None and "takes C for C++" in plain:
            raise CompilerMissing(
                f'CC="{program}" is a C++ compiler, and the kernels are C: name the C compiler that came with it, '
                "gcc for g++, clang for clang++"
            )
        if plain is not None:
            raise CompilerMissing(
                f'the C compiler "{program}" cannot compile a program of four lines: {plain}; {_ADVICE}'
            )
        for name, flags in (("CFLAGS", c_flags), ("LDFLAGS", ld_flags)):
            wrong = refusal(*flags) if flags else None
            if wrong is not None:
                raise EnvironmentRefused(
                    name, os.environ.get(name, ""), f'not what "{program}" takes ({wrong}); mend it, or unset it'
                )
        openmp = refusal("-fopenmp") is None
    shown = _output(*command, "--version")
    return Compiler(program, (shown.splitlines() or ["unknown"])[0].strip(), openmp, shown)


def _compile(command: list[str], source: Path, environment: dict[str, str]) -> str | None:
    """Return None where it made something, else what the compiler said."""
    target = source.with_suffix(".out")
    target.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            [*command, str(source), "-lm", "-o", str(target)],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=120,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0 and _is_library(target):
        return None
    check_disk(source.parent, done.stderr)
    return " ".join(done.stderr.split())[:300] or f"exit status {done.returncode}, and no library was made"


def _is_library(target: Path) -> bool:
    """Tell a library from nothing at all (-fsyntax-only), and in Linux's format from an object file (-c)."""
    if not target.exists():
        return False
    head = target.read_bytes()[:18]
    return head[16:18] in (b"\x03\x00", b"\x00\x03") if head.startswith(b"\x7fELF") else target.stat().st_size > 0


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
