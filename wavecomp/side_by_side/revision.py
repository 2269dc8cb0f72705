"""A commit of a Git repository as files: checked out or built, kept in a cache.

What is kept lies there under the commit's full name and what it was built for
(:mod:`wavecomp.side_by_side.revision_cache`).
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from wavecomp.plain_text import one_line
from wavecomp.side_by_side.errors import SideBroken, SideError
from wavecomp.side_by_side.revision_cache import cached

_BUILD_S = 900


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit.

    Attributes
    ----------
    repository : Path
        The top of the working tree that it was found from.
    commit : str
        Its full name, 40 or 64 hexadecimal digits.
    """

    repository: Path
    commit: str

    @property
    def is_wavecomp(self) -> bool:
        """Whether it is a commit of wavecomp itself."""
        try:
            project = tomllib.loads(self._git("show", f"{self.commit}:pyproject.toml").decode())
            return bool(project["project"]["name"] == "wavecomp")
        except (SideBroken, ValueError, KeyError, TypeError):
            return False

    def checked_out(self) -> Path:
        """Return a folder with its files, from the cache if they are there.

        Raises
        ------
        SideBroken
            Git does not give them.
        StorageError
            The disk is full, or cannot be written to.
        """
        return cached(self.commit, self._extract)

    def built(self) -> Path:
        """Return a folder with this commit's package ``wavecomp``, built for this interpreter, as for ``sys.path``.

        Only the package: its dependencies are those of the environment at hand, so that nothing but the code differs.

        Raises
        ------
        SideBroken
            It cannot be built; the text has pip's last lines.
        StorageError
            The disk is full, or cannot be written to.
        """
        compiler = os.environ.get("CC", "cc")
        made_for = hashlib.sha256(f"{sys.executable} {sysconfig.get_config_var('EXT_SUFFIX')} {compiler}".encode())
        return cached(f"{self.commit}-{made_for.hexdigest()[:12]}", self._build)

    def _extract(self, target: Path, *which: str) -> None:
        with tarfile.open(fileobj=io.BytesIO(self._git("archive", "--format=tar", self.commit, *which))) as files:
            try:
                files.extractall(target, filter="data")
            except tarfile.TarError as error:
                raise SideBroken(f"commit {self.commit[:12]} cannot be unpacked: {error}") from None

    def _build(self, target: Path) -> None:
        source = target.with_name(f"{target.name}-source")
        try:
            self._extract(source, "--", ".", ":(exclude)results")  # records are no part of a build
            # With the build's tools at hand nothing is fetched; without them pip fetches them for itself.
            here = ["--no-build-isolation"] if find_spec("hatchling") else []
            command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
            try:
                done = subprocess.run(
                    [*command, *here, "--target", str(target), str(source)],
                    capture_output=True,
                    text=True,
                    timeout=_BUILD_S,
                    check=False,
                    stdin=subprocess.DEVNULL,
                )
            except subprocess.TimeoutExpired:
                raise SideBroken(f"commit {self.commit[:12]} was not built within {_BUILD_S} s") from None
            if done.returncode:
                said = one_line(" / ".join((done.stderr or done.stdout).strip().splitlines()[-5:]), 1000)
                raise SideBroken(f"commit {self.commit[:12]} cannot be built: {said or 'pip says nothing'}")
        finally:
            shutil.rmtree(source, ignore_errors=True)

    def _git(self, *words: str) -> bytes:
        done = subprocess.run(["git", "-C", str(self.repository), *words], capture_output=True, check=False)
        if done.returncode:
            raise SideBroken(f"git {words[0]} of {self.commit[:12]}: {_said(done.stderr)}")
        return done.stdout


def find_revision(text: str, folder: Path) -> Revision:
    """Return the commit that a text means in the repository of a folder.

    Raises
    ------
    SideError
        There is no Git, no repository, or no such commit.
    """
    # What an environment says of repositories (in a hook of Git's, say) stays: it is what the user's git would do.
    try:
        top = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "--show-toplevel"], capture_output=True, check=False
        )
    except FileNotFoundError:
        raise SideError(
            f'"{text}" is no environment, and there is no git to look for a revision of this name'
        ) from None
    if top.returncode:
        raise SideError(
            f'"{text}" is no environment (a folder with bin/python), and {folder} is in no Git repository '
            f"that could have a revision of this name: {_said(top.stderr)}"
        )
    repository = Path(os.fsdecode(top.stdout).rstrip("\n"))
    command = [
        "git",
        "-C",
        str(repository),
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{text}^{{commit}}",
    ]
    found = subprocess.run(command, capture_output=True, check=False)
    if found.returncode or not found.stdout.strip():
        raise SideError(
            f'"{text}" is neither an environment (a folder with bin/python) nor a revision of {repository}; give one '
            "that git rev-parse knows: HEAD~1, a branch, a tag, a commit (a shallow clone has few of them)"
        )
    return Revision(repository, found.stdout.decode().strip().splitlines()[-1])


def _said(output: bytes) -> str:
    return one_line(output.decode(errors="replace").strip(), 300)
