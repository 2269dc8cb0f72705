from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import RecipeError, UnknownRecipe
from wavecomp.wavefields.recipe import (
    KeptSteps,
    find_recipe,
    load_recipe,
    parse_recipe,
    recipe_from_json,
    recipe_names,
)

SHIPPED = (
    "elastic-2d",
    "layered-3d",
    "marmousi-2d",
    "overthrust-2d",
    "paper",
    "quick",
    "standard",
    "thrust-2d",
    "tiny",
    "tti-2d",
    "viscoacoustic-2d",
    "viscoelastic-2d",
)


def test_shipped_recipes_are_these():
    assert recipe_names() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_recipe_bears_the_name_of_its_file_and_round_trips(name):
    recipe = find_recipe(name)
    assert recipe.name == name
    assert recipe_from_json(recipe.canonical_json()) == recipe
    assert recipe.kept.of(10_000)[-1] == 10_000


def test_paper_preset_is_the_published_setup():
    paper = find_recipe("paper")
    assert paper.shape == (801, 801, 207)
    padded = [n + 2 * paper.absorbing_points for n in paper.shape]
    assert padded == [881, 881, 287]
    assert math.prod(padded) * 4 == pytest.approx(891e6, rel=1e-3)
    assert paper.steps == 2500
    assert paper.kept.of(2500) == (2500,)
    index = [(s - o) / h for s, o, h in zip(paper.source_m, paper.origin_m, paper.spacing_m, strict=True)]
    assert index == [400, 400, 2]


def test_standard_preset_is_about_100_mb_a_level_with_its_layer():
    standard = find_recipe("standard")
    assert standard.shape == (256, 256, 256)
    assert math.prod(n + 2 * standard.absorbing_points for n in standard.shape) * 4 == pytest.approx(104e6, rel=0.01)


def test_quick_preset_is_100_points_a_side_with_its_layer_and_its_source_off_centre():
    quick = find_recipe("quick")
    assert [n + 2 * quick.absorbing_points for n in quick.shape] == [100, 100, 100]
    assert len(quick.kept.of(quick.steps)) == 20
    assert all(abs(s - (low + high) / 2) > 1 for s, (low, high) in zip(quick.source_m, quick.extent_m, strict=True))


# Every change is one of a valid recipe into another valid one.
CHANGES = {
    "physics": None,
    "model.velocity_m_s": 2001.0,
    "grid.shape": [31, 24],
    "grid.spacing_m": [10.0, 9.0],
    "grid.origin_m": [10.0, 0.0],
    "grid.absorbing_points": 6,
    "grid.space_order": 6,
    "source.position_m": [121.0, 100.0],
    "source.peak_frequency_hz": 19.0,
    "time.steps": 41,
    "time.dt_s": 0.001,
    "snapshots.every": 20,
    "snapshots.padded": True,
}


@pytest.mark.parametrize("path", [path for path, value in CHANGES.items() if value is not None])
def test_digest_changes_with_what_determines_the_wavefield(make_recipe, path):
    assert make_recipe({path: CHANGES[path]}).digest != make_recipe().digest


def test_digest_ignores_name_description_and_the_way_of_writing(make_recipe):
    one = make_recipe()
    other = make_recipe(
        {
            "name": "other",
            "description": "x",
            "grid.spacing_m": [10, 10],
            "grid.origin_m": [-0.0, 0],
            "source.position_m": [120, 100],
        }
    )
    assert one.digest == other.digest
    assert one.canonical_json() != other.canonical_json()


def test_digest_is_frozen(make_recipe):
    """Stored fields are found by this digest: a change of it needs a new GENERATOR_VERSION, not a new number here."""
    assert make_recipe().digest == "9c3104f87944d198e203e4f774a681f005b2786a31011ac8881ef5eb6f1a1ab7"


sizes = st.integers(9, 60)
lengths = st.floats(1.0, 40.0)


@st.composite
def recipes(draw):
    rank = draw(st.sampled_from([2, 3]))
    shape = [draw(sizes) for _ in range(rank)]
    spacing = [draw(lengths) for _ in range(rank)]
    origin = [draw(st.floats(-1e5, 1e5)) for _ in range(rank)]
    interfaces = sorted(draw(st.sets(st.floats(-1e4, 1e4), min_size=1, max_size=5)))
    steps = draw(st.integers(2, 10**6))
    model = draw(
        st.sampled_from(
            [
                {"kind": "constant", "velocity_m_s": draw(st.floats(1000.0, 8000.0))},
                {
                    "kind": "layered",
                    "interfaces_m": interfaces,
                    "velocities_m_s": [draw(st.floats(1000.0, 8000.0)) for _ in range(len(interfaces) + 1)],
                },
                {"kind": "overthrust_like"},
                {"kind": "hdf5", "file": draw(st.text('abc é"\\', min_size=1).filter(str.strip))},
                {
                    "kind": "raw",
                    "file": "a.bin",
                    "file_shape": shape,
                    "file_spacing_m": spacing,
                    "unit": "km/s",
                    "axes": "zyx" if rank == 3 else "zx",
                },
                {"kind": "segy", "file": "a.sgy", "file_spacing_m": spacing, "unit": "m/s"},
            ]
        )
    )
    clock = draw(st.sampled_from([{"steps": steps}, {"duration_s": draw(st.floats(1e-3, 1e3))}]))
    listed = draw(st.lists(st.integers(1, steps), unique=True, max_size=6))
    kept = draw(st.sampled_from([{"every": draw(st.integers(1, steps))}, {"steps": listed}, {}]))
    return {
        "name": draw(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,9}", fullmatch=True)),
        "description": draw(
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip)
        ),
        "physics": "acoustic",
        "model": model,
        "grid": {
            "shape": shape,
            "spacing_m": spacing,
            "origin_m": origin,
            "absorbing_points": draw(st.integers(1, 50)),
            "space_order": draw(st.sampled_from([2, 4, 8])),
        },
        "source": {"position_m": ["centre"] * rank, "peak_frequency_hz": draw(st.floats(0.1, 5.0))},
        "time": clock | draw(st.sampled_from([{}, {"dt_s": 1e-3}])),
        "snapshots": kept | {"padded": draw(st.booleans())},
    }


@given(content=recipes())
def test_canonical_json_round_trips(toml_text, content):
    recipe = parse_recipe(toml_text(content), "generated.toml")
    text = recipe.canonical_json()
    again = recipe_from_json(text)
    assert again == recipe
    assert again.canonical_json() == text
    assert again.digest == recipe.digest


BAD = [
    ("name", "Quick!"),
    ("name", ""),
    ("name", 3),
    ("description", "  "),
    ("physics", "acustic"),
    ("physics", True),
    ("model", 3),
    ("model.kind", "constnt"),
    ("model.velocity_m_s", 2.0),
    ("model.velocity_m_s", -2000.0),
    ("model.velocity_m_s", 1e9),
    ("model.velocity_m_s", math.nan),
    ("model.velocity_m_s", True),
    ("model.velocity_m_s", "2000"),
    ("grid.shape", [30]),
    ("grid.shape", [30, 30, 30, 30]),
    ("grid.shape", [30, 4]),
    ("grid.shape", [30, 24.0]),
    ("grid.shape", [30, True]),
    ("grid.shape", [30, -24]),
    ("grid.shape", []),
    ("grid.shape", 30),
    ("grid.spacing_m", -10.0),
    ("grid.spacing_m", 0),
    ("grid.spacing_m", [10.0]),
    ("grid.spacing_m", [10.0, math.inf]),
    ("grid.spacing_m", [10.0, 30.0]),
    ("grid.spacing_m", True),
    ("grid.origin_m", [0.0]),
    ("grid.origin_m", [0.0, math.nan]),
    ("grid.absorbing_points", 0),
    ("grid.absorbing_points", 5.0),
    ("grid.absorbing_points", 10**9),
    ("grid.space_order", 5),
    ("grid.space_order", 0),
    ("grid.space_order", 18),
    ("grid.space_order", True),
    ("source.position_m", [120.0]),
    ("source.position_m", [120.0, 1000.0]),
    ("source.position_m", [-1.0, 100.0]),
    ("source.position_m", ["center", 100.0]),
    ("source.position_m", [True, 100.0]),
    ("source.position_m", [math.nan, 100.0]),
    ("source.peak_frequency_hz", 0.0),
    ("source.peak_frequency_hz", -20.0),
    ("source.peak_frequency_hz", math.inf),
    ("source.peak_frequency_hz", False),
    ("time.steps", 1),
    ("time.steps", 40.0),
    ("time.steps", True),
    ("time.dt_s", 0.0),
    ("time.dt_s", -1e-3),
    ("time.dt_s", "1 ms"),
    ("snapshots.every", 0),
    ("snapshots.every", 41),
    ("snapshots.every", True),
    ("snapshots.padded", 1),
    ("snapshots.padded", "yes"),
]


@pytest.mark.parametrize(("path", "value"), BAD)
def test_bad_value_is_refused_with_file_key_and_value(make_content, toml_text, path, value):
    with pytest.raises(RecipeError) as caught:
        parse_recipe(toml_text(make_content({path: value})), "some/file.toml")
    text = str(caught.value)
    assert text.startswith(f"some/file.toml: {path} = ")
    assert repr(value) in text
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("steps", [[10, 10], [41], [0], [10, -1], [10.0], "last", [True]])
def test_bad_kept_steps_are_refused(make_content, toml_text, steps):
    with pytest.raises(RecipeError, match=r"snapshots\.steps"):
        parse_recipe(toml_text(make_content({"snapshots": {"steps": steps}})), "file.toml")


NUMBERS = [
    "model.velocity_m_s",
    "grid.spacing_m",
    "grid.absorbing_points",
    "grid.space_order",
    "source.peak_frequency_hz",
    "time.steps",
    "snapshots.every",
]


@given(
    path=st.sampled_from(NUMBERS),
    value=st.one_of(
        st.booleans(),
        st.text("abc0123", max_size=4),
        st.floats(max_value=0.0, allow_infinity=True),
        st.integers(max_value=0),
        st.just(math.nan),
        st.just(math.inf),
        st.lists(st.none(), max_size=0),
        st.just({"a": 1}),
    ),
)
def test_nonsense_for_a_number_is_always_a_recipe_error(make_content, toml_text, path, value):
    content = make_content()
    table, key = path.split(".")
    content[table][key] = value
    if isinstance(value, dict):
        text = json.dumps(content)
        with pytest.raises(RecipeError, match=path):
            recipe_from_json(text)
        return
    with pytest.raises(RecipeError, match=path):
        parse_recipe(toml_text(content), "file.toml")


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("nmae", "name"),
        ("model.velocity", "velocity_m_s"),
        ("grid.spacing", "spacing_m"),
        ("source.peak_frequency", "peak_frequency_hz"),
        ("time.step", "steps"),
        ("snapshots.evry", "every"),
    ],
)
def test_unknown_key_is_refused_with_the_nearest_known_one(make_recipe, path, near):
    with pytest.raises(RecipeError, match="unknown key") as caught:
        make_recipe({path: 1})
    assert path in str(caught.value)
    assert f'did you mean "{near}"' in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        "name",
        "description",
        "physics",
        "model",
        "grid.shape",
        "grid.spacing_m",
        "time.steps",
        "grid.absorbing_points",
        "grid.space_order",
        "source.position_m",
        "model.kind",
        "source.peak_frequency_hz",
        "snapshots",
        "model.velocity_m_s",
    ],
)
def test_missing_key_is_named(make_recipe, path):
    with pytest.raises(RecipeError) as caught:
        make_recipe({path: None})
    assert path in str(caught.value)


def test_physics_that_is_not_there_lists_what_is(make_recipe):
    with pytest.raises(RecipeError, match="acoustic"):
        make_recipe({"physics": "ttl"})


def test_steps_and_duration_exclude_each_other(make_recipe):
    with pytest.raises(RecipeError, match="exactly one of steps and duration_s"):
        make_recipe({"time.duration_s": 1.0})


def test_every_and_steps_exclude_each_other(make_recipe):
    with pytest.raises(RecipeError, match="exclude each other"):
        make_recipe({"snapshots.steps": [1]})


@pytest.mark.parametrize(("spacing", "fine"), [(20.0, True), (20.01, False)])
def test_sampling_limit_is_five_points_a_wavelength(make_recipe, spacing, fine):
    """2000 m/s at 20 Hz is a wavelength of 100 m: five points are 20 m."""
    if fine:
        make_recipe({"grid.spacing_m": spacing})
        return
    with pytest.raises(RecipeError, match="at most 20 m"):
        make_recipe({"grid.spacing_m": spacing})


def test_layers_need_one_velocity_more_than_interfaces_and_ascending_depths(make_recipe):
    def model(depths, velocities):
        return {"model": {"kind": "layered", "interfaces_m": depths, "velocities_m_s": velocities}}

    make_recipe(model([50.0, 90.0], [2000.0, 2500.0, 2400.0]))
    for wrong in (model([50.0], [2000.0]), model([90.0, 50.0], [2000.0] * 3), model([50.0, 50.0], [2000.0] * 3)):
        with pytest.raises(RecipeError, match=r"model\.(velocities|interfaces)_m"):
            make_recipe(wrong)


def test_kept_steps_end_with_the_last():
    assert KeptSteps(every=30).of(100) == (30, 60, 90, 100)
    assert KeptSteps(every=50).of(100) == (50, 100)
    assert KeptSteps(steps=(7, 3)).of(100) == (3, 7, 100)
    assert KeptSteps().of(5) == (5,)


def test_centre_is_the_middle_of_the_extent(make_recipe):
    assert make_recipe({"source.position_m": ["centre", 100.0]}).source_m == (145.0, 100.0)


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownRecipe, match='did you mean "quick"'):
        find_recipe("quik")


def test_recipe_file_is_found_by_its_path(tmp_path: Path, make_content, toml_text):
    path = tmp_path / "mine.toml"
    path.write_text(toml_text(make_content()))
    assert find_recipe(path) == find_recipe(str(path)) == load_recipe(path)
    assert load_recipe(path).folder == tmp_path


def test_text_that_is_not_toml_names_the_line():
    with pytest.raises(RecipeError, match=r"file\.toml: line 2 = 'steps = = 3'"):
        parse_recipe('name = "a"\nsteps = = 3\n', "file.toml")


@pytest.mark.parametrize("text", ["", "[", "a = '"])
def test_truncated_text_is_a_recipe_error(text):
    with pytest.raises(RecipeError):
        parse_recipe(text, "file.toml")


def test_unreadable_file_is_a_recipe_error(tmp_path: Path):
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    for name in ("bytes.toml", "missing.toml"):
        with pytest.raises(RecipeError, match=name):
            find_recipe(tmp_path / name)
