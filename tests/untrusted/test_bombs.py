"""Small files that would become large: a few kilobytes that decode to gigabytes, and headers that lie."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.untrusted.attempt import Attempt
from tests.untrusted.readers import reader_named

Try = Callable[..., Attempt]


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, stated: tuple[int, int] | None = None) -> bytes:
    """A black picture of 16 bits and four channels."""
    row = bytes(1 + 8 * width)
    compressor = zlib.compressobj(9)
    packed = b"".join(compressor.compress(row) for _ in range(height)) + compressor.flush()
    head = struct.pack(">IIBBBBB", *(stated or (width, height)), 16, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def gif(width: int, height: int, frames: int) -> bytes:
    """Frames that change a single pixel of a large screen: 24 bytes each."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    one = b"\x21\xf9\x04\x04\x01\0\0\0" + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + one * frames + b";"


def bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IIIIiiHHIIIIII", 100, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def npy_header(shape: tuple[int, ...], kind: str = "|u1", length: int | None = None) -> bytes:
    text = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", length or len(text)) + text


def zip_of(name: str, pieces: int, piece: bytes, head: bytes = b"") -> bytes:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(name, "w", force_zip64=True) as member,
    ):
        member.write(head)
        for _ in range(pieces):
            member.write(piece)
    return file.getvalue()


def gzip_of(megabytes: int) -> bytes:
    file = io.BytesIO()
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as packed:
        packed.write(struct.pack(">IIII", 2051, 10**6, 28, 28))
        for _ in range(megabytes):
            packed.write(bytes(1 << 20))
    return file.getvalue()


ZEROS = bytes(16 << 20)
SMALL: list[tuple[str, str, Callable[[], bytes], str]] = [
    ("gif", "a.gif", lambda: gif(65535, 65535, 3), "FRAMECAST_LIMIT_FRAME_PIXELS"),
    ("gif", "a.gif", lambda: gif(16000, 16000, 40), "FRAMECAST_LIMIT_FRAME_PIXELS"),
    (".png image", "a.png", lambda: png(16, 16, (2**31 - 1, 2**31 - 1)), "cannot be decoded"),
    (".png image", "a.png", lambda: png(16, 16, (16000, 16000)), "FRAMECAST_LIMIT_FRAME_PIXELS"),
    (".bmp image", "a.bmp", lambda: bmp(30000, 30000), ""),
    (
        ".npy",
        "a.npy",
        lambda: npy_header((10**6, 10**4, 10**4), "<f4") + bytes(100),
        "FRAMECAST_LIMIT_MAPPED_BYTES",
    ),
    (".npy", "a.npy", lambda: npy_header((1000, 1000, 1000)) + bytes(100), "is not whole"),
    (".npy", "a.npy", lambda: npy_header((-1, 8, 8)) + bytes(100), "impossible shape"),
    (".npy", "a.npy", lambda: npy_header((2, 8, 8), length=60000), "its header is said to be"),
    (".npy", "a.npy", lambda: npy_header((3, 8, 8), "|V0") + bytes(100), "cannot be read"),
    (".npy", "a.npy", lambda: npy_header((1,), "|O") + b"cos\nsystem\n", "Python objects"),
    (".npz", "a.npz", lambda: zip_of("a.npy", 0, b"", npy_header((2**40, 64, 64))), "FRAMECAST_LIMIT_ARRAY_BYTES"),
    ("KTH sequences", "00sequences.txt", lambda: b"person01_boxing_d1\tframes\t" + b"9" * 5000 + b"-1\n", ""),
    (
        "KTH sequences",
        "00sequences.txt",
        lambda: b"person01_boxing_d1\tframes\t" + b"1-20, " * 400_000 + b"\n",
        "",
    ),
]
LARGE: list[tuple[str, str, Callable[[], bytes], str]] = [
    ("exported model", "a.safetensors", lambda: struct.pack("<Q", 2**62) + bytes(100), "header is longer"),
    (".png image", "a.png", lambda: png(16000, 16000), "FRAMECAST_LIMIT_FRAME_PIXELS"),
    (".png image", "a.png", lambda: png(8192, 4096), ""),  # the largest that is read
    ("gif", "a.gif", lambda: gif(8192, 4096, 20), ""),
    (".npz", "a.npz", lambda: zip_of("a.npy", 128, ZEROS, npy_header((2**19, 64, 64))), "ARRAY_BYTES"),
    (".npz", "a.npz", lambda: zip_of("a.npy", 128, ZEROS, b"\x93NUMPY\x02\x00\xff\xff\xff\x7f"), "its header"),
    ("MNIST a.gz", "a.gz", lambda: gzip_of(600), "FRAMECAST_LIMIT_UNPACKED_BYTES"),
    ("KTH archive", "a.zip", lambda: zip_of("person05_boxing_d1_uncomp.avi", 40, ZEROS), "UNPACKED_BYTES"),
    ("KTH archive", "a.zip", lambda: zip_of("00sequences.txt", 40, b"a\n" * (8 << 20)), "UNPACKED_BYTES"),
]


def try_one(bomb: tuple[str, str, Callable[[], bytes], str], folder: Path, attempt_to_read: Try) -> None:
    name, file, make, reason = bomb
    sound = reader_named(name).made(folder)
    place = sound if name.startswith("KTH s") else sound.with_name(file)
    place.write_bytes(make())
    found = attempt_to_read(reader_named(name), place)
    assert not found.is_wrong, f"{found.outcome}, {found.megabytes} MB: {found.text}"
    assert reason in found.text


@pytest.mark.parametrize("bomb", SMALL, ids=lambda bomb: f"{bomb[1]}-{bomb[3]}")
def test_a_header_that_lies_takes_no_memory(
    bomb: tuple[str, str, Callable[[], bytes], str], tmp_path: Path, attempt_to_read: Try
) -> None:
    try_one(bomb, tmp_path, attempt_to_read)


@pytest.mark.untrusted
@pytest.mark.parametrize("bomb", LARGE, ids=lambda bomb: f"{bomb[1]}-{bomb[3]}")
def test_what_unpacks_to_gigabytes_stops_at_a_limit(
    bomb: tuple[str, str, Callable[[], bytes], str], tmp_path: Path, attempt_to_read: Try
) -> None:
    try_one(bomb, tmp_path, attempt_to_read)


@pytest.mark.parametrize("shape", [(2**40, 4, 5), (10, 2**20, 2**20)])
def test_zarr_metadata_that_state_absurd_sizes_are_refused(
    shape: tuple[int, ...], tmp_path: Path, attempt_to_read: Try
) -> None:
    import json

    reader = reader_named("Zarr 3 array")
    file = reader.made(tmp_path)
    content = json.loads(file.read_text())
    content["shape"] = shape
    file.write_text(json.dumps(content))
    found = attempt_to_read(reader, file)
    assert found.outcome == "sentence", found.text
    assert "FRAMECAST_LIMIT_" in found.text
    assert not found.is_wrong


def test_a_time_axis_of_absurd_length_is_refused(tmp_path: Path, attempt_to_read: Try) -> None:
    import netCDF4

    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        for name, size in (("time", 2**33), ("y", 4), ("x", 5)):
            file.createDimension(name, size)
        file.createVariable("time", "f8", ("time",), zlib=True, chunksizes=(1000,))
        file.createVariable("rain", "f4", ("time", "y", "x"), zlib=True, chunksizes=(1, 4, 5))
    found = attempt_to_read(reader_named("NetCDF 4"), tmp_path / "a.nc")
    assert found.outcome == "sentence", found.text
    assert "FRAMECAST_LIMIT_CHUNK_BYTES" in found.text
    assert not found.is_wrong


def test_the_limit_of_pixels_can_be_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attempt_to_read: Try
) -> None:
    (tmp_path / "a.gif").write_bytes(gif(300, 200, 3))
    monkeypatch.setenv("FRAMECAST_LIMIT_FRAME_PIXELS", "59K")
    assert attempt_to_read(reader_named("gif"), tmp_path / "a.gif").outcome == "works"
    monkeypatch.setenv("FRAMECAST_LIMIT_FRAME_PIXELS", "59000")
    found = attempt_to_read(reader_named("gif"), tmp_path / "a.gif")
    assert found.outcome == "skipped"
    assert "FRAMECAST_LIMIT_FRAME_PIXELS" in found.text


def test_hours_of_decoding_in_a_small_file_stop_at_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attempt_to_read: Try
) -> None:
    (tmp_path / "a.gif").write_bytes(gif(300, 200, 20_000))
    monkeypatch.setenv("FRAMECAST_LIMIT_VIDEO_PIXELS", "1M")
    monkeypatch.setenv("FRAMECAST_LIMIT_PIXELS_PER_BYTE", "2")
    found = attempt_to_read(reader_named("gif"), tmp_path / "a.gif")
    assert found.outcome == "skipped", found.text
    assert "its frames up to number 33 have more pixels" in found.text
    assert "FRAMECAST_LIMIT_VIDEO_PIXELS" in found.text


def test_zero_frames_and_empty_arrays_are_reported(tmp_path: Path, attempt_to_read: Try) -> None:
    np.save(tmp_path / "a.npy", np.zeros((0, 16, 16), np.uint8))
    found = attempt_to_read(reader_named(".npy"), tmp_path / "a.npy")
    assert found.outcome == "sentence", found.text
