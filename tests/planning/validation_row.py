"""One row of a validation as a record holds it, within every bar."""

from __future__ import annotations

ROW = {
    "strategy": "revolve:slots=5/identity", "compressed": False, "budget_bytes": None, "refused": None,
    "measured_s": 10.0, "least_s": 9.0, "greatest_s": 12.0, "relative_l2": 1e-3, "deep_l2": 2e-3,
    "peak_bytes": 5_000_000,    "forward_steps": 700, "writes": 90, "predicted_s": 10.5, "low_s": 9.0, "high_s": 12.0,
    "predicted_reference_speed_s": 11.0, "predicted_peak_bytes": 5_000_000, "predicted_forward_steps": 700,
    "predicted_writes": 90, "predicted_l2": 1.5e-3, "predicted_deep_l2": 1e-3, "beyond": 1.0, "published_s": 6.0,
    "fits": True,
}  # fmt: skip
