"""As much of a workflow file as its steps need: the part of YAML that such a file is written in, and no more."""

from __future__ import annotations

import re
from typing import TypeAlias

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"

_KEY = re.compile(r"([\w.-]+):(?:\s+(.*))?$")


class NotUnderstood(ValueError):
    """A line of another kind than those that are read here."""


def read(text: str) -> dict[str, Tree]:
    """Return the mapping that a file holds: block mappings, block lists, plain and quoted scalars, ``|`` blocks.

    Raises
    ------
    NotUnderstood
        A line is none of these; named with its number.
    """
    lines = [(number, line.rstrip()) for number, line in enumerate(text.splitlines(), start=1)]
    tree, rest = _block(lines, 0)
    if rest or not isinstance(tree, dict):
        number, line = rest[0] if rest else lines[0]
        raise NotUnderstood(f"line {number} is not understood: {line!r}")
    return tree


_Lines: TypeAlias = list[tuple[int, str]]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _skipped(lines: _Lines) -> _Lines:
    while lines and (not lines[0][1].strip() or lines[0][1].lstrip().startswith("#")):
        lines = lines[1:]
    return lines


def _block(lines: _Lines, indent: int) -> tuple[Tree, _Lines]:
    lines = _skipped(lines)
    if lines and lines[0][1].startswith(" " * indent + "- "):
        return _list(lines, indent)
    found: dict[str, Tree] = {}
    while (lines := _skipped(lines)) and _indent(lines[0][1]) == indent:
        number, line = lines[0]
        match = _KEY.match(line.strip())
        if match is None:
            raise NotUnderstood(f"line {number} is not understood: {line!r}")
        key, value = match.group(1), match.group(2) or ""
        lines = lines[1:]
        if value == "|":
            found[key], lines = _text(lines, indent)
        elif value:
            found[key] = _scalar(value)
        else:
            after = _skipped(lines)
            deeper = _indent(after[0][1]) if after else 0
            found[key], lines = _block(after, deeper) if deeper > indent else ("", after)
    return found, lines


def _list(lines: _Lines, indent: int) -> tuple[Tree, _Lines]:
    found: list[Tree] = []
    while (lines := _skipped(lines)) and lines[0][1].startswith(" " * indent + "- "):
        number, line = lines[0]
        item = line[indent + 2 :]
        if _KEY.match(item) is None:
            found.append(_scalar(item))
            lines = lines[1:]
            continue
        value, lines = _block([(number, " " * (indent + 2) + item), *lines[1:]], indent + 2)
        found.append(value)
    return found, lines


def _text(lines: _Lines, indent: int) -> tuple[str, _Lines]:
    taken = []
    while lines and (not lines[0][1] or _indent(lines[0][1]) > indent):
        taken.append(lines[0][1])
        lines = lines[1:]
    inner = min((_indent(line) for line in taken if line), default=0)
    return "\n".join(line[inner:] for line in taken).rstrip("\n") + "\n", lines


def _scalar(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value
