"""The folder with all stored wavefields: generate, open, verify, list."""

from __future__ import annotations

import gc
import os
import platform
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

import wavecomp
from wavecomp.errors import DamagedField, MissingField, StorageError, UnknownRecipe
from wavecomp.wavefields.array_file import write_level
from wavecomp.wavefields.devito_setup import build_identity
from wavecomp.wavefields.field_files import is_stored_field
from wavecomp.wavefields.manifest import Manifest, SnapshotEntry, write_manifest
from wavecomp.wavefields.memory_needed import check_propagation
from wavecomp.wavefields.propagation import StepsDone, open_propagator, run
from wavecomp.wavefields.recipe import Recipe, find_recipe, is_name, recipe_names
from wavecomp.wavefields.snapshots import FieldSet, Snapshot
from wavecomp.wavefields.stored_identity import (
    difference,
    model_digest,
    model_is_found,
    recipe_file_from,
    recorded_recipe,
)
from wavecomp.wavefields.velocity import build_velocity
from wavecomp.wavefields.velocity_files import file_digest, find_model_file
from wavecomp.wavefields.workplace import check_place, workplace

_SPARE_BYTES = 16 * 2**20


@dataclass(frozen=True)
class FieldSummary:
    """One line of the list of fields.

    ``state`` is ``generated``, ``missing``, ``outdated`` (made from another recipe of that name, or from another model
    file) or ``damaged``.
    ``bytes`` counts what is stored, 0 unless generated.
    """

    name: str
    description: str
    state: str
    shape: tuple[int, ...]
    steps: tuple[int, ...]
    bytes: int


class FieldStore:
    """Stored wavefields, one folder a field, under a root folder.

    Parameters
    ----------
    root : pathlib.Path
        The folder; made at the first generation.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def generate(self, recipe: Recipe, progress: StepsDone | None = None, force: bool = False) -> FieldSet:
        """Propagate a recipe and store its snapshots, or return what is there already.

        A stored field of the same recipe (and the same model file) is kept unless ``force`` is set; a damaged one, or
        one of another recipe of that name, is replaced. Interrupted at any moment, this leaves nothing that looks
        complete. A folder of the recipe's name that is, or holds, anything else than a stored field is left alone, also
        with ``force``.

        Parameters
        ----------
        recipe : Recipe
            What to propagate.
        progress : callable, optional
            Called with (step reached, last step) about once a second.

        Raises
        ------
        CompilerMissing, ForeignFile, MemoryTooSmall, ModelFileError, PropagationError, RecipeError, StorageError
            See there. Memory and folder are checked before any of it is taken.
        """
        model_file = find_model_file(recipe.model, recipe.folder)
        model_sha256 = file_digest(model_file) if model_file is not None else None
        if not force:
            stored = self._stored(recipe, model_sha256)
            if stored is not None:
                return stored
        target = self.root / recipe.name
        check_place(target)
        if recipe.steps is not None:
            self._check_space(recipe, recipe.steps)
        check_propagation(recipe)
        started = time.perf_counter()
        propagator, compiler = open_propagator(recipe, build_velocity(recipe, model_sha256))
        self._check_space(recipe, propagator.steps)
        kept = recipe.kept.of(propagator.steps)
        try:
            with workplace(target) as folder:
                entries: list[SnapshotEntry] = []
                for step, level in run(propagator, kept, progress):
                    path = folder / f"step-{step:06d}.npy"
                    entries.append(write_level(path, level, step, step * propagator.dt_s))
                manifest = Manifest(
                    name=recipe.name,
                    recipe_digest=recipe.digest,
                    recipe=recipe.canonical_json(),
                    model_file_sha256=model_sha256,
                    dt_s=propagator.dt_s,
                    steps=propagator.steps,
                    absorbing_points=recipe.absorbing_points,
                    padded=recipe.padded,
                    compiler=compiler.version,
                    versions=_versions(),
                    created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
                    seconds=round(time.perf_counter() - started, 3),
                    snapshots=tuple(entries),
                    build=build_identity().mapping(),
                    recipe_file=recipe_file_from(target, recipe),
                    component=recipe.component,
                )
                write_manifest(folder, manifest)
        except OSError as error:
            raise StorageError(target, _needed(recipe, propagator.steps), error.strerror or str(error)) from error
        finally:
            del propagator
            gc.collect()  # the wavefield hangs in reference cycles of the symbolic layer
        return FieldSet.read(target)

    def check_place(self, recipe: Recipe, force: bool = False) -> None:
        """Say before anything is computed that a recipe's field has no place here.

        Raises
        ------
        ForeignFile
            A folder of its name would be replaced, and is no stored field or holds something else as well.
        """
        if force or self.summary(recipe).state != "generated":
            check_place(self.root / recipe.name)

    def open(self, field: str | Recipe) -> FieldSet:
        """Return a stored field, which is what its recipe and its model file give.

        A field that was made from a recipe file is known by its name afterwards: it is compared with that file as long
        as it is where it was, and with the recipe in its manifest otherwise. Model files are compared where they are
        found.

        Parameters
        ----------
        field : str or Recipe
            Name of a field, path of a recipe file, or a recipe.

        Raises
        ------
        UnknownRecipe
            There is neither a recipe nor a stored field of that name.
        MissingField
            It was not generated here, or from another recipe of that name, or from another model file; the text says
            what helps.
        DamagedField
            The manifest is missing or was changed, or is that of another field.
        """
        recipe = self._recipe(field)
        if recipe is not None:
            command = f"wavecomp fields generate {field if isinstance(field, str) else recipe.name}"
            return self._checked(self._read(recipe.name, command), recipe, model_digest(recipe), command)
        name = str(field)
        found = self._read(name, "")
        try:
            recipe, file = recorded_recipe(found)
        except MissingField as error:
            raise MissingField(f'field "{name}" in {self.root}: {error}; it has to be generated again') from None
        command = f"wavecomp fields generate {os.path.relpath(file) if file is not None else 'RECIPE.toml'}"
        return self._checked(found, recipe, model_digest(recipe), command)

    def snapshot(self, text: str) -> Snapshot:
        """Return the snapshot that ``name@step`` names, or the last one of ``name``; errors as in :meth:`open`."""
        name, at, step = text.rpartition("@")
        if not at:
            return self.open(text).last
        fields = self.open(name)
        if not step.isdecimal():
            raise MissingField(f'"{text}": the step after @ must be one of {", ".join(map(str, fields.steps))}')
        return fields.snapshot(int(step))

    def verify(self, field: str | Recipe) -> list[str]:
        """Compare a stored field with its manifest, byte for byte; return one line a problem, none if it is sound."""
        try:
            return self.open(field).problems()
        except DamagedField as error:
            return [str(error)]

    def model_is_here(self, field: str | Recipe) -> bool:
        """Say whether the model file of a field that :meth:`open` returned, if it has one, is there; it is not read."""
        recipe = self._recipe(field)
        found = self._read(recipe.name if recipe is not None else str(field), "")
        return found.manifest.model_file_sha256 is None or model_is_found(recipe or recorded_recipe(found)[0])

    def summary(self, field: str | Recipe) -> FieldSummary:
        """Return the state of one field, stored or not."""
        recipe = self._recipe(field)
        name = recipe.name if recipe is not None else str(field)
        state, stored = "generated", None
        try:
            stored = self.open(recipe if recipe is not None else field)
        except MissingField:
            state = "outdated" if (self.root / name).is_dir() else "missing"
        except DamagedField:
            state = "damaged"
        known = stored.steps if stored is not None else ()
        if stored is None and recipe is not None and recipe.steps is not None:
            known = recipe.kept.of(recipe.steps)
        return FieldSummary(
            name=name,
            description=recipe.description if recipe is not None else "stored; its recipe did not come with wavecomp",
            state=state,
            shape=stored.last.shape if stored is not None else recipe.stored_shape if recipe is not None else (),
            steps=known,
            bytes=stored.bytes if stored is not None else 0,
        )

    def summaries(self) -> list[FieldSummary]:
        """Return the state of every field that has a recipe here or is stored here, by name."""
        folders = self.root.iterdir() if self.root.is_dir() else ()
        stored = [folder.name for folder in folders if is_name(folder.name) and is_stored_field(folder)]
        return [self.summary(name) for name in sorted({*recipe_names(), *stored})]

    def _recipe(self, field: str | Recipe) -> Recipe | None:
        """Return the recipe of a field, None where only stored data bears that name."""
        if isinstance(field, Recipe):
            return field
        try:
            return find_recipe(field)
        except UnknownRecipe:
            if is_name(field) and (self.root / field).is_dir():
                return None
            raise

    def _read(self, name: str, command: str) -> FieldSet:
        folder = self.root / name
        if not folder.is_dir():
            raise MissingField(f'field "{name}" was not generated in {self.root}; run: {command}')
        found = FieldSet.read(folder)
        if found.name != name:
            raise DamagedField(f'{folder} holds the field "{found.name}", not "{name}": give the folder its name back')
        return found

    def _checked(self, found: FieldSet, recipe: Recipe, model_sha256: str | None, command: str) -> FieldSet:
        other = difference(found, recipe, model_sha256)
        if other is not None:
            raise MissingField(f'field "{found.name}" in {self.root} was {other}; run: {command}')
        return found

    def _stored(self, recipe: Recipe, model_sha256: str | None) -> FieldSet | None:
        try:
            stored = self._checked(self._read(recipe.name, ""), recipe, model_sha256, "")
        except (MissingField, DamagedField):
            return None
        return None if stored.problems() else stored

    def _check_space(self, recipe: Recipe, steps: int) -> None:
        needed = _needed(recipe, steps)
        place = next(folder for folder in (self.root, *self.root.resolve().parents) if folder.exists())
        free = shutil.disk_usage(place).free
        if free < needed + _SPARE_BYTES:
            raise StorageError(
                self.root / recipe.name,
                needed,
                f"only {free} bytes are free there, and {needed + _SPARE_BYTES} have to be, as {_SPARE_BYTES} of them "
                "are left to others who write there",
            )


def _needed(recipe: Recipe, steps: int) -> int:
    return len(recipe.kept.of(steps)) * int(np.prod(recipe.stored_shape)) * 4


def _versions() -> dict[str, str]:
    return {
        "wavecomp": wavecomp.__version__,
        "numpy": np.__version__,
        "devito": version("devito"),
        "python": platform.python_version(),
    }
