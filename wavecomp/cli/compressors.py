"""``wavecomp compressors``: what is there, what it can do, what is missing and why; and whether it keeps its word."""

from __future__ import annotations

import json

import click

from wavecomp.cli.console import progress_bar
from wavecomp.cli.plain_text import one_line, printable
from wavecomp.cli.plugin_files import plugin_option, registry_with
from wavecomp.compressors import Parameter, Registry
from wavecomp.compressors.foreign import failing_as
from wavecomp.spec_text import SpecText

_EXPLAIN = "explain"


class _OrSpec(click.Group):
    """A group whose word may also be a spec, or missing: then it is explained."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Put the name of the command in front where there is none."""
        words = [*args]
        if not words or not (words[0] in self.commands or words[0] in context.help_option_names):
            words.insert(0, _EXPLAIN)
        return super().parse_args(context, words)


@click.group(cls=_OrSpec, subcommand_metavar="[SPEC] | check SPEC")
def compressors() -> None:
    """List the compressors, explain one by its name or by a spec, or check one.

    \b
    Example:
      wavecomp compressors
      wavecomp compressors zfp
      wavecomp compressors sz3:rel=1e-4,algorithm=interp
      wavecomp compressors mine --plugin mine.py
      wavecomp compressors check zfp:accuracy=1e-3
    """


@compressors.command()
@click.argument("spec")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@plugin_option
def check(spec: str, as_json: bool, plugins: tuple[str, ...]) -> int:
    """Try out everything that a compressor's contract says, in processes of their own.

    Of what fails the smallest field is printed that shows it. Exit status: 0 all passed, 1 something failed.

    \b
    Example:
      wavecomp compressors check zfp:accuracy=1e-3
      wavecomp compressors check mine --plugin mine.py
    """
    # Late: a listing needs nothing of it.
    from wavecomp import conformance

    with progress_bar(spec, "checks") as advance:
        report = conformance.check(spec, registry_with(plugins), advance=advance)
    click.echo(json.dumps(report.as_json(), indent=1) if as_json else printable(str(report)))
    return 0 if report.ok else 1


@compressors.command(_EXPLAIN, hidden=True)
@click.argument("spec", required=False)
@plugin_option
def explain(spec: str | None, plugins: tuple[str, ...]) -> None:
    """List the compressors, or explain one: by its name, or by a spec."""
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
