"""``wavecomp fields``: list, fetch, generate, verify and show wavefields; and what other commands need of them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from rich.table import Table
from rich.text import Text

from wavecomp.cli.console import err, fields_folder, out, progress_bar
from wavecomp.cli.own_snapshots import is_own, is_stored, own_name, own_references, read_own
from wavecomp.errors import DamagedField, UnknownRecipe
from wavecomp.plain_text import size_text
from wavecomp.snapshots import SnapshotSet
from wavecomp.sweep import FieldRef
from wavecomp.wavefields import FieldSet, FieldStore, find_recipe
from wavecomp.wavefields.fetch import PUBLISHED
from wavecomp.wavefields.fetch import fetch as fetch_file


def store() -> FieldStore:
    """Return the store of this working directory."""
    return FieldStore(fields_folder())


def generated(name: str, *, force: bool = False) -> FieldSet:
    """Return a field set, propagating it first where it is not there yet, with a progress bar."""
    try:
        recipe = find_recipe(name)
    except UnknownRecipe:
        # A field that was made from a recipe file is known by its name afterwards.
        if not is_stored(name):
            raise
        found = store().open(name)
        if not store().model_is_here(name):
            err.print(Text(f"field {name}: taken as it was stored; its model file is not here to be compared with"))
        return found
    start = time.perf_counter()
    with progress_bar(f"propagating {recipe.name}", "steps") as bar:
        found = store().generate(recipe, lambda step, last: bar(step, last, ""), force=force)
    took = time.perf_counter() - start
    levels = f"{len(found.steps)} levels of {size_text(found.bytes / len(found.steps))}"
    err.print(f"field [bold]{recipe.name}[/]: {levels}, ready after {took:.1f} s in {found.folder}")
    return found


def chosen(field: str) -> FieldSet | SnapshotSet:
    """Return what ``--field`` names: a field set, propagated if need be, or somebody's own snapshots."""
    return read_own(field) if is_own(field) else generated(field)


def field_name(name: str) -> str:
    """Return the name that a field's records go by: its recipe's, also where the recipe is given as a file.

    Raises
    ------
    RecipeError
        The file is missing or wrong.
    SnapshotWordsError
        The words that name snapshots are wrong.
    """
    if is_own(name):
        return own_name(name)
    try:
        return find_recipe(name).name
    except UnknownRecipe:
        # Records may have come without their field.
        return Path(name).name


def references(fields: FieldSet | SnapshotSet, folder: Path | None = None) -> list[FieldRef]:
    """Describe snapshots for a sweep, in order of time.

    Parameters
    ----------
    fields : FieldSet or SnapshotSet
        Of a recipe, or somebody's own.
    folder : pathlib.Path, optional
        The archive's: there somebody's own snapshots get a name that no other wavefield has.

    Raises
    ------
    DamagedField
        A file differs from its manifest.
    """
    if isinstance(fields, SnapshotSet):
        return own_references(fields, folder)
    problems = fields.problems()
    if problems:
        raise DamagedField(f"{'; '.join(problems)}; run: wavecomp fields generate --force {fields.name}")
    found = []
    for entry in fields.manifest.snapshots:
        shot = fields.snapshot(entry.step)
        peak = max(abs(entry.minimum), abs(entry.maximum))
        dtype = np.dtype(shot.dtype).name
        found.append(
            FieldRef(shot.name, shot.path.resolve(), shot.digest, shot.shape, dtype, shot.step, shot.time_s, peak)
        )
    return found


@click.group()
def fields() -> None:
    """Generate and check reference wavefields."""


@fields.command("list")
def list_fields() -> None:
    """List the recipes, and which of them are generated here.

    \b
    Example:
      wavecomp fields list
    """
    for item in store().summaries():
        levels = f", {len(item.steps)} levels" if item.steps else ""
        size = f", {size_text(item.bytes)}" if item.bytes else ""
        name = click.style(f"{item.name:14}", bold=True)
        click.echo(f"{name} {item.state:10} {' x '.join(map(str, item.shape))}{levels}{size}")
        click.echo(f"{'':14} {item.description}")


@fields.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--force", is_flag=True, help="Propagate again what is there already.")
def generate(names: Sequence[str], force: bool) -> None:
    """Propagate the wavefields of recipes, given by name or as a .toml file.

    \b
    Example:
      wavecomp fields generate quick thrust-2d
    """
    recipes = [find_recipe(name) for name in names]  # a wrong name is said before an hour of propagation
    for recipe in recipes:  # and so is somebody's folder where a field would be
        store().check_place(recipe, force)
    for name, _ in zip(names, recipes, strict=True):
        generated(name, force=force)


@fields.command()
@click.argument("names", nargs=-1, required=True)
def verify(names: Sequence[str]) -> None:
    """Compare stored wavefields with their manifests, byte for byte; exit status 1 if any differs.

    \b
    Example:
      wavecomp fields verify quick
    """
    problems = []
    for name in names:
        found = store().open(name) if not (seen := store().verify(name)) else None
        problems += seen
        if found is not None:
            model = "" if store().model_is_here(name) else "; its model file is not here to be compared with"
            out.print(f"{name}: {len(found.steps)} levels, {size_text(found.bytes)}, every byte as generated{model}")
    if problems:
        raise DamagedField("; ".join(problems))


@fields.command()
@click.argument("name")
def show(name: str) -> None:
    """Show a stored wavefield: its recipe, its levels and their norms.

    \b
    Example:
      wavecomp fields show quick
    """
    manifest = store().open(name).manifest
    made = ", ".join(f"{library} {version}" for library, version in sorted(manifest.versions.items()))
    out.print(f"{manifest.name}: {manifest.steps} steps of {manifest.dt_s * 1e3:.4g} ms, in {manifest.seconds:.1f} s")
    out.print(f"made {manifest.created_utc} with {made}; {manifest.compiler}")
    out.print(json.dumps(json.loads(manifest.recipe), indent=1))
    table = Table("step", "time (s)", "min", "max", "L2 norm", "SHA-256 of the values")
    for entry in manifest.snapshots:
        numbers = [f"{value:.4g}" for value in (entry.time_s, entry.minimum, entry.maximum, entry.l2_norm)]
        table.add_row(str(entry.step), *numbers, entry.data_sha256[:16])
    out.print(table)


@fields.command()
@click.argument("names", nargs=-1)
@click.option("--to", "folder", type=click.Path(path_type=Path), help="Folder [default: where every command looks]")
def fetch(names: Sequence[str], folder: Path | None) -> None:
    """Download the real velocity sections, Overthrust and Marmousi, from where they are published (0.9 MB in all).

    Each is kept only if its SHA-256 is right. WAVECOMP_MIRROR may name the address of a folder that holds them.

    \b
    Example:
      wavecomp fields fetch
      wavecomp fields fetch marmousi-2d --to models
    """
    for name in names or PUBLISHED:
        out.print(Text(f"{name}: {fetch_file(name, folder, lambda line: err.print(Text(line)))}"))
