"""Which specs run through the contract: every example of every registered definition, and the modes between them."""

from __future__ import annotations

from itertools import product

from wavecomp.compressors import default_registry

CODECS = ("blosclz", "lz4", "lz4hc", "zlib", "zstd")
SHUFFLES = ("none", "shuffle", "bitshuffle", "bytedelta")
PREDICTORS = ("lorenzo_reg", "interp_lorenzo", "interp", "nopred")

EXAMPLES = tuple(example for definition in default_registry().definitions() for example in definition.examples)

# These pass every check.
OWN = (
    "blosc2",
    "blosc2:codec=lz4,level=0,shuffle=none,chunk=1024,block=256",
    "blosc2:codec=blosclz,level=9,shuffle=bitshuffle,chunk=1028",
    "blosc2:codec=zlib,level=1,shuffle=bytedelta,chunk=2048,block=2048",
    "blosc2:codec=zstd,level=1,shuffle=bitshuffle,truncate=1,chunk=4096",
    "blosc2:codec=lz4,level=5,shuffle=none,truncate=22",
    "zfp:accuracy=1e-9",
    "zfp:accuracy=1000",
    "zfp:precision=1",
    "zfp:precision=64",
    "zfp:rate=3",
    "zfp:rate=10.3",
    "zfp:rate=64",
    "sz3:abs=1e-9",
    "sz3:abs=1e9,rel=1e-3,algorithm=lorenzo_reg",
    *(f"sz3:rel=1e-3,algorithm={algorithm}" for algorithm in PREDICTORS),
    *(f"sz3:psnr=60,algorithm={algorithm}" for algorithm in PREDICTORS),
    *(f"sz3:l2norm=0.5,algorithm={algorithm}" for algorithm in PREDICTORS),
    "int8:block=8",
    "int16:block=65536",
    "slabs:planes=1,threads=3/zfp:reversible",
    "slabs:planes=4,threads=2/zfp:rate=8",
    "slabs:planes=3,threads=2/zfp:rate=12",
    "slabs:planes=5,threads=2/zfp:precision=20",
    "slabs:planes=2,threads=1/blosc2:codec=lz4,shuffle=bitshuffle",
    "slabs:planes=3,threads=2/blosc2:codec=zstd,level=1,truncate=7",
    "interp:abs=1e-9",
    "interp:abs=1000,codec=lz4,threads=3",
    "interp:rel=1,level=9",
    "slabs:planes=3,threads=2/interp:abs=1e-4,codec=lz4",
    "sperr:abs=1e-9",
    "sperr:abs=1000",
    "sperr:psnr=20",
    "sperr:psnr=300",
    "sperr:bpp=0.3",
    "sperr:bpp=64",
    "slabs:planes=3,threads=2/sperr:abs=1e-3",
    "slabs:planes=3,threads=2/sperr:bpp=6",
    "lerc:abs=1e-9",
    "lerc:abs=1000",
    "slabs:planes=3,threads=2/lerc:abs=1e-3",
    "fpzip:precision=4",
    "fpzip:precision=32",
    "slabs:planes=3,threads=2/fpzip",
    "pcodec:level=0",
    "pcodec:level=12",
    "slabs:planes=3,threads=2/pcodec:level=1",
    "numcodecs:zstd,level=-5,checksum",
    "numcodecs:lz4,acceleration=10",
    *(f"numcodecs:blosc,cname={codec},shuffle=2" for codec in CODECS),
    "numcodecs:blosc,clevel=9,shuffle=-1,blocksize=1024",
    *(f"numcodecs:{codec},level=1" for codec in ("zlib", "gzip", "bz2", "pcodec")),
    "numcodecs:codec=pcodec,level=3,mode_spec=classic",
    "numcodecs:codec=pcodec,mode_spec=auto",
    "numcodecs:lzma,preset=1",
    "numcodecs:shuffle,elementsize=4",
    *(f"numcodecs:{codec}" for codec in ("base64", "crc32", "adler32", "fletcher32", "delta")),
    "numcodecs:jenkins_lookup3,initval=7",
    "numcodecs:quantize,digits=-2",
    "numcodecs:bitround,keepbits=1",
    "slabs:planes=3,threads=2/numcodecs:zstd,level=1",
    *(f"hdf5:bitshuffle,cname={codec}" for codec in ("none", "zstd")),
    *(f"hdf5:blosc,cname={codec},clevel=9,bytes=none" for codec in ("blosclz", "lz4hc", "zlib")),
    *(f"hdf5:blosc2,cname={codec},bytes=bits" for codec in CODECS),
    "hdf5:blosc",
    "hdf5:blosc2",
    "hdf5:blosc2,cname=lz4,bytes=none",
    "hdf5:bzip2,blocksize=1",
    "hdf5:gzip,clevel=0",
    *(f"hdf5:{name},shuffle" for name in ("bzip2", "gzip", "lz4", "zstd")),
    "hdf5:zstd,clevel=22",
    "hdf5:lz4",
)

# These take some fields only, so the contract cannot run over them; tests of their own do.
NARROW = (
    "numcodecs:fixedscaleoffset,offset=0.5,scale=10,astype=i1,dtype=f4",
    "numcodecs:fixedscaleoffset,scale=1000,astype=i2",
    "numcodecs:fixedscaleoffset,scale=1000,astype=i4",
    "numcodecs:quantize,digits=3,dtype=f4",
    "numcodecs:quantize,digits=3,dtype=f8",
    "numcodecs:delta,dtype=f8",
    "numcodecs:delta,dtype=f4",
    "numcodecs:fixedscaleoffset,scale=1,dtype=f8",
)

# These pass the round trips only: the cases of a sweep, many of them, alike in all but their codec.
MATRIX = tuple(
    f"blosc2:codec={codec},level={level},shuffle={shuffle},chunk={chunk}"
    for codec, shuffle, (level, chunk) in product(
        CODECS, SHUFFLES, ((0, 1 << 20), (1, 1024), (5, 2965820), (9, 1 << 13))
    )
)

FULL = tuple(dict.fromkeys((*EXAMPLES, *OWN)))
ALL = tuple(dict.fromkeys((*FULL, *MATRIX, *NARROW)))
