"""What a report may replace: the files that it wrote itself, as it wrote them.

A report keeps a list of its files with their digests beside its page. What is there and not in the list, or is not any
more what the list says, is somebody's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from wavecomp.errors import ForeignFile, StorageError
from wavecomp.records.whole_file import whole_file
from wavecomp.report.files import write_files

PAGE, TABLES, FIGURES = "report.md", "tables", "figures"
LISTING = "report-files.json"
TITLE = "# Compression of seismic wavefields: what was measured"
SOURCES = "## Where these numbers come from"

_MADE_BY = "wavecomp report"
_ADVICE = "move it away, or choose another folder"
_SHOWN = 3

# Whatever an archive holds, a page has no other files than these, or these with a name behind a hyphen.
_TABLES = ("table1", "quality", "gradient")
_FIGURES = ("figure10", "figure11", "figure12", "figure13", "figure14", "frontier", "spectrum")
_USUAL = (
    PAGE,
    *(f"{TABLES}/{stem}.{suffix}" for stem in _TABLES for suffix in ("txt", "md", "tex", "csv")),
    *(f"{FIGURES}/{stem}.{suffix}" for stem in _FIGURES for suffix in ("png", "svg")),
)

Listing = dict[str, list[str]]
"""SHA-256 of what a report wrote, by file name; two where it was ended while it replaced one by the other."""


def check_report_place(folder: str | Path) -> None:
    """See, before anything is measured, that a report may be written into a folder.

    Raises
    ------
    ForeignFile
        A file that it would replace is not its own.
    """
    _refuse(Path(folder), _listing(Path(folder)), _USUAL)


def write_report(folder: str | Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write all files of a report, or none.

    Parameters
    ----------
    folder : path
        Where the page lies; made if need be.
    contents : mapping of str to bytes
        By file name, with the page last.

    Returns
    -------
    list of Path
        In the mapping's order, without the list.

    Raises
    ------
    ForeignFile
        A file that would be replaced is not the report's own; nothing is written.
    StorageError
        The disk is full, read-only or gone.
    """
    folder = Path(folder)
    before = _listing(folder)
    new = {name: _digest(content) for name, content in contents.items()}
    _refuse(folder, {name: [*before.get(name, ()), digest] for name, digest in new.items()}, new)
    # What is being replaced is known under both digests until that is done, so that a killed report is made anew.
    _write_listing(folder, before | {name: sorted({*before.get(name, ()), new[name]}) for name in new})
    written = write_files(folder, contents)
    _write_listing(folder, before | {name: [digest] for name, digest in new.items()})
    return written


def _refuse(folder: Path, listing: Mapping[str, list[str]], names: Iterable[str]) -> None:
    found = [(folder / name, reason) for name in names if (reason := _foreign(folder / name, listing.get(name, [])))]
    if not found:
        return
    (place, reason), others = found[0], [str(path) for path, _ in found[1:]]
    if others:
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        reason = f"{reason} (so is {', '.join(others[:_SHOWN])}{more})"
    raise ForeignFile(place, reason, _ADVICE)


def _foreign(path: Path, digests: list[str]) -> str | None:
    """Say why a file may not be replaced by one with, or in place of one with, these digests; None if it may be."""
    if path.is_symlink():
        return "is a symbolic link, and none that a report made"
    if path.parent.exists() and not path.parent.is_dir():
        return f"cannot be made: {path.parent.name} is no folder"
    if not path.exists():
        return None
    if not path.is_file():
        return "is there and no file"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageError(path, 0, error.strerror or str(error), reading=True) from error
    if not content or _digest(content) in digests:
        return None
    return "was changed after a report was written" if digests else "was not written by a report of this folder"


def _listing(folder: Path) -> Listing:
    path = folder / LISTING
    if not path.exists() and not path.is_symlink():
        return _of_older_page(folder)
    try:
        values = json.loads(path.read_bytes())
        if values["made_by"] == _MADE_BY:
            return {str(name): [str(digest) for digest in digests] for name, digests in values["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise ForeignFile(path, "is not the list of files that a report keeps", _ADVICE)


def _of_older_page(folder: Path) -> Listing:
    """Return what a page from before there were lists links to, as it is now: it shows itself and its files for ours.

    It bears the title and names where its numbers come from.
    """
    page = folder / PAGE
    try:
        text = page.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    if page.is_symlink() or not text.startswith(f"{TITLE}\n") or f"\n{SOURCES}\n" not in text:
        return {}
    linked = re.findall(rf"\]\(((?:{TABLES}|{FIGURES})/[A-Za-z0-9_.-]+)\)", text)
    there = (name for name in (PAGE, *linked) if (folder / name).is_file())
    return {name: [_digest((folder / name).read_bytes())] for name in there}


def _write_listing(folder: Path, listing: Listing) -> None:
    content = {"made_by": _MADE_BY, "files": listing}
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    with whole_file(folder / LISTING, len(text)) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
