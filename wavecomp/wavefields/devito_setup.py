"""The door to Devito: nothing else sets it up, so that every kernel is compiled, kept and recorded alike."""

from __future__ import annotations

import os

from wavecomp.thread_settings import check_thread_settings, passive_threads
from wavecomp.wavefields.build import Build
from wavecomp.wavefields.compiler import Compiler, find_compiler
from wavecomp.wavefields.devito_words import check_devito_words, import_words


def check_devito() -> Compiler:
    """Look at the environment and the compiler, before anything is half done.

    Raises
    ------
    CompilerMissing
        There is no C compiler.
    EnvironmentRefused
        A variable has a value that cannot work.
    """
    check_thread_settings()
    check_devito_words()
    return find_compiler()


def open_devito() -> Compiler:
    """Load Devito and set it up: threads, language, silence, and the cache of kernels.

    Raises
    ------
    CompilerMissing, EnvironmentRefused
        As in :func:`check_devito`.
    PropagationError
        Devito cannot be loaded.
    """
    compiler = check_devito()
    passive_threads()
    with import_words():
        from devito import configuration

        from wavecomp.wavefields.devito_compiler import use_cache
    # DEVITO_OPENMP is the older name, which Devito still heeds.
    if "DEVITO_LANGUAGE" not in os.environ and "DEVITO_OPENMP" not in os.environ:
        configuration["language"] = "openmp" if compiler.openmp else "C"
    if "DEVITO_LOGGING" not in os.environ:
        configuration["log-level"] = "ERROR"
    use_cache()
    return compiler


def build_identity() -> Build:
    """Return what kernels are compiled with in this process, after setting Devito up.

    Its ``mapping()`` is what manifests and provenances keep. Errors as in :func:`open_devito`.
    """
    open_devito()
    from wavecomp.wavefields.devito_compiler import use_cache

    return use_cache().build
