"""What an archive holds of a study: records that may stand for a new measurement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from wavecomp.records import Provenance

_THREADS = "OMP_NUM_THREADS"


class KeptRecord(Protocol):
    """A record of any kind, as far as the engine looks at it."""

    @property
    def key(self) -> tuple[str, bool]:
        """The case, and whether it was measured among others."""

    @property
    def library(self) -> str:
        """Libraries that did the work."""

    @property
    def provenance(self) -> str:
        """Digest of where it was measured."""

    @property
    def failed(self) -> bool:
        """Whether it holds a failure."""


L = TypeVar("L", bound=KeptRecord)


class Found(Generic[L]):
    """The records of an archive that were measured in a place like this one.

    A record stands for a case if all that can change its numbers is equal: the case itself (``key``), whether it was
    measured alone, where (the provenance of the measuring process is comparable with that of ours), and the libraries,
    whose versions are compared record by record.

    Parameters
    ----------
    records : iterable of record
        In the order in which they were written: a later one replaces an earlier one.
    provenances : mapping
        By digest. A record whose provenance is lost stands for nothing.
    ours : Provenance
        Of a process as it would measure now.
    concurrent : bool
        Whether the study measures several cases at a time. Its times do not count, so a record that was measured alone
        is as good, and threads that the cores were divided into are no difference: no result depends on their number.
    """

    def __init__(
        self, records: Iterable[L], provenances: Mapping[str, Provenance], ours: Provenance, concurrent: bool
    ) -> None:
        self._concurrent = concurrent
        wanted = self._compared(ours)
        here = {digest for digest, made in provenances.items() if self._compared(made).comparable(wanted)}
        # By their libraries too: what a newer version gave does not hide what an older one did, if that is back.
        self._held = {(record.key, record.library): record for record in records if record.provenance in here}

    def of(self, case: str, library: str) -> L | None:
        """Return the record that stands for a case, None if there is none.

        A study with several workers takes one that was measured alone before one that was not.
        """
        for concurrent in (False, True) if self._concurrent else (False,):
            record = self._held.get(((case, concurrent), library))
            if record is not None:
                return record
        return None

    def add(self, record: L) -> None:
        """Take a record that was made just now."""
        self._held[record.key, record.library] = record

    def _compared(self, made: Provenance) -> Provenance:
        if not self._concurrent:
            return made
        return replace(made, settings={name: value for name, value in made.settings.items() if name != _THREADS})
