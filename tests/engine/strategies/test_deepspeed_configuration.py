"""DeepSpeed's configuration from a job: buffers as large as the model, and the user's own keys on top."""

from __future__ import annotations

from typing import Any

import pytest

from framecast.engine.strategies.deepspeed_configuration import deepspeed_configuration
from framecast.job.deepspeed import DeepSpeed
from framecast.job.training import Training


def zero_section(parameters: int, **settings: Any) -> dict[str, Any]:
    configuration = deepspeed_configuration(Training(), DeepSpeed(**settings), "fp32", parameters)
    section: dict[str, Any] = configuration["zero_optimization"]
    return section


@pytest.mark.parametrize(
    ("parameters", "elements"), [(10_000, 10_000), (10_001, 10_002), (3_000_000_000, 500_000_000)]
)
def test_buckets_hold_the_model_up_to_the_default_size(parameters: int, elements: int) -> None:
    section = zero_section(parameters)
    assert section["reduce_bucket_size"] == section["allgather_bucket_size"] == elements
    assert section["stage3_prefetch_bucket_size"] == min(elements, 50_000_000)


def test_a_bucket_size_in_extra_takes_precedence() -> None:
    section = zero_section(10_000, extra={"zero_optimization": {"reduce_bucket_size": 2_000}})
    assert section["reduce_bucket_size"] == 2_000
    assert section["allgather_bucket_size"] == 10_000
