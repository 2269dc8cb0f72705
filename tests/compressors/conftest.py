"""What the tests of compressors share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from wavecomp.compressors import code_streams


@pytest.fixture(autouse=True, scope="module")
def threads_for_few_values_too() -> Iterator[None]:
    """Let ``interp`` take its threads for the small fields of tests; one thread would do them by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code_streams, "_ALONE", 0)
        yield
