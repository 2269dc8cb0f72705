from __future__ import annotations

import pytest

from wavecomp.records import Record

from .factory import small_study


@pytest.fixture
def study() -> list[Record]:
    return small_study()
