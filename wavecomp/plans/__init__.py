"""Plans of an adjoint run: strategies, schedules of actions, and what of a budget they take. No array is touched."""
