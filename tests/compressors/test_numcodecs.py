"""numcodecs: spellings that mean one spec, what is lost by the lossy codecs, and an import that must not fail."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from importlib.metadata import version

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.cli import cli
from wavecomp.compressors import Absolute, Lossless, PointwiseRelative, Unbounded, default_registry
from wavecomp.compressors.numcodecs_library import library, one_thread
from wavecomp.compressors.numcodecs_table import CODECS, REQUIRED, quantum_bits
from wavecomp.conformance.round_trip import check_field, round_trip
from wavecomp.conformance.samples import DTYPES, bits_of, content, special
from wavecomp.errors import SpecError, StreamError, UnknownCompressor, UnsupportedField
from wavecomp.plans.strategies import parse_strategy

from .fields import FIXED

parse = default_registry().parse
canonical = default_registry().canonical

ONE = "numcodecs:codec=zstd,level=3"
SPELLINGS = {
    "numcodecs:zstd,level=3": ONE,
    "numcodecs:level=3,codec=zstd": ONE,
    '{"id": "zstd", "level": 3}': ONE,
    '{"id":"zstd","level":3,"checksum":false}': ONE,
    'numcodecs:{"level": 3, "id": "zstd"}': ONE,
    ' {"id": "zstd", "level": 3}': ONE,
    '{"id": "zstd", "level": 3, "checksum": true}': f"{ONE},checksum",
    "numcodecs:zstd": "numcodecs:codec=zstd,level=0",
    '{"id": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 2, "blocksize": 0, "typesize": null}': (
        "numcodecs:codec=blosc,cname=zstd,clevel=5,shuffle=2"
    ),
    '{"id": "lzma", "format": 1, "check": -1, "preset": null, "filters": null}': "numcodecs:codec=lzma,preset=6",
    '{"id": "quantize", "digits": 3, "dtype": "<f4", "astype": "<f4"}': "numcodecs:codec=quantize,digits=3,dtype=f4",
    '{"id": "fixedscaleoffset", "scale": 1e3, "offset": 0, "dtype": "<f8", "astype": "|i1"}': (
        "numcodecs:codec=fixedscaleoffset,offset=0,scale=1000,astype=i1,dtype=f8"
    ),
    'slabs:planes=4,threads=2/{"id": "lz4"}': "slabs:planes=4,threads=2/numcodecs:codec=lz4,acceleration=1",
}

WRONG = {
    "numcodecs": "give a codec",
    "numcodecs:zsdt": 'did you mean "zstd"',
    "numcodecs:zstd,levle=3": 'did you mean "level"',
    "numcodecs:zstd,level=23": "level=23 must be an integer from -131072 to 22",
    "numcodecs:lz4,level=3": 'unknown key "level"',
    "numcodecs:quantize": "quantize needs digits",
    "numcodecs:zfpy": "write zfp:accuracy=1e-3",
    "numcodecs:codec=astype": "write float16",
    '{"id": "zfpy", "mode": 4}': "write zfp:accuracy=1e-3",
    '{"id": "zstd", "level": 3': "begins like JSON and is none",
    '{"level": 3}': "as numcodecs does",
    "{}": "as numcodecs does",
    '{"id": 3}': "as numcodecs does",
    '{"id": "pickle"}': "codec=pickle must be one of",
    '{"id": "zstd", "level": "3/4"}': "cannot be taken",
    '{"id": "zstd", "level": [3]}': "cannot be taken",
    '{"id": "zstd", "level": NaN}': "cannot be taken",
    '{"id": "lzma", "filters": [{"id": 3}]}': "cannot be taken",
    '{"id": "lzma", "check": 4}': 'unknown key "check"',
    '{"id": "quantize", "digits": 3, "dtype": "<i4"}': "must be f4 or f8",
    '{"id": "quantize", "digits": 3, "dtype": "<f4", "astype": "<f8"}': "given twice",
}


@pytest.mark.parametrize("text", SPELLINGS)
def test_spellings_of_one_spec(text: str) -> None:
    assert canonical(text) == SPELLINGS[text]
    assert canonical(SPELLINGS[text]) == SPELLINGS[text]
    assert parse(text).spec == SPELLINGS[text]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(SpecError) as refusal:
        canonical(text)
    assert WRONG[text] in str(refusal.value)


@pytest.mark.parametrize("codec", CODECS)
def test_the_configuration_that_numcodecs_prints_is_a_spec(codec: str) -> None:
    """Every codec's own configuration, as Zarr stores it, gives the compressor back that it came from."""
    needed = REQUIRED.get(codec)
    compressor = parse(f"numcodecs:{codec}" + (f",{needed}=3" if needed else ""))
    config = compressor._made(np.zeros(3, np.float32)).get_config()  # type: ignore[attr-defined]
    again = parse(json.dumps(config))
    assert again.spec.removesuffix(",dtype=f4") == compressor.spec
    field = content("wave", (20, 30), "float32")
    assert np.array_equal(bits_of(round_trip(again, field)), bits_of(round_trip(compressor, field)))


@FIXED
@given(st.text(max_size=60) | st.text('{}[]":,/ idzstlev0123e-', max_size=60).map(lambda tail: '{"id": "zstd"' + tail))
def test_no_text_breaks_the_reading(text: str) -> None:
    for spec in (text, "{" + text, "numcodecs:" + text, "numcodecs:{" + text):
        with contextlib.suppress(SpecError, UnknownCompressor):
            printed = canonical(spec)
            assert canonical(printed) == printed


def test_the_command_line_takes_json() -> None:
    done = CliRunner().invoke(cli, ["compressors", '{"id": "zstd", "level": 3}'])
    assert done.exit_code == 0, done.output
    assert ONE in done.output
    assert parse_strategy('trajectory:every=2/{"id": "lz4"}').spec.endswith("/numcodecs:codec=lz4,acceleration=1")


def test_what_is_promised() -> None:
    for codec in CODECS:
        needed = REQUIRED.get(codec)
        bound = parse(f"numcodecs:{codec}" + (f",{needed}=3" if needed else "")).bound
        expected = {
            "quantize": Absolute(2.0**-11),
            "bitround": PointwiseRelative(2.0**-4),
            "delta": Unbounded(),
            "fixedscaleoffset": Unbounded(),
        }
        assert bound == expected.get(codec, Lossless()), codec


@pytest.mark.parametrize("codec", [name for name in CODECS if name not in (*REQUIRED, "delta")])
def test_lossless_codecs_keep_every_bit(codec: str) -> None:
    for dtype in DTYPES:
        assert np.array_equal(bits_of(round_trip(parse(f"numcodecs:{codec}"), special(dtype))), bits_of(special(dtype)))


def test_delta_of_floats_loses() -> None:
    """It is lossless for integers only: sums of rounded differences are not the numbers."""
    field = content("random", (40, 50), "float32")
    assert not np.array_equal(round_trip(parse("numcodecs:delta"), field), field)


@pytest.mark.parametrize("digits", range(-30, 31))
def test_the_step_of_quantize_is_numcodecs_own(digits: int) -> None:
    """Half a step is reached, and not exceeded."""
    step = 2.0 ** -quantum_bits(digits)
    field = np.array([0.5, 1.5, 0.25, -0.49, 3.0, 2.75]) * step
    out = round_trip(parse(f"numcodecs:quantize,digits={digits}"), field)
    assert np.abs(out - field).max() == step / 2
    assert step <= 10.0**-digits


def test_values_that_would_overflow_or_wrap_are_refused() -> None:
    for spec, field, said in (
        ("quantize,digits=3", np.array([3e38], np.float32), "overflows"),
        ("bitround,keepbits=3", np.array([np.finfo(np.float32).max]), "rounded to infinity"),
        ("bitround,keepbits=23", np.ones(3, np.float32), "keepbits=23 rounds nothing off"),
        ("fixedscaleoffset,scale=100,astype=i1", np.array([1.3]), "130 steps do not fit int8"),
        ("fixedscaleoffset,scale=1e300,astype=i4", np.array([1e300]), "do not fit int32"),
        ("quantize,digits=3,dtype=f4", np.array([1.0]), "dtype=f4 was asked for"),
        ("shuffle,elementsize=8", np.ones(3, np.float32), "give elementsize=4"),
    ):
        with pytest.raises(UnsupportedField, match=said):
            parse(f"numcodecs:{spec}").compress(field)


def test_fixedscaleoffset_within_its_integers() -> None:
    for dtype in DTYPES:
        field = content("wave", (30, 40), dtype)
        for spec in ("scale=1000", "scale=1000,astype=i2", "scale=100,astype=i1", "offset=0.25,scale=10,astype=i1"):
            out = check_field(parse(f"numcodecs:fixedscaleoffset,{spec}"), field)
            scale = float(spec.split("scale=")[1].split(",")[0])
            assert np.abs(out - field).max() <= 0.5 / scale + 4 * np.finfo(dtype).eps


def test_gzip_says_no_time_of_day(monkeypatch: pytest.MonkeyPatch) -> None:
    compressor = parse("numcodecs:gzip")
    field = content("wave", (20, 30), "float32")
    stream = compressor.compress(field)
    monkeypatch.setattr("time.time", lambda: 1e9)
    assert compressor.compress(field) == stream


def test_streams_that_hold_other_than_the_field_are_refused() -> None:
    compressor = parse("numcodecs:zlib")
    field = content("wave", (20, 30), "float32")
    stream = compressor.encode(compressor.prepare(field))
    shorter = compressor.encode(compressor.prepare(field[:19]))
    for part in (b"", b"garbage", bytes(stream.parts[0])[:-9], bytes(shorter.parts[0])):
        with pytest.raises(StreamError):
            compressor.fill([memoryview(part)], np.zeros_like(field))


def test_blosc_works_on_the_thread_that_calls_it_and_puts_its_switch_back() -> None:
    library()
    from numcodecs import blosc

    before = blosc.use_threads
    field = content("wave", (200, 300), "float32")
    round_trip(parse("numcodecs:blosc"), field)
    assert blosc.use_threads is before
    inside = threading.Event()
    done = threading.Event()

    def hold() -> None:
        with one_thread():
            inside.set()
            done.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(60)
    with one_thread():
        assert blosc.use_threads is False
    assert blosc.use_threads is False, "the switch was put back while another call was under way"
    done.set()
    thread.join()
    assert blosc.use_threads is before
    assert type(blosc.get_mutex()) is type(threading.Lock()), "a semaphore of the system outlives a killed process"


def ran(code: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=600)
    return done.stdout + done.stderr


@pytest.mark.skipif(version("zfpy").replace(".", "").isdecimal(), reason="this zfpy does not break numcodecs")
def test_the_plain_import_fails_beside_this_zfpy() -> None:
    """If this fails, numcodecs was repaired, and its import needs no help."""
    assert "invalid literal for int()" in ran("import numcodecs")


def test_the_import_leaves_nothing_behind() -> None:
    """zfpy is there for others, and what numcodecs says of it is what it says without us."""
    code = (
        "import sys; from wavecomp.compressors.numcodecs_library import library\n"
        "print(library().__name__, 'numcodecs.zfpy' in sys.modules and sys.modules['numcodecs.zfpy'] is None)\n"
        "import zfpy, numcodecs; print(zfpy.__name__, numcodecs.Zstd(3).encode(b'x' * 99) is not None)\n"
    )
    assert ran(code).split() == ["numcodecs", "False", "zfpy", "True"]


def test_a_zfpy_that_can_be_read_is_left_to_numcodecs(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import importlib.metadata as m, sys; genuine = m.version\n"
        "m.version = lambda name: '1.0.1' if name == 'zfpy' else genuine(name)\n"
        "from wavecomp.compressors.numcodecs_library import library\n"
        "print('zfpy' in library().registry.codec_registry)\n"
    )
    assert ran(code).split() == ["True"]
