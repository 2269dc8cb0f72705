"""``wavecomp model``: what a strategy should cost, and whether it does."""

from __future__ import annotations

import click

from wavecomp.cli.modelling import calibrate, validate


@click.group()
def model() -> None:
    """The performance model: its constants on this machine, and how well it predicts."""


model.add_command(calibrate)
model.add_command(validate)
