"""SEG-Y models in every order that files come in: laid out rightly, or refused by name."""

from __future__ import annotations

import numpy as np
import pytest
import segyio
from segyio import TraceField

from wavecomp.errors import ModelFileError
from wavecomp.wavefields.model_spec import SegyModel
from wavecomp.wavefields.velocity_files import read_model


def model(dimensions):
    return SegyModel("a.sgy", (10.0,) * dimensions, (0.0,) * dimensions, "m/s")


@pytest.fixture
def cube():
    """A square one: swapped axes cannot be seen in its shape."""
    return np.rint(np.random.default_rng(6).uniform(1500.0, 5000.0, (6, 6, 9))).astype(np.float32)


def write(path, traces, headers, *, code=5, endian="big", dtype=np.float32):
    """Write traces, shape (traces, samples), with one mapping of header fields for each."""
    spec = segyio.spec()
    spec.format, spec.samples, spec.tracecount, spec.endian = code, np.arange(traces.shape[1]), len(traces), endian
    with segyio.create(str(path), spec) as file:
        for number, header in enumerate(headers):
            file.header[number] = header
            file.trace[number] = traces[number].astype(dtype)


def placed(inline, crossline, **more):
    return {TraceField.INLINE_3D: int(inline), TraceField.CROSSLINE_3D: int(crossline)} | {
        getattr(TraceField, key): int(value) for key, value in more.items()
    }


def cube_traces(cube, order):
    """Return traces and headers of a cube in some order of (x, y); numbers begin anywhere and have steps."""
    return (
        np.stack([cube[x, y] for x, y in order]),
        [placed(100 + 2 * x, 20 + 5 * y, TRACE_SAMPLE_COUNT=cube.shape[2]) for x, y in order],
    )


def every_place(cube):
    return [(x, y) for x in range(cube.shape[0]) for y in range(cube.shape[1])]


@pytest.mark.parametrize(
    "order",
    [
        lambda places: places,
        lambda places: sorted(places, key=lambda place: place[::-1]),
        lambda places: places[::-1],
        lambda places: [places[n] for n in np.random.default_rng(1).permutation(len(places))],
    ],
    ids=["inline", "crossline", "descending", "shuffled"],
)
@pytest.mark.parametrize("shape", [(6, 6, 9), (4, 7, 5)])
def test_a_cube_comes_out_the_same_however_it_is_sorted(tmp_path, order, shape):
    cube = np.random.default_rng(6).uniform(1500.0, 5000.0, shape).astype(np.float32)
    write(tmp_path / "a.sgy", *cube_traces(cube, order(every_place(cube))))
    assert np.array_equal(read_model(model(3), tmp_path, 3)[1].velocity_m_s, cube)


@pytest.mark.parametrize("endian", ["big", "little"])
@pytest.mark.parametrize(
    ("code", "dtype"),
    [
        (1, np.float32), (2, np.int32), (3, np.int16), (5, np.float32), (6, np.float64), (10, np.uint32),
        (11, np.uint16),
    ],
)  # fmt: skip
def test_every_format_in_both_byte_orders(tmp_path, cube, code, dtype, endian):
    """Whole m/s are exact in all of them, IBM floats included."""
    write(tmp_path / "a.sgy", *cube_traces(cube, every_place(cube)), code=code, endian=endian, dtype=dtype)
    assert np.array_equal(read_model(model(3), tmp_path, 3)[1].velocity_m_s, cube)
    section = cube[:, 2]
    write(tmp_path / "a.sgy", section, [placed(1, n) for n in range(6)], code=code, endian=endian, dtype=dtype)
    assert np.array_equal(read_model(model(2), tmp_path, 2)[1].velocity_m_s, section)


@pytest.mark.parametrize("code", [4, 7, 12, 0, -3])
def test_formats_that_are_not_read_are_named(tmp_path, cube, code):
    write(tmp_path / "a.sgy", *cube_traces(cube, every_place(cube)))
    content = bytearray((tmp_path / "a.sgy").read_bytes())
    content[3224:3226] = (code & 0xFFFF).to_bytes(2, "big")
    (tmp_path / "a.sgy").write_bytes(content)
    with pytest.raises(ModelFileError, match=f"sample format {code} .*4-byte IBM float"):
        read_model(model(3), tmp_path, 3)


def test_a_cube_is_no_section(tmp_path, cube):
    write(tmp_path / "a.sgy", *cube_traces(cube, every_place(cube)))
    with pytest.raises(ModelFileError, match="a cube of 6 inlines and 6 crosslines; the recipe has two dimensions"):
        read_model(model(2), tmp_path, 2)


def test_a_section_is_no_cube(tmp_path, cube):
    write(tmp_path / "a.sgy", cube[:, 0], [placed(7, n) for n in range(6)])
    with pytest.raises(ModelFileError, match="1 inlines, bytes 193-196 6 crosslines"):
        read_model(model(3), tmp_path, 3)


@pytest.mark.parametrize("fields", ["inline", "crossline", "both", "cdp", "none"])
def test_a_section_is_in_the_order_of_its_file_whatever_is_numbered(tmp_path, cube, fields):
    section = cube[:, 1]
    numbers = {
        "inline": lambda n: placed(n, 3),
        "crossline": lambda n: placed(3, n),
        "both": lambda n: placed(n, n, CDP=n),
        "cdp": lambda n: placed(0, 0, CDP=10 * n, offset=0),
        "none": lambda _: placed(0, 0),
    }[fields]
    write(tmp_path / "a.sgy", section, [numbers(n) for n in range(6)])
    assert np.array_equal(read_model(model(2), tmp_path, 2)[1].velocity_m_s, section)


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([(1, 1), (1, 3), (1, 2), (1, 4)], "trace numbers must go up in equal steps, but run …1, 3, 2"),
        ([(1, 4), (1, 3), (1, 2), (1, 1)], "go up in equal steps"),
        ([(1, 1), (1, 2), (1, 4), (1, 5)], "go up in equal steps, but run …1, 2, 4, 5"),
        ([(1, 1), (1, 2), (1, 2), (1, 3)], "2 traces have inline 1, crossline 2"),
    ],
)
def test_a_section_whose_traces_are_out_of_place_is_refused(tmp_path, cube, places, words):
    write(tmp_path / "a.sgy", cube[0, : len(places)], [placed(*place) for place in places])
    with pytest.raises(ModelFileError, match=words):
        read_model(model(2), tmp_path, 2)


@pytest.mark.parametrize(("dimensions", "cdp"), [(2, 1), (2, 0), (3, 1)])
def test_several_offsets_at_a_place_are_refused(tmp_path, cube, dimensions, cdp):
    places = every_place(cube)[:12] if dimensions == 3 else [(0, 1)] * 3
    headers = [
        placed(x, y, CDP=cdp, offset=100 * offset) for x, y in places for offset in range(2)
    ]  # fmt: skip
    write(tmp_path / "a.sgy", np.repeat(cube[0, :1], len(headers), axis=0), headers)
    with pytest.raises(ModelFileError, match=r"2 offsets \(0, 100\) at one place"):
        read_model(model(dimensions), tmp_path, dimensions)


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        (lambda place: place != (2, 3), "35 traces, but 6 inlines and 6 crosslines make 36: inline 104, crossline 35"),
        (lambda place: place[0] != 2, "inline numbers must go up in equal steps, but run …100, 102, 106"),
        (lambda place: place[1] != 4, "crossline numbers must go up in equal steps"),
    ],
)
def test_a_cube_with_gaps_is_refused(tmp_path, cube, keep, words):
    write(tmp_path / "a.sgy", *cube_traces(cube, [place for place in every_place(cube) if keep(place)]))
    with pytest.raises(ModelFileError, match=words):
        read_model(model(3), tmp_path, 3)


def test_a_place_that_is_there_twice_is_refused(tmp_path, cube):
    places = [*every_place(cube)[:-1], (0, 0)]
    write(tmp_path / "a.sgy", *cube_traces(cube, places))
    with pytest.raises(ModelFileError, match="2 traces have inline 100, crossline 20"):
        read_model(model(3), tmp_path, 3)


def test_traces_of_another_length_are_refused(tmp_path, cube):
    headers = [placed(1, n, TRACE_SAMPLE_COUNT=9 if n != 4 else 8) for n in range(6)]
    write(tmp_path / "a.sgy", cube[:, 0], headers)
    with pytest.raises(ModelFileError, match="says 8 samples, the binary header 9"):
        read_model(model(2), tmp_path, 2)


@pytest.mark.parametrize("size", [0, 3000, 3225, 3600, 5000])
def test_a_file_that_ends_early_is_refused(tmp_path, cube, size):
    write(tmp_path / "a.sgy", *cube_traces(cube, every_place(cube)))
    (tmp_path / "a.sgy").write_bytes((tmp_path / "a.sgy").read_bytes()[:size])
    with pytest.raises(ModelFileError, match="not a readable SEG-Y file"):
        read_model(model(3), tmp_path, 3)


@pytest.mark.parametrize("turned", [0.0, 0.6])
@pytest.mark.parametrize(("unit", "system", "length"), [(1, 1, 1.0), (0, 0, 1.0), (1, 2, 0.3048)])
@pytest.mark.parametrize("scalar", [-100, 1, 0])
def test_coordinates_that_contradict_the_spacing_are_refused(tmp_path, cube, scalar, unit, system, length, turned):
    """A survey turned by any angle, in metres or feet; neighbours are 25 m and 40 m apart."""
    factor = 1 / 100 if scalar == -100 else 1.0

    def header(x, y):
        along = np.array([[np.cos(turned), -np.sin(turned)], [np.sin(turned), np.cos(turned)]]) @ [25.0 * x, 40.0 * y]
        easting, northing = np.rint((along + np.array([50000, 678200])) / length / factor)
        more = {"CDP_X": easting, "CDP_Y": northing, "SourceGroupScalar": scalar, "CoordinateUnits": unit}
        return placed(100 + 2 * x, 20 + 5 * y, **more)

    places = every_place(cube)
    traces = cube.reshape(-1, cube.shape[2])
    write(tmp_path / "a.sgy", traces, [header(*place) for place in places])
    with segyio.open(str(tmp_path / "a.sgy"), "r+", ignore_geometry=True) as file:
        file.bin[segyio.BinField.MeasurementSystem] = system
    right, swapped = (SegyModel("a.sgy", (*steps, 10.0), (0.0,) * 3, "m/s") for steps in ((25.0, 40.0), (40.0, 25.0)))
    assert np.array_equal(read_model(right, tmp_path, 3)[1].velocity_m_s, cube)
    with pytest.raises(ModelFileError, match=r" 2[45]\.?\d* m apart along x, file_spacing_m says 40 m"):
        read_model(swapped, tmp_path, 3)


def test_a_section_with_coordinates_has_its_spacing(tmp_path, cube):
    headers = [placed(1, n, CDP_X=30 * n, CDP_Y=-40 * n) for n in range(6)]
    write(tmp_path / "a.sgy", cube[0], headers)
    assert read_model(SegyModel("a.sgy", (50.0, 10.0), (0.0, 0.0), "m/s"), tmp_path, 2)[1].spacing_m == (50.0, 10.0)
    with pytest.raises(ModelFileError, match="50 m apart along x, file_spacing_m says 25 m"):
        read_model(SegyModel("a.sgy", (25.0, 10.0), (0.0, 0.0), "m/s"), tmp_path, 2)


@pytest.mark.parametrize("kind", ["angles", "crooked", "none"])
def test_coordinates_that_are_no_grid_say_nothing(tmp_path, cube, kind):
    x = {"angles": 100 * np.arange(6), "crooked": [0, 100, 200, 370, 400, 500], "none": [7] * 6}[kind]
    headers = [placed(1, n, CDP_X=x[n], CDP_Y=7, CoordinateUnits=2 if kind == "angles" else 1) for n in range(6)]
    write(tmp_path / "a.sgy", cube[0], headers)
    assert np.array_equal(read_model(model(2), tmp_path, 2)[1].velocity_m_s, cube[0])
