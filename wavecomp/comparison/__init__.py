"""Compressors compared fairly: each at the coarsest setting that meets one error, then all of them in turn."""
