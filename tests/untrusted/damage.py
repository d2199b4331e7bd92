"""Ways to spoil a file or a value, whatever it was."""

from __future__ import annotations

import json
import os
import pickle
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def _pipe(file: Path) -> None:
    os.mkfifo(file)


def _socket(file: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = os.open(file.parent, os.O_RDONLY)  # a socket's path may be no longer than 107 bytes
        try:
            made.bind(f"/proc/self/fd/{here}/{file.name}")
        finally:
            os.close(here)


NO_FILES: dict[str, Callable[[Path], None]] = {
    "pipe": _pipe,
    "socket": _socket,
    "folder": lambda file: file.mkdir(),
    "device": lambda file: file.symlink_to("/dev/zero"),
    "terminal": lambda file: file.symlink_to("/dev/tty"),
    "link to nothing": lambda file: file.symlink_to("/nowhere/at/all"),
    "link to itself": lambda file: file.symlink_to(file.name),
}
"""What may stand where a file is expected."""


class Bad:
    """Unpickled, it would end the process."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.abort, ()


NESTED = b"[" * 100_000
CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "one zero": b"\0",
    "zeros": bytes(5000),
    "a page of HTML": b"<!doctype html><title>404</title>\n" * 50,
    "not UTF-8": b"\xff\xfe\xfd\x80" * 100,
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "deep": NESTED,
    "deep mappings": b'{"a":' * 50_000,
    "a number of 5,000 digits": b"9" * 5000,
    "5,000 digits in a mapping": b'{"number": ' + b"9" * 5000 + b"}",
    "a long line": b'{"a": "' + b"x" * 20_000_000 + b'"}',
    "null": b"null",
    "a list": b"[1, 2, 3]",
    "an empty mapping": b"{}",
    "aliases": b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)),
    "an alias of itself": b"a: &a [*a]\n",
    "a tag": b"a: !!python/object/apply:os.system [id]\n",
    "many small values": b"[" + b"[]," * 3_000_000 + b"0]",
    "a pickle": pickle.dumps(Bad()),
}
"""What may stand in any file."""


def spoilt(content: bytes, seed: int) -> bytes:
    """The content cut, with bytes flipped, doubled, removed or overwritten: the same for the same seed."""
    chance = random.Random(seed)
    found = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        if not found:
            break
        place = chance.choice([chance.randrange(len(found)), chance.randrange(min(len(found), 256))])
        how = chance.randrange(6)
        if how == 0:
            del found[place:]
        elif how == 1:
            found[place] ^= 1 << chance.randrange(8)
        elif how == 2:
            found[place : place + 4] = chance.choice(
                [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\x80\0\0\0"]
            )
        elif how == 3:
            del found[place : place + chance.randrange(1, 64)]
        elif how == 4:
            found[place:place] = found[place : place + chance.randrange(1, 512)]
        else:
            found[place : place + 8] = chance.randbytes(8)
    return bytes(found)


VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    2**63,
    10**90,
    1e308,
    float("nan"),
    "",
    "x",
    "../../../etc/passwd",
    "\ud800",
    "<script>alert(1)</script>",
    "\x1b]0;title\x07\x1b[2J",
    [],
    {},
    [[]],
    ["a", "b"],
    {"a": {"b": 1}},
]
"""What may stand in the place of any value."""


def other_values(content: Any) -> Iterator[Any]:
    """The plain data with each of its values in turn replaced by each of `VALUES`, or left out."""
    for path in _paths(content):
        for value in VALUES:
            yield _replaced(content, path, value)
        if path:
            yield _without(content, path)


def _paths(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _paths(value, (*path, key))
    elif isinstance(content, list):
        for index, value in enumerate(content[:3]):
            yield from _paths(value, (*path, index))


def _replaced(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = json.loads(json.dumps(content))
    target = copy
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    return copy


def _without(content: Any, path: tuple[Any, ...]) -> Any:
    copy = json.loads(json.dumps(content))
    target = copy
    for part in path[:-1]:
        target = target[part]
    del target[path[-1]]
    return copy
