"""Lossy compression: a few settings of each family, at tolerances that scale with the field."""

SUITES = ("lossy-quick", "interp-quick")
LOSSLESS = False


def bench_compress(benchmark, sweep_case):
    sweep_case.hand_over(benchmark, "compress")


def bench_decompress(benchmark, sweep_case):
    sweep_case.hand_over(benchmark, "decompress")
