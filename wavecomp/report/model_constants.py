"""The constants that the figures of the performance model are drawn with: the study's, or those measured here."""

from __future__ import annotations

from dataclasses import dataclass

from wavecomp.errors import NothingToReport
from wavecomp.perfmodel.study import STUDY as PUBLISHED
from wavecomp.records.experiment import ExperimentResult
from wavecomp.report.draw_experiments_error import number
from wavecomp.report.draw_model_actions import EQUAL_CHECKPOINTS, UNCOMPRESSED
from wavecomp.report.names import setting_label
from wavecomp.spec_text import SpecText


@dataclass(frozen=True, slots=True)
class ModelConstants:
    """One problem on one machine, as equations (1) to (3) know it.

    Attributes
    ----------
    step_s : float
        C, seconds a time step.
    checkpoint_bytes : float
        S, bytes of one uncompressed checkpoint.
    bandwidth : float
        B, bytes a second; copying a checkpoint is charged 2 S / B.
    ratio : float
        F, uncompressed / compressed bytes.
    compress_s, decompress_s : float
        t_c and t_d, seconds for one checkpoint.
    steps : int
        N.
    where : str
        Whose they are, in a few words for titles.
    sources : tuple of (str, str)
        A constant with its value, and where that comes from.
    """

    step_s: float
    checkpoint_bytes: float
    bandwidth: float
    ratio: float
    compress_s: float
    decompress_s: float
    steps: int
    where: str
    sources: tuple[tuple[str, str], ...] = ()

    @property
    def all_bytes(self) -> float:
        """N S: every checkpoint uncompressed."""
        return self.steps * self.checkpoint_bytes

    @property
    def codec_s(self) -> float:
        """t_c + t_d."""
        return self.compress_s + self.decompress_s


_SLIDES = "the study's slides"
_SCRIPT = "the authors' public script, performance.py of github.com/navjotk/lossy_compression (platform Skylake)"

STUDY = ModelConstants(
    PUBLISHED.step_seconds,
    PUBLISHED.checkpoint_bytes,
    PUBLISHED.bandwidth,
    PUBLISHED.ratio,
    PUBLISHED.compress_seconds,
    PUBLISHED.decompress_seconds,
    PUBLISHED.steps,
    "the study's constants",
    (
        ("N = 2,500 steps", _SLIDES),
        ("S = 891 MB a checkpoint (881 × 881 × 287 points of 4 bytes)", _SLIDES),
        ("F = 41", _SLIDES),
        ("C = 1.11 s a step", _SCRIPT),
        ("B = 8,139.2 MB/s", f"{_SCRIPT}, measured by STREAM"),
        ("t_c = 0.36 s", _SCRIPT),
        ("t_d = 1.6 s (0.396 s is called theoretical there)", _SCRIPT),
    ),
)
"""What is published. The script counts 2,526 steps where the slides say 2,500."""

STUDY_FASTER_S = PUBLISHED.theoretical_decompress_seconds
"""The decompression time that the study's script calls theoretical."""

STUDY_MEMORIES = (4e9, 8e9, 16e9, 24e9)
"""Peak memories of the study's curves, in bytes."""


def constants_of(result: ExperimentResult) -> ModelConstants:
    """Return the constants that the runs of the experiment ``actions`` had, as means over each run.

    C is the mean of a forward step, without compression. B is such that 2 S / B is the mean time for saving or loading
    one uncompressed checkpoint. F is the ratio of all bytes that were saved, and t_c and t_d are what saving and
    loading took with compression beyond the copy 2 S / (F B) that equation (3) charges beside them.

    Raises
    ------
    NothingToReport
        The result does not hold both runs with equal numbers of checkpoints.
    """
    rows = {row["kind"]: row for row in result.rows}
    if result.experiment != "actions" or not {UNCOMPRESSED, EQUAL_CHECKPOINTS} <= rows.keys():
        raise NothingToReport(
            f"{result.file_name} holds no uncompressed and compressed Revolve run; the experiment actions does"
        )
    plain, packed = rows[UNCOMPRESSED], rows[EQUAL_CHECKPOINTS]
    size = number(result.facts["state_bytes"])
    moved = number(plain["writes"]) + number(plain["reads"])
    bandwidth = 2 * size * moved / (number(plain["compress_s"]) + number(plain["decompress_s"]))
    ratio = size * number(packed["writes"]) / number(packed["written_bytes"])
    copy = 2 * size / (ratio * bandwidth)
    step = number(plain["advance_s"]) / number(plain["forward_steps"])
    back = number(plain["reverse_s"]) / number(plain["adjoint_steps"])
    compress, decompress = (
        max(number(packed[key]) / number(packed[count]) - copy, 0.0)
        for key, count in (("compress_s", "writes"), ("decompress_s", "reads"))
    )
    steps = int(number(result.facts["steps"])) - int(number(result.facts["first"]))
    by = setting_label(str(SpecText.parse(str(packed["strategy"])).inner))
    one, many = "one run of the experiment actions, uncompressed", f"the same with {by}"
    sources = (
        (f"N = {steps:,} steps", f"the problem {result.problem}"),
        (f"S = {size / 1e6:.4g} MB a checkpoint (a state of two levels)", f"the problem {result.problem}"),
        (f"C = {step:.3g} s a step (a step back took {back / step:.2f} of it)", f"{one}: mean of a forward step"),
        (f"B = {bandwidth / 1e6:,.0f} MB/s", f"{one}: 2 S over the mean time to save or load a checkpoint"),
        (f"F = {ratio:.3g}", f"{many}: all bytes saved"),
        (f"t_c = {compress:.3g} s", f"{many}: mean time to save, less the copy"),
        (f"t_d = {decompress:.3g} s", f"{many}: mean time to load, less the copy"),
    )
    return ModelConstants(
        step, size, bandwidth, ratio, compress, decompress, steps, f"measured on {result.problem}", sources
    )
