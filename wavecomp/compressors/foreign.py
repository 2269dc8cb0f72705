"""Code that is not ours, in the process where it runs: what it raises becomes one error that names it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from wavecomp.compressors.base import Compressor
from wavecomp.compressors.definition import Configuration, Definition
from wavecomp.errors import PluginFailed, WavecompError
from wavecomp.plain_text import error_text, one_line


@contextmanager
def output_aside() -> Iterator[None]:
    """Let what is printed in the block go to standard error: standard output is for tables."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


@contextmanager
def failing_as(spec: str) -> Iterator[None]:
    """Turn what a compressor's code raises in the block into PluginFailed; errors of ours, and Ctrl-C, pass.

    Parameters
    ----------
    spec : str
        Of the compressor.
    """
    try:
        with output_aside():
            yield
    except (WavecompError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise PluginFailed(spec, error_text(error)) from error


def build(definition: Definition, configuration: Configuration) -> Compressor:
    """Have a definition build its compressor, and see that it is one.

    Raises
    ------
    PluginFailed
        It raised something else than one of our errors, or did not return a compressor that keeps its spec.
    SpecError
        As the definition does.
    """
    with failing_as(configuration.spec):
        made = definition.build(configuration)
        # Both may be properties, and raise as well.
        said = made.spec if isinstance(made, Compressor) else None
    if not isinstance(made, Compressor):
        raise PluginFailed(configuration.spec, f"it built a {type(made).__name__}, which is no compressor")
    if said != configuration.spec:
        raise PluginFailed(configuration.spec, f"it built a compressor that names itself {said!r:.100}")
    return made


def missing_from(definition: Definition) -> str | None:
    """Ask a definition why it cannot be used here; a plug-in's may answer with anything."""
    try:
        with output_aside():
            reason = definition.missing()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return f"it fails to say whether it can be used: {error_text(error)}"
    return reason if reason is None else one_line(str(reason))
