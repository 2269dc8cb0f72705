"""``wavecomp suites``: where the benchmarks lie, for pytest."""

from __future__ import annotations

import click

from wavecomp.benchmarks.place import suites_folder


@click.command()
def suites() -> None:
    """Print the folder of the suites: benchmarks of lossless and lossy compression and of gradients, for pytest.

    It needs the extra bench (pytest and pytest-benchmark).

    \b
    Example:
      pytest "$(wavecomp suites)" --benchmark-only
      pytest "$(wavecomp suites)" --benchmark-only --field wave.npy -k zfp --benchmark-json=now.json
    """
    click.echo(suites_folder())
