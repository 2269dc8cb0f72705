"""Compile the kernels in C while a wheel is built: ``wavecomp/compressors/kernels/_interp.c``.

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

NAME = "_interp"
# The rounding is part of the stream's format: nothing may be fused or reordered. What only tells about errors may go.
FLAGS = ["-O3", "-std=c11", "-fPIC", "-shared", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]


class KernelHook(BuildHookInterface[Any]):
    """Puts the compiled module into the wheel, or beside its source where the install is editable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile."""
        folder = Path(self.root) / "wavecomp" / "compressors" / "kernels"
        library = f"{NAME}{sysconfig.get_config_var('EXT_SUFFIX')}"
        self._scratch = tempfile.TemporaryDirectory()
        place = folder if version == "editable" else Path(self._scratch.name)
        compiler = os.environ.get("CC") or "cc"
        include = sysconfig.get_path("include")
        command = [*compiler.split(), *FLAGS, f"-I{include}", str(folder / f"{NAME}.c"), "-o", str(place / library)]
        try:
            subprocess.run([*command, "-fopenmp"], check=True, capture_output=True)
        except subprocess.CalledProcessError:
            subprocess.run(command, check=True)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        if version != "editable":
            build_data["force_include"][str(place / library)] = f"wavecomp/compressors/kernels/{library}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Let go of what was compiled: it is in the wheel."""
        self._scratch.cleanup()
