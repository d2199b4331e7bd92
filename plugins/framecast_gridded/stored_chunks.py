"""What the metadata of a Zarr array say of its chunks: how many bytes each has, and what it is packed with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import framecast
from framecast_gridded.unpacked_size import is_packing, unpacked_size

_SHARDED = "sharding_indexed"
_FILTERS = {
    *("bytes", "endian", "transpose", "astype", "delta", "shuffle", "packbits", "base64"),
    *("bitround", "quantize", "fixedscaleoffset", "categorize"),
    *("crc32", "crc32c", "adler32", "fletcher32", "jenkins_lookup3"),
    *("vlen-utf8", "vlen-bytes", "vlen-array", "json2", "msgpack2"),
}
"""Codecs whose output is about as long as their input."""
_SLACK = 256 << 10
"""Bytes that a size found before unpacking may be too large, and checksums."""
_WIDEST = 8
"""Times as many bytes as the array's own numbers have those that a filter may store."""
_INDEX_ENTRY, _CHECKSUM, _ABSENT = 16, 4, 2**64 - 1


@dataclass(frozen=True)
class StoredChunks:
    """`size` bytes a chunk has when it is unpacked by `codec`; `inner` many of them make a shard, 0 where there
    are no shards."""

    size: int
    codec: str
    inner: int = 0
    index_first: bool = False

    @classmethod
    def of(cls, metadata: Mapping[str, Any], shape: Sequence[int], item: int) -> StoredChunks:
        """Of an array's metadata in version 2 or 3, whose chunks, or shards, have this shape. Raises InputError
        where they are packed more than once, as the size between is stated nowhere, or by a codec whose sizes
        cannot be checked."""
        codecs = metadata.get("codecs")
        if codecs is None:
            names = [_name(each) for each in (*(metadata.get("filters") or ()), metadata.get("compressor"))]
            return cls(*_packed(names, math.prod(shape) * item))
        sharded = next((each for each in codecs if _name(each) == _SHARDED), None)
        if sharded is None:
            return cls(*_packed([_name(each) for each in codecs], math.prod(shape) * item))
        settings = sharded.get("configuration") or {}
        inner = [int(each) for each in settings.get("chunk_shape") or (1,)]
        names = [_name(each) for each in settings.get("codecs") or ()]
        count = math.prod(-(-whole // part) for whole, part in zip(shape, inner, strict=False))
        is_first = settings.get("index_location") == "start"
        return cls(*_packed(names, math.prod(inner) * item), count, is_first)

    def check(self, content: bytes, is_part: bool, what: str) -> None:
        """Raises InputError where a file of the array, or a part of one, unpacks to more than is stated."""
        if not self.codec:
            return
        for chunk in self._chunks(content, is_part):
            if unpacked_size(self.codec, chunk, self.size + _SLACK) > self.size + _SLACK:
                stated = framecast.bounded.bytes_text(self.size)
                raise framecast.InputError(f"{what} unpacks to more than the {stated} that its array states")

    def _chunks(self, content: bytes, is_part: bool) -> list[bytes]:
        length = self.inner * _INDEX_ENTRY + _CHECKSUM
        if not self.inner:
            return [content]
        if is_part:  # a chunk, or the index, which is not packed
            return [] if len(content) == length else [content]
        index = content[:length] if self.index_first else content[-length:]
        numbers = [int.from_bytes(index[place : place + 8], "little") for place in range(0, length - 4, 8)]
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        return [content[begin : begin + size] for begin, size in pairs if _ABSENT not in (begin, size)]


def _name(codec: Any) -> str:
    """Of a codec in metadata of either version; empty for none."""
    if not isinstance(codec, Mapping):
        return ""
    return str(codec.get("id") or codec.get("name") or "").removeprefix("numcodecs.")


def _packed(names: list[str], size: int) -> tuple[int, str]:
    """The bytes of an unpacked chunk at most, and the codec that packs it, empty where none does."""
    packing = [name for name in names if is_packing(name)]
    if len(packing) > 1:
        raise framecast.InputError(f"its chunks are packed more than once ({', '.join(packing)})")
    unknown = [name for name in names if name and name not in _FILTERS and not is_packing(name)]
    unmeasured = framecast.bounded.UNMEASURED_CODECS
    if len(unknown) > unmeasured.value:
        raise unmeasured.exceeded(f"its chunks are packed by {', '.join(unknown)}, which may unpack to any size")
    filters = [name for name in names if name and name not in (*packing, "bytes", "transpose", "crc32c")]
    limit = framecast.bounded.CHUNK_BYTES.value
    return (max(size, min(_WIDEST * size, limit)) if filters else size), packing[0] if packing else ""
