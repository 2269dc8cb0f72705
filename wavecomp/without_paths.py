"""Settings as they may be published: without the folders of a machine, without its user, of a bounded length."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

LONGEST = 300
"""Characters of a setting that are kept."""

# A path with what may stand before it in an option: -I/opt/include, @/tmp/options, ~/bin/gcc. A space belongs to it
# where it is quoted or escaped.
_PATH = re.compile(r"""(?:\\.|[^\s:;,="'\\])*/(?:\\.|[^\s:;,="'\\])*""")
_QUOTED = re.compile(r"""(["'])([^"']*/[^"']*)\1""")
_OPTION = re.compile(r"-[A-Za-z]{1,2}(?=[/.~])|@")


def without_paths(value: str) -> str:
    """Return a setting with every path cut to its last name and eight digits of its digest, at most so long.

    Two settings that differ, differ afterwards too.

    Examples
    --------
    >>> without_paths("-O2 -I/home/somebody/include")
    '-O2 -Iinclude#8a619ecd'
    """
    home = str(Path("~").expanduser())
    text = value
    if len(home) > 1 and " " in home:  # a folder with a space in its name ends a path too early
        text = text.replace(home, home.replace(" ", "\\ "))
    text = _QUOTED.sub(lambda found: _cut(found.group(2)), text)
    text = _PATH.sub(lambda found: _cut(found.group()), text)
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}…#{_digest(value)}"


def _cut(path: str) -> str:
    option = _OPTION.match(path)
    before = option.group() if option else ""
    whole = path[len(before) :]
    name = whole.rstrip("/").rpartition("/")[2]
    # The last name of a home folder is the user's.
    if not name or Path(whole.rstrip("/")).parent in (Path("/home"), Path("/Users"), Path("/")) or name == "~":
        name = ""
    return f"{before}{name}#{_digest(whole)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:8]
