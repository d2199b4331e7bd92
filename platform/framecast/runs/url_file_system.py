"""The pyarrow file system behind a URL, with timeouts that end in seconds, not minutes."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlencode


def arrow() -> Any:
    """pyarrow.fs, which has no types; imported when a URL is used, for it takes its time."""
    return import_module("pyarrow.fs")


def open_file_system(url: str) -> tuple[Any, str]:
    """The file system, and the path of the URL within it. Raises what pyarrow, fsspec and the store raise."""
    fs = arrow()
    base, _, query = url.partition("?")
    options = dict(parse_qsl(query))
    if base.startswith(("gs://", "gcs://")):
        options.setdefault("retry_limit_seconds", "10")  # its own default is many minutes
        system, path = fs.FileSystem.from_uri(f"{base}?{urlencode(options)}")
        return system, path
    try:
        system, path = fs.FileSystem.from_uri(url)
    except ValueError as error:  # pyarrow's ArrowInvalid
        if "Unrecognized filesystem type" not in str(error):
            raise
        return _open_by_fsspec(base, query)
    if isinstance(system, fs.S3FileSystem):
        system = fs.S3FileSystem(
            region=options.get("region") or system.region,
            scheme=options.get("scheme"),
            endpoint_override=options.get("endpoint_override"),
            allow_bucket_creation=options.get("allow_bucket_creation", "").lower() == "true",
            connect_timeout=5,
            request_timeout=15,  # seconds without a byte; each request is tried three times
        )
    return system, path


def has_buckets(system: Any) -> bool:
    """Whether it is a store without folders, where a file is there, whole, when its last byte has come."""
    return isinstance(system, arrow().S3FileSystem | arrow().GcsFileSystem)


def _open_by_fsspec(base: str, query: str) -> tuple[Any, str]:
    if query:
        raise ValueError(f"options after ? are not understood for {base.partition('://')[0]}://")
    system, path = import_module("fsspec.core").url_to_fs(base, use_listings_cache=False)
    return arrow().PyFileSystem(arrow().FSSpecHandler(system)), path
