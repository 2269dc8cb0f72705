"""What a strategy costs before it is run: the performance model, as pure functions of numbers and arrays.

All arguments broadcast against each other; what comes back is an array of the shape that they have together, with no
axis where all are plain numbers. Units are seconds, bytes and bytes a second. Nothing is clipped in silence: what the
model cannot answer is an :class:`~wavecomp.errors.OutsideTheModel`, which repeats the value and says what would do.
"""
