"""Reference wavefields: recipes, velocity models, propagation through Devito, and snapshots on disk."""

from __future__ import annotations

from wavecomp.wavefields.recipe import Recipe, find_recipe, load_recipe, parse_recipe, recipe_names
from wavecomp.wavefields.snapshots import FieldSet, Snapshot
from wavecomp.wavefields.store import FieldStore, FieldSummary
from wavecomp.wavefields.velocity import build_velocity

__all__ = [
    "FieldSet",
    "FieldStore",
    "FieldSummary",
    "Recipe",
    "Snapshot",
    "build_velocity",
    "find_recipe",
    "load_recipe",
    "parse_recipe",
    "recipe_names",
]
