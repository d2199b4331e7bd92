"""What `auto` means, and what does not fit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from framecast.errors import InputError
from framecast.job.plan import Plan
from framecast.launch.hardware import Resources, local_resources, resolve_resources


def test_auto_shares_cores_out_and_takes_a_gpu_for_each_worker_where_there_are_enough(
    tiny_plan: Callable[..., Plan],
) -> None:
    plan = tiny_plan(compute={"workers": 2, "cpus_per_worker": "auto"})
    on_cpu = resolve_resources(plan, Resources.of_one(cpus=5, gpus=1)).job.compute
    assert (on_cpu.cpus_per_worker, on_cpu.gpus_per_worker) == (2, 0)
    assert resolve_resources(plan, Resources.of_one(cpus=5, gpus=2)).job.compute.gpus_per_worker == 1


def test_what_does_not_fit_is_refused_all_at_once_with_the_numbers(tiny_plan: Callable[..., Plan]) -> None:
    plan = tiny_plan(compute={"workers": 4, "cpus_per_worker": 2, "gpus_per_worker": 1})
    with pytest.raises(InputError) as refused:
        resolve_resources(plan, Resources.of_one(cpus=2, gpus=1))
    first, second = refused.value.problems
    assert "4 workers with a GPU each need 4 GPUs, there is 1" in str(first)
    assert "4 workers of 2 CPU cores need 8, there are 2" in str(second)


def test_fp16_without_a_gpu_is_refused_with_what_to_write_instead(tiny_plan: Callable[..., Plan]) -> None:
    plan = tiny_plan(training={"precision": "fp16"})
    with pytest.raises(InputError, match=r"training\.precision: fp16 needs a GPU .* write fp32, bf16 or auto"):
        resolve_resources(plan, Resources.of_one(cpus=2, gpus=0))
    resolve_resources(plan, Resources.of_one(cpus=2, gpus=1))


def test_this_machine_has_a_core() -> None:
    assert local_resources().cpus >= 1
