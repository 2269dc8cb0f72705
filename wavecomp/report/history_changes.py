"""What changed between two runs: versions, processor, code, settings; the likely cause of a step named first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wavecomp.records import Provenance
from wavecomp.report.history_runs import Run
from wavecomp.report.names import join_words

_OWN = "wavecomp"
_SHORT = 34  # characters of a label in a picture
_COMMIT = re.compile(r"\b([0-9a-f]{7})[0-9a-f]+")
_FOR_ALL = (_OWN, "numpy")


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between a run and one before.

    Attributes
    ----------
    causes : tuple of str
        The versions of the libraries that made the values, or where none of these changed all that every value hangs
        on: wavecomp's own code, NumPy, processor, build and settings. Empty where none of that changed.
    others : tuple of str
        What else changed, such as the libraries of other compressors.
    """

    causes: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Everything that changed."""
        return self.causes + self.others

    def words(self) -> str:
        """Say it in one line."""
        if not self.causes:
            return f"no cause is recorded{_beside(self.others)}" if self.others else "nothing that is recorded changed"
        return f"{', '.join(self.causes)}{_beside(self.others)}"

    def label(self) -> str:
        """Say the cause in a few words for a picture."""
        if not self.causes:
            return "no cause is recorded"
        more = f" +{len(self.causes) - 1}" if len(self.causes) > 1 else ""
        first = _COMMIT.sub(r"\1", self.causes[0])
        room = _SHORT - len(more)
        return (first if len(first) <= room else f"{first[: room - 1]}…") + more


def _beside(others: Sequence[str]) -> str:
    return f"; also {', '.join(others)}" if others else ""


def changes(before: Run, after: Run, libraries: tuple[Iterable[str], Iterable[str]]) -> Changes:
    """Compare two runs.

    Parameters
    ----------
    before, after : Run
    libraries : pair of iterable of str
        What did the work then and now, such as ``devito 4.8.23, zfpy 1.0.1``.
    """
    own = _differences(*map(_versions, libraries))
    was, now = before.provenance, after.provenance
    if was is None or now is None:
        unknown = () if was is now else ("the provenance of one of the two is not there",)
        return Changes(tuple(own.values()) or unknown, unknown if own else ())
    versions = _differences(was.versions, now.versions)
    numpy = [versions["numpy"]] if "numpy" in versions and "numpy" not in own else []
    # Sweeps and gradients are made by different parts of wavecomp, and gradients alone by compiled kernels.
    alike = bool(before.gradients) == bool(after.gradients)
    code = _own_code(was, now, alike)
    shared = [*([code] if code else []), *numpy, *_circumstances(before, after, alike)]
    foreign = [words for name, words in versions.items() if name not in own and name not in _FOR_ALL]
    if not code and was.commit != now.commit:
        foreign.append(f"commit {was.commit or 'unknown'} → {now.commit or 'unknown'}, with the same code")
    return Changes(tuple(own.values()), (*shared, *foreign)) if own else Changes(tuple(shared), tuple(foreign))


def _own_code(was: Provenance, now: Provenance, alike: bool) -> str:
    """Say that wavecomp is another, by its version or the code that measures; "" where it may be the same.

    Provenances without a digest of the code have a commit alone, which may have changed words or tests.
    """
    versions = [one.versions.get(_OWN, "unknown") for one in (was, now)]
    commits = [one.commit or "unknown" for one in (was, now)]
    moved = commits[0] != commits[1]
    if versions[0] != versions[1]:
        behind = f" (commit {commits[0]} → {commits[1]})" if moved else ""
        return f"{_OWN} {versions[0]} → {versions[1]}{behind}"
    if alike and was.code and now.code:
        if was.code == now.code:
            return ""
        names = commits if moved else [f"code {was.code[:8]}", now.code[:8]]
        return f"{_OWN} {names[0]} → {names[1]}"
    return f"{_OWN} {commits[0]} → {commits[1]}" if moved else ""


def _circumstances(before: Run, after: Run, alike: bool) -> list[str]:
    was, now = before.provenance, after.provenance
    assert was is not None
    assert now is not None
    found = []
    if before.processor != after.processor:
        found.append(f"processor {before.processor} → {after.processor}")
    if was.python != now.python:
        found.append(f"{was.python} → {now.python}")
    builds = ("build", was.build, now.build) if alike else ("build", {}, {})
    for what, old, new in (builds, ("settings", was.settings, now.settings)):
        names = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
        if names:
            found.append(f"{what} {join_words(names)}")
    if was.system != now.system:
        found.append(f"system {was.system} → {now.system}")
    return found


def _versions(libraries: Iterable[str]) -> dict[str, str]:
    """Take texts such as ``devito 4.8.23, zfpy 1.0.1`` apart."""
    found: dict[str, str] = {}
    for text in sorted(set(libraries)):
        for one in text.split(", "):
            name, _, version = one.partition(" ")
            found[name] = version
    return found


def _differences(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Return by name which versions differ, in words."""
    return {
        name: f"{name} {old.get(name) or 'none'} → {new.get(name) or 'none'}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    }
