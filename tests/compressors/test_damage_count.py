"""What damage does, counted: the damage is damage, and every outcome is counted as what it is."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

from wavecomp.conformance.damage import KINDS, damaged
from wavecomp.conformance.damage_count import DamageCount, count_damage
from wavecomp.conformance.samples import content
from wavecomp.conformance.subject import NotThere

from . import liars

FIELD = content("wave", (3, 4, 5), "float32")
SUITES = Path(__file__).resolve().parents[2] / "suites"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 2, 7, 300])
def test_damage_is_damage_and_the_same_each_time(kind, size: int) -> None:
    whole = bytes(range(1, 1 + min(size, 200))) * 2
    seen = set()
    for number in range(50):
        bad = damaged(whole, kind, number, (whole, whole[::-1]))
        assert bad != whole
        assert bad == damaged(whole, kind, number, (whole, whole[::-1]))
        seen.add(bad)
    assert len(seen) > 1 or kind == "another's"


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_of_no_bytes_is_no_error(kind) -> None:
    assert isinstance(damaged(b"", kind, 3), bytes)


def test_one_to_eight_bits_are_flipped_and_as_many_as_that() -> None:
    whole = bytes(100)
    flipped = {int(np.unpackbits(np.frombuffer(damaged(whole, "flipped bits", n), np.uint8)).sum()) for n in range(300)}
    assert flipped == set(range(1, 9))


def seen(count: DamageCount, kind: str) -> dict[str, int]:
    return {name: number for name, number in count.by_kind[kind].items() if number}


def test_every_outcome_is_counted_as_what_it_is() -> None:
    """The payload is "whole" and 240 bytes; nothing but those five is looked at.

    Cut: an error where the five are left, else the process dies. Another's, every second one: identity's 240 bytes
    without the word, of which it dies; the others are whole payloads of another field.
    """
    count = count_damage(liars.Fragile(), FIELD, 80, framed=False)
    assert count.streams == 80
    assert set(seen(count, "cut")) <= {"other_error", "killed"}
    assert seen(count, "cut")["other_error"] > 0
    assert seen(count, "another's") == {"wrong": 10, "killed": 10}
    assert set(seen(count, "flipped bits")) <= {"wrong", "killed"}
    assert seen(count, "flipped bits")["wrong"] > 0
    assert count.total("outside") == 0


def test_the_frame_sees_all_of_it() -> None:
    count = count_damage(liars.Fragile(), FIELD, 200, framed=True)
    assert count.total("detected") == count.streams == 200


def test_what_hangs_is_ended() -> None:
    count = count_damage(liars.Sleepy(), FIELD, 5, framed=False, patience_s=0.5)
    assert count.by_kind["cut"]["hung"] == 2
    assert count.total("wrong") == 3


def test_harm_to_memory_beside_the_output_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    from wavecomp.compressors.base import identity_of
    from wavecomp.compressors.stream import pack
    from wavecomp.conformance import decoding

    decoder = decoding._Decoder(liars.Fragile(), FIELD, False)
    longer = pack(FIELD, [b"whole" + FIELD.tobytes() + b"more"], identity_of("liar"))
    monkeypatch.setattr(decoder, "_native", lambda *_: longer)
    assert decoder.came(1) is decoding.Came.OUTSIDE


def test_same_values_are_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    from wavecomp.conformance import decoding

    decoder = decoding._Decoder(liars.Fragile(), FIELD, False)
    monkeypatch.setattr(decoder, "_native", lambda *_: decoder._whole)
    assert decoder.came(1) is decoding.Came.HARMLESS


def test_one_that_dies_of_a_whole_stream_is_no_row() -> None:
    with pytest.raises(NotThere, match=r"SIGABRT.*with the whole stream"):
        count_damage(liars.Stillborn(), FIELD, 8, framed=False)


# --- the suite's script ----------------------------------------------------------------------------------------------


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SUITES))
    return importlib.import_module("damage")


def test_the_script_writes_a_table_and_goes_on_where_it_was(script, tmp_path: Path, monkeypatch, capsys) -> None:
    out = tmp_path / "damage.json"
    words = ["--out", str(out), "--streams", "40"]
    assert script.main([*words, "identity"]) == 0
    assert "stored, 40 of 40 detected" in capsys.readouterr().out
    first = json.loads(out.read_text())
    assert list(first["damage"]) == ["identity"]
    assert "| `identity` | 10 | 30 | – | – | – | – | 40 of 40 |" in out.with_suffix(".md").read_text()

    asked = []
    counted = script.counted
    monkeypatch.setattr(script, "counted", lambda spec, *rest: asked.append(spec) or counted(spec, *rest))
    assert script.main([*words, "identity", "zfp:rate=8"]) == 0
    assert asked == ["zfp:rate=8"]
    second = json.loads(out.read_text())
    assert second["damage"]["identity"] == first["damage"]["identity"]
    assert list(second["damage"]) == ["identity", "zfp:rate=8"]


def test_the_script_takes_every_usable_one(script) -> None:
    from wavecomp.compressors import BUILT_IN, Definition, Registry

    away = Definition("away", "", (), BUILT_IN[0].build, ("away",), requires="no_such_module_at_all")
    specs = list(script.specs_of(Registry((*BUILT_IN, away))))
    assert {spec.partition(":")[0] for spec in specs} == {definition.name for definition in BUILT_IN}


def test_what_the_frame_missed_ends_it_with_1(script, tmp_path: Path, monkeypatch, capsys) -> None:
    kinds = {"cut": {name: 0 for names in script.COLUMNS for name in names[1]}}
    good, bad = {"cut": kinds["cut"] | {"detected": 4}}, {"cut": kinds["cut"] | {"detected": 3, "wrong": 1}}
    made = {"library": "", "streams": 4, "native": good, "framed": bad}
    monkeypatch.setattr(script, "counted", lambda *_: made)
    assert script.main(["--out", str(tmp_path / "d.json"), "--streams", "4", "identity"]) == 1
    assert "1 damaged streams were not detected" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "status"), [(["zpf"], 2), (["--streams", "0"], 2)])
def test_wrong_words(script, tmp_path: Path, words, status) -> None:
    try:
        found = script.main(["--out", str(tmp_path / "d.json"), *words])
    except SystemExit as ended:
        found = ended.code
    assert found == status
