"""How the forward wavefield is kept for the adjoint run: schedule × compressor × imaging step × where it is kept.

A strategy has a text form, like a compressor; what follows ``/`` is the compressor of its checkpoints::

    strategy = name [":" item {"," item}] ["/" compressor]

``store-all`` keeps every level that is imaged, uncompressed, in memory that is there before the run; ``trajectory``
puts every one of them, compressed, into the checkpoint store; ``revolve`` keeps a few states and computes the rest
anew; ``mixed`` keeps levels beside the states, and computes less. ``adaptive`` keeps as many states as their actual
sizes allow, wherever that computes least anew; ``planned`` does so with the sizes of the run before, and is
``adaptive`` where there was none. Both live in memory alone: where bytes are plenty, on a disk, ``revolve`` does as
well. ``h-revolve``, ``disk-revolve``, ``periodic-disk-revolve`` and ``two-level`` keep states in memory and on a disk,
each where the schedule says (:mod:`wavecomp.plans.placed`). With ``async`` a thread writes to the disk, and reads
ahead, beside the propagation.

An absolute tolerance of the compressor may be given as a fraction of the wavefield's greatest amplitude:
``trajectory/zfp:accuracy=1e-3peak`` (:mod:`wavecomp.plans.relative`).

Levels may have tolerances of their own, by what an error of each weighs in the gradient:
``trajectory:weights=coarse/zfp:accuracy=1e-3`` (:mod:`wavecomp.plans.time_tolerances`).

The imaging step may be left to the source: ``trajectory:every=auto,error=1e-3`` takes as long a one as that error of
the gradient allows (:mod:`wavecomp.adjoint.imaging_step`).
"""

from __future__ import annotations

from collections.abc import Mapping

from wavecomp.compressors import Reading, Registry, Value, default_registry
from wavecomp.compressors.spec import format_value, read_values
from wavecomp.errors import SpecError, UnknownStrategy
from wavecomp.plans.parameters import AUTO, PARAMETERS, USUAL_ERROR
from wavecomp.plans.relative import check_relative, without_unit
from wavecomp.plans.strategy import Strategy
from wavecomp.plans.time_tolerances import tolerance_of
from wavecomp.spec_text import UNCOMPRESSED, SpecText


def parse_strategy(text: str, registry: Registry | None = None) -> Strategy:
    """Build the one strategy that a text means.

    Examples
    --------
    >>> parse_strategy("trajectory:every=4/zfp:accuracy=1e-3").spec
    'trajectory:every=4/zfp:accuracy=1e-3'
    >>> parse_strategy("trajectory/slabs/zfp:accuracy=0.001peak").spec
    'trajectory/slabs:planes=16,threads=2/zfp:accuracy=1e-3peak'

    Raises
    ------
    SpecError
        Unknown name or key, bad value, contradiction.
    CompressorUnavailable
        What the compressor needs is missing on this machine.
    """
    return read_strategy(SpecText.parse(text), registry or default_registry())


def read_strategy(text: SpecText, registry: Registry) -> Strategy:
    """Do what :func:`parse_strategy` does with a text that was taken apart."""
    plain, relative = without_unit(text)
    values, reading = _read(plain, registry)
    strategy = Strategy(text.head.name, values, reading, relative, registry)
    _ = strategy.compressor  # what it needs may be missing here
    check_relative(text, relative, reading, registry)
    if strategy.weights is not None:
        tolerance_of(strategy.spec, reading, registry)
    return strategy


def _read(spec: SpecText, registry: Registry) -> tuple[Mapping[str, Value], Reading]:
    """Return the typed values of a strategy, and its compressor; raises as :func:`parse_strategy`."""
    head, inner, text = spec.head, spec.inner, str(spec)
    if head.name not in PARAMETERS:
        raise UnknownStrategy(head.name, PARAMETERS)
    unfinished = inner is not None and not str(inner)
    if head.ends_at_colon or unfinished:
        raise SpecError(f'strategy "{text}": nothing follows "{":" if head.ends_at_colon else "/"}"')
    if len(head.values) < len(head.items):
        keys = [key for key, _ in head.items]
        twice = next(key for number, key in enumerate(keys) if key in keys[:number])
        raise SpecError(f'strategy "{text}": {twice} is given twice')
    values = _with_error(text, read_values(text, head.items, PARAMETERS[head.name]))
    if head.name == "store-all" and inner is not None:
        raise SpecError(f'strategy "{text}": store-all compresses nothing; write trajectory/{inner}')
    if "async" in values and values.get("tier") == "memory":
        raise SpecError(
            f'strategy "{text}": async is about a disk, and tier=memory has none; write tier=disk or tier=two'
        )
    return values, registry.read(SpecText.parse(UNCOMPRESSED) if inner is None else inner)


def _with_error(text: str, values: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return a strategy's values with the usual error where every=auto has none; raises SpecError for one without."""
    if values["every"] == AUTO:
        return {**values, "error": values.get("error", USUAL_ERROR)}
    if "error" in values:
        raise SpecError(
            f'strategy "{text}": error={format_value(values["error"])} is what every={AUTO} finds its number from; '
            f"write every={AUTO}, or leave error out"
        )
    return values
