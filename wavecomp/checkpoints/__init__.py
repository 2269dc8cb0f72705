"""Bytes under a budget: the store of compressed checkpoints, in memory and on disk."""
