"""Cut the pinned fields out of propagated ones, and print what ``wavecomp/gate/pinned_fields.py`` says of them.

    python suites/pin_fields.py FOLDER

FOLDER holds ``quick`` and ``thrust-2d`` as ``wavecomp fields`` leaves them. They are cut once: another processor
propagates other last bits, and every baseline made with the old fields would be one of other fields.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from wavecomp.gate import pinned_fields
from wavecomp.snapshots import array_digest

# No axis is a multiple of the 4 or 8 points of a compressor's block.
CUTS = {
    "pinned-3d": ("quick/step-000240.npy", np.s_[16:57, 16:55, 20:57]),
    "pinned-3d-early": ("quick/step-000032.npy", np.s_[19:37, 34:51, 1:71]),
    "pinned-2d": ("thrust-2d/step-000600.npy", np.s_[110:291, :]),
}

# A block that is below 2^-98 altogether, ZFP scales in its fixed-precision mode by a power of two that float32 does not
# have. Infinity times the zeros among the values is no number; what integer that becomes is the processor's choice.
TINY = 2.0**-90


def main(folder: Path) -> None:
    for name, (file, cut) in CUTS.items():
        field = np.ascontiguousarray(np.load(folder / file)[cut])
        field[np.abs(field) < TINY] = 0
        np.save(pinned_fields.FOLDER / f"{name}.npy", field)
        print(name, array_digest(field), field.shape, repr(float(np.abs(field).max())), float((field == 0).mean()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
