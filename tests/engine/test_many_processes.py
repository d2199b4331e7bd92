"""One process among 8, 64 and 1,024: its share of a batch, and what it sends in a step."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from framecast.engine.data_loading.batches import Batches, MicroBatch
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.train import train
from framecast.job.document import Document
from framecast.job.resolve import make_plan
from framecast.launch.launch import create_run
from framecast.plugin.events import Event, StepDone
from framecast.plugin.protocols.clip_dataset import ClipDataset
from framecast.registry.registry import Registry
from tests.counting_process_group import process_of

SIZES = [8, 64, 1024]
PARAMETERS = 639  # of the tiny job's network
GRADIENTS = 4 * PARAMETERS


class Blank(ClipDataset):
    """Clips of one pixel."""

    def __init__(self, clips: int) -> None:
        self.clips = clips

    def __len__(self) -> int:
        return self.clips

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {"frames": torch.zeros(1)}


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("size", SIZES)
def test_every_sample_of_a_batch_is_in_one_share(size: int, accumulate: int) -> None:
    batch = 2 * size + 3
    parts: list[MicroBatch] = []
    for rank in range(size):
        context = DistributedContext(rank, size, torch.device("cpu"))
        (own,) = Batches(Blank(batch), batch, context).training(seed=0, epoch=0, first=0, accumulate=accumulate)
        parts += own

    assert sorted(position for part in parts for position in part.positions) == list(range(batch))
    assert sum(part.share for part in parts) == pytest.approx(1)
    sizes = {len(part.positions) for part in parts}
    assert max(sizes) - min(sizes) <= 1


def sent_in_third_steps(jobs: list[dict[str, Any]], folder: Path) -> list[list[tuple[str, int]]]:
    """What the first process of each job's workers sends in its third step, each exchange as name and bytes."""
    os.environ["LOCAL_RANK"] = "0"  # as a launcher sets it
    sent = []
    for job in jobs:
        plan = make_plan(Document.from_data(job), Registry.discover())
        ends: list[int] = []

        with process_of(0, job["compute"]["workers"]) as exchanges:

            def listen(event: Event) -> None:
                if isinstance(event, StepDone):
                    ends.append(len(exchanges.seen))  # noqa: B023

            context = DistributedContext.from_process_group(torch.device("cpu"))
            train(plan, create_run(plan, Document.from_data({}), folder), context, listen)
        sent.append(exchanges.seen[ends[1] : ends[2]])
    return sent


@pytest.fixture
def sent_in_a_step(
    tiny_job: Callable[..., dict[str, Any]], tmp_path: Path
) -> Callable[..., list[list[tuple[str, int]]]]:
    """The same for the tiny job at several numbers of workers, in a process that has no group yet."""

    def measure(sizes: list[int], training: dict[str, Any], **sections: Any) -> list[list[tuple[str, int]]]:
        jobs = [
            tiny_job(
                training={"batch_size": size, "max_steps": 3, **training},
                data={"train_clips": 3 * size},
                compute={"workers": size},
                **sections,
            )
            for size in sizes
        ]
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
            return child.submit(sent_in_third_steps, jobs, tmp_path).result(timeout=300)

    return measure


def test_a_step_sends_the_gradients_and_the_losses_once(
    sent_in_a_step: Callable[..., list[list[tuple[str, int]]]],
) -> None:
    for gradients, losses in sent_in_a_step(SIZES, {}):
        assert gradients == ("all-reduce", GRADIENTS)
        assert losses[0] == "all-reduce"
        assert losses[1] <= 128


@pytest.mark.slow
@pytest.mark.parametrize("stage", [0, 1, 2])
def test_zero_reduces_the_gradients_once_and_gathers_each_processs_part(
    sent_in_a_step: Callable[..., list[list[tuple[str, int]]]], stage: int
) -> None:
    sizes = SIZES[:2]
    found = sent_in_a_step(sizes, {"strategy": "deepspeed"}, deepspeed={"zero_stage": stage})

    for size, sent in zip(sizes, found, strict=True):
        gathered = [count for name, count in sent if name == "all-gather"]
        assert sent.count(("all-reduce", GRADIENTS)) == 1
        assert len(gathered) == (1 if stage else 0)
        for count in gathered:  # the updated part of each process, padded
            assert GRADIENTS / size <= count <= GRADIENTS / size + 16
        others = [count for name, count in sent if name == "all-reduce" and count != GRADIENTS]
        assert len(others) <= 4
        assert max(others) <= 128


@pytest.mark.slow
def test_the_number_of_exchanges_does_not_grow_with_the_processes_at_zero_3(
    sent_in_a_step: Callable[..., list[list[tuple[str, int]]]],
) -> None:
    few, many = sent_in_a_step([8, 64], {"strategy": "deepspeed"}, deepspeed={"zero_stage": 3})

    assert [name for name, _ in few] == [name for name, _ in many]
