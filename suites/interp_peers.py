r"""Our ``interp`` beside SZ3, ZFP and SPERR, at equal error, interleaved in one process and one thread.

On every level and for every tolerance, a fraction of the level's peak:

- of SZ3's algorithms the one with the smallest stream is taken. Its largest error E is what the others have to meet:
  ``interp`` and ZFP get the largest tolerance with which theirs is at most E, which is searched (ZFP uses a part of its
  tolerance; halves of a factor of 1.05);
- ``interp`` again with the tolerance at which its RMS error is at most SPERR's, where imagecodecs is installed, whose
  point-wise error is asked to be the same fraction;
- in every round each of them compresses and decompresses once, one after the other. A ratio is formed within its
  round; the median is held against a bar and an aim. Raw times stand in the JSON file.

On an otherwise idle machine::

    python suites/interp_peers.py --out results/published/interp/peers.json \
        quick standard@1200 marmousi-2d overthrust-2d
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from saving import Saved

from wavecomp.cli.fields import chosen, references
from wavecomp.compressors import Compressor, default_registry
from wavecomp.errors import WavecompError
from wavecomp.records.provenance import collect_provenance

Field = NDArray[np.floating]
FRACTIONS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
ALGORITHMS = ("interp_lorenzo", "interp", "lorenzo_reg")
GOALS = (  # key, label, bar, aim, whether more is better
    ("size", "size at SZ3's largest error, of SZ3's", 1.0, 0.75, False),
    ("compress_sz3", "compression: times SZ3's speed", 8.0, 12.0, True),
    ("compress_zfp", "compression: times ZFP's speed at equal error", 2.0, 4.0, True),
    ("compress_gbs", "compression, GB/s", 0.0, 3.0, True),
    ("decompress_sz3", "decompression: times SZ3's speed", 6.0, 12.0, True),
    ("decompress_gbs", "decompression, GB/s", 0.0, 5.0, True),
    ("threads_compress", "two threads, compression: times one", 1.8, 1.95, True),
    ("threads_decompress", "two threads, decompression: times one", 1.8, 1.95, True),
    ("size_sperr", "size at SPERR's RMS error, of SPERR's", 2.0, 1.3, False),
    ("compress_sperr", "compression at SPERR's RMS error: times SPERR's speed", 20.0, 20.0, True),
)


class Timed:
    """One contestant on one level: what it makes of it, and how long that takes in each round."""

    def __init__(self, spec: str, field: Field) -> None:
        self.compressor = default_registry().parse(spec)
        self.size, self.largest, self.rms = tried(self.compressor, field)
        self.compress_s: list[float] = []
        self.decompress_s: list[float] = []
        self._prepared, self._out = self.compressor.prepare(field), np.empty_like(field)

    def round(self) -> None:
        """Compress and decompress once."""
        begun = time.perf_counter()
        stream = self.compressor.encode(self._prepared)
        done = time.perf_counter()
        self.compressor.decompress(stream, self._out)
        self.decompress_s.append(time.perf_counter() - done)
        self.compress_s.append(done - begun)

    def result(self) -> dict[str, Any]:
        """What stands in the file."""
        return {"spec": self.compressor.spec, "bytes": self.size, "largest_error": self.largest, "rms_error": self.rms,
                "compress_s": self.compress_s, "decompress_s": self.decompress_s}  # fmt: skip


def tried(compressor: Compressor, field: Field) -> tuple[int, float, float]:
    """Return the bytes of a stream, and the largest and the RMS error."""
    stream, out = compressor.compress(field), np.empty_like(field)
    compressor.decompress(stream, out)
    error = out.astype(np.float64) - field
    return len(stream), float(np.abs(error).max()), float(np.sqrt(np.mean(error**2)))


def largest_tolerance(text: str, field: Field, start: float, which: int, most: float) -> str:
    """Return the spec with the largest tolerance whose error is at most ``most``, of those 5 % apart from ``start``.

    ``which`` is the place of that error in what :func:`tried` returns. Tolerances are tried upward until three in a row
    are too large, downward until one is not.
    """
    registry = default_registry()

    def meets(power: int) -> bool:
        return tried(registry.parse(text.format(f"{start * 1.05**power:.9g}")), field)[which] <= most

    best, misses, power = None, 0, 0
    while misses < 3:
        best, misses = (power, 0) if meets(power) else (best, misses + 1)
        power += 1
    power = -1
    while best is None:
        best = power if meets(power) else None
        power -= 1
    return text.format(f"{start * 1.05**best:.9g}")


def contest(field: Field, fraction: float) -> dict[str, Timed]:
    """Return the contestants at one tolerance."""
    tolerance = fraction * float(np.abs(field).max())
    sz3 = min((Timed(f"sz3:abs={tolerance:.9g},algorithm={name}", field) for name in ALGORITHMS), key=lambda t: t.size)
    most = sz3.largest
    ours = f"interp:abs={most * (1 - 1e-9):.9g}"
    entries = {
        "sz3": sz3,
        "interp": Timed(ours, field),
        "interp, two threads": Timed(f"{ours},threads=2", field),
        "zfp": Timed(largest_tolerance("zfp:accuracy={}", field, most, 1, most), field),
    }
    registry = default_registry()
    if "sperr" in {one.name for one in registry.definitions()} - set(registry.unavailable()):
        sperr = entries["sperr"] = Timed(f"sperr:abs={tolerance:.9g}", field)
        same = largest_tolerance("interp:abs={}", field, sperr.rms, 2, sperr.rms)
        entries["interp at SPERR's RMS error"] = Timed(same, field)
    assert entries["interp"].largest <= most
    return entries


def measured(entries: dict[str, Timed], nbytes: int) -> dict[str, list[float]]:
    """Return for each goal the ratios of the rounds."""
    ours, two, sz3, zfp = (entries[name] for name in ("interp", "interp, two threads", "sz3", "zfp"))

    def times(other: list[float], own: list[float]) -> list[float]:
        return [b / a for a, b in zip(own, other, strict=True)]

    found = {
        "size": [ours.size / sz3.size],
        "compress_sz3": times(sz3.compress_s, ours.compress_s),
        "compress_zfp": times(zfp.compress_s, ours.compress_s),
        "compress_gbs": [1e-9 * nbytes / s for s in ours.compress_s],
        "decompress_sz3": times(sz3.decompress_s, ours.decompress_s),
        "decompress_gbs": [1e-9 * nbytes / s for s in ours.decompress_s],
        "threads_compress": times(ours.compress_s, two.compress_s),
        "threads_decompress": times(ours.decompress_s, two.decompress_s),
    }
    if "sperr" in entries:
        sperr, same = entries["sperr"], entries["interp at SPERR's RMS error"]
        found["size_sperr"] = [same.size / sperr.size]
        found["compress_sperr"] = times(sperr.compress_s, same.compress_s)
    return found


def page(content: dict[str, Any]) -> str:
    """Return the result as a table in Markdown: a line for each goal and level, a column for each tolerance."""
    lines = ["# `interp` beside SZ3, ZFP and SPERR", "", content["head"], ""]
    columns = " | ".join(f"{fraction:.0e}" for fraction in content["fractions"])
    for key, label, bar, aim, more in GOALS:
        sign = "≥" if more else "≤"
        wanted = f"aim {sign} {aim:g}" if not bar else f"bar {sign} {bar:g}, aim {sign} {aim:g}"
        lines += [f"**{label}** ({wanted}), tolerance as a fraction of the peak:", ""]
        lines += [f"| level | {columns} |", "|---" * (1 + len(content["fractions"])) + "|"]
        for level in content["levels"]:
            cells = [_cell(case["ratios"].get(key), bar, aim, more) for case in level["cases"]]
            lines.append(f"| {level['name']} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _cell(ratios: list[float] | None, bar: float, aim: float, more: bool) -> str:
    if not ratios:
        return "–"
    median = statistics.median(ratios)
    met = [median >= mark if more else median <= mark for mark in (aim, bar)]
    text = f"{median:.2f}" if median < 10 else f"{median:.0f}"
    return f"**{text}**" if met[0] else text if met[1] else f"{text} ✗"


def levels(names: list[str]) -> Iterator[tuple[str, Callable[[], Field]]]:
    """Yield the levels of fields, ``name@step`` or the last one of ``name``, which are propagated first if need be."""
    for name in names:
        field, _, step = name.partition("@")
        found = {str(ref.name.partition("@")[2]): ref for ref in references(chosen(field))}
        if step and step not in found:
            raise SystemExit(f"{name}: the field has the levels {', '.join(found)}")
        ref = found[step] if step else list(found.values())[-1]
        yield ref.name, lambda ref=ref: np.ascontiguousarray(np.load(ref.path))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fields", nargs="+", metavar="FIELD[@STEP]")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    saved = Saved(given.out, "interp_peers", {".md": page})
    provenance = collect_provenance()
    content: dict[str, Any] = {
        "interp_peers": 1,
        "provenance": json.loads(provenance.to_json()),
        "rounds": given.rounds,
        "fractions": FRACTIONS,
        "head": f"{provenance.cpu}, {given.rounds} rounds; medians. Bold: the aim is met; ✗: the bar is missed.",
        "levels": [],
    }
    for name, load in levels(given.fields):
        field, cases = load(), []
        for fraction in FRACTIONS:
            entries = contest(field, fraction)
            for _ in range(given.rounds):
                for entry in entries.values():
                    entry.round()
            ratios = measured(entries, field.nbytes)
            shown = ", ".join(f"{key} {statistics.median(values):.3g}" for key, values in ratios.items())
            print(f"{name} {fraction:.0e}: {shown}", flush=True)
            results = {key: entry.result() for key, entry in entries.items()}
            cases.append({"fraction": fraction, "ratios": ratios, "entries": results})
        content["levels"].append({"name": name, "shape": field.shape, "cases": cases})
        saved.write(content)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except WavecompError as error:
        sys.exit(str(error))
