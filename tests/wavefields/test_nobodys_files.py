"""A field's folder is removed or replaced only where it is shown to be a stored field, and nothing but one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from wavecomp.cli import status_of
from wavecomp.errors import ForeignFile
from wavecomp.wavefields import store as store_module
from wavecomp.wavefields import workplace as workplace_module
from wavecomp.wavefields.manifest import MANIFEST, MANIFEST_DIGEST
from wavecomp.wavefields.store import FieldStore
from wavecomp.wavefields.workplace import workplace


@pytest.fixture(scope="module")
def pristine(tmp_path_factory, make_recipe):
    root = tmp_path_factory.mktemp("pristine")
    FieldStore(root).generate(make_recipe())
    return root


@pytest.fixture
def stored(pristine, tmp_path):
    shutil.copytree(pristine, tmp_path / "fields")
    return FieldStore(tmp_path / "fields")


def tree(root: Path) -> dict[str, bytes | str]:
    """Everything below a folder: links as what they say, files as their bytes, folders with a slash."""
    found: dict[str, bytes | str] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        elif path.is_dir():
            found[f"{name}/"] = ""
        else:
            found[name] = path.read_bytes()
    return found


def notes(place: Path) -> None:
    place.mkdir(parents=True)
    (place / "notes.txt").write_text("x\n")


def nested(place: Path) -> None:
    (place / "deep" / "deeper").mkdir(parents=True)


def hidden_file(place: Path) -> None:
    place.mkdir(parents=True)
    (place / ".gitkeep").touch()


def somebodys_manifest(place: Path) -> None:
    place.mkdir(parents=True)
    (place / MANIFEST).write_text('{"name": "my app", "schema": 1}')
    (place / "step-000010.npy").write_bytes(b"mine")


def levels_alone(place: Path) -> None:
    place.mkdir(parents=True)
    (place / "step-000010.npy").write_bytes(b"mine")


def a_file(place: Path) -> None:
    place.parent.mkdir(parents=True)
    place.write_text("x\n")


def a_link(place: Path) -> None:
    notes(place.parent.parent / "elsewhere")
    place.parent.mkdir()
    place.symlink_to(place.parent.parent / "elsewhere")


def a_link_to_nothing(place: Path) -> None:
    place.parent.mkdir(parents=True)
    place.symlink_to("nowhere")


FOREIGN = {
    "notes.txt": notes,
    "deep/": nested,
    ".gitkeep": hidden_file,
    "manifest.json, step-000010.npy": somebodys_manifest,
    "step-000010.npy": levels_alone,
    "no folder": a_file,
    "symbolic link": a_link,
    "a symbolic link": a_link_to_nothing,
}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("says", FOREIGN)
def test_what_is_no_field_is_refused_before_anything_is_computed(tmp_path, make_recipe, monkeypatch, says, force):
    monkeypatch.setattr(store_module, "build_velocity", lambda *_: pytest.fail("began in spite of it"))
    store = FieldStore(tmp_path / "fields")
    FOREIGN[says](store.root / "small")
    before = tree(tmp_path)
    with pytest.raises(ForeignFile, match=rf"fields/small: .*{says}.*Nothing was changed"):
        store.generate(make_recipe(), force=force)
    assert tree(tmp_path) == before


def test_a_root_that_is_a_file_is_said_at_once(tmp_path, make_recipe, monkeypatch):
    monkeypatch.setattr(store_module, "build_velocity", lambda *_: pytest.fail("began in spite of it"))
    (tmp_path / "fields").write_text("mine")
    with pytest.raises(ForeignFile, match="fields: is there and no folder"):
        FieldStore(tmp_path / "fields").generate(make_recipe())


ADDITIONS = {
    "notes.txt": lambda folder: (folder / "notes.txt").write_text("x"),
    "step-000777.npy": lambda folder: (folder / "step-000777.npy").write_bytes(b"mine"),
    "pictures/": lambda folder: (folder / "pictures").mkdir(),
    "step-000010.npy": lambda folder: [
        (folder / "step-000010.npy").rename(folder.parent / "moved.npy"),
        (folder / "step-000010.npy").symlink_to(folder.parent / "moved.npy"),
    ],
}


@pytest.mark.parametrize("damaged", [False, True])
@pytest.mark.parametrize("addition", ADDITIONS)
def test_what_lies_in_a_field_of_ours_is_not_lost_with_it(stored, make_recipe, addition, damaged):
    """Neither when the recipe has changed, nor with --force, nor when the manifest itself is damaged."""
    folder = stored.root / "small"
    ADDITIONS[addition](folder)
    if damaged:
        (folder / MANIFEST_DIGEST).write_text("0" * 64 + "\n")
    before = tree(stored.root)
    for recipe, force in ((make_recipe({"source.peak_frequency_hz": 15.0}), False), (make_recipe(), True)):
        with pytest.raises(ForeignFile, match=f"no part of the stored field: {addition}"):
            stored.generate(recipe, force=force)
    assert tree(stored.root) == before


@pytest.mark.parametrize("name", [MANIFEST, MANIFEST_DIGEST])
def test_a_damaged_field_of_ours_is_still_replaced(stored, make_recipe, name):
    content = bytearray((stored.root / "small" / name).read_bytes())
    content[20] ^= 1
    (stored.root / "small" / name).write_bytes(content)
    stored.generate(make_recipe())
    assert stored.verify("small") == []
    assert [path.name for path in stored.root.iterdir()] == ["small"]


def test_an_empty_folder_is_taken(stored):
    (stored.root / "other").mkdir()
    with workplace(stored.root / "other") as new:
        (new / MANIFEST).write_text("{}")
    assert (stored.root / "other" / MANIFEST).is_file()
    assert sorted(path.name for path in stored.root.iterdir()) == ["other", "small"]


def test_what_comes_into_the_folder_meanwhile_is_not_lost(stored):
    with pytest.raises(ForeignFile, match=r"late\.txt"), workplace(stored.root / "small") as new:
        (new / MANIFEST).write_text("{}")
        (stored.root / "small" / "late.txt").write_text("x")
    assert (stored.root / "small" / "late.txt").read_text() == "x"
    assert stored.verify("small") == []
    assert [path.name for path in stored.root.iterdir()] == ["small"]


def test_the_old_field_comes_back_where_the_new_one_cannot_take_its_name(stored, monkeypatch):
    real = Path.rename

    def fail(self, target):
        if self.name == "new":
            raise OSError(5, os.strerror(5))
        return real(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="Input/output"), workplace(stored.root / "small") as new:
        (new / MANIFEST).write_text("{}")
    assert stored.verify("small") == []
    assert [path.name for path in stored.root.iterdir()] == ["small"]


def stale(root: Path, name: str, **files: str) -> Path:
    """Return what a killed process left behind, with other files in it."""
    work = root / f".incomplete-{name}"
    (work / "new").mkdir(parents=True)
    (work / "old").mkdir()
    (work / workplace_module._MARK).write_text(workplace_module._MARK_TEXT)
    for part in ("new", "old"):
        (work / part / "step-000010.npy").write_bytes(b"x")
        (work / part / MANIFEST).write_text("{}")
    for file, text in files.items():
        (work / "new" / file).write_text(text)
    return work


def test_only_what_killed_processes_left_is_removed(tmp_path):
    root = tmp_path / "fields"
    ours = stale(root, "small-1")
    theirs = root / ".incomplete-thesis"
    notes(theirs)
    (root / ".incomplete-notes").write_text("x")
    aside = stale(tmp_path / "aside", "field-2")
    (root / ".incomplete-link").symlink_to(aside)
    with_theirs = stale(root, "small-2", chapter="x")
    before = tree(aside)
    with workplace(root / "small") as new:
        (new / MANIFEST).write_text("{}")
    assert not ours.exists()
    assert (theirs / "notes.txt").read_text() == "x\n"
    assert (root / ".incomplete-notes").read_text() == "x"
    assert (root / ".incomplete-link").is_symlink()
    assert tree(aside) == before
    assert list(tree(with_theirs)) == [".wavecomp", "new/", "new/chapter"]


def test_a_recipe_named_as_a_folder_of_the_clone(tmp_path, monkeypatch, toml_text, make_content, capfd):
    """Through the command line, and nothing of the clone is a field in the list."""
    (tmp_path / "reference_fields" / "problems").mkdir(parents=True)
    (tmp_path / "reference_fields" / "problems" / "quick.toml").write_text("tracked")
    (tmp_path / "reference_fields" / "My Folder").mkdir()
    (tmp_path / "p.toml").write_text(toml_text(make_content({"name": "problems"})))
    (tmp_path / "small.toml").write_text(toml_text(make_content()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WAVECOMP_FIELDS", raising=False)
    before = tree(tmp_path)
    # The wrong one is said before the right one is computed.
    assert status_of(["fields", "generate", "small.toml", "p.toml"]) == 1
    assert status_of(["fields", "generate", "--force", "p.toml"]) == 1
    assert tree(tmp_path) == before
    shown = capfd.readouterr().err
    assert shown.count("reference_fields/problems: is no stored field") == 2
    assert shown.count("quick.toml") == 2
    assert status_of(["fields", "list"]) == 0
    listed = capfd.readouterr().out
    assert "problems " not in listed
    assert "My Folder" not in listed
