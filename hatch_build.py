"""Compile the kernels in C while a wheel is built: those in ``wavecomp/compressors/kernels``.

A compiler is there wherever wavecomp runs, since Devito needs one. Where OpenMP is missing, kernels have one thread.
"""

from __future__ import annotations

import os
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAMES = ("_interp", "_codes")
# The rounding is part of the stream's format: nothing may be fused or reordered. What only tells about errors may go.
FLAGS = ["-O3", "-std=c11", "-fPIC", "-shared", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]


class KernelHook(BuildHookInterface[Any]):
    """Puts the compiled module into the wheel, or beside its source where the install is editable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile."""
        folder = Path(self.root) / "wavecomp" / "compressors" / "kernels"
        self._scratch = tempfile.TemporaryDirectory()
        place = folder if version == "editable" else Path(self._scratch.name)
        for name in NAMES:
            library = f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
            _compile(folder / f"{name}.c", place / library)
            if version != "editable":
                build_data["force_include"][str(place / library)] = f"wavecomp/compressors/kernels/{library}"
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Let go of what was compiled: it is in the wheel."""
        self._scratch.cleanup()


def _compile(source: Path, library: Path) -> None:
    compiler = os.environ.get("CC") or "cc"
    command = [*compiler.split(), *FLAGS, f"-I{sysconfig.get_path('include')}", str(source), "-o", str(library)]
    try:
        subprocess.run([*command, "-fopenmp"], check=True, capture_output=True)
    except subprocess.CalledProcessError:
        subprocess.run(command, check=True)
