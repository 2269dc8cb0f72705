from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wavecomp.wavefields.recipe import Recipe, parse_recipe
from wavecomp.wavefields.store import FieldStore

Content = dict[str, Any]

SMALL: Content = {
    "name": "small",
    "description": "a small constant model",
    "physics": "acoustic",
    "model": {"kind": "constant", "velocity_m_s": 2000.0},
    "grid": {"shape": [30, 24], "spacing_m": 10.0, "absorbing_points": 5, "space_order": 4},
    "source": {"position_m": [120.0, 100.0], "peak_frequency_hz": 20.0},
    "time": {"steps": 40},
    "snapshots": {"every": 10},
}


def to_toml(content: Content) -> str:
    """JSON values are TOML values, as far as recipes use them."""
    plain = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in content.items()
        if not isinstance(value, dict)
    ]
    tables = [
        "\n".join([f"[{key}]", *(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in value.items())])
        for key, value in content.items()
        if isinstance(value, dict)
    ]
    # json writes NaN and Infinity, TOML nan and inf
    return "\n".join([*plain, *tables]).replace("NaN", "nan").replace("Infinity", "inf") + "\n"


@pytest.fixture(scope="session")
def toml_text() -> Callable[[Content], str]:
    return to_toml


@pytest.fixture(scope="session")
def make_content() -> Callable[..., Content]:
    """Return the content of the small recipe, changed: ``make_content({"grid.shape": [9, 9], "time.steps": None})``."""

    def make(changes: Content | None = None) -> Content:
        content = copy.deepcopy(SMALL)
        for path, value in (changes or {}).items():
            *tables, key = path.split(".")
            place = content
            for table in tables:
                place = place.setdefault(table, {})
            if value is None:
                place.pop(key, None)
            else:
                place[key] = value
        return content

    return make


@pytest.fixture(scope="session")
def make_recipe(make_content: Callable[..., Content]) -> Callable[..., Recipe]:
    def make(changes: Content | None = None, folder: Path | None = None) -> Recipe:
        return parse_recipe(to_toml(make_content(changes)), "test.toml", folder)

    return make


@pytest.fixture
def store(tmp_path: Path) -> FieldStore:
    return FieldStore(tmp_path / "fields")


@pytest.fixture
def real_data(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with the two real sections; the test is skipped where it is absent."""
    named = os.environ.get("WAVECOMP_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data"
    if not (folder / "marmousi_2d.bin").is_file():
        pytest.skip(f"the real velocity models are not in {folder} (set WAVECOMP_DATA)")
    monkeypatch.setenv("WAVECOMP_DATA", str(folder))
    return folder
