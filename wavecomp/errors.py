"""Every error that a user of wavecomp can meet: one tree under :class:`WavecompError`.

Each class carries the exit status that the command line ends with: 2 where the words of the request were wrong,
1 where the request was right and something failed or fell short. Where 1 means "worse", in a gate, 3 means that it
could not judge.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``'; did you mean "zfp"?'`` for the nearest of the known words, or an empty string."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f'; did you mean "{near[0]}"?' if near else ""


class WavecompError(Exception):
    """Base of all errors that wavecomp raises on purpose; its text is meant for the user's eyes."""

    exit_status = 1


class UsageError(WavecompError):
    """The request itself is wrong: an unknown name, a bad number, a contradiction."""

    exit_status = 2


class EnvironmentRefused(UsageError):
    """An environment variable has a value that cannot be used; the text names both, and what would be right."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        shown = value if len(value) <= 200 else f"{value[:200]}…"
        super().__init__(f'{name}="{shown}": {expected}')
        self.name = name


# --- compressors -----------------------------------------------------------------------------------------------------


class SpecError(UsageError):
    """The text form of a compressor does not parse, or one of its values is out of range."""


class UnknownCompressor(SpecError):
    """No compressor of that name is registered."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(f'unknown compressor "{name}"{did_you_mean(name, names)} (registered: {", ".join(names)})')


class CompressorUnavailable(WavecompError):
    """The compressor is registered, but what it needs is missing or broken on this machine."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f'compressor "{name}" is not available here: {reason}')


class PluginFailed(WavecompError):
    """The code of a compressor, a plug-in's most often, raised something that it must not, or returned nonsense.

    Attributes
    ----------
    spec : str
        Canonical spec of the compressor.
    """

    def __init__(self, spec: str, reason: str) -> None:
        super().__init__(f'the compressor of spec "{spec}" fails: {reason}')
        self.spec = spec


class PluginFileError(UsageError):
    """A file that was named as a plug-in is none, or cannot be used; the text says where and why."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"plug-in {path}: {reason}")


class FieldChanged(WavecompError):
    """A compressor changed the field that it was given."""


class Inconsistent(WavecompError):
    """A compressor does not do the same on every call, or what it returns is not what it must return."""


class RegistrationError(WavecompError):
    """Two compressors claim one name, or a plug-in is not a compressor definition."""


class UnsupportedField(WavecompError):
    """A compressor or a metric cannot take this array: its dtype, number of dimensions, size or special values."""


class StreamError(WavecompError):
    """A compressed stream is damaged, truncated, or belongs to an array of another shape or dtype."""


# --- wavefields ------------------------------------------------------------------------------------------------------


class RecipeError(UsageError):
    """A recipe has an unknown key or a value that makes no sense; the text names file, key and value."""

    def __init__(self, source: str | Path, key: str, value: object, expected: str) -> None:
        super().__init__(f"{source}: {key} = {value!r}: {expected}")
        self.key = key


class UnknownRecipe(UsageError):
    """No recipe of that name is known."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(f'unknown field "{name}"{did_you_mean(name, names)} (known: {", ".join(names) or "none"})')


class ModelFileError(WavecompError):
    """A velocity model's file is missing, has the wrong layout, or holds impossible velocities."""


class UnknownModelFile(UsageError):
    """No published model file goes by that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(f'no published model "{name}"{did_you_mean(name, names)} (known: {", ".join(names)})')


class DownloadFailed(WavecompError):
    """A published file did not come, or came with other bytes; nothing of it is kept."""

    def __init__(self, url: str, reason: str, sha256: str, mirror_variable: str) -> None:
        super().__init__(
            f"{url} was not downloaded: {reason}. Without a network, bring the file (SHA-256 {sha256}) some other way, "
            f"or name in the environment variable {mirror_variable} the address of a folder that holds it"
        )


class MissingField(WavecompError):
    """The recipe is known, but its wavefield was not generated here (or not to the end)."""


class DamagedField(WavecompError):
    """A stored wavefield differs from what its manifest says."""


class MemoryTooSmall(WavecompError):
    """What was asked for needs more memory than there is; nothing of it was taken."""

    def __init__(self, what: str, needed_bytes: int, there_bytes: int, source: str, instead: str) -> None:
        self.needed_bytes, self.there_bytes = needed_bytes, there_bytes
        super().__init__(
            f"{what} would take {needed_bytes} bytes ({needed_bytes / 1e9:.3g} GB) of memory, and there are "
            f"{there_bytes} ({there_bytes / 1e9:.3g} GB: {source}); {instead}"
        )


class SnapshotWordsError(UsageError):
    """The text that names somebody's snapshots has an unknown key, or asks for what cannot be."""


class SnapshotError(WavecompError):
    """A file of somebody's snapshots is missing, damaged, or holds what no compressor takes; the text names it."""


class MissingExtra(WavecompError):
    """A format needs a library that is not installed."""

    def __init__(self, path: str | Path, form: str, extra: str) -> None:
        super().__init__(f"{path}: reading {form} needs the extra {extra}: pip install 'wavecomp[{extra}]'")
        self.extra = extra


class CompilerMissing(WavecompError):
    """Devito compiles C at run time and no C compiler was found."""


class KernelError(WavecompError):
    """A kernel that Devito wrote could not be compiled, or the result not be loaded."""


class PropagationError(WavecompError):
    """The propagation blew up: the wavefield is not finite or grows without bound."""


class ForeignFile(WavecompError):
    """Something that wavecomp did not make lies where it would write; nothing was changed.

    Parameters
    ----------
    place : path
        The file or folder.
    what : str
        What is wrong with it, in words.
    advice : str
        What helps.
    """

    def __init__(self, place: str | Path, what: str, advice: str = "move it away, or choose another folder") -> None:
        super().__init__(f"{place}: {what}; wavecomp replaces only what it made itself. Nothing was changed: {advice}")


class StorageError(WavecompError):
    """A file could not be written, or not be read back: the disk is full, read-only or gone."""

    def __init__(self, path: str | Path, size: int, reason: str, *, reading: bool = False) -> None:
        amount = f" {size} bytes {'from' if reading else 'to'}" if size else ""
        super().__init__(f"cannot {'read' if reading else 'write'}{amount} {path}: {reason}")


# --- adjoint runs ----------------------------------------------------------------------------------------------------


class UnknownProblem(UsageError):
    """No gradient problem of that name is known."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(f'unknown problem "{name}"{did_you_mean(name, names)} (known: {", ".join(names) or "none"})')


class UnknownStrategy(SpecError):
    """No strategy of that name is known."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(f'unknown strategy "{name}"{did_you_mean(name, names)} (known: {", ".join(names)})')


class UnsupportedStrategy(UsageError):
    """A strategy asks for what the time-stepping code cannot do; the text says what it can."""


class UnknownExperiment(UsageError):
    """No experiment of that name is known."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = list(known)
        super().__init__(f'unknown experiment "{name}"{did_you_mean(name, names)} (known: {", ".join(names)})')


class ScheduleError(UsageError):
    """No schedule has these steps, slots or levels; or a schedule breaks the rules of an adjoint run."""


class BudgetExceeded(WavecompError):
    """A checkpoint does not fit beside those that are held.

    Attributes
    ----------
    needed_bytes : int
        What the checkpoint would take, bookkeeping included.
    held_bytes, budget_bytes : int
        What is held, and what may be held, in the place that is full; with ``held_bytes + needed_bytes`` it would fit.
    raw_bytes : int
        Size of the checkpoint without compression.
    place : str
        ``memory`` or ``disk``.
    """

    def __init__(self, key: object, place: str, raw_bytes: int, needed_bytes: int, held: int, budget: int) -> None:
        self.raw_bytes, self.needed_bytes, self.held_bytes, self.budget_bytes = raw_bytes, needed_bytes, held, budget
        self.place = place
        super().__init__(self._words(key, place))

    def _words(self, key: object, place: str) -> str:
        return f"checkpoint {key!r}: {self._reason(place)}"

    def _reason(self, place: str) -> str:
        free = self.budget_bytes - self.held_bytes
        reached = self.raw_bytes / self.needed_bytes
        # The bookkeeping does not shrink with the ratio, hence "about".
        ratio = f", or a ratio of about {self.raw_bytes / free:.3g} ({reached:.3g} was reached)" if free > 0 else ""
        return (
            f"{self.needed_bytes} bytes do not fit into the {max(free, 0)} bytes left of the {place} budget of "
            f"{self.budget_bytes}; a budget of {self.held_bytes + self.needed_bytes} would hold it{ratio}"
        )


class CheckpointTooLarge(BudgetExceeded):
    """A checkpoint would not fit even if nothing else were held."""

    def _reason(self, place: str) -> str:
        alone = self.held_bytes + self.needed_bytes
        return (
            f"{alone} bytes alone exceed the whole {place} budget of {self.budget_bytes}; give at least {alone} bytes, "
            f"or a compressor that reaches a ratio of about {self.raw_bytes / self.budget_bytes:.3g} "
            f"({self.raw_bytes / self.needed_bytes:.3g} was reached)"
        )


class DiskTooSmall(BudgetExceeded):
    """A schedule that says what goes to the disk puts more there at one time than its budget holds.

    Attributes
    ----------
    states : int
        Most states on the disk at one time.
    needed_bytes, budget_bytes : int
        What they take, and what may be taken.
    """

    def __init__(self, strategy: str, states: int, state_bytes: int, raw_bytes: int, budget: int, instead: str) -> None:
        self.states, self.strategy, self.instead = states, strategy, instead
        super().__init__(strategy, "disk", states * raw_bytes, states * state_bytes, 0, budget)

    def _words(self, key: object, place: str) -> str:
        return (
            f"{key}: its schedule holds {self.states} states on the {place} at one time, {self.needed_bytes} bytes, "
            f"and the {place} budget is {self.budget_bytes}; give at least {self.needed_bytes} bytes, or {self.instead}"
        )


class SlotsTooLarge(WavecompError):
    """A budget does not hold the uncompressed levels that are on their way, and a checkpoint beside them."""

    def __init__(self, strategy: str, slots_bytes: int, least_bytes: int, budget_bytes: int) -> None:
        super().__init__(
            f"{strategy}: the levels that are on their way to and from the checkpoints take {slots_bytes} bytes, and "
            f"the budget is {budget_bytes}; give at least {least_bytes} bytes, and the checkpoints come on top"
        )


class AddressesRefused(WavecompError):
    """The system reserves no more addresses for checkpoints."""

    def __init__(self, size: int, reason: str) -> None:
        super().__init__(
            f"the system does not reserve {size} bytes of addresses for checkpoints ({reason}); raise the limit on "
            "virtual memory (ulimit -v), or keep checkpoints on disk (tier=disk)"
        )


class CheckpointKeyError(WavecompError):
    """The store holds no checkpoint of that name, or one of that name already."""


class DamagedCheckpoint(WavecompError):
    """A stored checkpoint is not what was put in; nothing of it reached the output."""


class MeaninglessGradient(UsageError):
    """The exact gradient of a problem is zero or not finite, so that nothing can be compared with it."""


class SourcesChanged(WavecompError):
    """A file that a code of one's own comes from was changed while its study ran."""

    def __init__(self, name: str, changed: Iterable[str]) -> None:
        super().__init__(
            f"{name}: {', '.join(changed)} changed while the study ran, and no gradient stands under the digest of "
            "another code; start the study anew"
        )


class ShotFailed(WavecompError):
    """The gradient of one of several shots was not computed, and so there is no sum.

    Attributes
    ----------
    shots : tuple of int
        The shot; more than one only where nobody can tell which of them ended the process.
    """

    def __init__(self, shots: Iterable[int], strategy: str, reason: str) -> None:
        self.shots = tuple(shots)
        super().__init__(f"shot {' or '.join(map(str, self.shots))}, {strategy}: {reason}")


# --- performance model -----------------------------------------------------------------------------------------------


class OutsideTheModel(UsageError):
    """The performance model has no answer for this value; the text repeats it and says what would do."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        shown = str(value)
        super().__init__(f"{name} = {shown if len(shown) <= 200 else shown[:200] + '…'}: {expected}")
        self.name = name


# --- sweeps and records ----------------------------------------------------------------------------------------------


class TargetError(UsageError):
    """An error that a comparison asks of everybody is none; the text repeats it and says what would be."""


class UnknownSuite(UsageError):
    """No suite of that name is known."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(f'unknown suite "{name}"{did_you_mean(name, names)} (known: {", ".join(names)})')


class AmbiguousSuite(UsageError):
    """A suite and a compressor have one name."""

    def __init__(self, name: str) -> None:
        super().__init__(f'"{name}" is a suite, and a compressor of a plug-in as well; give the plug-in another name')


class DamagedArchive(WavecompError):
    """A line of an archive is not the record that was written there."""


class NewerRecord(DamagedArchive):
    """A line of an archive is of a newer wavecomp: nothing is wrong with it, but this version does not read it."""


class MisplacedRecord(DamagedArchive):
    """A line of an archive is a whole record of another kind, which belongs in another file."""


class ForeignBenchmarks(DamagedArchive):
    """A file is no JSON that pytest-benchmark wrote for wavecomp's suites; the text says what is missing."""

    def __init__(self, path: str | Path, missing: str) -> None:
        super().__init__(
            f"{path}: {missing}, so that it holds nothing that the suites measured; give a file that "
            "pytest suites --benchmark-only --benchmark-json=FILE wrote, or wavecomp convert"
        )


class BenchmarksUnavailable(WavecompError):
    """The suites cannot run here: pytest-benchmark is not installed, or has another interface."""


class ArchiveWarning(UserWarning):
    """Something beside the records of an archive cannot be read and is passed over; the records are used."""


class ArchiveBusy(WavecompError):
    """Another process is appending to this archive."""


class NothingToCompare(WavecompError):
    """A gate has nothing to compare: no records, or none of the same case; the text says which."""

    exit_status = 3


class NotJudged(WavecompError):
    """A gate could not come to a verdict, for the reason that its text gives: that is not "worse"."""

    exit_status = 3


class NothingToReport(WavecompError):
    """The archive holds no record from which this table or figure could be made."""
