"""One line for each event, posted as JSON."""

from __future__ import annotations

import json
import time
import urllib.request

import framecast


class Webhook:
    """Posts {"text": line} for chosen events. A server that does not answer is noted in webhook.log."""

    def __init__(self, url: str, events: set[str], timeout: float) -> None:
        self.url, self.events, self.timeout = url, events, timeout

    def __call__(self, event: framecast.events.Event, context: framecast.RunContext) -> None:
        if type(event).__name__ not in self.events:
            return
        body = json.dumps({"text": f"{context.folder.name}: {line(event)}"}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=self.timeout).close()
        except OSError as error:  # the URL stays out of the log: it is a password
            with (context.folder / "webhook.log").open("a") as log:
                log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {type(event).__name__} was not posted: {error}\n")


def line(event: framecast.events.Event) -> str:
    """An event in a line, for people."""
    match event:
        case framecast.events.RunFinished() | framecast.events.RunInterrupted() | framecast.events.RunFailed():
            return f"{type(event).__name__} at step {event.step}: {event.reason}"
        case framecast.events.Evaluated():
            scores = ", ".join(f"{name} {value:.4g}" for name, value in event.metrics.items())
            return f"{event.name} at step {event.step}: {scores}"
        case framecast.events.Warned():
            return f"at step {event.step}: {event.message}"
        case framecast.events.RunStarted() | framecast.events.CheckpointSaved():
            return f"{type(event).__name__} at step {event.step}"
    return type(event).__name__
