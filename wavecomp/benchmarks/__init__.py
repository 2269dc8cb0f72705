"""The cases of all studies as benchmarks: their names, measured when one is asked for, and handed to pytest-benchmark."""
