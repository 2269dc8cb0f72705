"""Gradients of many shots, and inversions that use them."""
