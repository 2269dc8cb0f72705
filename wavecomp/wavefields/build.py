"""What a compiled kernel is made with: everything beside its source that may change its speed or its bits."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path

from wavecomp.without_paths import without_paths

# What compilers read beside their command line, and what wrappers around them do.
_READ_BY_COMPILERS = (
    "CCC_OVERRIDE_OPTIONS",
    "COMPILER_PATH",
    "CPATH",
    "CPPFLAGS",
    "C_INCLUDE_PATH",
    "GCC_EXEC_PREFIX",
    "LIBRARY_PATH",
)


@dataclass(frozen=True)
class Build:
    """The identity of a build.

    Attributes
    ----------
    compiler : str
        All that the compiler's ``--version`` says.
    programs : tuple of str
        SHA-256 of the programs that the command starts with: a wrapper may have changed under the same version.
    flags : tuple of str
        The command line, without programs and files.
    environment : tuple of (name, value)
        Variables that compilers read.
    processor : str
        Its name, and a digest of what it can do: ``-march=native`` compiles for it.
    devito : str
        Versions of Devito, and of what writes C for it.
    settings : tuple of (name, value)
        Devito's configuration, as far as it changes kernels or their speed.
    """

    compiler: str
    programs: tuple[str, ...]
    flags: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    processor: str
    devito: str
    settings: tuple[tuple[str, str], ...]

    @cached_property
    def key(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the canonical JSON."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode(errors="surrogateescape")).hexdigest()[
            :16
        ]

    def mapping(self) -> dict[str, str]:
        """Return what may be published of it: no path, no user; ``key`` covers all the rest."""
        found = {
            "key": self.key,
            "compiler": without_paths(self.compiler.partition("\n")[0].strip()),
            "flags": " ".join(map(without_paths, self.flags)),
            "processor": self.processor,
            "devito": self.devito,
            **{f"devito {name}": without_paths(value) for name, value in self.settings},
        }
        return found | {name: without_paths(value) for name, value in self.environment}


def compiler_environment() -> tuple[tuple[str, str], ...]:
    """Return the variables that compilers read, as far as they are set."""
    return tuple((name, os.environ[name]) for name in _READ_BY_COMPILERS if os.environ.get(name))


def program_digests(words: Iterable[str]) -> tuple[str, ...]:
    """Return the SHA-256 of those words of a command that name programs."""
    found = (shutil.which(word) for word in words)
    return tuple(_file_digest(path, Path(path).stat().st_mtime_ns) for path in found if path is not None)


@cache
def processor() -> str:
    """Return the processor's name and eight digits of the digest of its features, as far as the system tells them."""
    try:
        text = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return f"{platform.machine()} {platform.processor()}".strip()
    # Of the first processor: x86 has "model name" and "flags", ARM "Features" and numbers.
    lines = [line for line in text.split("\n\n")[0].splitlines() if ":" in line]
    values = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    named = ("flags", "Features", "CPU implementer", "CPU part", "cpu family", "model", "stepping", "cpu")
    features = hashlib.sha256(json.dumps([values.get(name) for name in named]).encode()).hexdigest()[:8]
    return f"{values.get('model name', platform.machine())} #{features}"


@cache
def _file_digest(path: str, _changed_ns: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
