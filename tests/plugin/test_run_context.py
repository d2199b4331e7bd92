"""What a callback can request of its run."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.plugin.run_context import RunContext, RunRequests


def test_the_first_request_to_stop_counts() -> None:
    shared = RunRequests()
    first, second = (RunContext(Path(), name=name, requests=shared) for name in ("first", "second"))
    second.request_stop("enough")
    first.request_stop("too much")
    assert shared.stop == "second: enough"


@pytest.mark.parametrize("reason", ["", "  ", None, 3])
def test_a_run_is_not_stopped_without_a_reason(reason: object) -> None:
    context = RunContext(Path())
    with pytest.raises(ValueError, match="request_stop needs a reason in words"):
        context.request_stop(reason)  # type: ignore[arg-type]
    assert context.requests.stop is None


def test_a_checkpoint_can_be_requested() -> None:
    context = RunContext(Path())
    context.request_checkpoint()
    assert context.requests.checkpoint
