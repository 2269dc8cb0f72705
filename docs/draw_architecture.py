"""Draws docs/architecture.svg from the imports: ``python docs/draw_architecture.py``.

The rooms are wavecomp's packages, from top to bottom in the layers that import-linter holds (pyproject.toml). An arrow
is an import; one that a longer way implies is left out. Arrows that do not point down and modules that import each
other in a circle are named, and the exit status is 1. Same imports, same bytes.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from random import Random
from statistics import fmean
from textwrap import fill

import grimp
import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path as Line

import wavecomp

DOCS = Path(__file__).resolve().parent
WIDTH, HEIGHT, BETWEEN, LANE, GAP = 2.5, 0.82, 0.3, 0.3, 0.44  # inches: a box, between two, an arrow beside them, rows
INK, PALE, BOX, BAR, ARROW, WRONG = "#1d2b3a", "#5c6b7a", "#eef3f8", "#a9c3dc", "#6f8196", "#c8102e"
ROUND = "round,pad=0,rounding_size=0.06"

Pair = tuple[str, str]
Way = tuple[str, ...]


@dataclass(frozen=True)
class Room:
    """A package of wavecomp, or a single file beside them; ``layer`` 0 is the top."""

    name: str
    purpose: str
    files: int
    lines: int
    layer: int
    is_package: bool

    @property
    def size(self) -> str:
        """Files and lines in words."""
        return f"{self.files} files, {f'{self.lines / 1000:.1f}k' if self.lines > 950 else self.lines} lines"


@dataclass(frozen=True)
class House:
    """Rooms by name, import statements between them, and for each module the modules that it imports."""

    rooms: Mapping[str, Room]
    imports: Counter[Pair]
    modules: Mapping[str, set[str]]

    def wrong(self) -> list[str]:
        """Say which imports do not point down, and which modules reach each other."""
        reach = {module: reached(module, self.modules) for module in self.modules}
        circles = {tuple(sorted(n for n in reach[m] if m in reach[n])) for m in reach if m in reach[m]}
        return [f"not down: {a} imports {b}" for a, b in self.not_down()] + [f"circle: {c}" for c in sorted(circles)]

    def not_down(self) -> list[Pair]:
        """Return the imports that lead to the same layer or a higher one."""
        return sorted(pair for pair in self.imports if self.rooms[pair[0]].layer >= self.rooms[pair[1]].layer)

    def arrows(self) -> list[Pair]:
        """Return the downward arrows between packages, but for those that a longer way implies."""
        down: dict[str, set[str]] = {name: set() for name in self.rooms}
        for above, below in self.imports.keys() - set(self.not_down()):
            if self.rooms[above].is_package and self.rooms[below].is_package:
                down[above].add(below)
        far: dict[str, set[str]] = {a: set().union(*(reached(b, down) for b in down[a])) for a in down}
        return sorted((a, b) for a in down for b in down[a] - far[a])

    def facts(self) -> str:
        """Return what the picture shows, but for sizes; it stands in the file, so that an outdated one is seen."""
        return "; ".join(f"{name}: {' '.join(sorted(b for a, b in self.imports if a == name))}" for name in self.rooms)


def reached(start: str, ways: Mapping[str, set[str]]) -> set[str]:
    """Return all that can be reached in one step or more."""
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        new = ways[ahead.pop()] - seen
        seen |= new
        ahead += new
    return seen


def read_house() -> House:
    """Read the imports of the wavecomp that Python finds, and the layers in pyproject.toml."""
    settings = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in settings["contracts"] if contract["type"] == "layers")
    root = Path(wavecomp.__file__).parent
    rooms = {name: _room(root / name, n) for n, layer in enumerate(layers) for name in layer.replace("|", " ").split()}
    graph = grimp.build_graph("wavecomp", exclude_type_checking_imports=True, cache_dir=None)
    modules = {module: graph.find_modules_directly_imported_by(module) for module in sorted(graph.modules)}
    imports: Counter[Pair] = Counter()
    for importer, imported in ((a, b) for a in modules for b in sorted(modules[a])):
        above, below = (f"{name}.".split(".")[1] for name in (importer, imported))
        if above and below and above != below:
            imports[above, below] += len(graph.get_import_details(importer=importer, imported=imported))
    return House(rooms, imports, modules)


def _room(folder: Path, layer: int) -> Room:
    files = sorted(folder.glob("**/*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
    first = folder / "__init__.py" if folder.is_dir() else files[0]
    purpose = (ast.get_docstring(ast.parse(first.read_text())) or "").partition("\n")[0]
    lines = sum(len(file.read_text().splitlines()) for file in files)
    return Room(folder.name, purpose, len(files), lines, layer, folder.is_dir())


def placed(rows: list[list[str]], steps: list[Pair]) -> dict[str, float]:
    """Return the middle of every box and lane: the order with the fewest crossings, then the straightest arrows.

    A step leads from one row to the next. A long arrow has a lane in every row that it passes, named "from/to/row".
    """
    above = {name: [a for a, b in steps if b == name] for row in rows for name in row}
    below = {name: [b for a, b in steps if a == name] for row in rows for name in row}
    found: list[tuple[float, list[list[str]]]] = []
    for seed in range(60):
        order = [Random(seed).sample(sorted(row), len(row)) for row in rows]
        for beside, turned in [(above, order), (below, order[::-1])] * 6:
            for row in turned:
                at = {name: n / len(other) for other in order for n, name in enumerate(other)}
                row.sort(key=lambda name: fmean([at[n] for n in beside[name]] or [at[name]]))
            found.append((_crossings(order, above), [list(row) for row in order]))
    order = min(found)[1]
    middle = {name: (WIDTH + BETWEEN) * (n - len(row) / 2) for row in order for n, name in enumerate(row)}
    # A long arrow goes straight down its lanes before anything else.
    way = {name: name.rpartition("/")[0] for name in middle}
    lanes = {name: [n for n in middle if way[name] and way[n] == way[name]] for name in middle}
    for _ in range(200):
        for row in order:
            pulls = {name: [middle[n] for n in [*above[name], *below[name], *6 * lanes[name]]] for name in row}
            middle |= _spread(row, {name: fmean(pulls[name] or [middle[name]]) for name in row})
    return middle


def _crossings(order: list[list[str]], above: dict[str, list[str]]) -> float:
    at = {name: n for row in order for n, name in enumerate(row)}
    levels = [[(at[a], at[b]) for b in row for a in above[b]] for row in order]
    return sum((a - c) * (b - d) < 0 for level in levels for (a, b), (c, d) in combinations(level, 2))


def _spread(row: list[str], wish: dict[str, float]) -> dict[str, float]:
    """Return the places nearest to those wished, in this order and without an overlap (pooled neighbours)."""
    half = [(LANE if "/" in name else WIDTH + BETWEEN) / 2 for name in row]
    offsets = [sum(half[:n]) + sum(half[1 : n + 1]) for n in range(len(row))]
    pools: list[list[float]] = []
    for name, offset in zip(row, offsets, strict=True):
        pools.append([wish[name] - offset])
        while len(pools) > 1 and fmean(pools[-2]) > fmean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    bases = [fmean(pool) for pool in pools for _ in pool]
    return {name: base + offset for name, base, offset in zip(row, bases, offsets, strict=True)}


def draw(house: House, path: Path) -> None:
    """Draw the house into an SVG file."""
    boxes = [room for room in house.rooms.values() if room.is_package]
    layers = sorted({room.layer for room in boxes})
    rows = [[room.name for room in boxes if room.layer == layer] for layer in layers]
    level = {name: n for n, row in enumerate(rows) for name in row}
    ways = []
    for above, below in house.arrows():
        lanes = {f"{above}/{below}/{n}": n for n in range(level[above] + 1, level[below])}
        for lane, n in lanes.items():
            rows[n].append(lane)
        level |= lanes
        ways.append((above, *lanes, below))
    middle = placed(rows, [step for way in ways for step in pairwise(way)])
    spot = {name: (middle[name], -level[name] * (HEIGHT + GAP)) for name in level}
    left = min(x for x, _ in spot.values()) - WIDTH / 2 - 0.15
    right = max(x for x, _ in spot.values()) + WIDTH / 2 + 0.15
    foot = -len(rows) * (HEIGHT + GAP)
    figure = Figure(figsize=(right - left, 0.95 - foot), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(left, right), ylim=(foot - 0.8, 0.15))
    axes.axis("off")
    for way in ways:
        _arrow(axes, way, ways, spot, house.imports[way[0], way[-1]])
    for above, below in house.not_down():
        if above in spot and below in spot:
            ends = spot[above], (spot[below][0] + WIDTH / 3, spot[below][1] - HEIGHT)
            axes.add_patch(FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=14, lw=2.5, color=WRONG, zorder=4))
    for room in boxes:
        _box(axes, room, spot[room.name][0] - WIDTH / 2, spot[room.name][1], max(other.lines for other in boxes))
    users = {name: len({a for a, b in house.imports if b == name}) for name in house.rooms}
    files = [f"{r.name} ({r.lines} lines; {users[r.name]} rooms)" for r in house.rooms.values() if not r.is_package]
    beside = f"Single files beside the rooms, with the number of rooms that use them: {', '.join(files)}."
    legend = "Arrow: imports, the wider the more; one that a longer way implies is left out. Bar: lines."
    words = "\n".join(fill(line, int(15 * (right - left))) for line in (beside, legend))
    axes.text(left + 0.15, foot + 0.1, words, size=7.5, color=PALE, va="top", linespacing=1.5)
    said = {"Date": None, "Creator": None, "Title": "The rooms of wavecomp", "Description": house.facts()}
    with mpl.rc_context({"svg.hashsalt": "wavecomp", "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", metadata=said)


def _arrow(axes: Axes, way: Way, ways: list[Way], spot: Mapping[str, tuple[float, float]], imports: int) -> None:
    """Draw one arrow through its lanes; several that leave or reach a box do so side by side."""
    leaving = sorted(spot[other[1]] for other in ways if other[0] == way[0])
    coming = sorted(spot[other[-2]] for other in ways if other[-1] == way[-1])
    start = spot[way[0]][0] + 0.45 * (leaving.index(spot[way[1]]) - (len(leaving) - 1) / 2)
    end = spot[way[-1]][0] + 0.45 * (coming.index(spot[way[-2]]) - (len(coming) - 1) / 2)
    points, codes = [(start, spot[way[0]][1] - HEIGHT)], [Line.MOVETO]
    for stop in way[1:]:
        (x, y), (to, below) = points[-1], (end if stop == way[-1] else spot[stop][0], spot[stop][1])
        points += [(x, (y + below) / 2), (to, (y + below) / 2), (to, below)]
        codes += [Line.CURVE4] * 3
        if stop != way[-1]:
            points.append((to, below - HEIGHT))
            codes.append(Line.LINETO)
    width = 0.6 + 0.9 * imports**0.5
    head = f"-|>,head_length={0.35 + 0.5 / width},head_width={0.2 + 0.2 / width}"
    look = {"arrowstyle": head, "mutation_scale": 8 + 2 * width, "lw": width, "color": ARROW, "capstyle": "butt"}
    axes.add_patch(FancyArrowPatch(path=Line(points, codes), joinstyle="miter", **look))


def _box(axes: Axes, room: Room, left: float, top: float, most: int) -> None:
    bar = (WIDTH - 0.2) * room.lines / most
    axes.add_patch(FancyBboxPatch((left, top - HEIGHT), WIDTH, HEIGHT, ROUND, fc=BOX, ec=INK))
    axes.add_patch(Rectangle((left + 0.1, top - HEIGHT + 0.05), bar, 0.06, fc=BAR, ec="none"))
    axes.text(left + 0.1, top - 0.2, room.name, size=11, weight="bold", color=INK)
    axes.text(left + WIDTH - 0.1, top - 0.19, room.size, size=7, color=PALE, ha="right")
    axes.text(left + 0.1, top - 0.27, fill(room.purpose, 42), size=7, color=INK, va="top", linespacing=1.2)


def main() -> int:
    """Draw, and say what is wrong."""
    house = read_house()
    draw(house, DOCS / "architecture.svg")
    for line in house.wrong():
        print(line, file=sys.stderr)
    return 1 if house.wrong() else 0


if __name__ == "__main__":
    sys.exit(main())
