from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from wavecomp.compressors import Compressor, Lossless, default_registry
from wavecomp.compressors.definitions import BUILT_IN
from wavecomp.conformance.case import Check
from wavecomp.conformance.checks import CHECKS, declared, examine
from wavecomp.conformance.round_trip import check_field
from wavecomp.conformance.samples import DTYPES, content
from wavecomp.errors import CompressorUnavailable
from wavecomp.spec_text import SpecText

from .fields import FIXED, fields
from .specs import ALL, CODECS, EXAMPLES, FULL, MATRIX, SHUFFLES


def parse(spec: str) -> Compressor:
    try:
        return default_registry().parse(spec)
    except CompressorUnavailable as reason:
        pytest.skip(str(reason))


# What measures memory and the GIL takes megabytes: a few of them are checked whole, in test_conformance.py.
QUICK = tuple(check for check in CHECKS if not check.measures)


@pytest.mark.parametrize("spec", FULL)
@pytest.mark.parametrize("check", QUICK, ids=lambda check: check.name.replace(" ", "_"))
def test_contract(check: Check, spec: str) -> None:
    compressor = parse(spec)
    reason = check.why_not(declared(compressor))
    if reason is not None:
        pytest.skip(f"{spec}: {reason}")
    assert [f"{finding} ({case})" for case, finding in examine(check, compressor)] == []


@pytest.mark.parametrize("spec", FULL)
def test_any_field(spec: str) -> None:
    compressor = parse(spec)
    examples = 10 if compressor.capabilities.threads > 1 else 60

    @settings(FIXED, max_examples=examples)
    @given(fields())
    def run(field: np.ndarray) -> None:
        check_field(compressor, field)

    run()


@pytest.mark.parametrize("spec", MATRIX)
def test_matrix(spec: str) -> None:
    compressor = parse(spec)
    assert isinstance(compressor.bound, Lossless)
    for dtype in DTYPES:
        for kind, shape in (("wave", (20, 31)), ("random", (7, 9, 11)), ("negative_zero", (65,)), ("zero", (700,))):
            check_field(compressor, content(kind, shape, dtype))


@pytest.mark.parametrize("spec", ALL)
def test_canonical_text_is_the_compressors_name(spec: str) -> None:
    registry = default_registry()
    compressor = parse(spec)
    assert registry.parse(compressor.spec).spec == compressor.spec == registry.canonical(spec)
    assert registry.values(compressor.spec) == registry.values(spec)


def test_examples_are_canonical() -> None:
    """A listing prints the text that a record will hold."""
    registry = default_registry()
    assert [registry.canonical(example) for example in EXAMPLES] == list(EXAMPLES)


def test_nothing_registered_is_left_out() -> None:
    for definition in default_registry().definitions():
        mine = [spec for spec in definition.examples if spec in FULL]
        assert mine, f"{definition.name} has no example, so the contract does not run over it"
        assert all(spec.partition(":")[0] == definition.name for spec in definition.examples)


def test_nothing_built_in_fails_to_import() -> None:
    """What is a dependency of the project must be there; otherwise all of the above would be skipped."""
    assert not set(default_registry().unavailable()) & {definition.name for definition in BUILT_IN}


def test_every_key_and_every_choice_is_run() -> None:
    registry = default_registry()
    seen: dict[str, set[str]] = {}
    first = {definition.name: definition.parameters[0].name for definition in BUILT_IN if definition.variants}
    for spec in ALL:
        for part in (*SpecText.parse(spec).parts, *registry.read(SpecText.parse(spec)).text.parts):
            chosen = part.values.get(first.get(part.name, ""), "")
            for name in (part.name, f"{part.name}:{chosen}"):
                seen.setdefault(name, set()).update(part.values, (f"{k}={v}" for k, v in part.values.items()))
    for definition in BUILT_IN:
        families = {definition.name: definition.parameters}
        families |= {f"{definition.name}:{choice}": keys for choice, keys in definition.variants.items()}
        for name, parameters in families.items():
            wanted = {parameter.name for parameter in parameters}
            wanted |= {f"{p.name}={choice}" for p in parameters for choice in p.choices}
            assert not wanted - seen.get(name, set()), name
    blosc = [registry.values(spec) for spec in ALL if spec.startswith("blosc2")]
    pairs = {(values["codec"], values["shuffle"]) for values in blosc}
    assert pairs == {(codec, shuffle) for codec in CODECS for shuffle in SHUFFLES}


def test_slabs_are_run_around_every_family_that_they_take() -> None:
    registry = default_registry()
    takes = set()
    for spec in EXAMPLES:
        compressor = registry.parse(spec)
        if compressor.capabilities.releases_gil and not spec.startswith("slabs"):
            takes.add(spec.partition(":")[0])
    wrapped = {spec.split("/")[1].partition(":")[0] for spec in FULL if spec.startswith("slabs")}
    assert takes == wrapped
