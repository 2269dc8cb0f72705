"""Standard output and error that are closed, full, unread, or of a narrow encoding."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from wavecomp.cli import streams
from wavecomp.cli.plain_text import LONGEST, PLAINER, one_line, printable

COMMAND = [sys.executable, "-m", "wavecomp"]
NARROW = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def run(words: list[str], **how: object) -> subprocess.CompletedProcess:
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how
    return subprocess.run([*COMMAND, *words], check=False, timeout=600, **how)


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ({"PYTHONIOENCODING": "latin-1"}, "zpf³-...".encode("latin-1")),
        ({"PYTHONIOENCODING": "ascii"}, b"zpf3-..."),
        (NARROW, rb"zpf\xc2\xb3\xe2\x80\x93\xe2\x80\xa6"),  # the argument itself is no text in that locale
    ],
)
def test_encoding_that_lacks_characters(setting, shown):
    done = run(["compressors", "zpf³–…"], env=os.environ | setting)
    assert done.returncode == 2
    assert b'unknown compressor "' + shown in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_every_page_of_help_in_ascii():
    """The words of all commands, written out by one process."""
    code = "\n".join(
        [
            "from wavecomp.cli import status_of, streams",
            "streams.prepare()",
            "from wavecomp.cli.commands import _PLACES",
            "for words in [[], *([name] for name in _PLACES), ['fields', 'generate']]:",
            "    assert status_of([*words, '--help']) == 0",
            "assert status_of(['compressors']) == status_of(['compressors', 'sz3:rel=1e-4']) == 0",
        ]
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | NARROW, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["compressors"]])
def test_reader_that_has_gone_is_no_error(words):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run(words, stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (streams.READER_GONE, b"")


def test_nobody_reads_the_error():
    """The status still says what the line would have said."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run(["sweep", "zpf"], stderr=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.parametrize("words", [["--version"], ["compressors"]])
def test_full_output_is_one_line(words):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = run(words, stdout=full)
    assert done.returncode == 1
    assert done.stderr.startswith(b"wavecomp: cannot write ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(("words", "status"), [(["--version"], 0), (["compressors"], 0), (["sweep", "zpf"], 2)])
def test_closed_output(words, status):
    def close() -> None:
        os.close(1)

    done = run(words, preexec_fn=close, stdout=None)
    assert done.returncode == status
    assert b"Traceback" not in done.stderr


def test_everything_closed():
    done = run(["compressors"], preexec_fn=lambda: os.closerange(0, 3), stdout=None, stderr=None)
    assert done.returncode == 0


def test_closed_output_is_no_file_of_ours(tmp_path):
    """The next file that is opened would have the number of standard output, and be written into by any library."""
    code = (
        "import os; from wavecomp.cli import streams; streams.prepare(); "
        f"kept = open({str(tmp_path / 'records')!r}, 'w'); os.write(1, b'chatter'); os.write(2, b'chatter')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, preexec_fn=lambda: os.closerange(1, 3))
    assert (tmp_path / "records").read_bytes() == b""


def test_narrow_stream_gets_the_plainest_form():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors=PLAINER)
    stream.write("1–2 m², ±3 × 10⁻³ ≤ ‖e‖ … é 漢 \udcff")
    stream.flush()
    assert raw.getvalue() == rb"1-2 m2, +/-3 x 10-3 <= ||e|| ... e ? \xff"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b2J", r"\x9b2J"),  # the one byte form of the same
        ("a\rb", r"a\rb"),
        ("txt\u202egnp", r"txt\u202egnp"),  # what follows would be shown backwards
        ("name\udcff", r"name\xff"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("m³ – ±", "m³ – ±"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text, shown):
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a\nb\r\nc\u2028d", lambda line: line == "a b c d"),
        ("x" * 5_000_000, lambda line: len(line) < LONGEST + 10),
    ],
)
def test_a_message_is_one_line_of_bounded_length(text: str, holds: Callable[[str], bool]):
    assert holds(one_line(text))
