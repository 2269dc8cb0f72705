"""Every failure that can be foreseen is one line: too long a name, a folder for a file, a deleted working directory."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from tests_support import install_plugin
from wavecomp.cli import failing, status_of
from wavecomp.cli.console import PlainConsole

LONG = "a" * 300
ESCAPE = "\x1b[31m"


@pytest.fixture
def here(tmp_path, monkeypatch, generated, fields_root):
    generated("tiny")
    monkeypatch.setenv("WAVECOMP_FIELDS", str(fields_root))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capfd) -> str:
    shown = capfd.readouterr()
    assert "Traceback" not in shown.err + shown.out
    return shown.err


@pytest.mark.parametrize(
    "words",
    [
        ["sweep", LONG],
        ["sweep", "identity", "--field", LONG],
        ["sweep", "identity", "--field", f"{LONG}.toml"],
        ["sweep", "identity", "--field", "tiny", "--out", LONG],
        ["sweep", "identity", "--field", "tiny", "--out", f"missing/{LONG}/below"],
        ["gradient", "--problem", LONG],
        ["gradient", "--problem", f"{LONG}.toml"],
        ["gradient", "--problem", "tiny", "--strategy", LONG],
        ["gradient", "--problem", "tiny", "--compressor", LONG],
        ["gradient", "--problem", "tiny", "--scratch", LONG],
        ["gradient", "--problem", "tiny", "--experiment", "ratio", "--out", LONG],
        ["table1", "--field", LONG],
        ["table1", "--out", LONG],
        ["report", LONG],
        ["run", "--field", LONG],
        ["run", "--out", LONG],
        ["fields", "show", LONG],
        ["fields", "verify", LONG],
        ["fields", "generate", LONG],
        ["compressors", LONG],
        ["report", "a\0b"],
        ["sweep", "identity", "--field", "tiny", "--out", "a\0b"],
        ["fields", "show", "a\0b"],
        ["table1", "--field", "a\0b"],
    ],
)
def test_names_that_can_be_none(here, capfd, words):
    """All of them are wrong words, said before anything is written."""
    assert status_of(words) == 2
    shown = said(capfd)
    assert "fault in wavecomp" not in shown
    assert [line for line in shown.splitlines() if line.startswith(("wavecomp: ", "Error: "))]
    assert not [path for path in here.rglob("*") if path.is_file() or path.name == "results"]


@pytest.mark.parametrize("name", ["records.jsonl", "gradients.jsonl", "section-00.npz", "experiment-ratio.npz"])
@pytest.mark.parametrize("kind", ["folder", "loop", "unreadable", "garbage"])
def test_archive_whose_file_is_none(here, capfd, monkeypatch, name, kind):
    """Reading and appending name the file, and leave it and its neighbours as they were."""
    assert status_of(["sweep", "identity", "--field", "tiny", "--out", "a"]) == 0
    file = here / "a" / name
    file.unlink(missing_ok=True)
    if kind == "folder":
        file.mkdir()
    elif kind == "loop":
        file.symlink_to(file.name)
    elif kind == "garbage":
        file.write_bytes(b"\x93\xff\x00 none of ours\n" * 3)
    else:
        file.write_bytes(b"")
        real = Path.open

        def refuse(path: Path, *arguments: object, **keywords: object) -> object:
            if path.name == name:  # root may read everything
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return real(path, *arguments, **keywords)

        monkeypatch.setattr(Path, "open", refuse)
    before = sorted(path.name for path in (here / "a").iterdir())
    said(capfd)
    assert status_of(["report", "a"]) == 1
    shown = said(capfd)
    assert f"a/{name}" in shown
    assert shown.startswith("wavecomp: ")
    assert shown.count("\n") == 1
    assert "fault in wavecomp" not in shown
    if name == "records.jsonl":
        for words in (["sweep", "identity", "--field", "tiny", "--out", "a"], ["table1", "--out", "a"]):
            assert status_of(words) == 1
            assert "a/records.jsonl" in said(capfd)
    assert sorted(path.name for path in (here / "a").iterdir()) == before


@pytest.mark.parametrize("name", ["report.md", "tables", "figures"])
def test_report_that_cannot_be_written(here, capfd, name):
    for suite in ("blosc2", "zfp"):
        assert status_of(["sweep", suite, "--field", "tiny", "--out", "a"]) == 0
    made = here / "a" / name
    if made.suffix:
        made.mkdir()
        (made / "precious").touch()
    else:
        made.write_text("precious")
    said(capfd)
    assert status_of(["report", "a"]) == 1
    shown = said(capfd)
    assert "replaces only what it made itself" in shown
    assert f"a/{name}" in shown
    assert shown.count("\n") == 1
    assert made.is_file() or (made / "precious").is_file()


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sha256"])
def test_manifest_that_is_a_folder(here, fields_root, monkeypatch, capfd, name):
    shutil.copytree(fields_root / "tiny", here / "fields" / "tiny")
    monkeypatch.setenv("WAVECOMP_FIELDS", str(here / "fields"))
    (here / "fields" / "tiny" / name).unlink()
    (here / "fields" / "tiny" / name).mkdir()
    for words in (["fields", "show", "tiny"], ["fields", "verify", "tiny"]):
        assert status_of(words) == 1
        assert "no readable manifest" in said(capfd)
    assert status_of(["fields", "list"]) == 0


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--version"], 0),
        (["--help"], 0),
        (["sweep", "--help"], 0),
        (["compressors"], 0),
        (["compressors", "zfp:rate=8"], 0),
        (["fields", "list"], 0),
        (["fields", "show", "tiny"], 0),
        (["fields", "verify", "tiny"], 0),
        (["sweep", "zpf"], 2),
        (["sweep", "identity", "--field", "tiny"], 1),
        (["table1", "--field", "tiny"], 1),
        (["gradient", "--problem", "tiny", "--strategy", "trajectory"], 1),
        (["report"], 1),
    ],
)
def test_working_directory_that_was_deleted(here, capfd, monkeypatch, words, status):
    gone = here / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert status_of(words) == status
    shown = said(capfd)
    assert ("the working directory was deleted; change into one that exists" in shown) == (status == 1)


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (OSError(errno.ENAMETOOLONG, "File name too long", "x"), 2, "x: the name is too long for this file system"),
        (OSError(errno.ELOOP, "Too many levels", "x"), 1, "x: its symbolic links lead in a circle"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "x"), 1, "x: is a folder where a file belongs"),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "x/y"), 1, "x/y: a part of the path is a file where"),
        (PermissionError(errno.EACCES, "Permission denied", "x"), 1, "x: Permission denied"),
        (OSError(errno.ENOSPC, "No space left on device", "x"), 1, "cannot write x: the disk is full"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "cannot write the output: the disk is full"),
        (OSError(errno.ESTALE, "Stale file handle", "x"), 1, "x: Stale file handle"),
        (OSError(errno.EXDEV, "Invalid cross-device link", "x", None, "y"), 1, "y: Invalid cross-device link"),
        (OSError("a library's own words"), 1, "a library's own words"),
        (RuntimeError("Symlink loop from '/x'"), 1, "'/x': its symbolic links lead in a circle"),
        (ValueError("embedded null byte"), 2, "a name with a NUL character"),
        (MemoryError(), 1, "out of memory"),
        (MemoryError("Unable to allocate 8. GiB"), 1, "out of memory: Unable to allocate 8. GiB"),
        (ImportError("No module named 'zfpy'"), 1, "No module named 'zfpy'; install wavecomp anew"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, "Broken pipe"),  # a worker's, while somebody reads our output
        (UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range(128)"), 1, "LC_ALL=C.UTF-8 takes every name"),
        (RecursionError("maximum recursion depth exceeded"), 1, "nested too deeply"),
        (EOFError(), 1, "This is a fault in wavecomp"),  # once taken for Ctrl-C
        (ZeroDivisionError("division by zero"), 1, "ZeroDivisionError: division by zero (plugin_files.py, line"),
        (SystemExit("a library gave up"), 1, "a library gave up"),
        (SystemExit(3), 3, ""),
    ],
)
def test_words_and_status_of_every_kind(monkeypatch, capfd, error, status, line):
    def fail() -> None:
        raise error

    monkeypatch.setattr("wavecomp.cli.plugin_files.default_registry", fail)
    monkeypatch.delenv(failing.TRACEBACK_VARIABLE, raising=False)
    assert status_of(["compressors"]) == status
    shown = said(capfd)
    assert line in shown
    assert shown.count("\n") == bool(line)
    assert shown.startswith("wavecomp: " if line else "")


def test_traceback_on_request(monkeypatch, capfd):
    def fail() -> None:
        raise ZeroDivisionError("none")

    monkeypatch.setattr("wavecomp.cli.plugin_files.default_registry", fail)
    monkeypatch.setenv(failing.TRACEBACK_VARIABLE, "1")
    assert status_of(["compressors"]) == 1
    shown = capfd.readouterr().err
    assert "Traceback" in shown
    assert shown.splitlines()[-1].startswith("wavecomp: ZeroDivisionError: none")


@pytest.mark.parametrize(
    "words",
    [
        ["compressors", f"zfp{ESCAPE}"],
        ["compressors", f"zfp:accuracy={ESCAPE}"],
        ["sweep", f"{ESCAPE}zfp"],
        ["sweep", "identity", "--field", f"{ESCAPE}.toml"],
        ["gradient", "--problem", f"{ESCAPE}"],
        ["report", f"{ESCAPE}"],
        ["fields", "show", f"{ESCAPE}"],
        [f"{ESCAPE}"],
        [f"--{ESCAPE}"],
        ["compressors", "zfp", f"{ESCAPE}"],
        ["sweep", "identity", "--workers", f"{ESCAPE}"],
        ["run", "--preset", f"{ESCAPE}"],
        ["sweep", "identity", "--field", "tiny", "--out", f"missing{ESCAPE}/a/\0"],
    ],
)
def test_escape_codes_of_the_user_are_not_obeyed(here, capfd, words):
    assert status_of(words) in (1, 2)
    shown = said(capfd)
    assert "\x1b" not in shown


def test_escape_codes_of_a_plugin_and_of_a_folder_are_not_obeyed(here, troublemaker, capfd):
    from wavecomp.compressors import default_registry

    install_plugin(troublemaker, "broken", r'raise ImportError("\x1b]0;owned\x07 is missing")')
    default_registry.cache_clear()
    assert status_of(["compressors"]) == 0
    assert status_of(["sweep", "broken:level=1", "--field", "tiny"]) == 1
    assert status_of(["sweep", "identity", "--field", "tiny", "--out", f"a{ESCAPE}[/x][bold]"]) == 0
    shown = capfd.readouterr()
    assert r"\x1b]0;owned\x07 is missing" in shown.out
    assert r"a\x1b[31m[/x][bold]/records.jsonl" in shown.err
    assert "\x1b" not in shown.out + shown.err


def test_console_takes_names_as_they_are(capsys):
    console = PlainConsole(soft_wrap=True, force_terminal=True, color_system="standard")
    console.print("[bold]name[/] of [red]x[/red] [/] :smile:")
    assert capsys.readouterr().out == "\x1b[1mname\x1b[0m of [red]x[/red] [/] :smile:\n"


def test_table1_looks_where_the_sweep_wrote(here, capfd):
    """A recipe's file may have any name; its records lie under the recipe's."""
    from wavecomp.wavefields.recipe import _shipped

    (here / "other.toml").write_text(_shipped()["tiny"].read_text())
    assert status_of(["sweep", "blosc2", "--field", "other.toml"]) == 0
    before = (here / "results" / "tiny" / "records.jsonl").read_bytes()
    capfd.readouterr()
    assert status_of(["table1", "--field", "other.toml", "--format", "csv"]) == 0
    shown = capfd.readouterr()
    assert "ZStd" in shown.out
    assert "measuring" not in shown.err
    assert (here / "results" / "tiny" / "records.jsonl").read_bytes() == before
    assert [path.name for path in (here / "results").iterdir()] == ["tiny"]


def test_table1_of_records_that_came_without_their_field(here, capfd):
    assert status_of(["sweep", "blosc2", "--field", "tiny"]) == 0
    (here / "results" / "tiny").rename(here / "results" / "moved")
    assert status_of(["table1", "--field", "moved", "--format", "csv"]) == 0
    assert "ZStd" in capfd.readouterr().out


def test_a_command_that_cannot_be_loaded_leaves_the_others_alone(monkeypatch, capfd):
    import sys

    monkeypatch.setitem(sys.modules, "wavecomp.cli.study", None)
    assert status_of(["run"]) == 1
    assert "install wavecomp anew" in said(capfd)
    assert status_of(["--help"]) == 0
    assert "cannot be loaded here: " in capfd.readouterr().out
    assert status_of(["--version"]) == 0
    assert status_of(["compressors"]) == 0


def test_what_has_to_stay_free_is_said(here, monkeypatch, capfd):
    """A disk of 5 MB is not full: the six levels of 51,200 bytes would fit, and 16 MiB beside them would not."""
    import collections

    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: usage(2**23, 2**23 - 5242880, 5242880))
    monkeypatch.setenv("WAVECOMP_FIELDS", str(here / "fields"))
    assert status_of(["fields", "generate", "tiny"]) == 1
    shown = said(capfd)
    for number in ("307200", "5242880", str(307200 + 16 * 2**20), str(16 * 2**20)):
        assert f"{number} " in shown
    assert "full" not in shown


@pytest.mark.parametrize(
    "setting",
    [
        {"OMP_NUM_THREADS": "2,1"}, {"DEVITO_LANGUAGE": "nonsense"}, {"COLUMNS": "wide"}, {"COLUMNS": "1"},
        {"TERM": "nonsense"}, {"TMPDIR": "/nowhere"}, {"WAVECOMP_FIELDS": LONG}, {"PATH": ""}, {"HOME": "/nowhere"},
    ],
)  # fmt: skip
def test_version_and_help_in_a_broken_environment(monkeypatch, capfd, setting):
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    assert status_of(["--version"]) == 0
    assert status_of(["--help"]) == 0
    shown = capfd.readouterr()
    assert shown.err == ""
    assert "wavecomp" in shown.out


def test_message_of_a_failed_case_is_one_line(capfd):
    """What a compressor raises may have many lines, five million characters, and codes for the terminal."""
    from wavecomp.cli.shortfalls import report_shortfalls
    from wavecomp.records import Failure, Record
    from wavecomp.sweep import SweepResult

    message = f"first\nsecond{ESCAPE}" + "x" * 5_000_000
    values = dict.fromkeys(Record.__dataclass_fields__, "") | {"outcome": Failure("exception", message)}
    assert report_shortfalls([SweepResult((Record(**values),), 1)]).failed == 1
    shown = said(capfd)
    assert shown.count("\n") == 1
    assert len(shown) < 5000
    assert "\x1b" not in shown
