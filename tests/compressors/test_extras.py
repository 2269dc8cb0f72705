"""What is not installed is a reason in the listing, and no error anywhere else."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from wavecomp.catalogue import find_suites
from wavecomp.catalogue.others import OTHERS
from wavecomp.cli import cli
from wavecomp.compressors import Registry, default_registry
from wavecomp.errors import CompressorUnavailable, PluginFailed, RegistrationError

MODULES = {"sperr": "imagecodecs", "lerc": "imagecodecs", "hdf5": "hdf5plugin"} | {
    name: name for name in ("fpzip", "pcodec", "numcodecs")
}


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    from wavecomp.compressors.fpzip_library import library

    library.cache_clear()
    for module in MODULES.values():
        monkeypatch.setitem(sys.modules, module, None)


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("name", MODULES)
def test_a_missing_package_is_a_reason_that_says_how_to_get_it(name: str) -> None:
    registry = Registry()
    reason = registry.unavailable()[name]
    assert f"cannot import {MODULES[name]}: ModuleNotFoundError" in reason
    assert "pip install 'wavecomp[compressors]'" in reason
    example = registry.definition(name).examples[0]
    assert registry.canonical(example) == example
    with pytest.raises(CompressorUnavailable, match="not available here"):
        registry.parse(example)
    assert registry.parse("zfp:rate=8")


@pytest.mark.usefixtures("nothing_installed")
def test_the_listing_goes_on() -> None:
    done = CliRunner().invoke(cli, ["compressors"])
    assert done.exit_code == 0
    assert "zfp: ZFP" in done.output
    for name in MODULES:
        assert f"not available: {name}: cannot import" in done.output


@pytest.mark.usefixtures("nothing_installed")
def test_the_suite_leaves_them_out_with_a_reason_each() -> None:
    (suite,) = find_suites("others")
    assert suite.entries == ()
    assert sorted(reason.partition(":")[0] for reason in suite.left_out) == sorted(MODULES)


def test_the_suite_is_whole_where_all_is_there() -> None:
    (suite,) = find_suites("others")
    assert suite.entries == OTHERS.entries
    assert suite.left_out == ()
    assert {entry.spec.partition(":")[0] for entry in suite.entries} == set(MODULES)


@pytest.mark.parametrize(("name", "switch"), [("sperr", "SPERR"), ("lerc", "LERC")])
def test_an_imagecodecs_built_without_it(name: str, switch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import imagecodecs

    monkeypatch.setattr(imagecodecs, switch, type("Absent", (), {"available": False}))
    assert f"this imagecodecs was built without {switch}" in Registry().unavailable()[name]


def test_records_name_the_library_and_its_version() -> None:
    from importlib.metadata import version

    registry = default_registry()
    for name, module in MODULES.items():
        assert registry.library([name]) == f"{module} {version(module)}"


def test_a_definition_whose_new_fields_are_wrong_is_refused() -> None:
    from dataclasses import replace

    from wavecomp.compressors import identity
    from wavecomp.compressors.spec import Parameter

    sound = replace(identity.DEFINITION, name="other", examples=("other",))
    level = Parameter("level", "int", "")
    for field, value in (
        ("load", 3),
        ("extra", 3),
        ("respell", "no"),
        ("variants", 3),
        ("variants", {"a": 3}),
        ("variants", {"a": (level,)}),
    ):
        with pytest.raises(RegistrationError, match=f"its {field} is"):
            Registry([replace(sound, **{field: value})])
    twice = replace(sound, parameters=(level,), variants={"a": (level,)})
    with pytest.raises(RegistrationError, match="two parameters named 'level'"):
        Registry([twice])


def test_a_plug_in_that_respells_badly_fails_by_name() -> None:
    from dataclasses import replace

    from wavecomp.compressors import identity

    def broken(_: object) -> object:
        raise RuntimeError("no luck")

    registry = Registry([replace(identity.DEFINITION, respell=broken)])  # type: ignore[arg-type]
    with pytest.raises(PluginFailed, match="no luck"):
        registry.canonical("identity")


def test_the_listing_of_one_shows_the_keys_of_each_choice() -> None:
    done = CliRunner().invoke(cli, ["compressors", "numcodecs"])
    assert "codec=zstd, level: " in done.output
    assert "codec=blosc, cname: " in done.output


def test_no_library_is_imported_to_read_a_spec() -> None:
    code = (
        "import sys; from wavecomp.compressors import default_registry as r\n"
        "print(r().canonical('{\"id\": \"zstd\"}'), [m for m in sys.modules if m in ('numcodecs', 'imagecodecs')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=True)
    assert done.stdout.split() == ["numcodecs:codec=zstd,level=0", "[]"]
