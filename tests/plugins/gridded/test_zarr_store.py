"""Chunks of a Zarr array that unpack to more than the array states are refused before memory is taken."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import xarray
import zarr
from zarr.codecs import BloscCodec, BytesCodec, GzipCodec, ShardingCodec, ZstdCodec

from framecast.errors import InputError
from framecast_gridded.fields import Fields
from framecast_gridded.settings import GriddedSettings
from framecast_gridded.stored_chunks import StoredChunks
from framecast_gridded.unpacked_size import unpacked_size

LARGE = bytes(64 << 20)
CODECS: dict[str, tuple[Any, Any]] = {
    "blosc": (numcodecs.Blosc(), BloscCodec()),
    "zstd": (numcodecs.Zstd(), ZstdCodec()),
    "gzip": (numcodecs.GZip(), GzipCodec()),
    "zlib": (numcodecs.Zlib(), None),
    "bz2": (numcodecs.BZ2(), None),
    "lzma": (numcodecs.LZMA(), None),
    "lz4": (numcodecs.LZ4(), None),
}
CASES = [(name, version) for name, pair in CODECS.items() for version in (2, 3) if pair[version - 2] is not None]
RAIN = np.random.default_rng(0).random((6, 40, 50), dtype=np.float32)


def store(path: Path, codec: str, version: int, **encoding: Any) -> None:
    chosen = CODECS[codec][version - 2]
    encoding = {"compressors": (chosen,), "chunks": (2, 40, 50), **encoding}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        xarray.Dataset({"rain": (("time", "y", "x"), RAIN)}).to_zarr(
            path, zarr_format=version, consolidated=False, encoding={"rain": encoding}
        )


def store_in_shards(path: Path, serializer: ShardingCodec) -> None:
    group = zarr.open_group(path, mode="w", zarr_format=3)
    array = group.create_array(
        "rain",
        shape=RAIN.shape,
        dtype="f4",
        chunks=RAIN.shape,
        serializer=serializer,
        compressors=None,
        dimension_names=("time", "y", "x"),
        filters=None,
    )
    array[:] = RAIN


def read(path: Path, frames: int = 6) -> np.ndarray:
    return Fields.open(GriddedSettings.model_validate({"path": str(path)})).read(0, frames)


@pytest.mark.parametrize(("codec", "version"), CASES)
def test_sound_chunks_are_read(codec: str, version: int, tmp_path: Path) -> None:
    store(tmp_path / "a.zarr", codec, version)
    np.testing.assert_array_equal(read(tmp_path / "a.zarr")[:, 0], RAIN)


@pytest.mark.parametrize(("codec", "version"), CASES)
def test_a_chunk_that_lies_about_its_size_is_refused(codec: str, version: int, tmp_path: Path) -> None:
    store(tmp_path / "a.zarr", codec, version)
    chunk = tmp_path / "a.zarr" / "rain" / ("0.0.0" if version == 2 else "c/0/0/0")
    packed = bytes(CODECS[codec][0].encode(LARGE))
    chunk.write_bytes(packed)
    with pytest.raises(InputError, match=r"0 unpacks to more than the 15\.6 KiB that its array states"):
        read(tmp_path / "a.zarr")


@pytest.mark.parametrize("index", ["start", "end"])
@pytest.mark.parametrize("frames", [1, 6])
def test_chunks_within_a_shard_are_checked_as_well(index: str, frames: int, tmp_path: Path) -> None:
    store(tmp_path / "a.zarr", "zstd", 3, shards=(6, 40, 50))
    np.testing.assert_array_equal(read(tmp_path / "a.zarr")[:, 0], RAIN)
    inner = ShardingCodec(chunk_shape=(2, 40, 50), codecs=[BytesCodec(), ZstdCodec()], index_location=index)
    store_in_shards(tmp_path / "b.zarr", inner)
    np.testing.assert_array_equal(read(tmp_path / "b.zarr")[:, 0], RAIN)
    file = tmp_path / "b.zarr" / "rain" / "c/0/0/0"
    content, packed = bytearray(file.read_bytes()), bytes(numcodecs.Zstd().encode(LARGE))
    head = 3 * 16 + 4 if index == "start" else 0
    content[head : head + len(packed)] = packed  # in place of the beginning of the first chunk
    file.write_bytes(content)
    with pytest.raises(InputError, match="unpacks to more than"):
        read(tmp_path / "b.zarr", frames)


def test_chunks_that_are_packed_twice_are_refused(tmp_path: Path) -> None:
    store(tmp_path / "a.zarr", "zstd", 3, compressors=(ZstdCodec(), GzipCodec()))
    with pytest.raises(InputError, match=r"rain in .* its chunks are packed more than once \(zstd, gzip\)"):
        read(tmp_path / "a.zarr")


def test_codecs_whose_sizes_cannot_be_checked_are_refused_unless_they_are_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as those of other packages: what they unpack to is not known before memory is taken."""
    codecs = {"codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "imagecodecs_jpegxl"}]}
    with pytest.raises(InputError, match=r"packed by imagecodecs_jpegxl.*FRAMECAST_LIMIT_UNMEASURED_CODECS"):
        StoredChunks.of(codecs, RAIN.shape, 4)
    with pytest.raises(InputError, match="packed by zfpy, which may unpack to any size, the limit is 0"):
        StoredChunks.of({"compressor": {"id": "zfpy"}}, RAIN.shape, 4)
    monkeypatch.setenv("FRAMECAST_LIMIT_UNMEASURED_CODECS", "1")
    assert StoredChunks.of(codecs, RAIN.shape, 4).codec == ""


def test_a_shard_within_a_shard_is_refused(tmp_path: Path) -> None:
    inner = ShardingCodec(chunk_shape=(1, 40, 50), codecs=[BytesCodec(), ZstdCodec()])
    outer = ShardingCodec(chunk_shape=(2, 40, 50), codecs=[inner])
    store_in_shards(tmp_path / "a.zarr", outer)
    with pytest.raises(InputError, match="packed by sharding_indexed"):
        read(tmp_path / "a.zarr")


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("length", [0, 1, 1000, 300_000])
def test_the_size_is_not_underestimated(codec: str, length: int) -> None:
    for content in (bytes(length), np.random.default_rng(1).bytes(length)):
        packed = bytes(CODECS[codec][0].encode(content))
        found = unpacked_size(codec, packed, length - 1)
        assert found >= length or len(packed) * 1032 <= length - 1
        assert unpacked_size(codec, packed, length + 1000) <= length + (128 << 10)
        assert unpacked_size(codec, packed[: len(packed) // 2], length) <= length + (128 << 10)
