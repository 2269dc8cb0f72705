"""What a command will write is tried before it measures anything."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wavecomp.errors import StorageError
from wavecomp.records.archive import RecordFile
from wavecomp.report.own_report import check_report_place


def claim(folder: Path, *archives: Callable[[Path], RecordFile[Any]], report: bool = False) -> None:
    """See that an archive's folder can be written to, and that nothing of anybody's is in the way; nothing is changed.

    Parameters
    ----------
    folder : pathlib.Path
        The archive's, there or not.
    archives : type
        Whose files are going to be appended to.
    report : bool
        Whether a report follows.

    Raises
    ------
    DamagedArchive, ForeignFile
        A file that is there is not one that may be appended to, or replaced.
    StorageError
        No file can be made there.
    """
    for archive in archives:
        archive(folder).check()
    if report:
        check_report_place(folder)
    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    try:
        # Only making a file shows that one can be made: permissions say nothing of a disk that is read-only.
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise StorageError(folder, 0, error.strerror or str(error)) from error
