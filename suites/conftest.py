"""The field that the benchmarks run on, generated once and kept beside the recipes."""

from __future__ import annotations

import pytest

from wavecomp.cli.fields import references, store
from wavecomp.sweep import FieldRef
from wavecomp.wavefields import find_recipe


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--field", default="quick", help="recipe whose last level is benchmarked (default: quick)")


@pytest.fixture(scope="session")
def field(request: pytest.FixtureRequest) -> FieldRef:
    return references(store().generate(find_recipe(request.config.getoption("--field"))))[-1]


@pytest.fixture(scope="session")
def array(field: FieldRef):
    return field.load()
