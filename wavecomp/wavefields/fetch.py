"""The two real velocity sections: where they are published, and how they come here.

Nothing of them is part of wavecomp. Each is downloaded at a fixed commit and is kept only if its SHA-256 is the one
below; a mirror therefore needs no trust.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wavecomp.errors import DownloadFailed, ModelFileError, StorageError, UnknownModelFile
from wavecomp.wavefields.velocity_files import DATA_VARIABLE, fetched_folder, file_digest

MIRROR_VARIABLE = "WAVECOMP_MIRROR"
"""Environment variable with the address of a folder that holds the files under our names for them."""

_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class PublishedFile:
    """A model file that somebody else publishes.

    Attributes
    ----------
    file : str
        Its name here.
    url : str
        Its address, at a fixed commit.
    sha256 : str
        Of its bytes, in hexadecimal.
    copyright : str
        Whose it is, and under what terms it is given away.
    """

    file: str
    url: str
    sha256: str
    copyright: str


_RAW = "https://raw.githubusercontent.com"

PUBLISHED: dict[str, PublishedFile] = {
    "overthrust-2d": PublishedFile(
        "overthrust_2d_slice.h5",
        f"{_RAW}/slimgroup/JUDI.jl/655cc4400514fae01bbfb368ce80d96bcd5bb20b/data/overthrust_model.h5",
        "8cbb0e2a5925782d9fcfcb4420d5d709a1b2074106282655ec092e5c6fac5493",
        "SEG/EAGE 3-D Overthrust model, copyright Society of Exploration Geophysicists and European Association of "
        "Geoscientists and Engineers (Aminzadeh et al. 1995); this section from JUDI.jl (SLIM group), MIT licence",
    ),
    "marmousi-2d": PublishedFile(
        "marmousi_2d.bin",
        f"{_RAW}/DIG-Kaust/Devito-fwi/28092ed2610d5432b09660d523521a0148df7898/data/Marm.bin",
        "2f399b1a31eab87cf095711a1eb7b09da9d6eee1bb4ae9045b8dc6e4963cc5a8",
        "Marmousi model of the Institut Français du Pétrole (Versteeg 1994); this copy from Devito-fwi (DIG, KAUST), "
        "MIT licence",
    ),
}
"""By the name of the recipes and problems that need them."""


def fetch(name: str, folder: Path | None = None, notice: Callable[[str], None] = lambda _line: None) -> Path:
    """Return a published model file, downloaded unless it is there already.

    Parameters
    ----------
    name : str
        One of :data:`PUBLISHED`.
    folder : pathlib.Path, optional
        Where it goes; by default where every command finds it, the folder of ``WAVECOMP_DATA`` or else the user's own.
    notice : callable, optional
        Told, in a line, what is downloaded.

    Raises
    ------
    UnknownModelFile
        There is none of this name.
    ModelFileError
        Another file of this name lies in the folder; it is left alone.
    DownloadFailed
        Nothing came, or not the bytes that were published.
    StorageError
        The folder cannot be written to.
    """
    if name not in PUBLISHED:
        raise UnknownModelFile(name, PUBLISHED)
    wanted = PUBLISHED[name]
    place = folder if folder is not None else Path(os.environ.get(DATA_VARIABLE) or fetched_folder())
    target = place / wanted.file
    try:
        if target.exists() or target.is_symlink():
            if file_digest(target) == wanted.sha256:
                return target
            raise ModelFileError(
                f"{target} is another file than the published one (its SHA-256 is {file_digest(target)}, not "
                f"{wanted.sha256}), and is left alone; move it, or give another folder with --to"
            )
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(target, 0, error.strerror or str(error)) from None
    mirror = os.environ.get(MIRROR_VARIABLE)
    url = f"{mirror.rstrip('/')}/{wanted.file}" if mirror else wanted.url
    notice(f"{name}: {wanted.copyright}; from {url}")
    _download(url, wanted, place)
    return target


def _download(url: str, wanted: PublishedFile, place: Path) -> None:
    import pooch  # here, not above: no other command needs it

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)
    downloader = pooch.HTTPDownloader(timeout=_TIMEOUT_S)
    try:
        pooch.retrieve(url, f"sha256:{wanted.sha256}", wanted.file, place, downloader=downloader)
    except ValueError as error:  # another digest, or an address without a protocol that is known
        with contextlib.suppress(OSError):
            (place / wanted.file).unlink()
        reason = "other bytes came than were published" if "does not match" in str(error) else str(error)
        raise DownloadFailed(url, reason, wanted.sha256, MIRROR_VARIABLE) from None
    except OSError as error:  # those of requests are OSErrors, too
        if isinstance(error, PermissionError | IsADirectoryError | NotADirectoryError) or error.errno is not None:
            raise StorageError(place / wanted.file, 0, error.strerror or str(error)) from None
        raise DownloadFailed(url, _reason(error), wanted.sha256, MIRROR_VARIABLE) from None
    finally:
        logger.setLevel(level)


def _reason(error: OSError) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code} {response.reason}"
    kind = type(error).__name__
    return {
        "ConnectionError": "there is no connection to the server",
        "ConnectTimeout": f"the server did not answer within {_TIMEOUT_S:g} s",
        "ReadTimeout": f"the server stopped answering for {_TIMEOUT_S:g} s",
    }.get(kind, f"{kind}: {error}")
