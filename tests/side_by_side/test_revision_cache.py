"""What is made of commits stays while it is among the last that were used, or in use; nothing else is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wavecomp.side_by_side import revision_cache
from wavecomp.side_by_side.errors import SideBroken
from wavecomp.side_by_side.revision_cache import KEPT, cached
from wavecomp.wavefields.folder_lock import is_held

NAMES = [f"{number:040x}" for number in range(KEPT + 3)]


def make(folder: Path) -> None:
    (folder / "wavecomp").mkdir(parents=True)
    (folder / "wavecomp" / "__init__.py").write_text("made = True\n")


def used_long_ago(place: Path, days: int) -> None:
    """Nobody holds it any more, and it was used so many days ago."""
    os.close(revision_cache._in_use.pop(place))
    when = place.stat().st_mtime_ns - days * 86_400 * 10**9
    os.utime(place, ns=(when, when))


@pytest.fixture(autouse=True)
def nothing_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision_cache, "_in_use", {})


def filled(cache: Path) -> list[Path]:
    """As many as are kept, the first used last."""
    places = [cached(name, make) for name in NAMES[:KEPT]]
    for days, place in enumerate(places, start=1):
        used_long_ago(place, days)
    assert sorted(cache.iterdir()) == places
    return places


def test_what_was_used_longest_ago_goes_when_another_one_is_made(cache: Path) -> None:
    places = filled(cache)
    newest = cached(NAMES[-1], make)
    assert sorted(cache.iterdir()) == sorted([*places[:-1], newest])


def test_to_be_used_is_what_counts_not_to_be_made(cache: Path) -> None:
    places = filled(cache)
    assert cached(places[-1].name, lambda _: pytest.fail("it is there")) == places[-1]
    used_long_ago(places[-1], 0)
    cached(NAMES[-1], make)
    assert places[-1].is_dir()
    assert not places[-2].exists()


def test_nothing_goes_while_nothing_is_made(cache: Path) -> None:
    places = filled(cache)
    for name in NAMES[KEPT:]:
        make(cache / name)
    cached(places[0].name, make)
    assert len([*cache.iterdir()]) == len(NAMES)


def test_what_this_process_uses_stays_however_many_it_uses(cache: Path) -> None:
    places = [cached(name, make) for name in NAMES]
    assert len(places) > KEPT
    assert all((place / "wavecomp" / "__init__.py").is_file() for place in places)


def test_what_another_process_uses_stays_until_that_ends(cache: Path) -> None:
    places = filled(cache)
    program = f"from wavecomp.side_by_side.revision_cache import cached\ncached({places[-1].name!r}, None)\n"
    words = "import os\nos.utime({!r}, (1, 1))\nprint('ready', flush=True)\ninput()\n"
    other = subprocess.Popen(
        [sys.executable, "-c", program + words.format(str(places[-1]))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        cached(NAMES[-1], make)
        assert all(place.is_dir() for place in places)  # only the last was one too many, and that is in use
    finally:
        other.communicate("\n")
    cached(NAMES[-2], make)
    assert not places[-1].exists()


def test_what_is_not_ours_stays(cache: Path) -> None:
    filled(cache)
    notes, other = cache / "notes.txt", cache / "somebody's"
    notes.write_text("mine")
    other.mkdir()
    for place in (notes, other):
        os.utime(place, (1, 1))
    cached(NAMES[-1], make)
    assert notes.read_text() == "mine"
    assert other.is_dir()


def test_what_cannot_be_made_costs_nobody_the_place(cache: Path) -> None:
    places = filled(cache)

    def fail(folder: Path) -> None:
        make(folder)
        raise SideBroken("no compiler at all")

    with pytest.raises(SideBroken):
        cached(NAMES[-1], fail)
    assert sorted(cache.iterdir()) == places


def test_a_removal_that_was_cut_short_is_no_revision_and_is_ended_by_the_next(cache: Path) -> None:
    places = filled(cache)
    places[-1].rename(left := cache / f".unfinished-{places[-1].name}")
    (left / "wavecomp" / "__init__.py").unlink()
    again = cached(places[-1].name, make)
    assert (again / "wavecomp" / "__init__.py").is_file()
    assert not left.exists()


def test_a_folder_that_was_handed_out_is_held(cache: Path) -> None:
    place = cached(NAMES[0], make)
    assert is_held(place)
    os.close(revision_cache._in_use.pop(place))
    assert not is_held(place)
