from typing import Any

from numpy.typing import NDArray

from wavecomp.compressors.stream import Buffer

def head_most(blocks: int, /) -> int: ...
def encode(codes: NDArray[Any], classes: NDArray[Any], head: NDArray[Any], threads: int, /) -> tuple[int, bytes]: ...
def decode(
    codes: NDArray[Any], classes: NDArray[Any], head: NDArray[Any], streams: Buffer, threads: int, /
) -> None: ...
