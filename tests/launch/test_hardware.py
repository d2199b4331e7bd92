"""What `auto` means, and what does not fit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from framecast.errors import InputError
from framecast.job.load import read_plan
from framecast.job.plan import Plan
from framecast.launch.hardware import (
    Resources,
    idle_gpus,
    local_resources,
    resolve_for_evaluation,
    resolve_resources,
)


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


def test_an_evaluation_takes_what_this_machine_has_of_the_runs_resources(tiny_plan: Callable[..., Plan]) -> None:
    plan = tiny_plan(
        training={"precision": "fp16"}, compute={"workers": 4, "cpus_per_worker": 2, "gpus_per_worker": 1}
    )
    same, notes = resolve_for_evaluation(plan, Resources.of_one(cpus=8, gpus=4))
    assert (same.job.compute, notes) == (plan.job.compute, [])
    fewer, notes = resolve_for_evaluation(plan, Resources.of_one(cpus=4, gpus=1))
    assert (fewer.job.compute.workers, fewer.job.compute.cpus_per_worker) == (4, 1)
    assert fewer.job.compute.gpus_per_worker == 0
    assert len(notes) == 2
    one, notes = resolve_for_evaluation(plan, Resources.of_one(cpus=2, gpus=0))
    assert (one.job.compute.workers, one.job.compute.cpus_per_worker) == (1, 2)
    assert notes[1] == "the run has 4 workers of 2 CPU cores, there are 2 cores here: evaluated by 1 worker"


def test_an_evaluation_takes_the_device_that_is_asked_for(tiny_plan: Callable[..., Plan]) -> None:
    plan = tiny_plan(compute={"gpus_per_worker": 0})
    gpu, _ = resolve_for_evaluation(plan, Resources.of_one(cpus=2, gpus=1), "cuda")
    assert gpu.job.compute.gpus_per_worker == 1
    cpu, _ = resolve_for_evaluation(gpu, Resources.of_one(cpus=2, gpus=1), "cpu")
    assert cpu.job.compute.gpus_per_worker == 0
    with pytest.raises(InputError, match="1 worker with a GPU each needs 1 GPU, there are 0"):
        resolve_for_evaluation(plan, Resources.of_one(cpus=2, gpus=0), "cuda")


def test_what_was_auto_is_open_again_where_a_run_is_resumed(tiny_plan: Callable[..., Plan]) -> None:
    plan = tiny_plan(compute={"cpus_per_worker": "auto"})
    there = resolve_resources(resolve_resources(plan, Resources.of_one(8, 1)), Resources.of_one(8, 1))
    assert there.automatic == ("gpus_per_worker", "cpus_per_worker")
    assert read_plan(there.to_yaml()).job.compute == there.job.compute
    assert read_plan(read_plan(there.to_yaml()).to_yaml(), other_hardware=True).job.compute == plan.job.compute
    chosen = read_plan(there.to_yaml(), ["compute.gpus_per_worker=1"], other_hardware=True)
    assert chosen.job.compute.gpus_per_worker == 1


def test_auto_says_that_it_leaves_gpus_idle(tiny_plan: Callable[..., Plan]) -> None:
    plan = tiny_plan(compute={"workers": 4})
    note = "4 workers train on CPUs, for there are 2 GPUs: compute.workers=2 trains on GPUs"
    assert idle_gpus(plan, Resources.of_one(cpus=8, gpus=2)) == note
    assert idle_gpus(plan, Resources.of_one(cpus=8, gpus=4)) == ""
    assert idle_gpus(plan, Resources.of_one(cpus=8, gpus=0)) == ""
    assert idle_gpus(tiny_plan(compute={"gpus_per_worker": 0}), Resources.of_one(cpus=8, gpus=2)) == ""
