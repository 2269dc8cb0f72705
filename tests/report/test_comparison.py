"""What a comparison's page says, from records made by hand: who is ahead, and what no round can tell."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from wavecomp.errors import NothingToReport
from wavecomp.records import ComparisonRecord, ContestantAnswer, RoundEntry, RoundRecord
from wavecomp.report.comparison import comparison_of
from wavecomp.report.comparison_words import contestant_labels, digits, title_words
from wavecomp.report.draw_comparison import comparison_figure
from wavecomp.report.draw_comparison_curves import comparison_curves
from wavecomp.report.gradient_standings import way_labels
from wavecomp.report.median_interval import median_interval
from wavecomp.report.table import render


def answer(contestant, spec, ratio, error=0.9e-3, target="60", status="found", key="accuracy"):
    limit = 10 ** (-float(target) / 20)
    return ContestantAnswer(
        contestant, target, limit, status, spec, key, 1e-3, error, error <= limit, ratio, 12, 4e-3, None
    )


ZFP = answer("zfp:accuracy", "zfp:accuracy=1e-3", 20.0)
SZ3 = answer("sz3:abs,algorithm=interp", "sz3:abs=1e-3,algorithm=interp", 30.0, key="abs")
INT8 = answer("int8:block=64", "int8:block=64", 3.7, 4e-3, status="stands", key=None)


def comparison(*answers, targets=("60",)):
    return ComparisonRecord(
        "c" * 16, "psnr", "quick@320", "d" * 64, (4, 5, 6), "float32", 320, 1.5, 2.0, (),
        tuple(dict.fromkeys(one.contestant for one in answers)), targets, ("identity", "blosc2"), "r" * 16, "lib 1",
        "p" * 16, "2026-01-01T00:00:00+00:00", answers,
    )  # fmt: skip


def rounds(seconds, count=9, nrmse=0.9e-3, **changes):
    """Rounds in which each spec takes so long, times a drift of the whole machine and the spec's own wobble."""
    found = []
    for turn in range(1, count + 1):
        entries = []
        for spec, (base, wobble) in seconds.items():
            took = base * (1 + turn % 3) * (1 + wobble * (-1) ** turn)
            samples = (took, 1.1 * took, took)
            lossless = spec in ("identity", "blosc2")
            entry = RoundEntry(
                spec, 1, 2 * took, 3 * took, samples, samples, 1 << 20, 1 << 19, 1.0 if spec == "identity" else 1.3,
                0.0, 0.0 if lossless else nrmse, "holds",
            )  # fmt: skip
            entries.append(replace(entry, **changes.get(spec.partition(":")[0], {})))
        found.append(RoundRecord("r" * 16, turn, "quick@320", "d" * 64, 10**6, "lib 1", "p" * 16, "2026", (*entries,)))
    return found


STEADY = {
    "identity": (1e-4, 0.0),
    "zfp:accuracy=1e-3": (1e-2, 0.02),
    "sz3:abs=1e-3,algorithm=interp": (3e-2, 0.02),
    "int8:block=64": (1e-3, 0.0),
    "blosc2": (2e-2, 0.0),
}


def test_a_machine_that_drifts_threefold_hides_no_difference_of_one_round():
    table, sentences = comparison_of(comparison(ZFP, SZ3, INT8), rounds(STEADY))
    said = "\n".join(sentences)
    assert "SZ3 compresses most, 30.0; 1.50 times ZFP (20.0); blosc2 without loss 1.30." in said
    assert "ZFP compresses fastest" in said
    assert "3.00 [3.00, 3.00] times as fast as SZ3" in said
    assert "int8 stands at 4.00 times what is allowed" in said
    assert "noise" not in said
    assert "surpassed by nobody in ratio and speed together: SZ3 and ZFP" in said
    csv = render(table, "csv").splitlines()
    assert len(csv) == 6
    assert [line.split(",")[1] for line in csv[1:]] == ["SZ3", "ZFP", "int8", "blosc2", "memcpy"]
    for form in ("text", "markdown", "latex"):
        assert "SZ3" in render(table, form)


def test_a_difference_inside_the_noise_is_called_so():
    """Ratios of single rounds lie on both sides of 1: by turns 1.1/0.9 and 0.9/1.1 around 1.01."""
    noisy = STEADY | {"zfp:accuracy=1e-3": (1e-2, 0.1), "sz3:abs=1e-3,algorithm=interp": (1.01e-2, -0.1)}
    _, sentences = comparison_of(comparison(ZFP, SZ3), rounds(noisy))
    assert any("inside the noise, no difference that these rounds can tell: " in line for line in sentences)
    assert not any("times as fast as" in line for line in sentences)


def test_three_rounds_tell_nothing_apart_however_alike_they_are():
    """The least and the greatest of three hold the median with 75 % only."""
    _, sentences = comparison_of(comparison(ZFP, SZ3), rounds(STEADY, count=3))
    assert not any("times as fast as" in line for line in sentences)
    assert any("inside the noise" in line for line in sentences)


def test_who_misses_the_target_in_a_round_does_not_take_part():
    bad = {"zfp": {"nrmse": 2e-3}}
    table, sentences = comparison_of(comparison(ZFP, SZ3), rounds(STEADY, **bad))
    assert any("ZFP met the target in the search and missed it in a round" in line for line in sentences)
    assert [row.cells[3] for row in table.rows] == ["yes", "no", "beside", "beside"]
    failed = {"zfp": {"failure": "time: no result", "compress_samples_s": (), "nrmse": None}}
    _, sentences = comparison_of(comparison(ZFP, SZ3), rounds(STEADY, **failed))
    assert any("ZFP failed in rounds: time: no result." in line for line in sentences)


def test_rounds_of_another_race_are_not_taken_for_its_own():
    others = [replace(one, race="x" * 16) for one in rounds(STEADY)]
    table, _ = comparison_of(comparison(ZFP, SZ3), others)
    assert all(row.cells[7] is None for row in table.rows)
    with pytest.raises(NothingToReport):
        comparison_figure(comparison(ZFP, SZ3), [])


def test_figures_need_somebody_who_meets_a_target():
    missed = replace(ZFP, status="unmet", meets=False, error=1.0)
    with pytest.raises(NothingToReport):
        comparison_figure(comparison(missed), rounds(STEADY))
    with pytest.raises(NothingToReport):
        comparison_curves(comparison(ZFP), rounds(STEADY))
    figure = comparison_figure(comparison(ZFP, SZ3, INT8), rounds(STEADY))
    words = " ".join(text.get_text() for text in figure.findobj(lambda one: hasattr(one, "get_text")))
    assert "ZFP 20.0" in words
    assert "miss the target: int8" in words.replace("\n", " ")


def test_curves_join_the_targets_of_a_contestant():
    answers = [ZFP, SZ3, replace(answer("zfp:accuracy", "zfp:accuracy=1e-4", 9.0, 0.9e-4, "80"), limit=1e-4)]
    figure = comparison_curves(comparison(*answers, targets=("60", "80")), rounds(STEADY))
    ratio = figure.axes[0]
    lines = sorted(tuple(line.get_ydata()) for line in ratio.lines if len(line.get_ydata()) == 2)
    assert (20.0, 9.0) in lines
    assert [tick.get_text() for tick in ratio.get_xticklabels()] == ["60", "80"]


def test_the_interval_holds_the_median_as_often_as_it_says():
    """Of all orders in which n values can lie above or below the median, as many as the coverage have the interval on
    both sides of it: counted for all 2^n signs.
    """
    for count in (1, 2, 5, 6, 9, 12):
        found = median_interval([float(value) for value in range(count)])
        place = int(found.low)
        below = sum(place + 1 <= sum(signs) <= count - place - 1 for signs in itertools.product((0, 1), repeat=count))
        assert found.coverage == pytest.approx(below / 2**count)
        assert found.coverage >= 0.95 or (found.low, found.high) == (0.0, count - 1.0)


def test_names():
    _, wrapped = contestant_labels(["zfp:accuracy", "slabs:planes=16,threads=2/zfp:accuracy"]).values()
    assert wrapped.startswith("ZFP slabs")
    assert list(contestant_labels(["identity", "int8:block=64"]).values()) == ["memcpy", "int8"]
    assert list(way_labels(["trajectory/zfp:accuracy", "trajectory:quantum/blosc2:codec=lz4"]).values()) == [
        "ZFP",
        "quantum/blosc2",
    ]
    assert title_words(comparison(ZFP, targets=("60", "80"))) == "PSNR ≥ 60 dB, 80 dB"
    assert [digits(value) for value in (0.1, 1.5, 14.62, 1234.6)] == ["0.100", "1.50", "14.6", "1235"]
