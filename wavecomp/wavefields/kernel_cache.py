"""Compiled kernels on disk: each is there whole or not at all, and belongs to what it was compiled with.

Devito keeps kernels under a name that leaves the compiler's flags out, and waits for a lock that its holder must take
away: one that was killed never does. Here each build has a folder of its own, a kernel appears there by renaming, and
the lock is the system's, which ends with its holder.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wavecomp.errors import KernelError
from wavecomp.wavefields.cache_folder import check_disk, disk_words, work_folder

ANNOUNCE_S = 5.0
"""How long the wait for another process that compiles the same kernel goes without a word."""

LONGEST_WAIT_S = 600.0
"""After so long the kernel is compiled here too: it is there twice then, which harms nothing."""

_POLL_S = 0.05

_log = logging.getLogger(__name__)


def kernel_library(
    folder: Path, name: str, source: str, endings: tuple[str, str], command: Callable[[str, str], list[str]]
) -> bool:
    """Make sure that a kernel's library lies whole in the folder of its build.

    Parameters
    ----------
    folder : pathlib.Path
        Of the build; made if need be.
    name : str
        Of the kernel; library and source lie under it.
    source : str
        Its text: a library that was made of another one is made anew.
    endings : (str, str)
        Of the source's name and of the library's, with their dots.
    command : callable
        Returns the command that compiles the file given first into the library given second.

    Returns
    -------
    bool
        Whether it was compiled now.

    Raises
    ------
    KernelError
        The compiler refuses.
    StorageError
        The disk is full, or cannot be written to.
    """
    text_ending, library_ending = endings
    library = folder / f"{name}{library_ending}"
    if _is_whole(library, source):
        return False
    with disk_words(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _turn(folder / f"{name}.lock") as alone:
        if _is_whole(library, source):  # by whoever had the turn before
            return False
        for left in folder.glob(f"{name}.work-*") if alone else ():  # whoever made it was killed
            shutil.rmtree(left, ignore_errors=True)
        with work_folder(folder, f"{name}.work-") as (work, environment):
            made = work / library.name
            text = work / f"{name}{text_ending}"
            with disk_words(folder):
                text.write_text(source, encoding="utf-8")
            _compile(command(str(text), str(made)), made, environment)
            with disk_words(folder):
                receipt = work / "receipt"
                receipt.write_text(_receipt(made, source))
                for path, name_there in ((text, text.name), (made, made.name), (receipt, _receipt_of(library).name)):
                    _to_disk(path)
                    path.replace(folder / name_there)
    return True


def _is_whole(library: Path, source: str) -> bool:
    try:
        return _receipt_of(library).read_text() == _receipt(library, source)
    except (OSError, UnicodeDecodeError):
        return False


def _receipt_of(library: Path) -> Path:
    return library.with_suffix(".sha256")


def _receipt(library: Path, source: str) -> str:
    return f"{hashlib.sha256(library.read_bytes()).hexdigest()} {hashlib.sha256(source.encode()).hexdigest()}\n"


def _compile(command: list[str], target: Path, environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        raise KernelError(f'the compiler "{command[0]}" cannot be started: {error.strerror or error}') from None
    if done.returncode == 0 and target.exists():
        return
    check_disk(target.parent, done.stderr)
    if done.returncode < 0:
        said = f"ended by signal {-done.returncode}; is there memory left?"
    else:
        lines = [line.strip() for line in done.stderr.splitlines()]
        telling = [line for line in lines if "error" in line or "fatal" in line] or lines
        # The file is gone when this is read, and its name is long.
        said = " ".join(" ".join(telling).replace(str(target.parent) + os.sep, "").split())[:300]
        said = said or f"exit status {done.returncode}, and no library was made"
    options = " ".join(word for word in command[1:] if not word.startswith(str(target.parent)))
    raise KernelError(f'the compiler "{command[0]}" does not compile a kernel: {said} (its options: {options})')


@contextmanager
def _turn(path: Path) -> Iterator[bool]:
    """Hold a lock that ends with this process, however it ends; give False where there was none to be had."""
    with disk_words(path.parent):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        begun, announced = time.monotonic(), False
        while (alone := _locked(descriptor)) is False:
            waited = time.monotonic() - begun
            if waited > LONGEST_WAIT_S:
                break
            if waited > ANNOUNCE_S and not announced:
                announced = True
                _log.warning(
                    "wavecomp: waiting for another process that compiles the same kernel (since %d s; %s)",
                    waited,
                    path,
                )
            time.sleep(_POLL_S)
        yield bool(alone)
    finally:
        os.close(descriptor)  # and the lock with it


def _locked(descriptor: int) -> bool | None:
    """Tell whether the lock is ours now; None where the file system knows none: kernels appear whole all the same."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
