"""A baseline renewed: its records are the new run's then, and why is written down beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wavecomp.errors import DamagedArchive, UsageError
from wavecomp.gate.runs import ComparedRun, is_archive
from wavecomp.gate.verdict import Verdict
from wavecomp.gate.words import sentence
from wavecomp.records import Archive, GradientArchive
from wavecomp.records.archive import keep_provenance
from wavecomp.records.whole_file import whole_file

JOURNAL = "why.json"


@dataclass(frozen=True, slots=True)
class Renewal:
    """Why a baseline was renewed, once.

    Attributes
    ----------
    when_utc : str
        ISO 8601.
    why : str
        In the words of whoever did it.
    verdict : str
        What the gate said of the new values against those before.
    changed : tuple of str
        What had changed besides: libraries, processor, code.
    """

    when_utc: str
    why: str
    verdict: str
    changed: tuple[str, ...]


def renewals(folder: Path) -> list[Renewal]:
    """Return every renewal of a baseline, in order; none where there is no journal.

    Raises
    ------
    DamagedArchive
        The journal is there and cannot be read.
    """
    journal = folder / JOURNAL
    if not journal.exists():
        return []
    try:
        rows: list[dict[str, Any]] = json.loads(journal.read_text(encoding="utf-8"))
        return [Renewal(**row | {"changed": tuple(row["changed"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedArchive(f"{journal} is no journal of a baseline ({error}); restore it, or delete it") from None


def check_renewable(folder: Path, why: str) -> None:
    """See, before anything is measured, that a baseline can be renewed.

    Raises
    ------
    UsageError
        No reason is given, or the baseline is a file or a folder of several runs.
    DamagedArchive
        The journal is there and cannot be read.
    """
    if not why.strip():
        raise UsageError('--update "": say in a few words why the baseline changes, such as "blosc2 4.15"')
    if folder.is_file():
        raise UsageError(
            f"{folder}: only an archive's folder is renewed; a JSON is replaced by pytest --benchmark-json"
        )
    if folder.is_dir() and any(folder.iterdir()) and not is_archive(folder):
        raise UsageError(f"{folder}: a folder of several runs is not renewed; add a run to it, or name one of them")
    renewals(folder)


def renew(folder: Path, new: ComparedRun, why: str, verdict: Verdict | None) -> None:
    """Make a run's records those of a baseline, and write down why; whatever fails, the old ones stay whole.

    Parameters
    ----------
    folder : pathlib.Path
        The baseline: an archive's folder, made if need be.
    new : ComparedRun
    why : str
        Not empty.
    verdict : Verdict or None
        Of the new run against the old records; None where there were none.

    Raises
    ------
    UsageError, DamagedArchive
        As :func:`check_renewable`.
    StorageError
        The disk is full or gone.
    """
    check_renewable(folder, why)
    entry = Renewal(
        datetime.now(UTC).isoformat(timespec="seconds"),
        why.strip(),
        sentence(verdict) if verdict is not None else "the first records",
        verdict.causes if verdict is not None else (),
    )
    journal = [*renewals(folder), entry]
    old = set(folder.glob("provenance-*.json"))
    for place in new.places:
        keep_provenance(folder, place)
    files = (
        (Archive(folder).path, [record.to_line() for record in new.sweeps.values()]),
        (GradientArchive(folder).path, [record.to_line() for record in new.gradients.values()]),
        (folder / JOURNAL, [json.dumps([asdict(one) for one in journal], indent=1, ensure_ascii=False)]),
    )
    for path, lines in files:
        _replace(path, lines)
    for file in old - {folder / f"provenance-{place.digest}.json" for place in new.places}:
        file.unlink()


def _replace(path: Path, lines: Sequence[str]) -> None:
    if not lines:
        path.unlink(missing_ok=True)
        return
    text = "\n".join(lines) + "\n"
    with whole_file(path, len(text.encode())) as temporary:
        temporary.write_text(text, encoding="utf-8")
