"""The position rule: the same samples in the same batches, whoever loads them, and however often."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from framecast.engine.data_loading.batches import Batches
from framecast.engine.distributed_context import DistributedContext
from framecast.plugin.protocols.clip_dataset import ClipDataset


class Drawn(ClipDataset):
    """13 clips whose values are drawn by (epoch, index), as augmentation is; each tells who read it."""

    def __init__(self) -> None:
        self.epoch = -1
        self.told = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch, self.told = epoch, self.told + 1

    def __len__(self) -> int:
        return 13

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(1000 * self.epoch + index)
        return {
            "frames": torch.rand(2, generator=generator),
            "process": torch.tensor(os.getpid()),
            "told": torch.tensor(self.told),
        }


class ReadsTogether(Drawn):
    """Reads many clips at once, as some stores do."""

    def __getitems__(self, indices: list[int]) -> list[dict[str, Tensor]]:
        return [self[index] for index in indices]


def batches(processes: int, rank: int = 0, size: int = 1, dataset: Any = None) -> Batches:
    return Batches(dataset or Drawn(), 4, DistributedContext(rank, size, torch.device("cpu")), processes)


def frames(passed: Iterator[Any]) -> list[Tensor]:
    return [part.batch["frames"] for parts in passed for part in (parts if isinstance(parts, list) else [parts])]


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return len(one) == len(other) and all(map(torch.equal, one, other))


@pytest.mark.parametrize("dataset", [Drawn, ReadsTogether])
@pytest.mark.parametrize("processes", [1, 2])
def test_clips_do_not_depend_on_the_processes_that_load_them(processes: int, dataset: Any) -> None:
    within, beside = batches(0, dataset=dataset()), batches(processes, dataset=dataset())
    for epoch in (0, 1, 2):
        assert same(frames(within.training(7, epoch, 0, 1)), frames(beside.training(7, epoch, 0, 1)))
        assert same(frames(within.evaluation()), frames(beside.evaluation()))


def test_every_epoch_has_draws_of_its_own() -> None:
    loaded = batches(2)
    first, second = (frames(loaded.training(7, epoch, 0, 1)) for epoch in (0, 1))
    assert not same(first, second)


def test_an_epoch_is_resumed_in_its_middle() -> None:
    whole = frames(batches(0).training(7, 3, 0, 1))
    for processes in (0, 2):
        assert same(frames(batches(processes).training(7, 3, 2, 1)), whole[2:])


def test_two_workers_share_a_batch(tmp_path: Any) -> None:
    alone = frames(batches(0).training(7, 1, 0, 1))
    shared = [frames(batches(1, rank, 2).training(7, 1, 0, 1)) for rank in (0, 1)]
    assert same([torch.cat(pair) for pair in zip(*shared, strict=True)], alone)


def test_a_pass_that_was_broken_off_leaves_nothing_behind() -> None:
    loaded = batches(2)
    next(loaded.training(7, 0, 0, 1))
    assert same(frames(loaded.training(7, 1, 0, 1)), frames(batches(0).training(7, 1, 0, 1)))


def test_the_same_processes_load_every_epoch_and_hear_of_each_once() -> None:
    loaded = batches(2)
    seen = []
    for epoch in (0, 1):
        parts = [part.batch for parts in loaded.training(7, epoch, 0, 1) for part in parts]
        seen.append({int(each) for part in parts for each in part["process"]})
        assert {int(each) for part in parts for each in part["told"]} == {epoch + 1}
    assert seen[0] == seen[1]
    assert os.getpid() not in seen[0]


def test_an_evaluation_has_no_epoch() -> None:
    (part, *_) = batches(0).evaluation()
    assert set(part.batch["told"].tolist()) == {0}
