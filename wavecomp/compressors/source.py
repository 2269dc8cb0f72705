"""Where the code of a plug-in comes from, in plain words that another process can follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Published:
    """An installed distribution.

    Attributes
    ----------
    entry : str
        Name of its entry point; one may publish several compressors.
    """

    entry: str


@dataclass(frozen=True, slots=True)
class InFile:
    """A file that somebody named.

    Attributes
    ----------
    path : str
        Absolute.
    digest : str
        Of what was in it, and of what it brings along, when it was read: another process finds the same, or says so.
    """

    path: str
    digest: str


Source: TypeAlias = Published | InFile
