"""The other side: found, built and asked who it is; or one error that says what is wrong with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import wavecomp
from wavecomp.side_by_side.errors import SideBroken, SideError
from wavecomp.side_by_side.revision import Revision, find_revision
from wavecomp.side_by_side.sides import other_side, this_side
from wavecomp.thread_settings import SPINS

Git = Callable[..., str]
Toy = Callable[..., Path]

FAKE = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "wavecomp"
version = "9.9"
"""
BACKEND = """
import zipfile
def get_requires_for_build_wheel(config_settings=None):
    return []
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "wavecomp-9.9-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.write("wavecomp/__init__.py")
        info = "wavecomp-9.9.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: wavecomp\\nVersion: 9.9\\n")
        tag = "Root-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\\nGenerator: x\\n{tag}")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""


@pytest.fixture
def repository(tmp_path: Path, git: Git, toy: Toy) -> Path:
    """Two commits of a plug-in."""
    folder = toy("repository").parent
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "fine")
    toy("repository", "print")
    git(folder, "commit", "-q", "-a", "-m", "louder")
    return folder


@pytest.fixture
def fake(tmp_path: Path, git: Git) -> Path:
    """A repository that says it is wavecomp's, with a backend of its own: it builds at once and without a network."""
    folder = tmp_path / "fake"
    (folder / "wavecomp").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(FAKE)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "wavecomp" / "__init__.py").write_text('__version__ = "9.9"\n')
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "fake")
    return folder


def test_this_side_is_the_wavecomp_that_runs() -> None:
    side = this_side()
    assert side.version == wavecomp.__version__
    assert Path(side.package) == Path(wavecomp.__file__).parent


def test_of_a_revision_the_plugin_is_taken_that_lies_in_it(repository: Path, cache: Path) -> None:
    plugin = repository / "toy.py"
    side = other_side("HEAD~1", [plugin], repository)
    assert side.plugins[0].is_relative_to(cache)
    assert "'fine'" in side.plugins[0].read_text()
    assert "'print'" in plugin.read_text()
    assert side.commit == find_revision("HEAD~1", repository).commit
    assert Path(side.package) == Path(wavecomp.__file__).parent


def test_a_plugin_elsewhere_is_the_same_on_both_sides(repository: Path, cache: Path, toy: Toy) -> None:
    elsewhere = toy("elsewhere")
    side = other_side("HEAD", [repository / "toy.py", elsewhere], repository)
    assert side.plugins[1] == elsewhere.resolve()
    with pytest.raises(SideError, match=r'"HEAD" of .*repository would be the same as here'):
        other_side("HEAD", [elsewhere], repository)


def test_of_wavecomps_own_repository_the_package_is_built_once(fake: Path, cache: Path) -> None:
    side = other_side("HEAD", folder=fake)
    assert (side.version, side.python) == ("9.9", Path(sys.executable))
    assert Path(side.package).is_relative_to(cache)
    written = Path(side.package).stat().st_mtime_ns
    assert other_side("HEAD", folder=fake) == side
    assert Path(side.package).stat().st_mtime_ns == written
    assert [entry.name for entry in cache.iterdir() if entry.name.startswith(".")] == []


def test_what_a_killed_build_left_is_no_build(fake: Path, cache: Path) -> None:
    left = cache / ".unfinished-abc"
    left.mkdir(parents=True)
    cache.parent.chmod(0o700)
    assert other_side("HEAD", folder=fake).version == "9.9"
    assert not left.exists()


def test_a_build_that_fails_is_said_and_leaves_nothing(fake: Path, cache: Path, git: Git) -> None:
    (fake / "backend.py").write_text("def build_wheel(*words, **more):\n    raise RuntimeError('no compiler at all')\n")
    git(fake, "commit", "-q", "-a", "-m", "broken")
    commit = git(fake, "rev-parse", "--short=12", "HEAD")
    with pytest.raises(SideBroken, match=f"commit {commit} cannot be built: .*"):
        other_side("HEAD", folder=fake)
    assert list(cache.iterdir()) == []


def test_a_wavecomp_that_cannot_be_imported_is_said(fake: Path, cache: Path, git: Git) -> None:
    (fake / "wavecomp" / "__init__.py").write_text("raise ImportError('half of it is missing')\n")
    git(fake, "commit", "-q", "-a", "-m", "broken")
    with pytest.raises(SideBroken, match=r'"HEAD": wavecomp cannot be imported there; .*half of it is missing'):
        other_side("HEAD", folder=fake)


def test_an_environment_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with bin/python: what PYTHONPATH brings along here is nothing to it."""
    place = tmp_path / "venv" / "bin"
    place.mkdir(parents=True)
    package = tmp_path / "theirs" / "wavecomp"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('__version__ = "7"\n')
    program = place / "python"
    program.write_text(
        f'#!/bin/sh\ntest -z "$PYTHONPATH" || exit 9\nPYTHONPATH={package.parent} exec {sys.executable} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(Path(wavecomp.__file__).parents[1]))
    side = other_side(str(tmp_path / "venv"))
    assert (side.version, side.package, side.commit) == ("7", str(package), None)
    (package / "__init__.py").write_text("import no_such_module_at_all\n")
    with pytest.raises(SideBroken, match=r"venv.*No module named 'no_such_module_at_all'"):
        other_side(str(tmp_path / "venv"))


def test_an_environment_without_an_interpreter_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text("home = /nowhere\n")
    with pytest.raises(SideError, match=r"its bin/python is missing or cannot be run"):
        other_side(str(tmp_path))


@pytest.mark.parametrize("text", ["no-such-branch", "", "--help", "HEAD~99", "-n", "a b", "HEAD:toy.py"])
def test_no_such_revision(repository: Path, text: str) -> None:
    with pytest.raises(SideError) as caught:
        other_side(text, folder=repository)
    assert f'"{text}" is neither an environment (a folder with bin/python) nor a revision of' in str(caught.value)
    assert caught.value.exit_status == 2


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(SideError, match=r'"HEAD" is no environment .* is in no Git repository'):
        other_side("HEAD", folder=tmp_path)


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SideError, match=r'"HEAD" is no environment, and there is no git'):
        other_side("HEAD", folder=tmp_path)


def test_a_plugin_that_was_not_there_yet_is_said(repository: Path, cache: Path, toy: Toy) -> None:
    later = repository / "later.py"
    later.write_text(toy("scratch").read_text())
    with pytest.raises(SideError, match=r'"HEAD" has no later\.py: this plug-in file was not in that commit'):
        other_side("HEAD", [later], repository)


def test_another_projects_pyproject_is_not_wavecomps(repository: Path) -> None:
    assert not Revision(repository, find_revision("HEAD", repository).commit).is_wavecomp


def test_idle_threads_sleep_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    assert this_side().environment()["OMP_WAIT_POLICY"] == "PASSIVE"
    assert this_side().environment()["GOMP_SPINCOUNT"] == SPINS
    monkeypatch.setitem(os.environ, "OMP_WAIT_POLICY", "ACTIVE")
    assert this_side().environment()["OMP_WAIT_POLICY"] == "ACTIVE"
