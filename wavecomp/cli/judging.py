"""Exit statuses of commands that judge: 1 is "worse" there, so nothing else may end with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

from wavecomp.cli.failing import words_of
from wavecomp.errors import NotJudged, WavecompError

P = ParamSpec("P")
T = TypeVar("T")


def judged(command: Callable[P, T]) -> Callable[P, T]:
    """Let whatever keeps a command from its verdict, but wrong words and the user's wish, end with exit status 3."""

    @wraps(command)
    def run(*args: P.args, **keywords: P.kwargs) -> T:
        try:
            return command(*args, **keywords)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except BrokenPipeError:
            raise
        except WavecompError as error:
            if error.exit_status != 1:
                raise
            raise NotJudged(str(error)) from error
        except Exception as error:
            raise NotJudged(words_of(error)[0]) from error

    return run
