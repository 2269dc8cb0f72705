"""Time-stepping codes that Devito runs, and the gradient problems that they solve."""

from wavecomp.wavefields.devito_words import check_devito_words

check_devito_words()  # Devito comes with many modules here, and would fail in the middle of its import
