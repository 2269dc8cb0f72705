"""docs/architecture.md and its picture are those of today's code; nothing imports upwards or in a circle."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
REDRAW = "run: python docs/draw_architecture.py"


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


drawing = _loaded(ROOT / "docs" / "draw_architecture.py")
HOUSE = drawing.read_house()


def section(title: str) -> str:
    """Return what is under a heading of the page, its smaller headings included."""
    level = "#" * title.count("#")
    found = re.search(rf"^{re.escape(title)}\n(.*?)(?=^{level} |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"the page has no heading {title}"
    return found[1]


def table(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)


# --- what the code is like -------------------------------------------------------------------------------------------


def test_every_import_points_down_and_none_goes_in_a_circle() -> None:
    assert HOUSE.wrong() == []


def test_what_is_wrong_is_seen() -> None:
    """A house with an import to above, one to the side, and three modules in a circle."""
    rooms = {name: drawing.Room(name, "", 1, 1, layer, True) for name, layer in (("a", 0), ("b", 1), ("c", 1))}
    modules = {"a.x": {"a.y"}, "a.y": {"a.z"}, "a.z": {"a.x", "b"}, "b": {"a.x", "c"}, "c": set()}
    house = drawing.House(rooms, Counter({("a", "b"): 1, ("b", "a"): 1, ("b", "c"): 2}), modules)
    assert house.wrong() == [
        "not down: b imports a",
        "not down: b imports c",
        "circle: ('a.x', 'a.y', 'a.z', 'b')",
    ]


def test_an_arrow_that_a_longer_way_implies_is_left_out() -> None:
    rooms = {name: drawing.Room(name, "", 1, 1, layer, name != "d") for layer, name in enumerate("abcd")}
    pairs = [("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")]
    house = drawing.House(rooms, Counter(pairs), {})
    assert house.arrows() == [("a", "b"), ("b", "c")]  # d is a single file


# --- the picture and the page are of this code -----------------------------------------------------------------------


def test_the_picture_shows_the_rooms_and_imports_of_today() -> None:
    picture = (ROOT / "docs" / "architecture.svg").read_text()
    assert len(picture) < 150_000
    found = re.search(r"<dc:description>(.*?)</dc:description>", picture, re.DOTALL)
    assert found is not None, REDRAW
    assert found[1].split("; ") == HOUSE.facts().split("; "), REDRAW


def test_the_picture_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        drawing.draw(HOUSE, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_no_two_boxes_overlap() -> None:
    """By the places alone: boxes of one row are a box and the gap apart, in any order that the layout finds."""
    rows = [["a", "b", "c"], ["d", "x/y/1"], ["e"]]
    middle = drawing.placed(rows, [("a", "d"), ("b", "d"), ("c", "x/y/1"), ("x/y/1", "e"), ("d", "e")])
    first = sorted(middle[name] for name in rows[0])
    assert all(right - left > drawing.WIDTH for left, right in pairwise(first))
    assert abs(middle["d"] - middle["x/y/1"]) > drawing.WIDTH / 2


def test_the_page_names_every_room_and_file_in_order_with_its_own_words() -> None:
    listed = table(section("## Rooms"))
    rooms = [room for room in HOUSE.rooms.values() if room.is_package]
    files = [room for room in HOUSE.rooms.values() if not room.is_package]
    assert listed == [(room.name, room.purpose) for room in (*rooms, *files)]


def test_every_room_says_what_it_is_for() -> None:
    for room in HOUSE.rooms.values():
        assert room.purpose.endswith((".", ":")), f"{room.name}: the first line of its docstring is a sentence"


def test_the_page_names_what_import_linter_holds() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = re.findall(r"^- \*\*(.+?)\*\*", section("## What import-linter holds"), re.MULTILINE)
    assert named == [contract["name"] for contract in contracts]


# --- the walks -------------------------------------------------------------------------------------------------------

WALKS = dict(re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", section("## Three walks"), re.MULTILINE | re.DOTALL))
BORDERS = ("**process border**", "**file border**")


def steps_of(walk: str) -> list[tuple[str, str]]:
    """Return the files of a walk, each with what the page says of it."""
    found = re.findall(r"^(\d+)\. `(wavecomp/[\w/]+\.py)`: (.*(?:\n   .*)*)", WALKS[walk], re.MULTILINE)
    assert [int(number) for number, _, _ in found] == list(range(1, len(found) + 1))
    return [(file, words) for _, file, words in found]


def module_of(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def tied(one: str, other: str) -> bool:
    """Tell whether one of two files imports the other, by its own name or through the face of its room."""
    a, b = module_of(one), module_of(other)
    return _uses(a, b) or _uses(b, a)


def _uses(importer: str, imported: str) -> bool:
    face = imported.rpartition(".")[0]
    direct = HOUSE.modules[importer]
    return imported in direct or (face in direct and imported in HOUSE.modules[face])


def test_there_are_three_walks() -> None:
    assert len(WALKS) == 3


@pytest.mark.parametrize("walk", WALKS)
def test_every_file_of_a_walk_is_there_once(walk: str) -> None:
    files = [file for file, _ in steps_of(walk)]
    assert len(files) > 5
    assert len(set(files)) == len(files)
    assert [file for file in files if module_of(file) not in HOUSE.modules] == []


@pytest.mark.parametrize("walk", WALKS)
def test_every_step_of_a_walk_is_an_import_a_return_or_a_border(walk: str) -> None:
    steps = steps_of(walk)
    for number, (file, words) in enumerate(steps[1:], start=1):
        earlier = [name for name, _ in steps[:number]]
        back = re.search(r"\*\*back in `(.+?)`\*\*", words)
        if back is not None:
            assert back[1] in earlier, f"{file}: the walk was not in {back[1]} before"
        asked = re.search(r"\*\*as `(.+?)` asks\*\*", words)
        if asked is not None:
            assert asked[1] in earlier, f"{file}: the walk was not in {asked[1]} before"
        elif not any(border in words for border in BORDERS):
            before = back[1] if back is not None else earlier[-1]
            assert tied(before, file), f"{before} and {file} do not import each other; name the border, or another step"
