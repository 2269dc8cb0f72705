"""Where and with what a record was made."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

import wavecomp
from wavecomp.errors import DamagedArchive
from wavecomp.installed import fingerprints
from wavecomp.records.column_types import checked
from wavecomp.without_paths import without_paths

_LIBRARIES = ("numpy", "devito", "zfpy", "blosc2", "pysz", "pandas", "h5py", "checkpoint_schedules", "psutil",
    "imagecodecs", "pcodec", "fpzip", "numcodecs", "hdf5plugin",
)  # fmt: skip

# Environment variables that change how fast the libraries are, or what they compute; PREFIX_ stands for all of them.
_SETTINGS = (
    "BLOSC_", "BLOSC2_", "GLIBC_TUNABLES", "GOMP_", "KMP_", "LD_PRELOAD", "LIBOMP_", "MALLOC_", "MKL_", "NUMEXPR_",
    "OMP_", "OPENBLAS_", "PYTHONMALLOC", "VECLIB_",
)  # fmt: skip

# Those that reach compiled kernels alone. What they come to is in the build.
_BUILD_SETTINGS = ("CC", "CFLAGS", "CPATH", "CPPFLAGS", "CXX", "CXXFLAGS", "C_INCLUDE_PATH", "DEVITO_", "LDFLAGS")

_SECRETS = ("BLOSC_C2",)  # addresses, names and passwords of Blosc2's servers


@dataclass(frozen=True)
class Provenance:
    """Machine, software and settings behind a set of records.

    Attributes
    ----------
    system : str
        Operating system, its release and the C library.
    machine, cpu : str
        Architecture, and the processor's name as the system tells it.
    cores : int
        Logical processors that the process may use.
    memory_bytes : int
        Physical memory of the machine, whatever a control group leaves of it.
    python : str
        Version and implementation.
    versions : mapping
        Version of every library that took part, and of every plug-in, with a digest of its files.
    settings : mapping
        Environment variables that change how the libraries thread, allocate, and compile; no paths, and of a bounded
        length.
    commit : str or None
        Commit of the wavecomp checkout, with ``+`` where it had uncommitted changes; None outside a checkout.
    build : mapping
        What compiled kernels were made with: the compiler, its flags, Devito's settings. Empty where no kernel took
        part, and in provenances that are older than it.
    code : str
        Digest of the parts of wavecomp itself that measured; empty in provenances that are older than it.
    """

    system: str
    machine: str
    cpu: str
    cores: int
    memory_bytes: int
    python: str
    versions: dict[str, str]
    settings: dict[str, str]
    commit: str | None
    build: dict[str, str] = field(default_factory=dict)
    code: str = ""

    @cached_property
    def digest(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def comparable(self, other: Provenance) -> bool:
        """Say whether times measured there and here mean the same: one processor, one set of settings, one NumPy.

        Where compiled kernels took part, they have to be of one build; a provenance that tells none is not compared
        with one that does. Variables that reach the kernels alone count by the build they led to, so that they say
        nothing against a sweep, which runs none. Our own code is compared as it is: its version stays the same while it
        is edited.

        The library that does the work is compared record by record, so that a new version of one compressor does not
        put the others in doubt.
        """
        return self._bench() == other._bench()

    def _bench(self) -> tuple[object, ...]:
        shared = (self.versions.get("numpy"), self.versions.get("wavecomp"))
        settings = {name: value for name, value in self.settings.items() if not _named(name, _BUILD_SETTINGS)}
        return (self.machine, self.cpu, self.cores, settings, self.build, self.code, *shared)

    def to_json(self) -> str:
        """Return canonical JSON; an empty build or code is left out, as in provenances that are older than it."""
        values = asdict(self)
        for name in ("build", "code"):
            if not values[name]:
                del values[name]
        return json.dumps(values, sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Provenance:
        """Read what :meth:`to_json` wrote, here or in another version: entries that are not known here are left out.

        Raises
        ------
        DamagedArchive
            The text is not a provenance: not JSON, or an entry is missing or has another type.
        """
        try:
            found = json.loads(text)
            known = {entry.name: found[entry.name] for entry in fields(cls) if entry.name in found}
            return checked(cls(**known))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise DamagedArchive(f"not a provenance: {error}") from None


def library_version(distribution: str) -> str:
    """Return ``name version`` of an installed distribution."""
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return distribution


def collect_provenance(
    extra: Iterable[str] = (), *, build: Mapping[str, str] | None = None, code: str = ""
) -> Provenance:
    """Look at this machine and this environment.

    Parameters
    ----------
    extra : iterable of str
        Further distributions whose versions belong in the record.
    build : mapping, optional
        What this process compiles kernels with, where it runs any.
    code : str, optional
        Digest of our own code that measures, from :func:`wavecomp.records.own_code.own_code`.
    """
    found: dict[str, str] = {"wavecomp": wavecomp.__version__}
    for name in sorted({*_LIBRARIES, *extra}):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    found |= fingerprints("wavecomp.compressors")
    return Provenance(
        system=f"{platform.system()} {platform.release()} {' '.join(platform.libc_ver())}".strip(),
        machine=platform.machine(),
        cpu=_cpu_name(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        versions=found,
        settings=_settings(),
        commit=_commit(),
        build=dict(build or {}),
        code=code,
    )


def _settings() -> dict[str, str]:
    found = sorted(name for name, value in os.environ.items() if value and _named(name, _SETTINGS + _BUILD_SETTINGS))
    return {name: without_paths(os.environ[name]) for name in found if not name.startswith(_SECRETS)}


def _named(name: str, names: tuple[str, ...]) -> bool:
    """Tell whether a variable is one of those named; a name that ends in an underscore stands for all that begin so."""
    return any(name.startswith(one) if one.endswith("_") else name == one for one in names)


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    if platform.system() == "Darwin":
        return _output("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor()
    return platform.processor() or platform.machine()


def _commit() -> str | None:
    folder = str(Path(wavecomp.__file__).resolve().parent)
    # An installed copy may lie inside somebody else's checkout: only a tracked package says anything.
    if not _output("git", "-C", folder, "ls-files", "--", "__init__.py"):
        return None
    commit = _output("git", "-C", folder, "rev-parse", "--short=12", "HEAD")
    changed = _output("git", "-C", folder, "status", "--porcelain", "--untracked-files=no", "--", folder)
    return f"{commit}+" if commit and changed else commit or None


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
