"""One process among 8, 64 and 1,024: its share of a batch, and what it sends in a step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from framecast.engine.data_loading.batches import Batches, MicroBatch
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.loop import train
from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.launch.launch import create_run
from framecast.plugin.events import Event, StepDone
from framecast.plugin.protocols.clip_dataset import ClipDataset
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


@pytest.fixture
def sent_in_a_step(
    tiny_plan: Callable[..., Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[tuple[str, int]]]:
    """What the first of some processes sends in its third step, each exchange as name and bytes."""
    monkeypatch.setenv("LOCAL_RANK", "0")  # as a launcher sets it

    def measure(size: int, **sections: dict[str, object]) -> list[tuple[str, int]]:
        training = {"batch_size": size, "max_steps": 3, **sections.pop("training", {})}
        plan = tiny_plan(training=training, data={"train_clips": 3 * size}, compute={"workers": size}, **sections)
        ends: list[int] = []

        with process_of(0, size) as exchanges:

            def listen(event: Event) -> None:
                if isinstance(event, StepDone):
                    ends.append(len(exchanges.seen))

            context = DistributedContext.from_process_group(torch.device("cpu"))
            train(plan, create_run(plan, Document.from_data({}), tmp_path), context, listen)
        return exchanges.seen[ends[1] : ends[2]]

    return measure


@pytest.mark.parametrize("size", SIZES)
def test_a_step_sends_the_gradients_and_the_losses_once(
    sent_in_a_step: Callable[..., list[tuple[str, int]]], size: int
) -> None:
    gradients, losses = sent_in_a_step(size)

    assert gradients == ("all-reduce", GRADIENTS)
    assert losses[0] == "all-reduce"
    assert losses[1] <= 128


@pytest.mark.parametrize("size", SIZES[:2])
@pytest.mark.parametrize("stage", [0, 1, 2])
def test_zero_reduces_the_gradients_once_and_gathers_each_processs_part(
    sent_in_a_step: Callable[..., list[tuple[str, int]]], stage: int, size: int
) -> None:
    sent = sent_in_a_step(size, training={"strategy": "deepspeed"}, deepspeed={"zero_stage": stage})

    gathered = [count for name, count in sent if name == "all-gather"]
    assert sent.count(("all-reduce", GRADIENTS)) == 1
    assert len(gathered) == (1 if stage else 0)
    for count in gathered:  # the updated part of each process, padded
        assert GRADIENTS / size <= count <= GRADIENTS / size + 16
    others = [count for name, count in sent if name == "all-reduce" and count != GRADIENTS]
    assert len(others) <= 4
    assert max(others) <= 128


def test_the_number_of_exchanges_does_not_grow_with_the_processes_at_zero_3(
    sent_in_a_step: Callable[..., list[tuple[str, int]]],
) -> None:
    few, many = (
        sent_in_a_step(size, training={"strategy": "deepspeed"}, deepspeed={"zero_stage": 3}) for size in (8, 64)
    )

    assert [name for name, _ in few] == [name for name, _ in many]
