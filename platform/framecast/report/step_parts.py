"""What a step's time is made of."""

from __future__ import annotations

from collections.abc import Sequence

from framecast.plugin.events import StepDone

PARTS = {"data": "orange", "forward": "sky", "backward": "blue", "other": "grey"}
"""Each part with its colour. `other` is the optimizer and the exchange between workers."""


def step_parts(steps: Sequence[StepDone]) -> dict[str, float]:
    """Mean seconds of each part over some steps; waiting for data comes on top of a step's own seconds."""
    count = len(steps)
    data, forward, backward, seconds = (
        sum(getattr(event, name) for event in steps) / count
        for name in ("data_wait", "forward", "backward", "seconds")
    )
    other = max(0.0, seconds - forward - backward)
    return {"data": data, "forward": forward, "backward": backward, "other": other}
