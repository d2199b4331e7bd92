"""The numbers of an event, by the names under which every tracker logs them."""

from __future__ import annotations

from framecast.plugin.events import Evaluated, Event, StepDone


def scalars(event: Event) -> dict[str, float]:
    """The numbers of `event` by name, for trackers and charts; `event.step` is their step. Empty for events
    without any.

    - `train/loss`, `train/learning_rate`, `train/seconds`, `train/gradient_norm` where it was measured, and
      `train/<name>` for each value that the task logs: of each step
    - `validation/loss` and `validation/<metric>`: of each evaluation of the model
    - `baseline/<name>/validation/<metric>`: of a baseline's evaluation

    A value may be NaN or infinite.
    """
    if isinstance(event, StepDone):
        values = {"loss": event.loss, "learning_rate": event.learning_rate, "seconds": event.seconds}
        if event.gradient_norm is not None:
            values["gradient_norm"] = event.gradient_norm
        return {f"train/{name}": value for name, value in {**values, **event.logs}.items()}
    if isinstance(event, Evaluated):
        prefix = "" if event.name == "model" else f"baseline/{event.name}/"
        return {prefix + name: value for name, value in event.metrics.items()}
    return {}
