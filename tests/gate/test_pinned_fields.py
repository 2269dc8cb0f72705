import shutil

import numpy as np
import pytest

from wavecomp.errors import DamagedField
from wavecomp.gate import pinned_fields
from wavecomp.gate.pinned_fields import pinned_references


def test_they_are_small_float32_fields_with_the_facts_that_are_told_of_them():
    refs = pinned_references()
    assert [ref.name for ref in refs] == ["pinned-3d", "pinned-3d-early", "pinned-2d"]
    assert len({ref.digest for ref in refs}) == len(refs)
    for ref in refs:
        field = ref.load()
        assert float(np.abs(field).max()) == ref.peak
        assert np.isfinite(field).all()
        assert not any(points % 4 == 0 for points in ref.shape if points > 18)
        # What is below the smallest normal number, some processors are told to round to zero.
        assert np.abs(field[field != 0]).min() >= np.finfo(np.float32).tiny
    assert sum(ref.nbytes for ref in refs) < 420_000


def test_one_runs_into_exact_zeros():
    early = {ref.name: ref for ref in pinned_references()}["pinned-3d-early"].load()
    assert 0.1 < (early == 0).mean() < 0.5


@pytest.mark.parametrize("damage", ["gone", "cut", "changed", "text"])
def test_a_file_that_is_not_what_was_pinned_is_refused(damage, tmp_path, monkeypatch):
    folder = tmp_path / "pinned"
    shutil.copytree(pinned_fields.FOLDER, folder)
    monkeypatch.setattr(pinned_fields, "FOLDER", folder)
    file = folder / "pinned-2d.npy"
    content = file.read_bytes()
    match damage:
        case "gone":
            file.unlink()
        case "cut":
            file.write_bytes(content[:5000])
        case "changed":
            file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "text":
            file.write_text("no array")
    with pytest.raises(DamagedField, match=r"pinned-2d\.npy is not the field pinned-2d any more"):
        pinned_references()
