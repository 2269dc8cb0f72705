"""Devito's compiler, with the product's own cache of kernels, and flags read as a shell reads them."""

from __future__ import annotations

import ctypes
import os
import shlex
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from devito import configuration
from devito.arch.compiler import CustomCompiler
from packaging.version import InvalidVersion, Version

from wavecomp.errors import KernelError
from wavecomp.wavefields.build import Build, compiler_environment, processor, program_digests
from wavecomp.wavefields.cache_folder import cache_root
from wavecomp.wavefields.compiler import find_compiler, flags_of, gnu_version
from wavecomp.wavefields.kernel_cache import kernel_library

_SPEED_ONLY = ("autotuning", "first-touch", "profiling")
"""Settings that Devito leaves out of a kernel's name, and which change times all the same."""


class CachedCompiler:
    """What every compiler of Devito's gets before its own class: see :func:`cached`.

    Devito makes a new instance for every operator, with flags from the environment as it is then; the folder follows
    from the flags of the instance, so that it cannot belong to others.
    """

    # Of Devito's class.
    CC: str
    cc: str
    ld: str
    cflags: list[str]
    ldflags: list[str]
    src_ext: str
    so_ext: str
    _cmdline: Callable[[list[str]], list[str]]

    def __init__(self, **kwargs: Any) -> None:
        language = str(kwargs.get("language", configuration["language"]))
        super().__init__(**kwargs)
        if isinstance(self, CustomCompiler):
            # Devito cuts at every single space: two in a row are an empty file name to the compiler.
            for flags, name in ((self.cflags, "CFLAGS"), (self.ldflags, "LDFLAGS")):
                naive = _naive_words(name)
                if naive:
                    del flags[-len(naive) :]
                flags += flags_of(name)
        words = shlex.split(self.cc)
        self._starts = tuple(words)
        self.cc = self.ld = words[0]
        self.cflags = [*words[1:], *self.cflags]  # of "ccache gcc", the second comes first of all
        if "openmp" in language and "-fopenmp" not in self.ldflags and find_compiler().openmp:
            self.ldflags = [*self.ldflags, "-fopenmp"]  # Devito adds it for programs that call themselves gcc

    @property
    def version(self) -> Version:
        """Version of the compiler: GNU's has one under every name, and Devito chooses flags by it."""
        found: Version = super().version  # type: ignore[misc]
        if found == Version("0"):
            try:
                return Version(gnu_version(tuple(shlex.split(self.CC))) or "0")
            except InvalidVersion:
                return found
        return found

    def get_version(self) -> str:
        """Return what the compiler says of itself."""
        return find_compiler().version_text

    @property
    def build(self) -> Build:
        """What kernels are made with by this instance, now."""
        starts = len(self._starts)
        return Build(
            compiler=find_compiler().version_text,
            programs=program_digests(self._starts),
            flags=tuple(self._cmdline([])[starts:]),
            environment=compiler_environment(),
            processor=processor(),
            devito=_writers(),
            settings=_settings(),
        )

    def get_jit_dir(self) -> Path:
        """Return the folder of this build's kernels, made if need be."""
        folder = cache_root() / self.build.key
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def get_codepy_dir(self) -> Path:
        """Return the same folder: there is one cache only."""
        return self.get_jit_dir()

    def jit_compile(self, soname: str, code: str) -> tuple[bool, str]:
        """Compile a kernel unless this build has it; return whether that was done, and the file of its source."""
        folder = self.get_jit_dir()
        made = kernel_library(folder, soname, code, (f".{self.src_ext}", self.so_ext), self._command)
        return made, str(folder / f"{soname}.{self.src_ext}")

    def load(self, soname: str) -> ctypes.CDLL:
        """Load a kernel's library."""
        path = self.get_jit_dir() / f"{soname}{self.so_ext}"
        try:
            return ctypes.CDLL(str(path))
        except OSError as error:
            reason = str(error).replace(str(path), "the library")
            raise KernelError(
                f"a compiled kernel cannot be loaded ({reason}); its folder is {path.parent}, its compiler's options "
                f"{' '.join(self.cflags + self.ldflags)}"
            ) from None

    def _command(self, source: str, target: str) -> list[str]:
        return [*self._cmdline([source]), "-o", target]


def use_cache() -> CachedCompiler:
    """Have Devito compile through the cache from now on; return its compiler."""
    present = configuration["compiler"]
    if isinstance(present, CachedCompiler):
        return present
    kind: Any = cached(type(present))
    made: CachedCompiler = kind(name=present.name, suffix=present.suffix, mpi=configuration["mpi"])
    configuration.update("compiler", made)
    return made


def cached(kind: type) -> type:
    """Return a class of Devito's compilers with the cache before it."""
    return type(f"Cached{kind.__name__}", (CachedCompiler, kind), {})


def _settings() -> tuple[tuple[str, str], ...]:
    # Devito knows which of its settings change what it writes.
    told = {name for name, matters in configuration._impact_jit.items() if matters} | set(_SPEED_ONLY)
    return tuple((name, str(configuration[name])) for name in sorted(told - {"compiler"}))


@cache
def _writers() -> str:
    libraries = [f"{name} {version(name)}" for name in ("devito", "cgen", "sympy")]
    return ", ".join([*libraries, str(sys.implementation.cache_tag)])


def _naive_words(name: str) -> list[str]:
    """Return how Devito cuts a variable."""
    value = os.environ.get(name)
    return value.split(" ") if value is not None else []
