"""Code that is not ours: whose it is, and what its errors, its prints and its nonsense become."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from wavecomp.compressors import BUILT_IN, Compressor, Configuration, Definition, Lossless, Registry, default_registry
from wavecomp.compressors.origin import foreign_code, registry_for
from wavecomp.errors import PluginFailed, SpecError
from wavecomp.spec_text import SpecText

from .liars import Liar, honest


def named(name: str, build: Callable[[Configuration], Compressor]) -> Definition:
    return Definition(name, "a plug-in", (), build, (name,))


def fails(error: BaseException) -> Callable[[Configuration], Compressor]:
    def build(_: Configuration) -> Compressor:
        print("chatter")
        raise error

    return build


def good(configuration: Configuration) -> Compressor:
    made = Liar(Lossless(), honest)
    made.spec = configuration.spec
    made.capabilities = replace(made.capabilities, releases_gil=True)
    return made


def nameless(_: Configuration) -> Compressor:
    made = Liar(Lossless(), honest)
    made.spec = np.int64(3)
    return made


def registry(*definitions: Definition) -> Registry:
    return Registry((*BUILT_IN, *definitions))


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (fails(ZeroDivisionError("division by zero")), "ZeroDivisionError: division by zero"),
        (fails(SystemExit("bye")), "SystemExit: bye"),
        (lambda _: None, "NoneType, which is no compressor"),
        (lambda _: Compressor, "it built a ABCMeta"),
        (nameless, "names itself"),
    ],
)
def test_what_cannot_be_built_is_one_error_with_its_spec(build, says):
    known = registry(named("bad", build))
    for spec in ("bad", "slabs:planes=16,threads=2/bad"):
        with pytest.raises(PluginFailed) as failed:
            known.parse(spec)
        assert says in str(failed.value)
        assert f'"{spec}"' in str(failed.value)
        assert known.canonical(spec) == spec, "its words are right, so it has a canonical form"


def test_errors_of_ours_and_ctrl_c_pass():
    with pytest.raises(SpecError, match="a and b"):
        registry(named("bad", fails(SpecError("a and b")))).canonical("bad")
    with pytest.raises(KeyboardInterrupt):
        registry(named("bad", fails(KeyboardInterrupt()))).parse("bad")


def test_what_is_printed_meanwhile_is_no_output(capsys):
    with pytest.raises(PluginFailed):
        registry(named("bad", fails(OSError("no library")))).parse("bad")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "chatter\n")
    assert sys.stdout is not sys.stderr


def test_whose_code_a_spec_runs():
    known = registry(named("mine", good), named("yours", good))
    assert foreign_code(("zfp",), known) == ""
    assert foreign_code(("slabs", "zfp"), known) == ""
    assert foreign_code(("mine",), known) == "mine"
    assert foreign_code(("slabs", "yours"), known) == "yours"
    assert foreign_code(("nobody",), known) == ""


def test_name_of_ours_with_code_of_others_is_theirs():
    assert foreign_code(("zfp",), Registry([named("zfp", good)])) == "zfp"


def test_plugins_are_known_only_to_specs_that_name_them(troublemaker):
    def read(spec):
        return default_registry().read(SpecText.parse(spec))

    assert [d.name for d in registry_for(read("zfp:rate=8")).definitions()] == [d.name for d in BUILT_IN]
    assert "trouble" in [d.name for d in registry_for(read("slabs/trouble")).definitions()]


@pytest.mark.parametrize("layout", ["C", "F"])
def test_what_a_compressor_is_given_is_read_only(layout):
    field = np.asarray(np.ones((4, 5), np.float32), order=layout)
    ready = good(Configuration("x", {})).prepare(field)
    assert not ready.flags.writeable
    assert field.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        ready[0] = 0
