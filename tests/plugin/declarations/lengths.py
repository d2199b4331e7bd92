"""Settings of declarations that are tested."""

from __future__ import annotations

from framecast.plugin.settings import Settings


class Inner(Settings):
    seen: int = 2


class Lengths(Settings):
    history: int = 2
    future: int = 3
    inner: Inner = Inner()
