"""The adjoint run: a gradient whose forward wavefield is stored, recomputed or compressed."""

from wavecomp.wavefields.devito_words import check_devito_words

check_devito_words()  # Devito comes with many modules here, and would fail in the middle of its import
