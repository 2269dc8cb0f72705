"""The one way to Devito's ``examples.seismic``: importable without the test tools that it mentions."""

from __future__ import annotations

import importlib.util
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class _Marks:
    """Answers every ``pytest.mark.name(...)`` with a decorator that changes nothing."""

    def __getattr__(self, name: str) -> Callable[..., Callable[[Any], Any]]:
        return lambda *_, **__: lambda decorated: decorated


@contextmanager
def examples_importable() -> Iterator[None]:
    """Let ``examples.seismic`` be imported inside the block where pytest is not installed.

    ``examples.seismic.model`` ends with tests of its own: it passes over a missing pytest when it imports it, and then
    uses ``pytest.mark`` all the same (seen with Devito 4.8.23). A stand-in that is there during the import spares a
    propagation the test tools; where pytest is installed, nothing is done.
    """
    if importlib.util.find_spec("pytest") is not None:
        yield
        return
    stand_in = types.ModuleType("pytest")
    stand_in.mark = _Marks()  # type: ignore[attr-defined]
    sys.modules["pytest"] = stand_in
    try:
        yield
    finally:
        del sys.modules["pytest"]


@contextmanager
def examples_quiet() -> Iterator[None]:
    """Leave out two warnings about the examples' own code, of interfaces that Devito and SymPy have begun to retire."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Passing `SubDomain`s", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=r"\s*non-Expr objects in a Matrix", category=DeprecationWarning)
        yield
