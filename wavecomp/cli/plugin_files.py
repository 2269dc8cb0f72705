"""``--plugin FILE``: compressors of somebody's own, without a package, for the commands that take a spec."""

from __future__ import annotations

from collections.abc import Sequence

import click

from wavecomp.compressors import Registry, default_registry, with_plugins

plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="FILE",
    help="Compressors of your own: Python code (.py), or a program (.toml). May be given many times.",
)


def registry_with(plugins: Sequence[str]) -> Registry:
    """Return the compressors that a command knows; raises PluginFileError."""
    return with_plugins(*plugins) if plugins else default_registry()
