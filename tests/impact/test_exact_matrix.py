"""Every strategy × every lossless compressor × imaging step × tier × overlap × async: the exact bits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from wavecomp.compressors import Lossless
from wavecomp.plans.parameters import PARAMETERS
from wavecomp.plans.strategies import parse_strategy

LOSSLESS = (
    "identity",
    "blosc2:codec=lz4,level=5,shuffle=shuffle",
    "zfp:reversible",
    "sz3:algorithm=lossless",
    "slabs:planes=8,threads=2/zfp:reversible",
)
HEADS: dict[str, tuple[str, ...]] = {
    "trajectory": (), "revolve": ("slots=7",), "mixed": ("levels=15",), "adaptive": (), "planned": (),
    "h-revolve": ("disk_slots=4",), "disk-revolve": ("slots=2", "write=1"), "periodic-disk-revolve": ("slots=2",),
    "two-level": ("slots=2", "period=5"),
}  # fmt: skip
STEPS = 61


@pytest.fixture(scope="module")
def bench(tiny, open_workbench):
    return open_workbench(tiny.resized(steps=STEPS))


def texts(name, compressor, every):
    """All combinations that the strategy knows."""
    keys = {parameter.name for parameter in PARAMETERS[name]}
    placed = "write" in keys
    tiers = ("memory", "disk", "two") if "tier" in keys else ("two",) if placed else ("memory",)
    overlaps = (False, True) if "overlap" in keys else (False,)
    for tier, overlap, beside in itertools.product(tiers, overlaps, (False, True)):
        if beside and tier == "memory":
            continue
        tier_item = [f"tier={tier}"] if "tier" in keys else []
        flags = [*(["overlap"] if overlap else []), *(["async"] if beside else [])]
        yield tier, f"{name}:{','.join([*HEADS[name], f'every={every}', *tier_item, *flags])}/{compressor}"


def test_the_matrix_leaves_no_strategy_out():
    assert {"store-all", *HEADS} == set(PARAMETERS)
    assert all(isinstance(parse_strategy(f"trajectory/{text}").compressor.bound, Lossless) for text in LOSSLESS)


@pytest.mark.parametrize("every", [1, 2, 5])
@pytest.mark.parametrize("compressor", LOSSLESS)
@pytest.mark.parametrize("name", list(HEADS))
def test_the_same_bits(name, compressor, every, bench, tmp_path):
    """A memory of three states (three imaged levels of a trajectory) lets "two" and "disk" really use the disk."""
    exact = bench.run(parse_strategy(f"store-all:every={every}"))
    assert np.abs(exact.gradient).max() > 0
    size = bench.operators.level_bytes if name == "trajectory" else bench.operators.state_bytes
    for tier, text in texts(name, compressor, every):
        limits = {} if tier == "memory" else {"budget_bytes": 3 * size + 100_000, "disk_budget_bytes": 1 << 30}
        run = bench.run(parse_strategy(text), disk_folder=tmp_path, **limits)
        np.testing.assert_array_equal(run.gradient.view(np.uint32), exact.gradient.view(np.uint32), err_msg=text)
        assert run.misfit == exact.misfit, text
        assert run.writes > 0, text
        assert (run.peak_disk_bytes > 0) or tier != "disk", text
        assert list(tmp_path.iterdir()) == [], text
