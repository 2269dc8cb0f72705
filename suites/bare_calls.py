"""The libraries' own calls, as one would write them who has nothing else: what our compressors are timed beside."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from wavecomp.compressors import Compressor, default_registry
from wavecomp.spec_text import SpecText

Compress = Callable[[], object]
Decompress = Callable[[np.ndarray], object]
Calls = tuple[Compress, Decompress]


def bare_calls(spec: str, field: np.ndarray) -> Calls:
    """Return a compression and a decompression into an array; SZ3's makes its array itself, as pysz has it.

    Our own formats have no library beneath them: there it is what their loops take without header and checks.
    """
    name = SpecText.parse(spec).head.name
    values = default_registry().values(spec)
    if name == "slabs":
        return _slabs(field, int(values["planes"]), int(values["threads"]), float(values["inner.accuracy"]))
    if name in _LIBRARIES:
        return _LIBRARIES[name](field, values)
    return _own(default_registry().parse(spec), field)


def _identity(field: np.ndarray, _: dict) -> Calls:
    copy = field.tobytes()
    return field.tobytes, lambda out: np.copyto(out.reshape(-1), np.frombuffer(copy, out.dtype))


def _zfp(field: np.ndarray, values: dict) -> Calls:
    import zfpy

    keys = {"accuracy": "tolerance", "precision": "precision", "rate": "rate"}
    given = {keys[key]: value for key, value in values.items() if key in keys}
    stream = zfpy.compress_numpy(field, write_header=False, **given)
    return (
        lambda: zfpy.compress_numpy(field, write_header=False, **given),
        lambda out: zfpy._decompress(stream, zfpy.type_float, field.shape, out=out, **given),
    )


def _sz3(field: np.ndarray, values: dict) -> Calls:
    from pysz import sz, szConfig

    algorithms = {"lorenzo_reg": 0, "interp_lorenzo": 1, "interp": 2, "nopred": 3, "lossless": 4}
    modes = [
        ("abs", "absErrorBound"),
        ("rel", "relErrorBound"),
        ("psnr", "psnrErrorBound"),
        ("l2norm", "l2normErrorBound"),
    ]
    given = [number for number, (key, _) in enumerate(modes) if key in values]

    def compress() -> np.ndarray:
        config = szConfig()
        config.cmprAlgo = algorithms[str(values["algorithm"])]
        config.errorBoundMode = 4 if len(given) == 2 else given[0] if given else 0
        for key, attribute in modes:
            setattr(config, attribute, float(values.get(key, 0.0)))
        return sz.compress(field, config)[0]

    stream = compress().copy()
    return compress, lambda _: sz.decompress(stream, field.dtype, field.shape)


def _blosc2(field: np.ndarray, values: dict) -> Calls:
    import blosc2

    filters = [(blosc2.Filter.TRUNC_PREC, values["truncate"])] if "truncate" in values else []
    filters += {
        "none": [],
        "shuffle": [(blosc2.Filter.SHUFFLE, 0)],
        "bitshuffle": [(blosc2.Filter.BITSHUFFLE, 0)],
        "bytedelta": [(blosc2.Filter.SHUFFLE, 0), (blosc2.Filter.BYTEDELTA, field.itemsize)],
    }[str(values["shuffle"])]
    filters = filters or [(blosc2.Filter.NOFILTER, 0)]
    keys = {
        "codec": blosc2.Codec[str(values["codec"]).upper()],
        "clevel": values["level"],
        "typesize": field.itemsize,
        "nthreads": values["threads"],
        "blocksize": values["block"],
        "filters": [one for one, _ in filters],
        "filters_meta": [meta for _, meta in filters],
    }
    step, threads = int(values["chunk"]), values["threads"]
    raw = field.reshape(-1).view(np.uint8)
    blosc2.set_releasegil(True)
    chunks = [blosc2.compress2(raw[start : start + step], **keys) for start in range(0, raw.size, step)]

    def decompress(out: np.ndarray) -> None:
        into = out.reshape(-1).view(np.uint8)
        for number, chunk in enumerate(chunks):
            blosc2.decompress2(chunk, dst=into[number * step : (number + 1) * step], nthreads=threads)

    return lambda: [
        blosc2.compress2(raw[start : start + step], **keys) for start in range(0, raw.size, step)
    ], decompress


def _sperr(field: np.ndarray, values: dict) -> Calls:
    from imagecodecs import sperr_decode, sperr_encode

    (mode,) = (key for key in ("abs", "psnr", "bpp") if key in values)
    settings = {"level": values[mode], "mode": "pwe" if mode == "abs" else mode}
    stream = sperr_encode(field, **settings)
    return lambda: sperr_encode(field, **settings), lambda out: sperr_decode(stream, out=out)


def _lerc(field: np.ndarray, values: dict) -> Calls:
    from imagecodecs import lerc_decode, lerc_encode

    tolerance = values.get("abs", 0.0)
    stream = lerc_encode(field, tolerance)
    return lambda: lerc_encode(field, tolerance), lambda out: lerc_decode(stream, out=out)


def _fpzip(field: np.ndarray, values: dict) -> Calls:
    import fpzip

    precision = values.get("precision", 0)
    stream = fpzip.compress(field, precision=precision)
    return lambda: fpzip.compress(field, precision=precision), lambda _: fpzip.decompress(stream)


def _pcodec(field: np.ndarray, values: dict) -> Calls:
    from pcodec import ChunkConfig, standalone

    config = ChunkConfig(compression_level=values["level"])
    stream = standalone.simple_compress(field.reshape(-1), config)
    return (
        lambda: standalone.simple_compress(field.reshape(-1), config),
        lambda out: standalone.simple_decompress_into(stream, out.reshape(-1)),
    )


def _numcodecs(field: np.ndarray, values: dict) -> Calls:
    from wavecomp.compressors.numcodecs_library import library

    config = {key: value for key, value in values.items() if key != "codec"}
    if values["codec"] == "quantize":
        config["dtype"] = field.dtype.str
    codec = library().get_codec({"id": values["codec"], **config})
    if values["codec"] == "blosc":
        library().blosc.use_threads = False
    stream = codec.encode(field.reshape(-1))
    return lambda: codec.encode(field.reshape(-1)), lambda out: codec.decode(stream, out=out.reshape(-1))


def _slabs(field: np.ndarray, planes: int, threads: int, tolerance: float) -> Calls:
    import zfpy

    pool = ThreadPoolExecutor(threads)
    starts = range(0, len(field), planes)

    def one(start: int) -> bytes:
        return zfpy.compress_numpy(field[start : start + planes], write_header=False, tolerance=tolerance)

    streams = list(pool.map(one, starts))

    def decompress(out: np.ndarray) -> None:
        def back(start: int, stream: bytes) -> None:
            part = out[start : start + planes]
            zfpy._decompress(stream, zfpy.type_float, part.shape, out=part, tolerance=tolerance)

        list(pool.map(back, starts, streams))

    return lambda: list(pool.map(one, starts)), decompress


def _own(compressor: Compressor, field: np.ndarray) -> Calls:
    parts = [memoryview(part).cast("B") for part in compressor._encode(field)]
    return lambda: tuple(compressor._encode(field)), lambda out: compressor._decode(parts, out)


_LIBRARIES = {
    "identity": _identity,
    "zfp": _zfp,
    "sz3": _sz3,
    "blosc2": _blosc2,
    "sperr": _sperr,
    "lerc": _lerc,
    "fpzip": _fpzip,
    "pcodec": _pcodec,
    "numcodecs": _numcodecs,
}
