"""What it saves that the processes that load clips stay from epoch to epoch, beside new ones for each epoch."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import torch

from framecast.engine.data_loading.batches import Batches
from framecast.engine.distributed_context import DistributedContext
from framecast.registry.registry import Registry

EPOCHS, CLIPS, PROCESSES = 8, 64, 2


def main() -> None:
    print(
        f"\n| epoch of {CLIPS} clips, {PROCESSES} loading processes | new processes | lasting processes | ratio |"
    )
    print("|---|---|---|---|")
    mnist = Registry.discover().find("data", "moving_mnist").declaration
    settings = mnist.settings(size=64, train_clips=CLIPS)
    dataset = mnist.build(settings, "train", 20)

    def batches() -> Batches:
        return Batches(dataset, 8, DistributedContext.single_process(torch.device("cpu")), PROCESSES)

    lasting = batches()
    new: list[float] = []
    old: list[float] = []
    for epoch in range(EPOCHS):  # in turns, so that the machine's other work falls on both
        new.append(_seconds(batches(), epoch))
        old.append(_seconds(lasting, epoch))
    before, now = statistics.median(new[1:]), statistics.median(old[1:])
    print(f"| Moving MNIST, 64x64, batch 8 | {before:.2f} s | {now:.2f} s | {before / now:.1f} |", flush=True)


def _seconds(batches: Batches, epoch: int) -> float:
    began = time.monotonic()
    _exhaust(batches.training(0, epoch, 0, 1))
    return time.monotonic() - began


def _exhaust(passed: Iterator[object]) -> None:
    for _ in passed:
        pass


if __name__ == "__main__":
    main()
