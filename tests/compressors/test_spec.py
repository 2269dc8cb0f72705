from __future__ import annotations

import contextlib
import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wavecomp.compressors import Parameter, Value, default_registry
from wavecomp.compressors.spec import canonical_part, format_value, read_values
from wavecomp.errors import SpecError, UnknownCompressor, UsageError
from wavecomp.spec_text import SpecPart

from .fields import FIXED
from .specs import ALL

REGISTRY = default_registry()
DEFINITIONS = REGISTRY.definitions()
PARAMETERS = [(definition.name, parameter) for definition in DEFINITIONS for parameter in definition.parameters]


def legal(parameter: Parameter) -> st.SearchStrategy[Value]:
    """Every value that the parameter's table allows."""
    if parameter.kind == "flag":
        return st.just(True)
    if parameter.kind == "choice":
        return st.sampled_from(parameter.choices)
    if parameter.kind == "int":
        return st.integers(int(parameter.low), int(parameter.high))
    low = None if math.isinf(parameter.low) else parameter.low
    high = None if math.isinf(parameter.high) else parameter.high
    return st.floats(low, high, exclude_min=parameter.low_open, allow_nan=False, allow_infinity=False)


def spellings(value: Value) -> list[str]:
    """Ways to write a number that all mean it."""
    if isinstance(value, bool | str):
        return [str(value)]
    if isinstance(value, int):
        return [str(value), f"+{value}", f"00{value}"]
    return [repr(value), f"{value:.17e}", f"{value:.17E}", f"+{value!r}", format_value(value)]


@st.composite
def configurations(draw: st.DrawFn) -> tuple[str, dict[str, Value], list[str]]:
    """A family's name, values for some of its keys, and their items in any order and spelling."""
    definition = draw(st.sampled_from(DEFINITIONS))
    chosen = [parameter for parameter in definition.parameters if draw(st.booleans())]
    values = {parameter.name: draw(legal(parameter)) for parameter in chosen}
    items = []
    for parameter in draw(st.permutations(chosen)):
        spelled = draw(st.sampled_from(spellings(values[parameter.name])))
        items.append(parameter.name if parameter.kind == "flag" else f"{parameter.name}={spelled}")
    return definition.name, values, items


@FIXED
@given(configurations())
def test_any_legal_values_come_back(configuration: tuple[str, dict[str, Value], list[str]]) -> None:
    """Reading any spelling gives the values; printing them and reading that gives the same values and the same text."""
    name, values, items = configuration
    parameters = REGISTRY.definition(name).parameters
    text = f"{name}:{','.join(items)}" if items else name
    read = read_values(text, SpecPart.parse(text).items, parameters)
    defaults = {p.name: p.default for p in parameters if p.default is not None}
    assert read == defaults | values
    printed = str(canonical_part(name, read, parameters))
    again = read_values(printed, SpecPart.parse(printed).items, parameters)
    assert again == read
    assert {key: type(value) for key, value in again.items()} == {key: type(value) for key, value in read.items()}
    assert str(canonical_part(name, again, parameters)) == printed
    assert re.fullmatch(r"[a-z0-9_:=,./-]+", printed), "nothing that a shell or a CSV file would touch"


@FIXED
@given(configurations())
def test_whole_specs_are_idempotent(configuration: tuple[str, dict[str, Value], list[str]]) -> None:
    name, _, items = configuration
    text = f"{name}:{','.join(items)}" if items else name
    if REGISTRY.definition(name).wraps:
        text += "/zfp:accuracy=1e-3"
    try:
        printed = REGISTRY.canonical(text)
    except SpecError:  # values that are legal one by one, and contradict each other
        assert name in ("zfp", "sz3", "blosc2", "interp", "sperr", "lerc", "numcodecs")
        return
    assert REGISTRY.canonical(printed) == printed
    assert REGISTRY.values(printed) == REGISTRY.values(text)
    assert REGISTRY.parse(printed).spec == printed


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS, ids=lambda x: getattr(x, "name", x))
def test_limits_of_every_number(name: str, parameter: Parameter) -> None:
    """The limits themselves are in or out as the table says, and the next number beyond them is out."""
    if parameter.kind in ("choice", "flag"):
        pytest.skip(f"{name}: {parameter.name} is no number")

    def reads(value: float) -> bool:
        try:
            return parameter.read("spec", repr(value)) == value
        except SpecError as error:
            refusals.append((str(error), value))
            return False

    refusals: list[tuple[str, float]] = []
    whole = parameter.kind == "int"
    if math.isfinite(parameter.low):
        low = int(parameter.low) if whole else parameter.low
        assert reads(low) is not parameter.low_open
        assert not reads(low - 1 if whole else math.nextafter(low, -math.inf))
        assert reads(low + 1 if whole else math.nextafter(low, math.inf))
    if math.isfinite(parameter.high):
        high = int(parameter.high) if whole else parameter.high
        assert reads(high)
        assert not reads(high + 1 if whole else math.nextafter(high, math.inf))
    assert refusals
    for message, value in refusals:
        assert f"{parameter.name}={value!r}" in message
        assert parameter.describe() in message


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS, ids=lambda x: getattr(x, "name", x))
def test_every_default_is_legal_and_every_parameter_explained(name: str, parameter: Parameter) -> None:
    assert parameter.doc
    if parameter.default is None:
        assert not parameter.pinned, f"{name}: there is nothing to pin"
    else:
        assert parameter.read("spec", format_value(parameter.default)) == parameter.default


@FIXED
@given(st.floats(allow_nan=False, allow_infinity=False))
@example(0.0)
@example(-0.0)
@example(5e-324)
@example(1.7976931348623157e308)
@example(0.01)
@example(math.nextafter(0.01, 0))
@example(1e6)
@example(999999.9999999999)
@example(1e22)
@example(1e23)
@example(0.1 + 0.2)
@example(-2.5e-7)
def test_printed_floats_read_back(value: float) -> None:
    text = format_value(value)
    assert math.copysign(1, float(text)) == math.copysign(1, value)
    assert float(text) == value
    assert re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.001, "1e-3"),
        (2500000.0, "2.5e6"),
        (0.5, "0.5"),
        (8.0, "8"),
        (1e-300, "1e-300"),
        (0.01, "0.01"),
        (1e6, "1e6"),
        (123456.0, "123456"),
        (7, "7"),
        ("lz4", "lz4"),
    ],
)
def test_short_forms(value: Value, text: str) -> None:
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("zfp:accuracy=0.001", "zfp:accuracy=1e-3"),
        ("zfp:accuracy=+1E-03", "zfp:accuracy=1e-3"),
        ("zfp:rate=8.0", "zfp:rate=8"),
        ("zfp:precision=016", "zfp:precision=16"),
        ("sz3:algorithm=interp,abs=1e-3", "sz3:abs=1e-3,algorithm=interp"),
        ("sz3:rel=.5", "sz3:rel=0.5,algorithm=interp_lorenzo"),
        ("blosc2", "blosc2:codec=zstd,level=5,shuffle=shuffle,chunk=1048576"),
        ("blosc2:threads=1,block=0", "blosc2:codec=zstd,level=5,shuffle=shuffle,chunk=1048576"),
        ("blosc2:threads=2", "blosc2:codec=zstd,level=5,shuffle=shuffle,chunk=1048576,threads=2"),
        ("int8", "int8:block=64"),
        ("slabs/zfp:rate=8.0", "slabs:planes=16,threads=2/zfp:rate=8"),
        ("slabs:threads=4/blosc2", "slabs:planes=16,threads=4/blosc2:codec=zstd,level=5,shuffle=shuffle,chunk=1048576"),
    ],
)
def test_canonical_forms(text: str, canonical: str) -> None:
    assert REGISTRY.canonical(text) == canonical


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a compressor name"),
        (" ", "not a compressor name"),
        ("zfp ", "not a compressor name"),
        (" zfp:rate=8", "not a compressor name"),
        ("ZFP:rate=8", "not a compressor name"),
        ("zfp\n", "not a compressor name"),
        ("3d", "not a compressor name"),
        (":rate=8", "not a compressor name"),
        ("/zfp:rate=8", "not a compressor name"),
        ("zfp-rate=8", "not a compressor name"),
        ("zfp:", 'nothing follows ":"'),
        ("zfp:rate=8/", 'nothing follows "/"'),
        ("slabs/", 'nothing follows "/"'),
        ("zfp:rate=8,", '"" is not key=value'),
        ("zfp:,rate=8", '"" is not key=value'),
        ("zfp:=8", '"=8" is not key=value'),
        ("zfp:8", '"8" is not key=value'),
        ("zfp:rate =8", '"rate =8" is not key=value'),
        ("zfp: rate=8", '" rate=8" is not key=value'),
        ("zfp:Rate=8", '"Rate=8" is not key=value'),
        ("zfp:rate=8;precision=3", "rate=8;precision=3"),
        ("zfp:rate=8,rate=8", "rate is given twice"),
        ("zfp:reversible,reversible", "reversible is given twice"),
        ("zfp:rate", "rate needs a value"),
        ("zfp:rate=", "rate needs a value"),
        ("zfp:reversible=true", "reversible takes no value"),
        ("zfp:reversible=", "reversible takes no value"),
        ("zfp:ratee=8", 'unknown key "ratee"; did you mean "rate"'),
        ("zfp:tolerance=8", 'unknown key "tolerance"'),
        ("identity:level=3", "keys: none"),
        ("blosc2:codec=zst", 'did you mean "zstd"'),
        ("blosc2:codec", "one of blosclz, lz4, lz4hc, zlib, zstd"),
        ("sz3:abs=1e-3,algorithm=interpp", 'did you mean "interp"'),
        ("zfp:precision=0", "an integer from 1 to 64"),
        ("zfp:rate=0", "a finite number above 0 to 64"),
        ("zfp:accuracy=-1", "a finite number above 0"),
    ],
)
def test_bad_text_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=re.escape(said)) as refusal:
        REGISTRY.parse(text)
    assert repr(text)[1:-1].strip() in str(refusal.value) or text in str(refusal.value), "the message repeats the spec"
    assert refusal.value.exit_status == 2


@pytest.mark.parametrize(
    ("name", "meant"), [("zpf", "zfp"), ("blosc", "blosc2"), ("sz", "sz3"), ("flaot16", "float16"), ("slab", "slabs")]
)
def test_unknown_names_meet_a_suggestion(name: str, meant: str) -> None:
    with pytest.raises(UnknownCompressor, match=f'unknown compressor "{name}"; did you mean "{meant}"'):
        REGISTRY.parse(f"{name}:x=1")
    with pytest.raises(UnknownCompressor, match=f'did you mean "{meant}"'):
        REGISTRY.parse(f"slabs/{name}")


def test_a_name_like_no_other_gets_the_list_only() -> None:
    with pytest.raises(UnknownCompressor, match=r'unknown compressor "qqqqqq" \(registered: bfloat16, blosc2, '):
        REGISTRY.parse("qqqqqq")


@FIXED
@given(st.text(max_size=30) | st.sampled_from(ALL).flatmap(lambda s: st.integers(0, len(s)).map(lambda n: s[:n])))
def test_no_text_raises_anything_else(text: str) -> None:
    with contextlib.suppress(UsageError):
        REGISTRY.canonical(text)


@FIXED
@given(st.sampled_from(ALL), st.data())
def test_no_character_put_in_raises_anything_else(spec: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(spec)))
    text = spec[:place] + data.draw(st.characters()) + spec[place:]
    try:
        printed = REGISTRY.canonical(text)
    except UsageError:
        return
    assert REGISTRY.canonical(printed) == printed


def test_values_of_a_wrapper() -> None:
    assert REGISTRY.values("slabs:threads=3/zfp:rate=8") == {
        "planes": 16,
        "threads": 3,
        "inner": "zfp",
        "inner.rate": 8.0,
    }


def test_parameters_in_words() -> None:
    words = [
        (Parameter("a", "float", ""), "a finite number"),
        (Parameter("a", "float", "", low=0.5), "a finite number from 0.5"),
        (Parameter("a", "float", "", low=0.0, low_open=True), "a finite number above 0"),
        (Parameter("a", "int", "", low=1, high=9), "an integer from 1 to 9"),
        (Parameter("a", "float", "", low=0.0, high=64.0, low_open=True), "a finite number above 0 to 64"),
        (Parameter("a", "choice", "", choices=("x", "y")), "one of x, y"),
        (Parameter("a", "flag", ""), "a word without a value"),
    ]
    assert [parameter.describe() for parameter, _ in words] == [text for _, text in words]
