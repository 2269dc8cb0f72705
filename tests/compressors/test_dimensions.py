"""The declared number of dimensions is the true one, and the one that is documented."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wavecomp.compressors import BUILT_IN, default_registry
from wavecomp.conformance.round_trip import check_field
from wavecomp.conformance.samples import DTYPES, content
from wavecomp.errors import UnsupportedField

from .specs import EXAMPLES

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "methods-compressors.md"
FOUR = ("zfp", "sz3", "interp", "sperr", "lerc", "fpzip", "slabs:planes=16,threads=2/zfp")


@pytest.mark.parametrize("spec", EXAMPLES)
def test_as_many_dimensions_as_declared_and_no_more(spec: str) -> None:
    compressor = default_registry().parse(spec)
    most = compressor.capabilities.max_dimensions
    for dimensions in range(1, 9):
        for dtype in DTYPES:
            field = content("random", (3, 2, 4, 2, 2, 3, 2, 2)[:dimensions], dtype)
            if dimensions <= most:
                check_field(compressor, field)
            else:
                with pytest.raises(UnsupportedField, match=f"has {dimensions} dimensions; give 1 to {most}"):
                    compressor.compress(field)
    # Dimensions of length 1 do not count, until a stream's header is full.
    check_field(compressor, content("random", (1, 3, 1, 1, 5, 1, 1, 1), "float32"))
    with pytest.raises(UnsupportedField):
        compressor.compress(np.zeros((1,) * 9, np.float32))


def test_the_document_says_the_same() -> None:
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())
    four = "`zfp`, `sz3`, `interp`, `sperr`, `lerc` and `fpzip` take one to four dimensions"
    assert f"{four}, the others one to eight" in text
    for definition in BUILT_IN:
        for spec in definition.examples:
            most = default_registry().parse(spec).capabilities.max_dimensions
            assert most == (4 if spec.startswith(FOUR) else 8), spec


def test_slabs_take_what_the_inner_compressor_takes() -> None:
    assert default_registry().parse("slabs:planes=4/blosc2").capabilities.max_dimensions == 8
    compressor = default_registry().parse("slabs:planes=2,threads=2/blosc2")
    check_field(compressor, content("random", (5, 2, 2, 3, 2, 2, 2, 2), "float32"))
