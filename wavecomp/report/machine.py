"""The machine and the libraries behind rows, in words."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from wavecomp.records import Provenance


def machines(rows: pd.DataFrame, provenances: Mapping[str, Provenance]) -> str:
    """Say in one line on which machines and with which library versions rows were measured.

    Parameters
    ----------
    rows : DataFrame
        Rows of records; not empty.
    provenances : mapping
        By digest. A digest that it lacks is printed as it is.
    """
    where = []
    for digest in sorted(set(rows["provenance"])):
        known = provenances.get(digest)
        words = machine_words(known) if known is not None else f"provenance {digest}"
        if words not in where:
            where.append(words)
    return f"Measured on {'; '.join(where)}, with {', '.join(sorted(set(rows['library'])))}"


def machine_words(provenance: Provenance) -> str:
    """Return processor, cores and memory of one machine."""
    cores = f"{provenance.cores} core{'s' if provenance.cores != 1 else ''}"
    return f"{provenance.cpu} ({cores}, {provenance.memory_bytes / 2**30:.0f} GiB)"
