"""The declaration of a callback."""

from __future__ import annotations

from collections.abc import Callable as Function
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from framecast.plugin.declarations.settings_class import NO_SETTINGS, S, validate_settings

if TYPE_CHECKING:
    from framecast.plugin.protocols.run_callback import RunCallback
    from framecast.plugin.run_context import RunContext


@dataclass(frozen=True)
class Callback(Generic[S]):
    """A listener. `build(settings, context)` returns a `framecast.RunCallback`, a callable that receives each
    event of the run (`framecast.events`) and the `framecast.RunContext`. Only the process of rank 0 builds it.

    Two checks refuse a job before it begins. `accepts(settings, measured)` returns None, or the reason in
    a sentence where the callback cannot work with these scores (`validation/loss` and `validation/<metric>`); it
    needs no torch. `ready(settings)` raises InputError where a package, a login or a server is missing on this
    machine. If `build` raises, the run ends before it trains.

    A callback that raises during the run is switched off, and the run says so. Training waits for each call,
    unless the callback is declared with `background=True`: then a thread delivers the events, in order, and
    training never waits. There an OSError such as ConnectionError or TimeoutError means "not now": the same
    event is delivered again, after growing pauses. If the callable has a method `deliver(events, context)`, a
    backlog is passed to it in lists.
    """

    name: str
    summary: str
    build: Function[[S, RunContext], RunCallback]
    settings: type[S] = NO_SETTINGS
    background: bool = False
    accepts: Function[[S, tuple[str, ...]], str | None] | None = None
    ready: Function[[S], None] | None = None

    def __post_init__(self) -> None:
        validate_settings("callback", self.name, self.settings)
