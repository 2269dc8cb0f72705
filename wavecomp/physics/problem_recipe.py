"""Reading gradient problems: from TOML text, from a file, by the name of one that comes with wavecomp.

A problem's file has the tables ``[model]``, ``[material]``, ``[grid]`` and ``[time]`` of a wavefield's recipe and three
of its own::

    [initial]       # kind = "smoothed" with radius_m [keep_above_m]; or any kind of model, such as hdf5 with m0
    [source]        # peak_frequency_hz, first_m; with count > 1 also last_m: so many shots on the line to it
    [receivers]     # depth_m, every: one at every k-th grid point of the horizontal axes
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from wavecomp.errors import RecipeError, UnknownProblem
from wavecomp.physics.problem import GivenInitial, GradientProblem, Initial, Receivers, SmoothedTrue, check_kept
from wavecomp.physics.sizes import GRADIENT_PHYSICS
from wavecomp.toml_table import TomlTable
from wavecomp.wavefields.material import TtiMaterial
from wavecomp.wavefields.model_spec import parse_model
from wavecomp.wavefields.recipe import recipe_from_json
from wavecomp.wavefields.recipe_type import Recipe

LEAST_RECEIVER_SPACING = 2

_WIDEST_RADIUS = 10.0
"""Of a smoothed initial model, in lengths of the true one: it has no structure left long before."""


def problem_names() -> tuple[str, ...]:
    """Return the names of the problems that come with wavecomp."""
    return tuple(sorted(_shipped()))


def find_problem(name_or_path: str | Path) -> GradientProblem:
    """Return a problem by the name of a shipped one, or by the path of a ``.toml`` file.

    Raises
    ------
    UnknownProblem
        No shipped problem has this name.
    RecipeError
        The file is missing or wrong.
    """
    text = str(name_or_path)
    shipped = _shipped()
    if not text.endswith(".toml"):
        if text not in shipped:
            raise UnknownProblem(text, shipped)
        text = str(shipped[text])
    path = Path(text)
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(path, "file", text, f"must be a readable UTF-8 text file ({error})") from None
    return parse_problem(content, text, path.absolute().parent)


def parse_problem(text: str, source: str, folder: Path | None = None) -> GradientProblem:
    """Parse the TOML text of a problem.

    Parameters
    ----------
    text : str
        TOML text.
    source : str
        Where it came from, for messages.
    folder : pathlib.Path, optional
        Where model files may lie.

    Raises
    ------
    RecipeError
        The text is not TOML, a key is unknown or missing, or a value makes no sense.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(source, "file", source, f"must be TOML ({error})") from None
    top = TomlTable(values, source)
    shot, listeners, start = (top.table(key) for key in ("source", "receivers", "initial"))
    count = shot.integer("count", least=1, most=10_000) if shot.has("count") else 1
    first = shot.numbers("first_m", sizes=(2, 3), unit="m")
    last = shot.numbers("last_m", sizes=(len(first),), unit="m") if count > 1 or shot.has("last_m") else first
    peak = shot.number("peak_frequency_hz", above=0.0, unit="Hz")
    shot.finish()
    media = [_medium(values, source, folder, place, peak) for place in (first, last)]
    medium = media[0]
    _check_physics(top, medium, count)
    if medium.padded or medium.kept.steps or medium.kept.every:
        top.wrong("snapshots", "a gradient problem keeps no snapshots; leave the table out")
    problem = GradientProblem(
        medium=medium,
        initial=_initial(start, medium),
        receivers=_receivers(listeners, medium),
        shots_m=tuple(_between(first, last, index, count) for index in range(count)),
    )
    for key in ("name", "description", "physics", "model", "material", "grid", "time"):
        top.has(key)
    top.finish()
    return problem


def _medium(
    values: Mapping[str, object], source: str, folder: Path | None, place: tuple[float, ...], peak: float
) -> Recipe:
    """Read the tables that a problem shares with a wavefield's recipe, with the recipe's own checks."""
    shared = {
        key: values[key]
        for key in ("name", "description", "model", "material", "grid", "time", "snapshots")
        if key in values
    }
    shared |= {"physics": values.get("physics", "acoustic"), "snapshots": values.get("snapshots", {})}
    shared["source"] = {"position_m": list(place), "peak_frequency_hz": peak}
    return recipe_from_json(json.dumps(shared), source, folder)


def _check_physics(top: TomlTable, medium: Recipe, shots: int) -> None:
    if medium.physics not in GRADIENT_PHYSICS:
        top.wrong("physics", f"has no gradient: must be one of {', '.join(GRADIENT_PHYSICS)}")
    material = medium.material
    if shots > 1 and isinstance(material, TtiMaterial) and material.isotropic_radius_m > 0:
        place = TomlTable({"isotropic_radius_m": material.isotropic_radius_m}, medium.source, "material")
        place.wrong(
            "isotropic_radius_m", f"must be 0 with {shots} shots: around each of them the model would be another one"
        )


def _initial(table: TomlTable, medium: Recipe) -> Initial:
    if table.text("kind") != SmoothedTrue.kind:
        return GivenInitial(parse_model(table, len(medium.shape)))
    widest = _WIDEST_RADIUS * max(high - low for low, high in medium.extent_m)
    radius = table.number("radius_m", above=0.0, most=widest, unit="m")
    kept = table.number("keep_above_m", unit="m") if table.has("keep_above_m") else 0.0
    check_kept(medium, kept)
    table.finish()
    return SmoothedTrue(radius, kept)


def _receivers(table: TomlTable, medium: Recipe) -> Receivers:
    depth = table.number("depth_m", unit="m")
    top, bottom = medium.extent_m[-1]
    below, spacing, count = medium.depth_from_origin_m(depth), medium.spacing_m[-1], medium.shape[-1]
    if not 0.0 <= below <= spacing * (count - 1):
        table.wrong("depth_m", f"lies outside the model: must be from {top:.12g} to {bottom:.12g} m")
    every = table.integer("every", least=LEAST_RECEIVER_SPACING, most=max(medium.shape))
    table.finish()
    return Receivers(depth, every)


def _between(first: tuple[float, ...], last: tuple[float, ...], index: int, count: int) -> tuple[float, ...]:
    part = index / (count - 1) if count > 1 else 0.0
    return tuple(a + part * (b - a) for a, b in zip(first, last, strict=True))


def _shipped() -> dict[str, Path]:
    here = Path(__file__).resolve().parent
    packaged = {path.stem: path for path in (here / "problems").glob("*.toml")}
    return packaged or {path.stem: path for path in (here.parents[1] / "reference_fields/problems").glob("*.toml")}
