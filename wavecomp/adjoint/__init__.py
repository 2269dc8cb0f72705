"""The adjoint run: a gradient whose forward wavefield is stored, recomputed or compressed."""
