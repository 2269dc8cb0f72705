"""The door to Devito, in processes of their own: a kernel of one line, but the real compiler."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = """
import json
from wavecomp.errors import WavecompError
from wavecomp.wavefields.devito_setup import build_identity, open_devito
open_devito()
from devito import Eq, Grid, Operator, TimeFunction
field = TimeFunction(name="u", grid=Grid((4, 4)), time_order=1)
operator = Operator([Eq(field.forward, field + 1)])
loaded = operator.cfunction
operator.apply(time_m=0, time_M=2)
build = build_identity()
print(json.dumps({"file": operator._lib._name, "value": float(field.data.max()), "key": build.key,
                  "flags": build.flags, "mapping": build.mapping()}))
"""


@pytest.fixture
def environment(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DEVITO_", "CFLAGS", "CC"))}
    return {**kept, "WAVECOMP_CACHE": str(tmp_path / "cache")}


def kernel(environment, **settings):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**environment, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_another_flag_is_another_kernel(environment, tmp_path):
    first = kernel(environment)
    slow = kernel(environment, CFLAGS="-O0  -DX='a b'")  # two spaces, and one in quotes
    again = kernel(environment)
    assert first["file"] == again["file"] != slow["file"]
    assert Path(first["file"]).name == Path(slow["file"]).name  # Devito's name leaves flags out
    assert first["key"] == again["key"] != slow["key"]
    assert slow["flags"].count("-O0") == slow["flags"].count("-DX=a b") == 1
    assert "" not in slow["flags"]
    assert "-O0" in slow["mapping"]["flags"]
    assert first["value"] == slow["value"] == 3
    assert str(tmp_path) not in json.dumps(slow["mapping"])


def test_a_command_with_arguments_compiles_as_its_compiler_does(environment, tmp_path):
    plain, wrapped = kernel(environment), kernel(environment, CC="env cc", OMP_NUM_THREADS="2,1", TMPDIR=str(tmp_path))
    assert wrapped["flags"] == plain["flags"]
    assert wrapped["value"] == 3


def test_a_run_that_was_killed_while_it_compiled_does_not_block_the_next(environment, tmp_path):
    wrapper, started = tmp_path / "slow-cc", tmp_path / "started"
    # Kernels come from a work folder named after them; the trial of the compiler does not.
    wrapper.write_text(
        f'#!/bin/sh\ncase "$*" in *.work-*) [ -e "{started}" ] || {{ touch "{started}"; sleep 600; }};; esac\n'
        'exec cc "$@"\n'
    )
    wrapper.chmod(0o755)
    settings = {**environment, "CC": str(wrapper)}
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], env=settings, start_new_session=True)
    try:
        while not started.exists():
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert kernel(settings)["value"] == 3
