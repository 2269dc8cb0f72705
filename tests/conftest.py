"""Fixtures that several parts share: really propagated fields, and plug-ins in a folder of their own."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from gradient_fixtures import cube, inner, open_workbench, tiny
from tests_support import HOSTILE, PLUGIN, install_plugin
from wavecomp.sweep import FieldRef
from wavecomp.wavefields import float_state

# How long an example takes says how busy the machine is, not whether the code is right. And a verdict stays what it is.
settings.register_profile("any machine", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

__all__ = ["cube", "inner", "open_workbench", "tiny"]  # fixtures of the gradient's tests

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


FLOAT_STATE = float_state._get()


@pytest.fixture(autouse=True)
def kernels_of_devitos_own_calls_leave_no_trace() -> Iterator[None]:
    """Where a test calls Devito itself, its kernels switch the thread to flushing subnormals: for that test alone."""
    float_state._set(FLOAT_STATE)
    yield
    float_state._set(FLOAT_STATE)


@pytest.fixture(scope="session", autouse=True)
def signals_are_heard() -> None:
    """Let what tests start hear Ctrl-C and a hang-up, also where the tests themselves run in the background.

    A shell without job control starts what runs in the background with these signals ignored, which is inherited; of
    a signal that has a handler here, a new process has the default.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


@pytest.fixture(scope="session")
def fields_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fields")


@pytest.fixture(scope="session")
def generated(fields_root: Path) -> Callable[[str], list[FieldRef]]:
    """Propagate a recipe once in the session; returns its snapshots in order of time."""
    from wavecomp.cli.fields import references
    from wavecomp.wavefields import FieldStore, find_recipe

    if "WAVECOMP_DATA" not in os.environ and SHARED_DATA.is_dir():
        os.environ["WAVECOMP_DATA"] = str(SHARED_DATA)

    def make(name: str) -> list[FieldRef]:
        recipe = find_recipe(name)
        return references(FieldStore(fields_root).generate(recipe))

    return make


@pytest.fixture(scope="session")
def real_section_data() -> Path:
    folder = Path(os.environ.get("WAVECOMP_DATA", SHARED_DATA))
    if not (folder / "marmousi_2d.bin").exists():
        pytest.skip(f"no real velocity sections in {folder}; set WAVECOMP_DATA")
    return folder


@pytest.fixture
def array_field(tmp_path: Path) -> Callable[..., FieldRef]:
    """Store an array as a field; without one, a smooth synthetic field."""
    import hashlib

    def make(array: np.ndarray | None = None, name: str = "synthetic@1") -> FieldRef:
        if array is None:
            x, y, z = np.meshgrid(*[np.linspace(0, 6, 24, dtype=np.float32)] * 3, indexing="ij")
            array = np.sin(x + 0.3 * y) * np.cos(1.7 * z - x) * np.exp(-0.2 * y)
        array = np.ascontiguousarray(array)
        digest = hashlib.sha256(array.tobytes()).hexdigest()
        path = tmp_path / f"{digest[:8]}.npy"
        np.save(path, array)
        return FieldRef(name, path, digest, array.shape, array.dtype.name, 1, 0.1, float(np.abs(array).max()))

    return make


@pytest.fixture
def troublemaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the misbehaving compressor for this process and those that it starts."""
    from wavecomp.compressors import default_registry

    folder = tmp_path / "plugins"
    folder.mkdir()
    install_plugin(folder, "trouble", PLUGIN)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    default_registry.cache_clear()
    yield folder
    default_registry.cache_clear()
    # The next test has a plug-in of the same name in another folder.
    for name, module in list(sys.modules.items()):
        if str(folder) in (getattr(module, "__file__", None) or ""):
            del sys.modules[name]


@pytest.fixture
def hostile(troublemaker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the compressor that harms others; returns the file in which its processes leave their numbers."""
    install_plugin(troublemaker, "hostile", HOSTILE)
    numbers = tmp_path / "numbers"
    monkeypatch.setenv("HOSTILE_NUMBERS", str(numbers))
    return numbers
