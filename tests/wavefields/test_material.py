"""What a recipe says about its rock: read, refused, kept in the digest."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavecomp.errors import RecipeError
from wavecomp.wavefields.material import (
    ElasticMaterial,
    TtiMaterial,
    ViscoacousticMaterial,
    ViscoelasticMaterial,
)
from wavecomp.wavefields.recipe import recipe_from_json

CUBE = {"grid.shape": [30, 28, 24], "source.position_m": [120.0, 100.0, 90.0]}
LOW = {"source.peak_frequency_hz": 10.0}  # S waves are slower: 5 points of 10 m in a wavelength need 50 m


def test_defaults_are_the_documented_ones(make_recipe):
    assert make_recipe({"physics": "tti"}).material == TtiMaterial(0.3, 0.2, 40.0, None, 200.0)
    assert make_recipe({"physics": "tti", **CUBE}).material == TtiMaterial(0.3, 0.2, 40.0, 20.0, 200.0)
    assert make_recipe({"physics": "viscoacoustic"}).material == ViscoacousticMaterial("sls", "li", "gardner")
    elastic = make_recipe({"physics": "elastic", **LOW}).material
    assert elastic == ElasticMaterial(None, math.sqrt(3.0), "gardner")
    viscoelastic = make_recipe({"physics": "viscoelastic", **LOW}).material
    assert viscoelastic == ViscoelasticMaterial(None, math.sqrt(3.0), "gardner", "li", None, 1.4)
    assert make_recipe().material is None


@pytest.mark.parametrize(
    ("physics", "rank", "first"),
    [("acoustic", 2, "u"), ("tti", 2, "u"), ("viscoacoustic", 3, "p"), ("elastic", 2, "vz"), ("viscoelastic", 3, "vz")],
)
def test_default_component(make_recipe, physics, rank, first):
    assert make_recipe({"physics": physics, **LOW, **(CUBE if rank == 3 else {})}).component == first


def test_unknown_component_names_the_known_ones(make_recipe):
    with pytest.raises(
        RecipeError, match=r"snapshots\.component = 'vy': must be one of vz, vx, txx, txz, tzz, txx\+tzz"
    ):
        make_recipe({"physics": "elastic", **LOW, "snapshots.component": "vy"})
    with pytest.raises(RecipeError, match=r"'vz': must be one of u"):
        make_recipe({"snapshots.component": "vz"})
    with pytest.raises(RecipeError, match=r"'vx': must be one of p"):
        make_recipe({"physics": "viscoacoustic", "material": {"kernel": "kv"}, "snapshots.component": "vx"})


BAD = [
    ("acoustic", {"epsilon": 0.1}, "leave \\[material\\] out"),
    ("tti", {"epsilon": -0.1}, "from 0 to 1"),
    ("tti", {"epsilon": 1.1}, "from 0 to 1"),
    ("tti", {"epsilon": "0.1"}, "finite number"),
    ("tti", {"epsilon": True}, "finite number"),
    ("tti", {"delta": 0.31}, "at most epsilon = 0.3"),
    ("tti", {"delta": -0.5}, "from -0.4 to 1"),
    ("tti", {"theta_deg": 91.0}, "from -90 to 90 degrees"),
    ("tti", {"theta_deg": math.nan}, "finite number"),
    ("tti", {"phi_deg": 10.0}, "three-dimensional"),
    ("tti", {"isotropic_radius_m": -1.0}, "from 0 to"),
    ("tti", {"epsilon": 0.1, "delta": 0.1, "isotropic_radius_m": 0.0}, "above 0 where epsilon = delta"),
    ("tti", {"epsilom": 0.1}, 'did you mean "epsilon"'),
    ("viscoacoustic", {"kernel": "slz"}, 'did you mean "sls"'),
    ("viscoacoustic", {"qp": 4.0}, "from 5 to 100000"),
    ("viscoacoustic", {"qp": "lee"}, "must be one of li"),
    ("viscoacoustic", {"qp": math.inf}, "finite number"),
    ("viscoacoustic", {"density_kg_m3": 2.2}, "from 500 to 10000 kg/m³"),
    ("viscoacoustic", {"density_kg_m3": "garden"}, "must be one of gardner"),
    ("viscoacoustic", {"vs_m_s": 1000.0}, "unknown key"),
    ("elastic", {"vs_m_s": 1000.0, "vp_vs_ratio": 2.0}, "exclude each other"),
    ("elastic", {"vs_m_s": 1.0}, "from 100 to 15000 m/s"),
    ("elastic", {"vp_vs_ratio": 1.1}, "from 1.1547 to 10"),
    ("elastic", {"qp": 50.0}, "unknown key"),
    ("viscoelastic", {"qs": 50.0, "qp_qs_ratio": 2.0}, "exclude each other"),
    ("viscoelastic", {"qs": 1.0}, "from 5 to 100000"),
]


@pytest.mark.parametrize(("physics", "material", "words"), BAD)
def test_nonsense_is_refused_with_what_would_be_right(make_recipe, physics, material, words):
    with pytest.raises(RecipeError, match=words) as caught:
        make_recipe({"physics": physics, **LOW, "material": material})
    assert "test.toml: material" in str(caught.value)


def test_tti_takes_orders_that_halve_to_even_ones(make_recipe):
    with pytest.raises(RecipeError, match=r"grid\.space_order = 6: must be a multiple of 4"):
        make_recipe({"physics": "tti", "grid.space_order": 6})


def test_sampling_counts_the_slowest_wave(make_recipe):
    """P waves of 2000 m/s and 20 Hz allow 20 m; S waves of 2000/√3 = 1154.7 m/s allow 11.5 m."""
    make_recipe({"physics": "acoustic", "grid.spacing_m": 15.0})
    make_recipe({"physics": "elastic", "grid.spacing_m": 11.0})
    for physics in ("elastic", "viscoelastic"):
        with pytest.raises(RecipeError, match=r"too coarse for 20 Hz at 1154\.7 m/s"):
            make_recipe({"physics": physics, "grid.spacing_m": 15.0})
    with pytest.raises(RecipeError, match="too coarse for 20 Hz at 500 m/s"):
        make_recipe({"physics": "elastic", "material": {"vs_m_s": 500.0}})
    with pytest.raises(RecipeError, match=r"too coarse for 20 Hz at 1264\.91 m/s"):  # 2000 √(1 − 0.6)
        make_recipe({"physics": "tti", "material": {"delta": -0.3}, "grid.spacing_m": 15.0})


def qualities():
    return st.one_of(st.just("li"), st.floats(5.0, 1e5))


def densities():
    return st.one_of(st.just("gardner"), st.floats(500.0, 10_000.0))


@st.composite
def materials(draw):
    physics = draw(st.sampled_from(["tti", "viscoacoustic", "elastic", "viscoelastic"]))
    if physics == "tti":
        epsilon = draw(st.floats(0.0, 1.0))
        keys = {"epsilon": epsilon, "delta": draw(st.floats(-0.4, epsilon)), "theta_deg": draw(st.floats(-90.0, 90.0))}
        return physics, keys, draw(st.sampled_from(["u", "v", "u+v"]))
    if physics == "viscoacoustic":
        kernel = draw(st.sampled_from(["sls", "kv", "maxwell"]))
        return physics, {"kernel": kernel, "qp": draw(qualities()), "density_kg_m3": draw(densities())}, "p"
    keys = {"density_kg_m3": draw(densities())}
    keys |= draw(st.sampled_from([{"vs_m_s": 1100.0}, {"vp_vs_ratio": draw(st.floats(1.2, 1.9))}, {}]))
    if physics == "viscoelastic":
        keys |= {"qp": draw(qualities())}
        keys |= draw(st.sampled_from([{"qs": draw(st.floats(5.0, 1e5))}, {"qp_qs_ratio": 1.2}, {}]))
    return physics, keys, draw(st.sampled_from(["vx", "vz", "txx", "tzz", "txz", "txx+tzz"]))


@given(case=materials())
def test_canonical_json_round_trips(make_recipe, case):
    physics, keys, component = case
    recipe = make_recipe({"physics": physics, "material": keys, "snapshots.component": component, **LOW})
    text = recipe.canonical_json()
    again = recipe_from_json(text)
    assert again == recipe
    assert again.canonical_json() == text
    assert again.digest == recipe.digest


def test_all_that_determines_the_field_is_in_the_digest(make_recipe):
    changes = [
        {"physics": "tti"},
        *({"physics": "tti", "material": {key: 0.1}} for key in ("epsilon", "delta", "theta_deg")),
        {"physics": "tti", "material": {"isotropic_radius_m": 0.0}},
        {"physics": "tti", "snapshots.component": "v"},
        {"physics": "viscoacoustic"},
        *({"physics": "viscoacoustic", "material": {"kernel": kernel}} for kernel in ("kv", "maxwell")),
        *({"physics": "viscoacoustic", "material": {key: 1000.0}} for key in ("qp", "density_kg_m3")),
        {"physics": "elastic"},
        {"physics": "elastic", "material": {"vs_m_s": 1000.0}},
        {"physics": "elastic", "material": {"vp_vs_ratio": 1.9}},
        {"physics": "elastic", "snapshots.component": "vx"},
        {"physics": "viscoelastic"},
        {"physics": "viscoelastic", "material": {"qs": 50.0}},
        {"physics": "viscoelastic", "material": {"qp_qs_ratio": 1.3}},
    ]
    # a delta of 0.1 with an epsilon of 0.1 is another medium than a delta of 0.1 alone
    digests = [make_recipe({**LOW, **change}).digest for change in changes]
    assert len({*digests, make_recipe(LOW).digest}) == len(changes) + 1


def test_what_is_written_out_and_what_is_the_default_are_one_recipe(make_recipe):
    written = {"epsilon": 0.3, "delta": 0.2, "theta_deg": 40, "isotropic_radius_m": 200.0}
    assert make_recipe({"physics": "tti", "material": written}).digest == make_recipe({"physics": "tti"}).digest


def test_an_acoustic_recipe_may_name_its_only_component(make_recipe):
    """And keeps the digest that it had before there were components."""
    assert make_recipe({"snapshots.component": "u"}).digest == make_recipe().digest
    assert "component" not in make_recipe().canonical_json()
