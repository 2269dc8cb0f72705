"""What an operator reads and writes, and when: told from the code that Devito has made of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devito import Operator
from devito.ir.iet import Expression, FindNodes, Iteration
from devito.symbolics import retrieve_indexed, retrieve_terminals

from wavecomp.physics.time_offsets import Accesses


class Anatomy:
    """An operator's loop over time, taken apart.

    Parameters
    ----------
    operator : devito.Operator

    Attributes
    ----------
    functions : dict
        The functions that it takes, by the names of its arguments.
    accesses : dict
        Of each of them, by the same names.
    forward, backward : bool
        Which way it goes in time.
    """

    def __init__(self, operator: Operator) -> None:
        self.functions: dict[str, Any] = {
            each.name: each for each in operator.parameters if getattr(each, "is_DiscreteFunction", False)
        }
        self.accesses = {name: Accesses() for name in self.functions}
        self._sources: dict[str, set[str]] = {}
        for node in _expressions(operator):
            self._take(node)
        # Devito's words are "++" and "--".
        signs = [str(loop.direction) for loop in _nodes(operator, Iteration) if loop.dim.root.is_Time]
        self.forward, self.backward = "++" in signs, "--" in signs

    def written(self) -> set[str]:
        """Return the names of functions that it writes."""
        return {name for name, accesses in self.accesses.items() if accesses.writes}

    def reached_from(self, names: set[str]) -> set[str]:
        """Return the names of functions into which anything of the given ones flows, on whatever way."""
        reached, before = set(names), 0
        while len(reached) > before:
            before = len(reached)
            reached |= {target for target, sources in self._sources.items() if sources & reached}
        return (reached - names) & set(self.functions)

    def _take(self, node: Expression) -> None:
        left, right = node.expr.lhs, node.expr.rhs
        target = _name(left)
        sources = {_name(each) for each in retrieve_terminals(right)}
        self._sources.setdefault(target, set()).update(sources)
        adds = "Increment" in type(node).__name__ or target in sources
        for indexed in retrieve_indexed(left):
            self._note(indexed, written=True, adds=adds)
        for indexed in retrieve_indexed(right):
            self._note(indexed, written=False, adds=False)

    def _note(self, indexed: Any, *, written: bool, adds: bool) -> None:
        accesses = self.accesses.get(indexed.function.name)
        if accesses is None:  # a temporary
            return
        accesses.writes |= written
        accesses.adds |= adds
        function = indexed.function
        timed = getattr(function, "is_TimeFunction", False)
        if timed:
            time = indexed.indices[0]
            if not getattr(time, "is_Modulo", False):
                accesses.saved = True
                return
            (accesses.written if written else accesses.read).add(int(time.offset - time.parent.root))
        if not written:
            accesses.points.add(tuple(indexed.indices[timed:]))


def _expressions(operator: Operator) -> Iterator[Expression]:
    yield from _nodes(operator, Expression)


def _nodes(operator: Operator, kind: type) -> Iterator[Any]:
    yield from FindNodes(kind).visit(operator)
    for made in operator._func_table.values():
        if made.root is not None:
            yield from FindNodes(kind).visit(made.root)


def _name(terminal: Any) -> str:
    return str(getattr(getattr(terminal, "function", terminal), "name", terminal))
