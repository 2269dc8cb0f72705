"""Kernels in C, compiled when wavecomp is built or installed."""
