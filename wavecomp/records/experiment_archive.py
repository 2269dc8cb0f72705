"""The results of experiments in a folder: one file each, with their provenances beside them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from wavecomp.errors import ArchiveBusy, StorageError
from wavecomp.records.archive import Archive, keep_provenance
from wavecomp.records.experiment import ExperimentResult, load_experiments, save_experiment
from wavecomp.records.provenance import Provenance


class ExperimentArchive:
    """What experiments gave: ``experiment-NAME-DIGEST.npz`` in a folder.

    Parameters
    ----------
    folder : path
        Made when it is opened for writing.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def __iter__(self) -> Iterator[ExperimentResult]:
        """Read all results, those of one experiment in order of time; raises DamagedArchive."""
        return iter(load_experiments(self.folder))

    def provenances(self) -> Mapping[str, Provenance]:
        """Return every provenance that lies beside them, by digest."""
        return Archive(self.folder).provenances()

    @contextmanager
    def writer(self) -> Iterator[ExperimentArchive]:
        """Open for writing, one process at a time.

        Raises
        ------
        ArchiveBusy
            Another process has it open.
        StorageError
            The folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise StorageError(self.folder, 0, error.strerror or str(error)) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ArchiveBusy(
                    f"another process runs experiments into {self.folder}; wait for it or choose another --out"
                ) from None
            yield self
        finally:
            os.close(descriptor)

    def append(self, result: ExperimentResult, provenance: Provenance) -> None:
        """Keep a result and its provenance, whole or not at all; raises StorageError."""
        keep_provenance(self.folder, provenance)
        save_experiment(self.folder, result)
