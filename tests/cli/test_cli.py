"""Words in, one clear message and the right exit status out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests_support import install_plugin
from wavecomp.cli import status_of
from wavecomp.records import Archive


@pytest.fixture
def here(tmp_path, monkeypatch, generated, fields_root):
    """A working directory in which the field ``tiny`` is generated already."""
    generated("tiny")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WAVECOMP_FIELDS", raising=False)
    shutil.copytree(fields_root / "tiny", tmp_path / "reference_fields" / "tiny")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["compressors", "zpf"], 2, 'unknown compressor "zpf"; did you mean "zfp"?'),
        (["compressors", "zfp:accuracy=-1"], 2, "accuracy=-1 must be a finite number above 0"),
        (["compressors", "zfp:acuracy=1"], 2, 'unknown key "acuracy"; did you mean "accuracy"?'),
        (["compressors", "blosc2:level=11"], 2, "level=11 must be an integer from 0 to 9"),
        (["compressors", "zfp:accuracy=1e-3,rate=8"], 2, "give exactly one of"),
        (["sweep", "tabel1"], 2, 'unknown suite "tabel1"; did you mean "table1"?'),
        (["sweep", "zfp:rate=abc"], 2, "rate=abc"),
        (["sweep", "table1", "--field", "tinny"], 2, 'unknown field "tinny"; did you mean "tiny"?'),
        (["sweep", "table1", "--workers", "0"], 2, "--workers"),
        (["fields", "generate", "nope"], 2, 'unknown field "nope"'),
        (["fields", "verify", "layered-3d"], 1, "wavecomp fields generate layered-3d"),
        (["fields", "show", "quick"], 1, "was not generated"),
        (["report", "nowhere"], 1, "nowhere holds no records"),
        (["run", "--preset", "slow"], 2, "slow"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_one_message_and_the_exit_status(here, capfd, words, status, says):
    assert status_of(words) == status
    shown = capfd.readouterr()
    assert says in shown.err.replace("\n", " ")
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["run"],
        ["fields"],
        ["compressors"],
        ["sweep"],
        ["table1"],
        ["gradient"],
        ["compare"],
        ["report"],
        ["history"],
        ["model", "figures"],
    ],
)
def test_every_command_has_help_with_an_example(capfd, command):
    assert status_of([*command, "--help"]) == 0
    assert "Example:" in capfd.readouterr().out or command == ["fields"]


@pytest.mark.parametrize("command", ["list", "generate", "verify", "show"])
def test_every_fields_command_has_an_example(capfd, command):
    assert status_of(["fields", command, "--help"]) == 0
    assert "Example:" in capfd.readouterr().out


def test_listing(here, capfd):
    assert status_of(["fields", "list"]) == 0
    assert status_of(["fields", "verify", "tiny"]) == 0
    assert status_of(["fields", "show", "tiny"]) == 0
    assert status_of(["compressors"]) == 0
    shown = capfd.readouterr().out
    for word in ("tiny", "generated", "every byte as generated", "zfp:accuracy=1e-3", "sz3:algorithm=lossless"):
        assert word in shown


def test_damaged_field(here, capfd):
    path = sorted((here / "reference_fields" / "tiny").glob("*.npy"))[2]
    content = bytearray(path.read_bytes())
    content[-7] ^= 1
    path.write_bytes(content)
    assert status_of(["fields", "verify", "tiny"]) == 1
    assert path.name in capfd.readouterr().err


def test_sweep_resume_and_table(here, capfd):
    words = ["sweep", "blosc2", "--field", "tiny"]
    assert status_of(words) == 0
    records = here / "results" / "tiny" / "records.jsonl"
    before = records.read_bytes()
    assert status_of(words) == 0
    assert records.read_bytes() == before
    capfd.readouterr()
    assert status_of(["table1", "--field", "tiny", "--format", "csv"]) == 0
    table = capfd.readouterr().out
    assert table.count("\n") >= 6
    for codec in ("BloscLZ", "LZ4", "LZ4HC", "ZLib", "ZStd"):
        assert codec in table


def test_damaged_archive_line(here, capfd):
    assert status_of(["sweep", "zfp", "--field", "tiny"]) == 0
    records = here / "results" / "tiny" / "records.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(lines[0] + lines[1][:50] + b"?" + lines[1][51:] + b"".join(lines[2:]))
    damaged = records.read_bytes()
    capfd.readouterr()
    for words in (["sweep", "zfp", "--field", "tiny"], ["report", "results/tiny"], ["table1", "--field", "tiny"]):
        assert status_of(words) == 1
        shown = capfd.readouterr().err.replace("\n", " ")
        assert "line 2" in shown
        assert "Traceback" not in shown
    assert records.read_bytes() == damaged


def test_compressor_that_kills_its_process(here, troublemaker, capfd):
    assert status_of(["sweep", "trouble:kind=segfault", "--field", "tiny"]) == 1
    assert "SIGSEGV" in capfd.readouterr().err
    outcomes = {record.spec: record.failed for record in Archive(here / "results" / "tiny")}
    assert outcomes == {"identity": False, "trouble:kind=segfault": True}
    assert status_of(["sweep", "trouble", "--field", "tiny"]) == 0


def test_plugin_that_raises_on_import(here, troublemaker, capfd):
    from wavecomp.compressors import default_registry

    install_plugin(troublemaker, "broken", 'raise ImportError("libbroken.so.3 is missing")')
    default_registry.cache_clear()
    assert status_of(["compressors"]) == 0
    assert "not available: broken: its import failed: ImportError: libbroken.so.3 is missing" in capfd.readouterr().out
    for words in ("broken:level=1", "broken"):
        assert status_of(["sweep", words, "--field", "tiny"]) == 1
        assert "libbroken.so.3" in capfd.readouterr().err
    assert status_of(["sweep", "zfp:rate=8", "--field", "tiny"]) == 0


def test_no_compiler_is_said_before_anything_is_half_done(tmp_path):
    """A PATH that holds nothing but Python: the message names what to install, and no folder appears."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DEVITO", "CC", "CXX"))}
    environment["PATH"] = str(tmp_path / "empty")
    code = "import sys; from wavecomp.cli import status_of; sys.exit(status_of(['run']))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "gcc" in done.stderr
    assert "install" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_full_disk(here):
    """A limit of 4,000 bytes on every file stands for a full disk: the kernel takes what fits and then refuses.

    The first records fit (each has 1,500 to 2,500 bytes), a later one does not; what was finished stays whole.
    """
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)); "
        "from wavecomp.cli import status_of; sys.exit(status_of(['sweep', 'zfp', '--field', 'tiny']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, text=True, check=False)
    shown = done.stderr.replace("\n", " ")
    assert done.returncode == 1, shown
    assert "cannot write" in shown
    assert "records.jsonl" in shown
    assert "Traceback" not in shown
    kept = [record.spec for record in Archive(here / "results" / "tiny")]
    assert kept
    assert kept == ["identity", "zfp:accuracy=1e-3"][: len(kept)]
    assert status_of(["sweep", "zfp", "--field", "tiny"]) == 0
    assert [record.spec for record in Archive(here / "results" / "tiny")][: len(kept)] == kept


def test_what_a_process_did_before_does_not_have_it_measure_twice(tmp_path):
    """The first command propagates the field, which loads Devito; the second one finds it, and loads nothing of the
    kind. Threads behave alike in both, and so the second one measures nothing."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GOMP_", "OMP_"))}
    environment["WAVECOMP_FIELDS"] = str(tmp_path / "fields")
    code = (
        "import sys; from wavecomp.cli import status_of; sys.exit(status_of(['sweep', 'identity', '--field', 'tiny']))"
    )
    command = [sys.executable, "-c", code]
    for measured in (1, 0):
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=600
        )
        assert f"suite identity: {measured} cases measured, {1 - measured} were there already" in done.stderr


def test_import_is_cheap():
    """Importing the command line loads neither Devito nor matplotlib nor any compressor."""
    code = (
        "import sys, wavecomp, wavecomp.cli; "
        "print(sorted({'devito', 'matplotlib', 'zfpy', 'blosc2', 'pysz', 'sympy', 'h5py'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_listed_spec_round_trips_on_a_real_section_and_a_3d_field(generated, real_section_data):
    from wavecomp.compressors import check_bound, default_registry

    assert Path(real_section_data).is_dir()
    import numpy as np

    checked = 0
    for name in ("marmousi-2d", "overthrust-2d", "quick"):
        field = generated(name)[-1].load()
        for definition in default_registry().definitions():
            for spec in definition.examples:
                compressor = default_registry().parse(spec)
                stream = compressor.compress(field)
                out = np.full_like(field, np.nan)
                compressor.decompress(stream, out)
                verdict = check_bound(compressor.bound, field, out, len(stream))
                assert verdict.status in ("holds", "none"), (name, spec, verdict)
                assert np.isfinite(out).all()
                checked += 1
    assert checked >= 3 * 20
