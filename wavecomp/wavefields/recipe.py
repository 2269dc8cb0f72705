"""Reading recipes: from TOML text, from a file, by the name of one that comes with wavecomp."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from wavecomp.errors import RecipeError, UnknownRecipe
from wavecomp.toml_table import TomlTable
from wavecomp.wavefields.material import TtiMaterial, parse_component, parse_material
from wavecomp.wavefields.model_spec import ConstantModel, LayeredModel, OverthrustLikeModel, parse_model
from wavecomp.wavefields.physics import PROPAGATORS
from wavecomp.wavefields.positions import from_origin
from wavecomp.wavefields.recipe_type import KeptSteps, Recipe, check_sampling
from wavecomp.wavefields.velocity_overthrust import SLOWEST_ROCK_M_S

__all__ = [
    "KeptSteps",
    "Recipe",
    "check_sampling",
    "find_recipe",
    "is_name",
    "load_recipe",
    "parse_recipe",
    "recipe_from_json",
    "recipe_names",
]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_LONGEST_NAME = 100
"""File systems take 255 bytes; names of figures and temporary folders put words of their own around it."""


def recipe_from_json(text: str, source: str = "canonical recipe", folder: Path | None = None) -> Recipe:
    """Read back what :meth:`Recipe.canonical_json` gave; ``folder`` is where model files may lie."""
    return _read(json.loads(text), source, folder)


def parse_recipe(text: str, source: str, folder: Path | None = None) -> Recipe:
    """Parse the TOML text of a recipe.

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
        place = re.search(r"line (\d+)", str(error))
        number = int(place.group(1)) if place else len(text.splitlines())
        line = (text.splitlines() or [""])[min(number, len(text.splitlines())) - 1]
        raise RecipeError(source, f"line {number}", line, f"must be TOML ({error})") from None
    return _read(values, source, folder)


def load_recipe(path: Path) -> Recipe:
    """Read and parse a recipe file; see :func:`parse_recipe`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(path, "file", str(path), f"must be a readable UTF-8 text file ({error})") from None
    return parse_recipe(text, str(path), path.absolute().parent)


def is_name(text: str) -> bool:
    """Say whether a recipe, and so a stored field, can have this name."""
    return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None


def recipe_names() -> tuple[str, ...]:
    """Return the names of the recipes that come with wavecomp."""
    return tuple(sorted(_shipped()))


def find_recipe(name_or_path: str | Path) -> Recipe:
    """Return a recipe by the name of a shipped one, or by the path of a ``.toml`` file.

    Raises
    ------
    UnknownRecipe
        No shipped recipe has this name.
    RecipeError
        The file is missing or wrong.
    """
    text = str(name_or_path)
    if text.endswith(".toml"):
        return load_recipe(Path(text))
    shipped = _shipped()
    if text not in shipped:
        raise UnknownRecipe(text, shipped)
    return load_recipe(shipped[text])


def _shipped() -> dict[str, Path]:
    here = Path(__file__).resolve().parent
    packaged = {path.stem: path for path in (here / "recipes").glob("*.toml")}
    return packaged or {path.stem: path for path in (here.parents[1] / "reference_fields").glob("*.toml")}


def _read(values: Mapping[str, object], source: str, folder: Path | None) -> Recipe:
    top = TomlTable(values, source)
    name = top.text("name")
    if not _NAME.fullmatch(name):
        top.wrong("name", "must be lower-case letters, digits, - and _, beginning with a letter or digit")
    if len(name) > _LONGEST_NAME:
        top.wrong("name", f"has {len(name)} characters: folders and figures bear it, and at most {_LONGEST_NAME} fit")
    description = top.text("description")
    physics = top.choice("physics", PROPAGATORS)
    grid, shot, clock, snapshots = (top.table(key) for key in ("grid", "source", "time", "snapshots"))
    space_order = grid.integer("space_order", least=2, most=16)
    if space_order % 2:
        grid.wrong("space_order", "must be even")
    shape = grid.integers("shape", least=space_order + 1, sizes=(2, 3))
    rank = len(shape)
    if grid.is_list("spacing_m"):
        spacing = grid.numbers("spacing_m", sizes=(rank,), above=0.0, unit="m")
    else:
        spacing = (grid.number("spacing_m", above=0.0, unit="m"),) * rank
    origin = grid.numbers("origin_m", sizes=(rank,), unit="m") if grid.has("origin_m") else (0.0,) * rank
    steps, duration, dt = _read_clock(clock)
    material = parse_material(top.table("material") if top.has("material") else None, physics, spacing, source)
    if isinstance(material, TtiMaterial) and space_order % 4:
        grid.wrong("space_order", 'must be a multiple of 4 for "tti", whose rotated stencils are of half that order')
    recipe = Recipe(
        name=name,
        description=description,
        physics=physics,
        model=parse_model(top.table("model"), rank),
        shape=shape,
        spacing_m=spacing,
        origin_m=origin,
        absorbing_points=grid.integer("absorbing_points", least=1, most=1000),
        space_order=space_order,
        source_m=_read_position(shot, origin, spacing, shape),
        peak_frequency_hz=shot.number("peak_frequency_hz", above=0.0, unit="Hz"),
        steps=steps,
        duration_s=duration,
        dt_s=dt,
        kept=_read_kept(snapshots, steps),
        padded=snapshots.flag("padded", default=False),
        material=material,
        component=parse_component(snapshots, material, rank),
        source=source,
        folder=folder,
    )
    for table in (grid, shot, clock, snapshots, top):
        table.finish()
    _check_known_velocities(recipe)
    return recipe


def _read_position(
    shot: TomlTable, origin: tuple[float, ...], spacing: tuple[float, ...], shape: tuple[int, ...]
) -> tuple[float, ...]:
    given = shot.numbers_or_word("position_m", size=len(shape), word="centre", unit="m")
    ends = [(o, o + h * (n - 1)) for o, h, n in zip(origin, spacing, shape, strict=True)]
    place = tuple((low + high) / 2 if at is None else at for at, (low, high) in zip(given, ends, strict=True))
    away = from_origin(place, origin, spacing)
    for axis, at, h, n, (low, high) in zip("xyz" if len(shape) == 3 else "xz", away, spacing, shape, ends, strict=True):
        if not 0.0 <= at <= h * (n - 1):
            shot.wrong("position_m", f"lies outside the model: {axis} must be from {low:.12g} to {high:.12g} m")
    return place


def _read_clock(clock: TomlTable) -> tuple[int | None, float | None, float | None]:
    has_steps, has_duration = clock.has("steps"), clock.has("duration_s")
    if has_steps == has_duration:
        clock.wrong("steps", "exactly one of steps and duration_s must be given")
    steps = clock.integer("steps", least=2) if has_steps else None
    duration = clock.number("duration_s", above=0.0, unit="s") if has_duration else None
    return steps, duration, clock.number("dt_s", above=0.0, unit="s") if clock.has("dt_s") else None


def _read_kept(snapshots: TomlTable, last: int | None) -> KeptSteps:
    has_steps, has_every = snapshots.has("steps"), snapshots.has("every")
    if has_steps and has_every:
        snapshots.wrong("every", "steps and every exclude each other; leave one out")
    if has_every:
        return KeptSteps(every=snapshots.integer("every", least=1, most=last))
    # An empty list is what the canonical text of "the last step only" holds.
    if not has_steps or snapshots.empty_list("steps"):
        return KeptSteps()
    steps = snapshots.integers("steps", least=1)
    if len(set(steps)) < len(steps):
        snapshots.wrong("steps", "names a step twice")
    if last is not None and max(steps) > last:
        snapshots.wrong("steps", f"each must be from 1 to {last}, the last step of the run")
    return KeptSteps(steps=tuple(sorted(steps)))


def _check_known_velocities(recipe: Recipe) -> None:
    match recipe.model:
        case ConstantModel(velocity):
            slowest = velocity
        case LayeredModel(_, velocities):
            slowest = min(velocities)
        case OverthrustLikeModel():
            slowest = SLOWEST_ROCK_M_S
        case _:
            slowest = math.inf  # known only once the file is read
    check_sampling(recipe, slowest)
