from typing import Any

from numpy.typing import NDArray

def work(shape: tuple[int, ...], itemsize: int, threads: int, /) -> int: ...
def encode(
    field: NDArray[Any],
    codes: NDArray[Any],
    values: NDArray[Any],
    work: NDArray[Any],
    shape: tuple[int, ...],
    itemsize: int,
    code_bytes: int,
    tolerance: float,
    noise: float,
    threads: int,
    /,
) -> int: ...
def decode(
    out: NDArray[Any],
    codes: NDArray[Any],
    values: NDArray[Any],
    work: NDArray[Any],
    shape: tuple[int, ...],
    itemsize: int,
    code_bytes: int,
    tolerance: float,
    noise: float,
    threads: int,
    /,
) -> int: ...
