"""Downloading the published sections, from a server on the loopback."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wavecomp.cli import status_of
from wavecomp.errors import DownloadFailed, ModelFileError, StorageError, UnknownModelFile
from wavecomp.wavefields import fetch as fetching
from wavecomp.wavefields.fetch import MIRROR_VARIABLE, PUBLISHED, PublishedFile, fetch
from wavecomp.wavefields.model_spec import RawModel
from wavecomp.wavefields.velocity_files import find_model_file

CONTENT = bytes(range(256)) * 40


class _Quiet(SimpleHTTPRequestHandler):
    asked: list[str]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, list[str]]]:
    """Serve a folder; one published file is known, and the user's own data folder is a fresh one."""
    served = tmp_path / "served"
    served.mkdir()
    (served / "section.bin").write_bytes(CONTENT)
    handler = type("Handler", (_Quiet,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(served)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    known = PublishedFile("section.bin", f"{address}/gone.bin", hashlib.sha256(CONTENT).hexdigest(), "ours, to test")
    monkeypatch.setattr(fetching, "PUBLISHED", {"section": known})
    monkeypatch.setattr("wavecomp.cli.fields.PUBLISHED", {"section": known})
    monkeypatch.setenv(MIRROR_VARIABLE, f"{address}/")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("WAVECOMP_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield served, handler.asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_file_comes_once_and_every_command_finds_it(mirror, tmp_path):
    _, asked = mirror
    lines: list[str] = []
    path = fetch("section", notice=lines.append)
    assert path.read_bytes() == CONTENT
    assert path.is_relative_to(tmp_path / "data")
    assert len(lines) == 1
    assert "ours, to test" in lines[0]
    assert fetch("section", notice=lines.append) == path
    assert len(lines) == len(asked) == 1
    spec = RawModel("section.bin", (10, 10), (1.0, 1.0), (0.0, 0.0), "xz", "<f4", "m/s")
    assert find_model_file(spec, None) == path


def test_the_data_folder_and_a_named_one_come_first(mirror, tmp_path, monkeypatch):
    monkeypatch.setenv("WAVECOMP_DATA", str(tmp_path / "mine"))
    assert fetch("section") == tmp_path / "mine" / "section.bin"
    assert fetch("section", tmp_path / "other") == tmp_path / "other" / "section.bin"


def test_other_bytes_are_not_kept(mirror, tmp_path):
    served, _ = mirror
    (served / "section.bin").write_bytes(CONTENT[:-1])
    with pytest.raises(DownloadFailed, match="other bytes came than were published"):
        fetch("section", tmp_path / "here")
    assert list((tmp_path / "here").iterdir()) == []


def test_somebody_elses_file_of_that_name_is_left_alone(mirror, tmp_path):
    (tmp_path / "section.bin").write_text("precious")
    with pytest.raises(ModelFileError, match="left alone"):
        fetch("section", tmp_path)
    assert (tmp_path / "section.bin").read_text() == "precious"


def test_what_the_server_says_is_said(mirror, monkeypatch, tmp_path):
    monkeypatch.delenv(MIRROR_VARIABLE)
    with pytest.raises(DownloadFailed, match=r"gone\.bin was not downloaded: the server answered 404 .*MIRROR"):
        fetch("section", tmp_path / "here")


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "nonsense", "gopher://127.0.0.1/x"])
def test_without_a_network_one_line_says_what_helps(mirror, address, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(MIRROR_VARIABLE, address)
    assert status_of(["fields", "fetch", "--to", str(tmp_path / "here")]) == 1
    said = capsys.readouterr().err.strip().splitlines()
    assert "was not downloaded" in said[-1]
    assert MIRROR_VARIABLE in said[-1]
    assert not list((tmp_path / "here").glob("*"))


def test_a_server_that_breaks_off_leaves_nothing(mirror, tmp_path, monkeypatch):
    class Breaking(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[:100])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Breaking)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv(MIRROR_VARIABLE, f"http://127.0.0.1:{server.server_address[1]}")
    with pytest.raises(DownloadFailed):
        fetch("section", tmp_path / "here")
    server.shutdown()
    server.server_close()
    thread.join()
    assert list((tmp_path / "here").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(mirror, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="file"):
        fetch("section", tmp_path / "file" / "below")


def test_unknown_names_are_words(mirror, capsys):
    with pytest.raises(UnknownModelFile, match='did you mean "section"'):
        fetch("sektion")
    assert status_of(["fields", "fetch", "sektion"]) == 2


def test_what_is_published_belongs_to_shipped_recipes(real_section_data):
    """The digests are those of the files that the recipes were tried with."""
    from wavecomp.wavefields import recipe_names
    from wavecomp.wavefields.velocity_files import file_digest

    for name, published in PUBLISHED.items():
        assert name in recipe_names()
        assert file_digest(real_section_data / published.file) == published.sha256
