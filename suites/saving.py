"""Where a suite's script saves what it measured: tried before anything is measured, written whole or not at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wavecomp.errors import ForeignFile, StorageError
from wavecomp.records.whole_file import whole_file


class Saved:
    """A JSON file of results, with what is made of it beside it.

    Parameters
    ----------
    path : pathlib.Path
        The file. One that is there is replaced only if it is such a file; what lies beside it then is ours as well.
    kind : str
        A key that every result of this script has, and that tells it from those of others.
    beside : mapping of str to callable
        By suffix, what turns the result into the text of another file, such as ``.md``.

    Attributes
    ----------
    before : dict or None
        What the file held, for a script that goes on from there; None where there was none.

    Raises
    ------
    ForeignFile
        Something else lies there.
    StorageError
        No file can be made there.
    """

    def __init__(
        self, path: Path, kind: str, beside: Mapping[str, Callable[[dict[str, Any]], str]] | None = None
    ) -> None:
        self.path = path
        self._beside = {path.with_suffix(suffix): make for suffix, make in (beside or {}).items()}
        self.before = self._read(kind)
        ours = self.before is not None
        for place in (path, *self._beside):
            if place.is_dir():
                raise ForeignFile(place, "is a folder", f"give a file's name, such as {place / 'results.json'}")
            if place.exists() and not ours:
                raise ForeignFile(place, "was not written by this script", "it is left alone; give another name")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Only making a file shows that one can be made.
            with tempfile.TemporaryFile(dir=path.parent):
                pass
        except OSError as error:
            raise StorageError(path, 0, error.strerror or str(error)) from None

    def _read(self, kind: str) -> dict[str, Any] | None:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return content if isinstance(content, dict) and {"provenance", kind} <= content.keys() else None

    def write(self, content: dict[str, Any]) -> None:
        """Replace the files; raises StorageError."""
        texts = {self.path: json.dumps(content, indent=1) + "\n"}
        texts |= {path: make(content) for path, make in self._beside.items()}
        for path, text in texts.items():
            with whole_file(path, len(text)) as temporary:
                temporary.write_text(text, encoding="utf-8")
