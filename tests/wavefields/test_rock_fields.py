"""The parameters that Devito's model is given, by hand; and what does not go together."""

from __future__ import annotations

import numpy as np
import pytest

from wavecomp.errors import RecipeError
from wavecomp.wavefields.rock_fields import model_parameters
from wavecomp.wavefields.rock_physics import gardner_density, lame_quality, li_quality, relaxation
from wavecomp.wavefields.velocity import build_velocity

LOW = {"source.peak_frequency_hz": 5.0}
LAYERS = {"kind": "layered", "interfaces_m": [120.0], "velocities_m_s": [1600.0, 4000.0]}


def parameters(recipe):
    return model_parameters(recipe, build_velocity(recipe))


def test_published_values_of_the_relations():
    """Gardner: 0.23 v^¼ g/cm³ with v in ft/s; Li: 14 v^2.2 with v in km/s."""
    v = np.array([[1500.0, 3000.0], [4500.0, 6000.0]], dtype=np.float32)
    np.testing.assert_allclose(gardner_density(v), 1000 * 0.23 * (v / 0.3048) ** 0.25, rtol=5e-3)
    np.testing.assert_allclose(li_quality(v), 14.0 * (v / 1000.0) ** 2.2, rtol=1e-3)
    assert gardner_density(v).dtype == np.float32


@pytest.mark.parametrize("quality", [5.0, 20.0, 1000.0])
def test_a_standard_linear_solid_has_its_q_at_the_reference(quality):
    """Q is Re M / Im M of the modulus M = (1 + iω τ_ε) / (1 + iω τ_σ)."""
    x = relaxation(quality)
    modulus = (1.0 + 1j / x) / (1.0 + 1j * x)
    assert modulus.real / modulus.imag == pytest.approx(quality, rel=1e-9)


def test_losses_of_the_moduli_add_up_to_those_of_p_waves():
    """λ = ρ (v_P² − 2 v_S²), μ = ρ v_S²: 1/Q_P is the mean of 1/Q_λ and 1/Q_S, weighted with λ and 2μ."""
    vp, vs, qp, qs = 3000.0, 1700.0, 80.0, 70.0
    lam, mu = vp**2 - 2.0 * vs**2, vs**2
    total = (lam / lame_quality(vp / vs, qp, qs) + 2.0 * mu / qs) / (lam + 2.0 * mu)
    assert 1.0 / total == pytest.approx(qp)


def test_constants_and_relations(make_recipe):
    found = parameters(make_recipe({"physics": "viscoacoustic", "model": LAYERS, **LOW}))
    assert found["b"][0, 0] == pytest.approx(1000.0 / (310.0 * 1600.0**0.25))
    assert found["qp"][0, -1] == pytest.approx(3.516e-6 * 4000.0**2.2)
    material = {"qp": 40.0, "density_kg_m3": 2000.0}
    found = parameters(make_recipe({"physics": "viscoacoustic", "material": material}))
    assert found["qp"] == 40.0
    assert (found["b"] == 0.5).all()
    found = parameters(make_recipe({"physics": "elastic", "model": LAYERS, "material": {"vp_vs_ratio": 2.0}, **LOW}))
    assert (found["vs"][:, 0] == np.float32(0.8)).all()
    assert (found["vs"][:, -1] == 2.0).all()
    found = parameters(make_recipe({"physics": "elastic", "material": {"vs_m_s": 900.0}, **LOW}))
    assert (found["vs"] == np.float32(0.9)).all()


def test_anisotropy_grows_from_the_source(make_recipe):
    found = parameters(make_recipe({"physics": "tti", "material": {"isotropic_radius_m": 60.0, "theta_deg": 90.0}}))
    source = 12, 10
    assert found["theta"] == pytest.approx(np.pi / 2)
    for name, full in (("epsilon", 0.3), ("delta", 0.2)):
        assert found[name][source] == 0.0
        assert found[name][12 + 3, 10] == pytest.approx(full / 2)
        assert found[name][12, 10 + 6] == found[name][0, 0] == np.float32(full)
    whole = parameters(make_recipe({"physics": "tti", "material": {"isotropic_radius_m": 0.0}}))
    assert (whole["epsilon"] == np.float32(0.3)).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"physics": "elastic", "model": LAYERS, "material": {"vs_m_s": 1500.0}},
            r"material\.vs_m_s = 1500\.0: must be at most 1385\.64 m/s where P waves have 1600 m/s",
        ),
        (
            {"physics": "viscoacoustic", "model": {"kind": "constant", "velocity_m_s": 500.0}},
            r"material\.qp = 'li': gives Q = 3\.05 at 500 m/s, and 5 is the least",
        ),
        ({"physics": "viscoelastic", "material": {"qp": 6.0}}, r"material\.qp_qs_ratio = 1\.4: gives Q_S = 4\.29"),
        (
            {"physics": "viscoelastic", "material": {"vp_vs_ratio": 1.3}},
            r"material\.vp_vs_ratio = 1\.3: v_P/v_S must be above √2, here it is 1\.3",
        ),
        (
            {"physics": "viscoelastic", "material": {"qp": 100.0, "qs": 60.0}},
            r"material\.qp = 100\.0: with this Q_S, λ has no Q of 5 or more: Q_P must stay below .*, here 90",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(make_recipe, changes, words):
    with pytest.raises(RecipeError, match=words):
        parameters(make_recipe({**LOW, "grid.spacing_m": 5.0, "source.position_m": [60.0, 50.0], **changes}))
