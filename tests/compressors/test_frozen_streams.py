"""Streams that earlier versions wrote are read for ever, to the same bits.

``frozen/interp-1.json`` was written by ``python tests/compressors/test_frozen_streams.py`` when version 1 of the format
was settled, and is never written again: a new version gets a file of its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from wavecomp.compressors import default_registry

FOLDER = Path(__file__).parent / "frozen"
FROZEN = [entry for path in sorted(FOLDER.glob("*.json")) for entry in json.loads(path.read_text())]


@pytest.mark.parametrize("entry", FROZEN, ids=lambda entry: f"{entry['spec']} {entry['dtype']} {entry['shape']}")
@pytest.mark.parametrize("threads", [1, 3])
def test_is_read_to_the_same_bits(entry, threads):
    compressor = default_registry().parse(f"{entry['spec']},threads={threads}")
    out = np.full(entry["shape"], 7, entry["dtype"])
    compressor.decompress(base64.b64decode(entry["stream"]), out)
    assert hashlib.sha256(out.tobytes()).hexdigest() == entry["sha256"]


def test_there_are_streams_of_every_kind():
    """Of each coder, of one axis to four, of both dtypes, with escapes among few and many, and stored."""
    specs = {entry["spec"] for entry in FROZEN}
    assert {codec for codec in ("huffman", "lz4", "zstd") if any(codec in spec for spec in specs)} == {
        "huffman",
        "lz4",
        "zstd",
    }
    assert {len(entry["shape"]) for entry in FROZEN} == {1, 2, 3, 4}
    assert {entry["dtype"] for entry in FROZEN} == {"float32", "float64"}
    assert {entry["kind"] for entry in FROZEN} == {"smooth", "with gaps", "rough", "stored"}


def _field(shape: tuple[int, ...], dtype: str, kind: str) -> np.ndarray:
    rng = np.random.default_rng(len(shape))
    axes = np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij", sparse=True)
    radius = np.sqrt(sum((axis - 0.4) ** 2 for axis in axes))
    field = 80 * np.exp(-(((radius - 0.3) / 0.1) ** 2)) * np.cos(30 * radius)
    if kind == "rough":
        field = field + rng.standard_normal(shape)
    if kind == "stored":
        field = 1e9 * rng.standard_normal(shape)
    field = field.astype(dtype)
    if kind == "with gaps":
        field.flat[rng.integers(field.size, size=5)] = [np.nan, np.inf, -np.inf, 3e38, 1e-42]
    return field


_CASES = (
    ((700,), "float32", "smooth", "abs=1e-2,codec=huffman"),
    ((40, 41), "float32", "smooth", "abs=1e-1,codec=huffman"),
    ((18, 19, 20), "float32", "smooth", "abs=1e-1,codec=huffman"),
    ((9, 8, 7, 6), "float32", "smooth", "abs=1e-1,codec=huffman"),
    ((18, 19, 20), "float64", "with gaps", "abs=1e-1,codec=huffman"),
    ((15, 16, 3), "float32", "rough", "abs=1e-3,codec=huffman"),
    ((600,), "float64", "with gaps", "abs=1e-3,codec=huffman"),
    ((12, 13, 14), "float32", "with gaps", "rel=1e-3,codec=huffman"),
    ((40, 41), "float32", "with gaps", "abs=1e-1,codec=zstd"),
    ((15, 16, 3), "float64", "rough", "abs=1e-2,codec=zstd"),
    ((18, 19, 20), "float32", "smooth", "abs=1e-1,codec=lz4"),
    ((9, 8, 7, 6), "float64", "rough", "abs=1e-2,codec=lz4"),
    ((20, 21), "float32", "stored", "abs=1e-3,codec=huffman"),
    ((20, 21), "float32", "stored", "abs=1e-3,codec=lz4"),
)


def _freeze() -> None:
    entries = []
    for shape, dtype, kind, text in _CASES:
        field = _field(shape, dtype, kind)
        if "rel" in text:
            field[~np.isfinite(field)] = 0
            field[field > 1e30] = 0
        compressor = default_registry().parse(f"interp:{text}")
        stream = compressor.compress(field)
        out = np.empty_like(field)
        compressor.decompress(stream, out)
        entries.append(
            {"spec": f"interp:{text},level=1", "shape": shape, "dtype": dtype, "kind": kind,
             "sha256": hashlib.sha256(out.tobytes()).hexdigest(), "stream": base64.b64encode(stream).decode()}
        )  # fmt: skip
    (FOLDER / "interp-1.json").write_text(json.dumps(entries, indent=1) + "\n")


if __name__ == "__main__":
    _freeze()
