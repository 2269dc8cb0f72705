"""Gradients, with the forward wavefield kept in several ways: wall time of each beside that of the bare sweeps.

All that are selected are measured in one study, in rounds: whatever slows the machine down slows all of them.
"""


def bench_gradient(benchmark, gradient_case):
    gradient_case.hand_over(benchmark, "gradient")
