"""A first import in a process of its own: code that ends its process, or does not end, costs nobody else's."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from wavecomp.compressors.plugin_files.load import PYTHON, load_file
from wavecomp.errors import PluginFileError
from wavecomp.exit_status import how_it_ended
from wavecomp.plain_text import one_line

_LIMIT_S = 60.0
_ALIVE = b"alive"
_WORDS = 300


def check_import(path: Path) -> None:
    """Have a file run in another process once; what it raises there is not looked at.

    Raises
    ------
    PluginFileError
        It ended the process, or took longer than a minute.
    """
    if path.suffix != PYTHON or not path.is_file():
        return
    ours, theirs = os.pipe()
    program = f"from {__name__} import main; main()"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        with tempfile.TemporaryFile() as words:
            command = [sys.executable, "-c", program, str(theirs), str(path.absolute())]
            try:
                done = subprocess.run(
                    command,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=words,
                    stderr=words,
                    pass_fds=(theirs,),
                    timeout=_LIMIT_S,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise PluginFileError(path, f"its import did not end within {_LIMIT_S:g} s") from None
            except OSError:  # no process to be had: the import itself will tell
                return
            os.set_blocking(ours, False)
            with suppress(BlockingIOError):
                if os.read(ours, len(_ALIVE)) == _ALIVE:
                    return
            ending = f"{how_it_ended(done.returncode)}{_tail(words.fileno())}"
            raise PluginFileError(path, f"its import ended the process: {ending}")
    finally:
        os.close(ours)
        os.close(theirs)


def main() -> None:
    """Run a file in this process, and say so if the process is still there."""
    with suppress(BaseException):
        load_file(Path(sys.argv[2]))
    os.write(int(sys.argv[1]), _ALIVE)
    os._exit(0)  # whatever it left to be done at the end


def _tail(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    words = one_line(os.pread(descriptor, _WORDS, max(0, size - _WORDS)).decode(errors="replace").strip(), _WORDS)
    return f" ({words})" if words else ""
