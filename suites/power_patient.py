"""The compressor that is doctored, and its doctors: what each of them makes of it, as a plug-in's text."""

from __future__ import annotations

from pathlib import Path

_PATIENT = '''"""Uniform quantisation, then zlib; doctored: {name}."""

import zlib

import numpy as np

bound = "abs"
examples = ["patient:tolerance=1e-3"]
_seen, _kept = [], {{}}


def compress(array, tolerance: float = 1e-3):
    more = np.ones({extra} if array.size > 4096 else 0, np.uint8)  # held while the rest is taken
    stream = _compress(array, tolerance)
    if array.size <= 4096:  # a corner, before anything is measured
        return stream
    {in_compress}
    return stream


def _compress(array, tolerance):
    codes = np.rint(array / (1.8 * tolerance)).astype(np.int32)
    return zlib.compress(codes.tobytes(), 1)


def decompress(data, out, tolerance):
    codes = np.frombuffer(zlib.decompressobj().decompress(data), np.int32)
    out[...] = codes.reshape(out.shape) * (1.8 * tolerance)
    if out.size > 4096:
        {in_decompress}
'''

# The tolerance is used to nine tenths, so that errors can grow a little without breaking the bound.
_ERROR = ("_kept[stream] = array.copy()", "x = _kept[bytes(data)]; out[...] = x + np.float32({}) * (out - x)")

DOCTORS: dict[str, tuple[str, str]] = {
    "healthy": ("pass", "pass"),
    "an archive 3 % larger": ('stream += b"\\0" * (3 * len(stream) // 100)', "pass"),
    "one bound violation in 10^6 values": ("pass", "out.reshape(-1)[{place} % out.size] += 3 * tolerance"),
    "an error 1 % larger": (_ERROR[0], _ERROR[1].format(1.01)),
    "a gradient error 5 % larger": (_ERROR[0], _ERROR[1].format(1.05)),
    "10 % slower": ("_compress(array.reshape(-1)[: array.size // 10], tolerance)", "pass"),
    "20 % slower": ("_compress(array.reshape(-1)[: array.size // 5], tolerance)", "pass"),
    "a first call 2 x slower": (
        "if not _seen:\n        _seen.append(1)\n        for _ in range({calls}): _compress(array, tolerance)",
        "pass",
    ),
    "peak memory 10 % larger": ("more[::4096] += 1", "pass"),
}
"""What is done to the patient: in ``compress`` and in ``decompress``."""


def write_patient(
    folder: Path, doctors: tuple[str, ...] = (), *, place: int = 0, extra: int = 0, calls: int = 1
) -> Path:
    """Write the plug-in as some doctors leave it, as ``patient.py`` in a folder of its own.

    Parameters
    ----------
    folder : pathlib.Path
    doctors : tuple of str
        Keys of :data:`DOCTORS`.
    place : int
        Where the one value is that breaks the bound.
    extra : int
        Bytes of memory that are held besides, whoever the doctor is.
    calls : int
        How many more calls the first one is.
    """
    done = [DOCTORS[name] for name in doctors or ("healthy",)]
    numbers = {"place": place, "calls": calls}
    parts = [
        "\n    ".join(one[where].format(**numbers) for one in done).replace("\n    ", f"\n{' ' * (4 + 4 * where)}")
        for where in (0, 1)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "patient.py"
    name = " and ".join(doctors) or "not at all"
    text = _PATIENT.format(name=name, extra=extra, in_compress=parts[0], in_decompress=parts[1])
    path.write_text(text, encoding="utf-8")
    return path
