"""Lossless compression, thinned from the study's Table 1: every Blosc codec, its shuffles, levels and chunk sizes."""

SUITES = ("table1-quick",)
LOSSLESS = True


def bench_compress(benchmark, sweep_case):
    sweep_case.hand_over(benchmark, "compress")


def bench_decompress(benchmark, sweep_case):
    sweep_case.hand_over(benchmark, "decompress")
