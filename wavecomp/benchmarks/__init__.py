"""The cases of all studies as benchmarks: named, measured when one is asked for, handed to pytest-benchmark."""
