"""A Zarr folder whose files are opened with limits: pipes and devices are refused, metadata are bounded."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from zarr.storage import LocalStore

import framecast
from framecast_gridded.sizes import StatedSizes
from framecast_gridded.stored_chunks import StoredChunks

_METADATA = ("zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata")


class BoundedStore(LocalStore):
    """Reads only; raises InputError for what is no regular file, or too large, also when it is unpacked."""

    def __init__(self, root: Path, *, read_only: bool = True) -> None:
        super().__init__(root, read_only=read_only)
        self._chunks: dict[str, StoredChunks] = {}

    def expect(self, name: str, chunks: StoredChunks) -> None:
        """From now on files of the array are checked to be such chunks."""
        self._chunks[name] = chunks

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        await asyncio.to_thread(_check, Path(self.root) / key, Path(self.root))
        found = await super().get(key, prototype, byte_range)
        chunks = self._chunks.get(key.partition("/")[0])
        if found is not None and chunks is not None and Path(key).name not in _METADATA:
            what = str(Path(self.root) / key)
            await asyncio.to_thread(chunks.check, found.to_bytes(), byte_range is not None, what)
        return found


def open_store(path: Path) -> BoundedStore:
    """The folder at `path`. Raises InputError where its arrays state sizes beyond the limits."""
    import zarr

    store = BoundedStore(path)
    sizes = StatedSizes(path)
    for name, array in zarr.open_group(store, mode="r", use_consolidated=False).arrays():
        stored = getattr(array, "shards", None) or array.chunks
        sizes.add(name, array.shape, array.dtype.itemsize, stored)
        try:
            store.expect(name, StoredChunks.of(array.metadata.to_dict(), stored, array.dtype.itemsize))
        except framecast.InputError as error:
            raise framecast.InputError(f"{name} in {path} cannot be read: {error}") from None
    sizes.check()
    return store


def _check(file: Path, root: Path) -> None:
    if not file.resolve().is_relative_to(root.resolve()):
        raise framecast.InputError(f"{file} leads out of {root}: content of other files is not read")
    try:
        if file.name in _METADATA:
            content = framecast.bounded.read_bytes(file)
            _refuse_pickles(framecast.bounded.parse_json(content, str(file)), file)
            return
        with framecast.bounded.open_regular(file) as stream:
            size = stream.seek(0, 2)
    except FileNotFoundError:  # handled: a chunk that nobody wrote holds the fill value
        return
    limit = framecast.bounded.CHUNK_BYTES
    if size > limit.value:
        raise limit.exceeded(f"{file} has {framecast.bounded.bytes_text(size)}")


def _refuse_pickles(metadata: Any, file: Path) -> None:
    """Raises InputError where chunks of an array are pickles: earlier versions of numcodecs unpickle them."""
    if not isinstance(metadata, dict):
        return
    codecs = [metadata.get("compressor")]
    for key in ("filters", "codecs"):
        found = metadata.get(key)
        codecs += found if isinstance(found, list) else []
    names = {
        each.get(key)
        for each in codecs
        if isinstance(each, dict)
        for key in ("id", "name")
        if isinstance(each.get(key), str)
    }
    if not names.isdisjoint({"pickle", "numcodecs.pickle"}):
        raise framecast.InputError(
            f"{file} states that the array is pickled: write it again without Python objects"
        )
