"""``wavecomp compressors``: what is there, what it can do, what is missing and why."""

from __future__ import annotations

import click

from wavecomp.cli.plain_text import one_line, printable
from wavecomp.compressors import Parameter, default_registry
from wavecomp.compressors.foreign import failing_as
from wavecomp.spec_text import SpecText


@click.command()
@click.argument("spec", required=False)
def compressors(spec: str | None) -> None:
    """List the compressors, or explain one: by its name, or by a spec.

    \b
    Example:
      wavecomp compressors
      wavecomp compressors zfp
      wavecomp compressors sz3:rel=1e-4,algorithm=interp
    """
    if spec is None:
        _overview()
    elif not SpecText.parse(spec).is_bare or not default_registry().definition(spec).parameters:
        _explain(spec)
    else:
        _keys(spec)


def _overview() -> None:
    registry = default_registry()
    missing = registry.unavailable()
    for definition in registry.definitions():
        if definition.name not in missing:
            click.echo(f"{click.style(definition.name, bold=True)}: {one_line(definition.summary)}")
            for example in definition.examples:
                click.echo(f"    {example}")
    for name, reason in missing.items():
        click.echo(printable(f"not available: {name}: {reason}"))


def _keys(name: str) -> None:
    registry = default_registry()
    definition = registry.definition(name)
    click.echo(f"{name}: {one_line(definition.summary)}")
    for parameter in definition.parameters:
        click.echo(f"  {_described(parameter)}")
    for choice, parameters in definition.variants.items():
        for parameter in parameters:
            click.echo(f"  {definition.parameters[0].name}={choice}, {_described(parameter)}")
    click.echo("for example")
    for example in definition.examples:
        click.echo(f"  {example}")
    if name in registry.unavailable():
        click.echo(printable(f"not available here: {registry.unavailable()[name]}"))


def _described(parameter: Parameter) -> str:
    default = "" if parameter.default is None else f" (default {parameter.default})"
    return f"{parameter.name}: {one_line(parameter.doc)}; {parameter.describe()}{default}"


def _explain(spec: str) -> None:
    compressor = default_registry().parse(spec)
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
