from typing import Any

from numpy.typing import NDArray

from wavecomp.compressors.stream import Buffer

def sizes(blocks: int, /) -> tuple[int, int]: ...
def encode(
    codes: NDArray[Any], classes: NDArray[Any], head: NDArray[Any], streams: NDArray[Any], threads: int, /
) -> tuple[int, int]: ...
def decode(codes: NDArray[Any], classes: Buffer, head: Buffer, streams: Buffer, threads: int, /) -> None: ...
