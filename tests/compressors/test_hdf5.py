"""HDF5's filters: what is stored is what h5py and hdf5plugin make of the same dataset, and files do not meet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import h5py
import hdf5plugin
import numpy as np
import pytest

from wavecomp.compressors import default_registry
from wavecomp.compressors.hdf5 import FILTERS
from wavecomp.conformance.round_trip import round_trip
from wavecomp.conformance.samples import bits_of, content
from wavecomp.errors import SpecError, StreamError, UnsupportedField

parse = default_registry().parse
canonical = default_registry().canonical
FIELD = content("wave", (20, 30, 11), "float32")

PEERS = {
    "hdf5:bitshuffle": hdf5plugin.Bitshuffle(),
    "hdf5:bitshuffle,cname=none": hdf5plugin.Bitshuffle(cname="none"),
    "hdf5:bitshuffle,cname=zstd,clevel=9": hdf5plugin.Bitshuffle(cname="zstd", clevel=9),
    "hdf5:blosc": hdf5plugin.Blosc(),
    "hdf5:blosc,cname=zstd,clevel=7,bytes=bits": hdf5plugin.Blosc(cname="zstd", clevel=7, shuffle=2),
    "hdf5:blosc2": hdf5plugin.Blosc2(),
    "hdf5:blosc2,cname=lz4,bytes=none": hdf5plugin.Blosc2(cname="lz4", filters=0),
    "hdf5:bzip2": hdf5plugin.BZip2(),
    "hdf5:bzip2,blocksize=1,shuffle": {**hdf5plugin.BZip2(blocksize=1), "shuffle": True},
    "hdf5:lz4": hdf5plugin.LZ4(),
    "hdf5:zstd": hdf5plugin.Zstd(),
    "hdf5:zstd,clevel=9,shuffle": {**hdf5plugin.Zstd(clevel=9), "shuffle": True},
    "hdf5:gzip": {"compression": "gzip"},
    "hdf5:gzip,clevel=9,shuffle": {"compression": "gzip", "compression_opts": 9, "shuffle": True},
}


@pytest.mark.parametrize("spec", PEERS)
def test_the_stream_is_the_chunk_that_a_file_would_have(spec: str, tmp_path: object) -> None:
    """Defaults too are those of h5py and hdf5plugin: the same dataset in a file on disk holds the same bytes."""
    with h5py.File(f"{tmp_path}/file.h5", "w") as file:
        flat = FIELD.reshape(-1)
        dataset = file.create_dataset("field", data=flat, chunks=flat.shape, **PEERS[spec])
        file.flush()
        _, expected = dataset.id.read_direct_chunk((0,))
    _, chunk = parse(spec)._encode(FIELD)
    assert bytes(chunk) == expected


def test_every_filter_has_a_peer() -> None:
    assert {spec.removeprefix("hdf5:").partition(",")[0] for spec in PEERS} == set(FILTERS)


def test_a_name_alone_in_front_is_the_filter() -> None:
    assert canonical("hdf5:bitshuffle,cname=zstd") == "hdf5:filter=bitshuffle,cname=zstd,clevel=3"
    assert canonical("hdf5:gzip,shuffle") == "hdf5:filter=gzip,clevel=4,shuffle"
    assert canonical("hdf5:lz4") == "hdf5:filter=lz4"


@pytest.mark.parametrize(
    ("text", "words"),
    {
        "hdf5": "give a filter",
        "hdf5:bitshufle": 'did you mean "bitshuffle"',
        "hdf5:zstd,clevel=23": "clevel=23 must be an integer from 1 to 22",
        "hdf5:lz4,clevel=3": 'unknown key "clevel"',
        "hdf5:zfp": "filter=zfp must be one of",
    }.items(),
)
def test_what_is_none_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(SpecError) as refusal:
        canonical(text)
    assert words in str(refusal.value)


@pytest.mark.parametrize("codec", ["none", "lz4"])
def test_a_level_that_would_do_nothing_is_refused(codec: str) -> None:
    """One setting would have many names, and somebody who compares levels would see no difference."""
    with pytest.raises(SpecError, match=f"clevel=9 is of cname=zstd; {codec} has no levels"):
        parse(f"hdf5:bitshuffle,cname={codec},clevel=9")
    assert parse(f"hdf5:bitshuffle,cname={codec},clevel=3").spec == parse(f"hdf5:bitshuffle,cname={codec}").spec


def test_a_field_larger_than_a_chunk_is_refused() -> None:
    huge = np.broadcast_to(np.float32(0), (2**29 + 1,))
    with pytest.raises(UnsupportedField, match=r"the field has 2147483652; give at most 536870911 values of float32"):
        parse("hdf5:lz4")._check(huge)


def test_what_a_filter_could_not_make_smaller_is_kept_as_it_is() -> None:
    noise = np.random.default_rng(1).random((40, 50))
    compressor = parse("hdf5:zstd,clevel=1")
    assert len(compressor.compress(noise)) < noise.nbytes + 500
    assert np.array_equal(round_trip(compressor, noise), noise)


def test_a_chunk_of_another_filter_is_no_stream() -> None:
    parts = [memoryview(part).cast("B") for part in parse("hdf5:zstd")._encode(FIELD)]
    with pytest.raises(StreamError, match="HDF5 cannot decode the chunk"):
        parse("hdf5:gzip")._decode(parts, np.empty_like(FIELD))
    with pytest.raises(StreamError, match="no chunk"):
        parse("hdf5:zstd")._decode(parts[1:], np.empty_like(FIELD))


def test_files_in_memory_do_not_meet() -> None:
    """HDF5 takes two open files of one name for the same: a thread would get another one's dataset, or an error."""
    compressor = parse("hdf5:blosc,cname=zstd")
    fields = [FIELD * number for number in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            for field, again in zip(fields, pool.map(lambda one: round_trip(compressor, one), fields), strict=True):
                assert np.array_equal(bits_of(field), bits_of(again))
