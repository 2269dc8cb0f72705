"""``wavecomp compressors``: what is there, what it can do, what is missing and why."""

from __future__ import annotations

import click

from wavecomp.cli.plain_text import one_line, printable
from wavecomp.cli.plugin_files import plugin_option, registry_with
from wavecomp.compressors import Registry
from wavecomp.compressors.foreign import failing_as
from wavecomp.spec_text import SpecText


@click.command()
@click.argument("spec", required=False)
@plugin_option
def compressors(spec: str | None, plugins: tuple[str, ...]) -> None:
    """List the compressors, or explain one: by its name, or by a spec.

    \b
    Example:
      wavecomp compressors
      wavecomp compressors zfp
      wavecomp compressors sz3:rel=1e-4,algorithm=interp
      wavecomp compressors mine --plugin mine.py
    """
    registry = registry_with(plugins)
    if spec is None:
        _overview(registry)
    elif not SpecText.parse(spec).is_bare or not registry.definition(spec).parameters:
        _explain(registry, spec)
    else:
        _keys(registry, spec)


def _overview(registry: Registry) -> None:
    missing = registry.unavailable()
    for definition in registry.definitions():
        if definition.name not in missing:
            click.echo(f"{click.style(definition.name, bold=True)}: {one_line(definition.summary)}")
            for example in definition.examples:
                click.echo(f"    {example}")
    for name, reason in missing.items():
        click.echo(printable(f"not available: {name}: {reason}"))


def _keys(registry: Registry, name: str) -> None:
    definition = registry.definition(name)
    click.echo(f"{name}: {one_line(definition.summary)}")
    for parameter in definition.parameters:
        default = "" if parameter.default is None else f" (default {parameter.default})"
        click.echo(f"  {parameter.name}: {one_line(parameter.doc)}; {parameter.describe()}{default}")
    click.echo("for example")
    for example in definition.examples:
        click.echo(f"  {example}")
    if name in registry.unavailable():
        click.echo(printable(f"not available here: {registry.unavailable()[name]}"))


def _explain(registry: Registry, spec: str) -> None:
    compressor = registry.parse(spec)
    with failing_as(compressor.spec):
        can = compressor.capabilities
        parallel = "can" if can.releases_gil else "cannot"
        lines = [
            f"spec         {compressor.spec}",
            f"error        {compressor.bound}",
            f"dimensions   up to {can.max_dimensions}, of {' and '.join(can.dtypes)}",
            f"NaN and Inf  {'kept' if can.nonfinite else 'refused'}",
            f"threads      {can.threads} in one call; several calls {parallel} run side by side",
        ]
    for line in lines:
        click.echo(one_line(line))
