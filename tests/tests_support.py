"""A plug-in that misbehaves on demand, and how it is installed for a test."""

from __future__ import annotations

from pathlib import Path

PLUGIN = """
import os, signal, time
import numpy as np
from wavecomp.compressors import Capabilities, Compressor, Definition, Parameter, Unbounded, Absolute

class Trouble(Compressor):
    capabilities = Capabilities()
    def __init__(self, spec, kind):
        super().__init__(spec)
        self.kind = kind
    @property
    def bound(self):
        return Absolute(0.01) if self.kind == "lie" else Unbounded()
    def _encode(self, field):
        if field.size > 512:  # the corner that warms up comes through
            if self.kind == "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            if self.kind == "abort":
                os.abort()
            if self.kind == "exit":
                os._exit(7)
            if self.kind == "hang":
                time.sleep(600)
            if self.kind == "raise":
                raise RuntimeError("no luck today")
            if self.kind == "hog":
                self.kept = [np.ones(2**23) for _ in range(64)]
                time.sleep(600)
            if self.kind == "memoryerror":
                raise MemoryError("asked for too much")
            if self.kind == "scratch":
                np.ones(2**23)  # 64 MiB, touched and let go of
        return (field.tobytes(),)
    def _decode(self, parts, out):
        out.reshape(-1)[:] = np.frombuffer(parts[0], out.dtype)
        if self.kind == "lie":
            out += out.dtype.type(0.02)

KINDS = ("fine", "segfault", "abort", "exit", "hang", "raise", "hog", "memoryerror", "scratch", "lie")
DEFINITION = Definition(
    "trouble", "a compressor that misbehaves", (Parameter("kind", "choice", "how", default="fine", choices=KINDS),),
    lambda c: Trouble(c.spec, str(c.values["kind"])), ("trouble",),
)
"""


def install_plugin(folder: Path, name: str, source: str) -> None:
    """Lay a module and its entry point into a folder, as an installed distribution would."""
    (folder / f"{name}_plugin.py").write_text(source)
    info = folder / f"{name}_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[wavecomp.compressors]\n{name} = {name}_plugin:DEFINITION\n")
