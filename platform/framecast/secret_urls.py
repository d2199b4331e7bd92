"""URLs with credentials: files of a run hold them without, processes find them whole in the environment.

`http://user:word@host/` becomes `http://***@host/` where it is written. The whole one stays in an environment
variable of this process, which those that it starts inherit. A later command completes what is written from any
variable that holds the whole URL, such as MLFLOW_TRACKING_URI.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import Any

from framecast.errors import without_credentials

_PREFIX = "FRAMECAST_URL_"
_LEFT_OUT = "***"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>\[\]{},]+")


def set_aside(data: Any) -> Any:
    """The same plain data, its texts without credentials; those are kept in this process's environment."""
    if isinstance(data, dict):
        return {key: set_aside(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [set_aside(value) for value in data]
    if not isinstance(data, str) or "://" not in data:
        return data
    if _URL.match(data):
        return _kept(data)
    return _URL.sub(lambda found: _kept(found[0]), data)


def completed(data: Any) -> Any:
    """The same plain data, its texts with the credentials that the environment knows of them."""
    if isinstance(data, dict):
        return {key: completed(value) for key, value in data.items()}
    if isinstance(data, list):
        return [completed(value) for value in data]
    if not lacks_credentials(data):
        return data
    own = os.environ.get(_variable(data))
    known = [value for value in (own, *os.environ.values()) if value and "://" in value]
    return next((value for value in known if without_credentials(value) == data and value != data), data)


def _kept(url: str) -> str:
    """The URL without credentials; the whole one is kept in the environment."""
    written = without_credentials(url)
    if written != url:
        os.environ[_variable(written)] = url
    return written


def _variable(written: str) -> str:
    return _PREFIX + hashlib.sha256(written.encode()).hexdigest()[:12]


def lacks_credentials(text: Any) -> bool:
    """Whether it is a URL whose credentials are left out."""
    return isinstance(text, str) and "://" in text and _LEFT_OUT in text


def kept_aside() -> dict[str, str]:
    """The environment variables that hold what this process has set aside, or was given."""
    return {name: value for name, value in os.environ.items() if name.startswith(_PREFIX)}
