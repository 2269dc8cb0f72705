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


HOSTILE = """
import ctypes, gc, os, signal, subprocess, sys, threading, time
from pathlib import Path
import numpy as np
from wavecomp.compressors import Absolute, Capabilities, Compressor, Definition, Lossless, Parameter, Stream, Unbounded

class Odd(Exception):
    def __str__(self):
        raise ValueError("no text")

def busy(number_file):  # a process that goes on for ever, and says who it is
    Path(number_file).write_text(str(os.getpid()))
    while True:
        time.sleep(0.01)

NUMBERS = os.environ.get("HOSTILE_NUMBERS", "")

def said():  # wait until something stands in the file, however slow the machine is
    while not (os.path.exists(NUMBERS) and os.path.getsize(NUMBERS)):
        time.sleep(0.01)

class Thin(Stream):
    nbytes = 1

class Hostile(Compressor):
    def __init__(self, spec, kind):
        super().__init__(spec)
        self.kind = kind
        self.calls = self.decodes = 0
    @property
    def capabilities(self):
        if self.kind == "capabilities":
            return "everything"
        return Capabilities()
    @property
    def bound(self):
        if self.kind == "bound":
            return 1 / 0
        if self.kind == "promise":
            return "the best"
        return Lossless()
    def describe_stream(self, stream):
        said = {"int64": np.int64(7), "array": np.arange(3), "huge": 10**5000, "nan": float("nan")}
        if self.kind == "text":
            return "blocks"
        if self.kind == "many":
            return {str(index): index for index in range(10**5)}
        return {"blocks": said[self.kind]} if self.kind in said else {}
    def prepare(self, field):
        ready = super().prepare(field)
        return np.zeros_like(ready) if self.kind == "prepare" else ready
    def encode(self, field):
        if self.kind == "stream":
            whole = super().encode(field)
            return Thin(whole.head, whole.parts)
        return super().encode(field)
    def _encode(self, field):
        if field.size <= 512:  # the corner that warms up comes through
            return (field.tobytes(),)
        self.calls += 1
        kind = self.kind
        if kind == "write":
            field[...] = 0
        if kind == "overwrite":  # what is read-only is memory all the same
            ctypes.memset(field.ctypes.data, 0, field.nbytes)
        if kind == "overwrite_raise":
            ctypes.memset(field.ctypes.data, 0, field.nbytes)
            raise RuntimeError("and out")
        if kind == "patch":
            np.ascontiguousarray = lambda *a, **k: np.zeros((8, 8, 8), np.float32)
            np.frombuffer = None
        if kind == "fork":
            os.fork()
        if kind == "fork_raise":
            if os.fork() == 0:
                raise RuntimeError("from the copy")
        if kind == "fork_die" and os.fork() == 0:
            busy(NUMBERS)
        if kind == "fork_die":
            said()
            os._exit(3)
        if kind == "fork_busy" and os.fork() == 0:
            busy(NUMBERS)
        if kind == "daemon":  # leaves the group, and its parent is gone
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    busy(NUMBERS)
                os._exit(0)
            said()
        if kind == "later":  # dies while nobody asks: when it is told to
            threading.Thread(target=lambda: (said(), os.kill(os.getpid(), signal.SIGSEGV)), daemon=True).start()
        if kind == "damage":  # what was written past a buffer shows later, in somebody else's call
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            gc.callbacks.append(lambda phase, info: os.kill(os.getpid(), signal.SIGSEGV))
        if kind == "once" and not os.path.exists(NUMBERS):
            Path(NUMBERS).write_text("x")
            os.kill(os.getpid(), signal.SIGSEGV)
        if kind == "garbage":
            for descriptor in range(3, 64):
                try:
                    if os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket"):
                        os.write(descriptor, b"garbage" * 100)
                except OSError:
                    pass
        if kind == "closeall":
            os.closerange(0, 256)
        if kind == "exit0":
            os._exit(0)
        if kind == "sysexit":
            sys.exit("bye")
        if kind == "interrupt":
            raise KeyboardInterrupt
        if kind == "generator":
            raise GeneratorExit
        if kind == "odd":
            raise Odd
        if kind == "long":
            raise RuntimeError("\\x1b[31mred\\n" + "x" * 5_000_000)
        if kind == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        if kind == "print":
            print("chatter of Python", flush=True)
            os.write(1, b"chatter of a descriptor\\n")
            subprocess.run(["echo", "chatter of a process"])
        if kind == "shrink" and self.calls > 1:
            return (b"",)
        if kind == "second" and self.calls > 1:
            return (b"\\0" * field.nbytes,)
        return (field.tobytes(),)
    def _decode(self, parts, out):
        if out.size > 512:
            self.decodes += 1
            if self.kind == "lazy" and self.decodes > 1:
                return
        out.reshape(-1)[:] = np.frombuffer(parts[0], out.dtype)

class Crooked(Compressor):
    capabilities, bound = Capabilities(), Lossless()
    def _encode(self, field): return ()
    def _decode(self, parts, out): pass

def build(c):
    kind = str(c.values["kind"])
    if kind == "build":
        print("chatter of build")
        return Hostile(c.spec, 1 / 0)
    if kind == "nothing":
        return None
    if kind == "rename":
        return Crooked(np.int64(3))
    return Hostile(c.spec, kind)

KINDS = tuple(
    "fine write overwrite overwrite_raise patch fork fork_raise fork_die fork_busy daemon later damage once garbage "
    "closeall exit0 sysexit interrupt generator odd long stop print shrink second lazy capabilities bound promise "
    "int64 array many text huge nan prepare stream build nothing rename".split()
)
DEFINITION = Definition(
    "hostile", "a compressor that harms others",
    (Parameter("kind", "choice", "how", default="fine", choices=KINDS, pinned=True),), build, ("hostile:kind=fine",),
)
"""


def install_plugin(folder: Path, name: str, source: str) -> None:
    """Lay a module and its entry point into a folder, as an installed distribution would."""
    (folder / f"{name}_plugin.py").write_text(source)
    info = folder / f"{name}_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[wavecomp.compressors]\n{name} = {name}_plugin:DEFINITION\n")


ROUNDING = """
import zlib
import numpy as np
from wavecomp.compressors import Absolute, Capabilities, Compressor, Definition, Parameter

class Rounding(Compressor):
    capabilities = Capabilities()
    def __init__(self, spec, tolerance):
        super().__init__(spec)
        self.tolerance = tolerance
    @property
    def bound(self):
        return Absolute(self.tolerance)
    def _encode(self, field):
        # A little less than the tolerance, so that the arithmetic of single precision stays within it.
        step = 1.9 * self.tolerance
        return (zlib.compress(np.rint(field.astype(np.float64) / step).astype(np.int64).tobytes()),)
    def _decode(self, parts, out):
        codes = np.frombuffer(zlib.decompress(parts[0]), np.int64)
        out.reshape(-1)[:] = codes * (1.9 * self.tolerance)

DEFINITION = Definition(
    "rounding", "multiples of a step", (Parameter("within", "float", "largest error", low=0.0, low_open=True),),
    lambda c: Rounding(c.spec, float(c.values["within"])), ("rounding:within=1e-3",),
)
"""
"""A plug-in with an absolute tolerance, of which nothing here knows how it calls it."""
