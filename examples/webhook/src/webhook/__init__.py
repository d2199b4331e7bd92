"""Posts a run's news to a URL: a callback for framecast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

import framecast

News = Literal[
    "RunStarted", "Evaluated", "CheckpointSaved", "Warned", "RunFinished", "RunInterrupted", "RunFailed"
]


class Settings(framecast.Settings):
    """What is posted, and where."""

    events: tuple[News, ...] = ("RunFinished", "RunInterrupted", "RunFailed")
    """Events that are posted, a line each; by default how the run ended."""

    variable: str = Field("WEBHOOK_URL", pattern="^[A-Za-z_][A-Za-z0-9_]*$")
    """Environment variable that holds the URL: it is a password, and a job is for others to read."""

    timeout: float = Field(5.0, gt=0, le=60)
    """Seconds that the server has for its answer; training waits for it."""


def build(settings: Settings, context: framecast.RunContext) -> framecast.RunCallback:
    """The listener of one run. Raises InputError where there is no URL."""
    import os

    from .post import Webhook

    url = os.environ.get(settings.variable, "")
    if not url.startswith(("http://", "https://")):
        raise framecast.InputError(f"webhook.variable: {settings.variable} in the environment should hold a URL")
    return Webhook(url, set(settings.events), settings.timeout)


@framecast.hookimpl
def framecast_callbacks() -> Iterator[framecast.Callback[Settings]]:
    """The callback."""
    yield framecast.Callback(
        name="webhook",
        summary="Posts a run's news to a URL",
        settings=Settings,
        build=build,
    )
