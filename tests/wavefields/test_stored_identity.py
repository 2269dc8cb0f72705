"""A stored field is opened only as what its recipe and its model file give now."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest

from wavecomp.cli import status_of
from wavecomp.cli.fields import generated
from wavecomp.errors import DamagedField, MissingField
from wavecomp.wavefields import find_recipe, load_recipe, recipe_names, recipe_type
from wavecomp.wavefields.manifest import MANIFEST, MANIFEST_DIGEST, read_manifest
from wavecomp.wavefields.recipe import recipe_from_json
from wavecomp.wavefields.store import FieldStore

MODEL = {"kind": "raw", "file": "v.bin", "file_shape": [30, 24], "file_spacing_m": [10.0, 10.0], "unit": "m/s"}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory, make_content, toml_text):
    """A field of a recipe file with a model file, both beside the store."""
    home = tmp_path_factory.mktemp("home")
    np.full((30, 24), 2000.0, np.float32).tofile(home / "v.bin")
    (home / "small.toml").write_text(toml_text(make_content({"model": MODEL})))
    FieldStore(home / "fields").generate(load_recipe(home / "small.toml"))
    return home


@pytest.fixture
def home(pristine, tmp_path, monkeypatch):
    monkeypatch.delenv("WAVECOMP_DATA", raising=False)
    shutil.copytree(pristine, tmp_path / "home")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "home"


@pytest.fixture
def store(home):
    return FieldStore(home / "fields")


def other_model(home):
    np.full((30, 24), 2100.0, np.float32).tofile(home / "v.bin")


def edit(home, old, new):
    text = (home / "small.toml").read_text()
    assert old in text
    (home / "small.toml").write_text(text.replace(old, new))


def asked(home):
    return ("small", str(home / "small.toml"), load_recipe(home / "small.toml"))


def test_nothing_has_changed(home, store):
    """The copy lies elsewhere than where it was made: field and recipe have moved together."""
    for field in asked(home):
        assert store.open(field).steps == (10, 20, 30, 40)
        assert store.verify(field) == []
        assert store.summary(field).state == "generated"
        assert store.model_is_here(field)
    assert store.open("small").manifest.recipe_file == "../../small.toml"


def test_another_model_file(home, store):
    other_model(home)
    for field in asked(home):
        for ask in (store.open, store.verify):
            with pytest.raises(MissingField, match=r"another model file \(SHA-256 \w{12}, the file now has \w{12}\)"):
                ask(field)
        assert store.summary(field).state == "outdated"
    with pytest.raises(MissingField, match=r"run: wavecomp fields generate .*home/small\.toml"):
        store.snapshot("small@20")


def test_another_model_file_in_the_data_folder(home, store, monkeypatch, tmp_path):
    (home / "v.bin").rename(tmp_path / "elsewhere" / "v.bin")
    monkeypatch.setenv("WAVECOMP_DATA", str(tmp_path / "elsewhere"))
    assert store.open("small")
    other_model(tmp_path / "elsewhere")
    with pytest.raises(MissingField, match="another model file"):
        store.open("small")


def test_a_model_file_that_is_gone_is_not_compared(home, store, monkeypatch, capfd):
    (home / "v.bin").unlink()
    assert store.open("small").steps
    assert not store.model_is_here("small")
    monkeypatch.setenv("WAVECOMP_FIELDS", str(store.root))
    assert status_of(["fields", "verify", "small"]) == 0
    assert "its model file is not here to be compared" in capfd.readouterr().out
    (home / "small.toml").unlink()  # known by its name from here on
    assert generated("small").steps == store.open("small").steps
    words = " ".join(capfd.readouterr().err.split())
    assert "field small: taken as it was stored; its model file is not here to be compared with" in words


def test_another_recipe_in_the_file(home, store):
    edit(home, "peak_frequency_hz = 20.0", "peak_frequency_hz = 18.0")
    for field in asked(home):
        with pytest.raises(MissingField, match="another recipe"):
            store.open(field)
        assert store.summary(field).state == "outdated"


def test_other_words_in_the_file_are_the_same_recipe(home, store):
    edit(home, "a small constant model", "in other words")
    assert store.open("small").steps


def test_a_file_that_holds_no_recipe_any_more(home, store):
    edit(home, "peak_frequency_hz = 20.0", "peak_frequency_hz = -1.0")
    with pytest.raises(MissingField, match=r"holds no recipe.*peak_frequency_hz"):
        store.open("small")


def test_without_its_file_the_recipe_is_the_one_in_the_manifest(home, store):
    (home / "small.toml").unlink()
    assert store.open("small").steps
    other_model(home)  # it is still looked for where the recipe was
    with pytest.raises(MissingField, match=r"another model file.*RECIPE\.toml"):
        store.open("small")


def test_a_recipe_of_another_name_in_that_file_is_another_matter(home, store):
    edit(home, '"small"', '"large"')
    edit(home, "peak_frequency_hz = 20.0", "peak_frequency_hz = 18.0")
    assert store.open("small").steps


def test_a_version_that_computes_otherwise(home, store, monkeypatch):
    (home / "small.toml").unlink()
    monkeypatch.setattr(recipe_type, "GENERATOR_VERSION", 2)
    with pytest.raises(MissingField, match="a version that computes otherwise"):
        store.open("small")
    assert store.summary("small").state == "outdated"


def test_a_folder_with_another_name(home, store):
    (store.root / "small").rename(store.root / "large")
    with pytest.raises(DamagedField, match='holds the field "small", not "large"'):
        store.open("large")


@pytest.mark.parametrize("change", ["recipe", "model"])
def test_commands_take_no_field_of_something_else(home, store, monkeypatch, capfd, change):
    if change == "recipe":
        edit(home, "peak_frequency_hz = 20.0", "peak_frequency_hz = 18.0")
    else:
        other_model(home)
    monkeypatch.setenv("WAVECOMP_FIELDS", str(store.root))
    for words in (
        ["fields", "verify", "small"],
        ["fields", "show", "small"],
        ["sweep", "identity", "--field", "small"],
        ["table1", "--field", "small"],
        ["run", "--field", "small"],
    ):
        assert status_of(words) == 1
        assert f"generated from another {change}" in capfd.readouterr().err
    assert status_of(["fields", "list"]) == 0
    assert "small          outdated" in capfd.readouterr().out


def rewrite(folder, change):
    content = (folder / MANIFEST).read_bytes()
    values = json.loads(content)
    text = change(values)
    content = (text if isinstance(text, str) else json.dumps(values)).encode()
    (folder / MANIFEST).write_bytes(content)
    (folder / MANIFEST_DIGEST).write_text(hashlib.sha256(content).hexdigest() + "\n")


def test_manifests_that_are_newer_or_older(store):
    """What a newer version adds is passed over; what an older one did not have is unknown."""
    folder = store.root / "small"
    rewrite(folder, lambda values: values.update(humidity=0.4) or values["snapshots"][0].update(humidity=0.4))
    assert store.verify("small") == []
    rewrite(folder, lambda values: [values.pop("recipe_file"), values.pop("build", None)])
    found = read_manifest(folder)
    assert (found.recipe_file, found.build) == (None, {})
    assert store.open("small").steps


@pytest.mark.parametrize("text", ["[]", "{}", "no JSON", '{"schema": 1}', '{"schema": 1, "snapshots": [3]}'])
def test_a_manifest_that_is_none(store, text):
    rewrite(store.root / "small", lambda _: text)
    with pytest.raises(DamagedField, match=r"manifest\.json"):
        store.open("small")


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_comes_back_from_its_manifest_under_its_digest(name):
    recipe = find_recipe(name)
    assert recipe_from_json(recipe.canonical_json()).digest == recipe.digest
