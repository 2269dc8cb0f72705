"""The field that the benchmarks run on, generated once and kept beside the recipes."""

from __future__ import annotations

import pytest

from wavecomp.cli.fields import references, store
from wavecomp.cli.own_snapshots import FIELD_WORDS, is_own
from wavecomp.snapshots import find_snapshots
from wavecomp.sweep import FieldRef
from wavecomp.wavefields import find_recipe


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--field", default="quick", help=f"whose last level is benchmarked: {FIELD_WORDS} (default: quick)"
    )


@pytest.fixture(scope="session")
def field(request: pytest.FixtureRequest) -> FieldRef:
    name = request.config.getoption("--field")
    return references(find_snapshots(name) if is_own(name) else store().generate(find_recipe(name)))[-1]


@pytest.fixture(scope="session")
def array(field: FieldRef):
    return field.load()
