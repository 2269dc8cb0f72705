"""Sizes in bytes as people write them."""

from __future__ import annotations

import re

import click

_UNITS = {"": 1, "B": 1, **{f"{p}B": 1000**n for n, p in enumerate("kMGT", 1)}}
_UNITS |= {"KB": 1000, **{f"{p}iB": 1024**n for n, p in enumerate("KMGT", 1)}}


class Size(click.ParamType):  # type: ignore[type-arg]  # generic in new versions of click alone
    """A number of bytes with or without unit: ``2GiB``, ``500 MB``, ``1048576``."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return bytes; a text that is no size ends the command with what would be one."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", str(value))
        count = int(float(found[1]) * _UNITS[found[2]]) if found and found[2] in _UNITS else 0
        if count < 1:
            self.fail(f"{value!r} is no size above 0; write for example 2GiB, 500MB or 1048576", param, ctx)
        return count
