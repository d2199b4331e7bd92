"""The critical success index keeps the contract of metrics, and is what its definition says."""

from __future__ import annotations

import math

import pytest
import torch
from critical_success_index import Settings, build
from torch import Tensor

import framecast.testing


def by_definition(prediction: Tensor, target: Tensor) -> float:
    """Of one frame (C, H, W), pixel by pixel."""
    hits = misses = false_alarms = 0
    for forecast, observed in zip(prediction.flatten(), target.flatten(), strict=True):
        hits += bool(forecast >= 0.5 and observed >= 0.5)
        misses += bool(forecast < 0.5 and observed >= 0.5)
        false_alarms += bool(forecast >= 0.5 and observed < 0.5)
    return hits / (hits + misses + false_alarms)


TestCriticalSuccessIndex = framecast.testing.conformance("critical_success_index", reference=by_definition)


def test_a_dry_clip_counts_for_nothing() -> None:
    """One clip with 1 hit of 2 events and one without any: 1/2 over all, where a mean over clips had no number."""
    metric = build(Settings(), (0.0, 1.0))
    target = torch.zeros(2, 1, 1, 2, 2)
    target[0, 0, 0, 0] = 1.0
    prediction = torch.zeros(2, 1, 1, 2, 2)
    prediction[0, 0, 0, 0, 0] = 1.0
    wet, dry = metric.update(prediction, target).flatten().tolist()
    assert wet == 0.5
    assert math.isnan(dry)
    assert metric.compute().overall == 0.5


def test_a_threshold_that_nothing_reaches_is_refused() -> None:
    with pytest.raises(framecast.InputError, match="outside of the data's 0 to 1"):
        build(Settings(threshold=35.0), (0.0, 1.0))
