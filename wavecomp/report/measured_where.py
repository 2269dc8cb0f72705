"""Where it was measured: of everything that a page shows, the machines, their software and their settings."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from wavecomp.records import Provenance
from wavecomp.report.table import escape_markdown


def lines_of_rows(frame: pd.DataFrame, what: str, provenances: dict[str, Provenance]) -> list[str]:
    """Say how many cases there are, and when and where they were measured.

    Parameters
    ----------
    frame : DataFrame
        Of cases or of gradients, one a row.
    what : str
        Their word, in the plural.
    provenances : dict
        Those that the archive has, by digest; a digest that is not among them is said to be missing.
    """
    failed = int((frame["status"] == "failed").sum())
    lines = [f"{len(frame)} {what}, {failed} of them failed.", ""]
    for digest, rows in frame.groupby("provenance", sort=True):
        first, last = min(rows["created_utc"])[:10], max(rows["created_utc"])[:10]
        when = first if first == last else f"{first} to {last}"
        lines.append(f"- {len(rows)} {what}, measured {when}, provenance `{digest}`")
        lines += _machine_lines(provenances.get(str(digest)))
    return [*lines, ""]


def lines_of_names(what: str, made: Sequence[tuple[str, str]], provenances: dict[str, Provenance]) -> list[str]:
    """Say of names where each was measured; nothing where there is no name.

    Parameters
    ----------
    what : str
        Their word, in the singular.
    made : sequence of (str, str)
        Names, each with the digest of its provenance.
    provenances : dict
        Those that the archive has, by digest; a digest that is not among them is said to be missing.
    """
    lines: list[str] = []
    for digest in sorted({one for _, one in made}):
        names = ", ".join(dict.fromkeys(name for name, one in made if one == digest))
        lines += [f"- {what}s: {names}, provenance `{digest}`", *_machine_lines(provenances.get(digest))]
    count = f"{len(made)} {what}{'s' if len(made) > 1 else ''}."
    return [count, "", *lines, ""] if lines else []


def _machine_lines(known: Provenance | None) -> list[str]:
    if known is None:
        return ["  - its file is not in the archive"]
    memory = f"{known.memory_bytes / 2**30:.1f} GiB memory"
    versions = ", ".join(f"{name} {version}" for name, version in sorted(known.versions.items()))
    lines = [
        f"  - machine: {escape_markdown(known.cpu)}, {known.machine}, {known.cores} cores, {memory}",
        f"  - software: {escape_markdown(f'{known.system}; {known.python}; {versions}')}",
    ]
    if known.settings:
        settings = ", ".join(f"`{name}={value}`" for name, value in sorted(known.settings.items()))
        lines.append(f"  - environment: {settings}")
    if known.commit:
        lines.append(f"  - commit: `{known.commit}`")
    return lines
