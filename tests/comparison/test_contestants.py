"""Who takes part, and which of its parameters is to be found: told by definitions, or found out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wavecomp.comparison.axis import axis_of
from wavecomp.comparison.contestant import read_contestant, stand_in
from wavecomp.comparison.gradients import _beside
from wavecomp.comparison.target import parse_targets
from wavecomp.comparison.ways import read_way
from wavecomp.compressors import BUILT_IN, Capabilities, Compressor, Definition, Parameter, Registry, Unbounded
from wavecomp.compressors.bounds import PeakRelative
from wavecomp.compressors.tolerances import tolerance_keys
from wavecomp.errors import RegistrationError, SpecError, TargetError, UnknownCompressor

REGISTRY = Registry()


@pytest.mark.parametrize(
    ("text", "canonical", "key"),
    [
        ("zfp", "zfp:accuracy", "accuracy"),
        ("zfp:rate", "zfp:rate", "rate"),
        ("zfp:accuracy=1e-3", "zfp:accuracy=1e-3", None),
        ("sz3", "sz3:abs,algorithm=interp_lorenzo", "abs"),
        ("sz3:algorithm=lossless", "sz3:algorithm=lossless", None),
        ("sz3:psnr", "sz3:psnr,algorithm=interp_lorenzo", "psnr"),
        ("interp:codec=lz4", "interp:abs,codec=lz4,level=1", "abs"),
        ("int8", "int8:block=64", None),
        ("identity", "identity", None),
        ("blosc2:codec=zstd", "blosc2:codec=zstd,level=5,shuffle=shuffle,chunk=1048576", None),
        ("blosc2:truncate", "blosc2:codec=zstd,level=5,shuffle=shuffle,truncate,chunk=1048576", "truncate"),
        ("slabs/zfp", "slabs:planes=16,threads=2/zfp:accuracy", "accuracy"),
    ],
)
def test_what_is_left_out_is_searched_and_what_is_complete_stands(text, canonical, key):
    found = read_contestant(text, REGISTRY)
    assert found.text == canonical
    assert (found.free.name if found.free else None) == key
    assert read_contestant(found.text, REGISTRY) == found, "the canonical text means the same"


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("zpf", UnknownCompressor, 'did you mean "zfp"'),
        ("zfp:acuracy", SpecError, 'did you mean "accuracy"'),
        ("zfp:accuracy,rate", SpecError, "accuracy and rate stand without a value"),
        ("zfp:accuracy,rate=3", SpecError, 'spec "zfp:accuracy,rate=3": give exactly one of'),
        ("slabs", SpecError, "slabs wraps another compressor"),
        ("zfp:accuracy=", SpecError, "accuracy needs a value"),
    ],
)
def test_wrong_words_are_said_in_the_words_that_were_written(text, error, says):
    with pytest.raises(error, match=says.replace("(", r"\(")):
        read_contestant(text, REGISTRY)


def test_what_is_found_out_is_what_definitions_say():
    silent = Registry([replace(definition, tolerances=None) for definition in BUILT_IN])
    for definition in BUILT_IN:
        assert tolerance_keys(silent.definition(definition.name), silent) == tolerance_keys(definition, REGISTRY)


class Digits(Compressor):
    """Promises a power of ten of the peak, or nothing."""

    capabilities = Capabilities()

    def __init__(self, spec, digits):
        super().__init__(spec)
        self.digits = digits

    @property
    def bound(self):
        return Unbounded() if self.digits is None else PeakRelative(10.0**-self.digits)

    def _encode(self, field):
        return (field.tobytes(),)

    def _decode(self, parts, out):
        raise NotImplementedError


def of(*parameters, promised=True, example="foreign:digits=3"):
    def build(configuration):
        if "digits" not in configuration.values:
            raise SpecError(f'spec "{configuration.spec}": give digits')
        return Digits(configuration.spec, configuration.values["digits"] if promised else None)

    return Definition("foreign", "of somebody", parameters, build, (example,))


DIGITS = Parameter("digits", "int", "kept", low=1, high=9)


def test_a_plugins_key_is_found_by_its_promise_and_its_axis_by_two_settings():
    registry = Registry([of(Parameter("block", "int", "values", default=64, low=1, high=128), DIGITS)])
    found = read_contestant("foreign", registry)
    assert found.text == "foreign:block=64,digits" or found.free.name == "digits"
    axis = axis_of(found, parse_targets("nrmse", "1e-3")[0], 1.0, registry)
    assert (axis.coarser, axis.whole, axis.low, axis.high) == (-1, True, 1, 9)


def test_where_nothing_is_promised_a_number_without_default_is_the_key():
    registry = Registry([of(Parameter("block", "int", "values", default=64, low=1, high=128), DIGITS, promised=False)])
    found = read_contestant("foreign", registry)
    assert found.free.name == "digits"
    assert axis_of(found, parse_targets("nrmse", "1e-3")[0], 1.0, registry).coarser == 0


def test_a_lossy_default_is_searched_too():
    """Its text is complete, and it loses what nobody asked for: the tolerance is what makes it comparable."""
    registry = Registry([of(replace(DIGITS, default=4))])
    assert read_contestant("foreign", registry).free.name == "digits"
    assert read_contestant("foreign:digits=4", registry).free is None


def test_a_definition_cannot_name_what_it_has_not():
    with pytest.raises(RegistrationError, match="its tolerances are"):
        Registry([replace(of(DIGITS), tolerances=("accuracy",))])


@pytest.mark.parametrize(
    "parameter",
    [
        Parameter("a", "float", "", low=0.0, low_open=True),
        Parameter("a", "float", "", low=0.0, high=1.0, low_open=True),
        Parameter("a", "float", "", low=5.0),
        Parameter("a", "float", "", high=0.5),
        Parameter("a", "float", ""),
        Parameter("a", "int", "", low=1, high=64),
        Parameter("a", "int", "", low=7),
        Parameter("a", "int", ""),
        Parameter("a", "int", "", high=-3),
    ],
)
def test_what_stands_in_is_a_value_that_the_parameter_can_have(parameter):
    value = stand_in(parameter)
    assert parameter.read("x", str(value)) == value


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "", "abc", "1,,2", "1e-3peak"])
def test_a_target_that_is_none_is_repeated(text):
    with pytest.raises(TargetError, match=r"--nrmse .*: write a number above 0"):
        parse_targets("nrmse", text)


def test_targets_and_their_limits():
    first, second = parse_targets("max-error", "1e-3peak,0.5,1e-3peak")
    assert (first.limit(2.0), second.limit(2.0)) == (2e-3, 0.5)
    (psnr,) = parse_targets("psnr", "60")
    assert psnr.limit(7.0) == pytest.approx(1e-3)
    assert psnr.error({"nrmse": 2e-3}) == 2e-3
    assert psnr.error({"nrmse": None}) == float("inf")


@pytest.mark.parametrize(
    ("text", "canonical", "relative"),
    [
        ("zfp", "trajectory:every=4/zfp:accuracy", True),
        ("zfp:rate", "trajectory:every=4/zfp:rate", False),
        ("int8", "trajectory:every=4/int8:block=64", False),
        ("revolve:slots=5/sz3:abs", "revolve:slots=5/sz3:abs,algorithm=interp_lorenzo", True),
        ("store-all", "store-all", False),
    ],
)
def test_ways_of_keeping_the_wavefield(text, canonical, relative):
    way = read_way(text, REGISTRY)
    assert way.text == canonical
    assert way.relative == relative
    if way.strategy is None:
        assert way.at(way.start(1e-3), REGISTRY).spec.startswith(way.text.split("/")[0])


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("trajectory:every=auto/zfp", "trajectory:every=auto,error=2e-3/zfp:accuracy"),
        ("trajectory:error=1e-4,every=auto/zfp", "trajectory:every=auto,error=1e-4/zfp:accuracy"),
        ("store-all:every=auto", "store-all:every=auto,error=2e-3"),
        ("trajectory:every=2/zfp", "trajectory:every=2/zfp:accuracy"),
    ],
)
def test_the_step_is_found_from_the_target(text, canonical):
    way = read_way(text, REGISTRY, error=2e-3)
    assert way.text == canonical
    assert read_way(way.text, REGISTRY).text == canonical
    if way.strategy is None:
        assert way.at(1e-2, REGISTRY).spec == f"{canonical}=0.01peak"


def test_beside_them_stands_what_leaving_steps_out_costs():
    texts = ("trajectory:every=10/zfp", "zfp", "trajectory:every=auto/zfp", "trajectory/zfp", "store-all")
    found = _beside([read_way(text, REGISTRY) for text in texts])
    assert found == ["store-all", "store-all:every=4", "store-all:every=10", "store-all:every=auto,error=1e-3"]
