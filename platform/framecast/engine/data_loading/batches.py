"""Batches by the position rule.

Batch i of an epoch holds the same samples on any number of workers, and a sample's random draws depend on
its position in the epoch alone. So a checkpoint needs only the position, and another number of workers
continues the same epoch.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader, default_collate

from framecast.data.renormalised_clips import normalise_as
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.refusal import raise_own_refusals
from framecast.plugin.events import DatasetLoaded
from framecast.plugin.normalisation import Normalisation
from framecast.plugin.protocols.clip_dataset import ClipDataset, Sample

NAMED = 5
"""Skipped sources that are named in a run's events; the rest are counted."""


@dataclass(frozen=True)
class MicroBatch:
    """What one process computes in one go. `size` of its samples count (in evaluation some may be filler).

    `share` is that number over the whole global batch; `waited` are the seconds until the data were there.
    """

    batch: dict[str, Tensor]
    positions: tuple[int, ...]
    size: int
    share: float
    waited: float = 0.0


class Clips:
    """A data set that receives the epoch with each batch: loading processes live as long as the run, and each has
    a copy of the data set to which `set_epoch` in this process does not reach."""

    def __init__(self, dataset: ClipDataset) -> None:
        self.dataset = dataset
        self._epoch: int | None = None

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitems__(self, request: tuple[int | None, list[int]]) -> Sequence[Sample]:
        """The samples of those indices as they are in that epoch; None of an evaluation, which has no epoch."""
        epoch, indices = request
        if epoch is not None and epoch != self._epoch:
            self.dataset.set_epoch(epoch)
            self._epoch = epoch
        return self.dataset.__getitems__(indices)


class Requests:
    """What a loader asks for in its next pass, (epoch, indices) of each batch."""

    def __init__(self) -> None:
        self.batches: list[tuple[int | None, list[int]]] = []

    def __iter__(self) -> Iterator[tuple[int | None, list[int]]]:
        return iter(self.batches)

    def __len__(self) -> int:
        return len(self.batches)


class Batches:
    """The clips of one split, cut into global batches, of which this process reads its share.

    `processes` load them, which start with the first pass and stay for all passes.
    """

    def __init__(
        self, dataset: ClipDataset, batch_size: int, distributed: DistributedContext, processes: int = 0
    ) -> None:
        self.dataset = dataset
        self.batch_size = batch_size
        self._distributed = distributed
        self._requests = Requests()
        self._clips = Clips(dataset)
        self._loader: DataLoader[Any] = DataLoader(
            self._clips,  # type: ignore[arg-type]  # it has samples by the batch only
            batch_sampler=self._requests,  # type: ignore[arg-type]  # each batch with its epoch
            num_workers=processes,
            persistent_workers=processes > 0,
            collate_fn=default_collate,
            pin_memory=distributed.device.type == "cuda",
        )

    def normalise_as(self, trained: Normalisation | None) -> None:
        """Normalises the clips as a model was trained, not by the data's own statistics; None keeps these. To be
        called before the first pass. Raises InputError where the data are of other channels."""
        self.dataset = self._clips.dataset = normalise_as(self.dataset, trained)

    def found(self, split: str) -> DatasetLoaded:
        """What there is to read."""
        skipped, notes = self.dataset.skipped, self.dataset.notes
        return DatasetLoaded(
            split=split,
            clips=len(self.dataset),
            sequences=self.dataset.sequences,
            skipped=len(skipped),
            reasons=[f"{name}: {why}" for name, why in skipped[:NAMED]],
            notes=[f"{note.subject}: {note.text}" for note in notes if not note.warning],
            warnings=[f"{note.subject}: {note.text}" for note in notes if note.warning],
        )

    def per_epoch(self) -> int:
        """Global batches in a training epoch: the last partial one is dropped."""
        return len(self.dataset) // self.batch_size

    def training(self, seed: int, epoch: int, first: int, accumulate: int) -> Iterator[list[MicroBatch]]:
        """The batches of an epoch from number `first`, shuffled by (seed, epoch), each in `accumulate` parts."""
        order = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, epoch]))).permutation(
            len(self.dataset)
        )
        spans = [
            span
            for number in range(first, self.per_epoch())
            for span in self._spans(number * self.batch_size, self.batch_size, accumulate)
        ]
        loaded = self._load([order[span] for span in spans], epoch)
        for start in range(0, len(spans), accumulate):
            yield [self._micro_batch(span, *next(loaded)) for span in spans[start : start + accumulate]]

    def evaluation(self) -> Iterator[MicroBatch]:
        """Every clip once, in order. A process without a share of the last batch gets filler of size 0, so
        that all processes go through the model equally often."""
        total = len(self.dataset)
        spans = [
            span
            for start in range(0, total, self.batch_size)
            for span in self._spans(start, min(self.batch_size, total - start), 1)
        ]
        loaded = self._load([span if len(span) else np.array([0]) for span in spans])
        for span, (batch, waited) in zip(spans, loaded, strict=True):
            yield self._micro_batch(span, batch, waited)

    def _spans(self, start: int, size: int, accumulate: int) -> list[np.ndarray]:
        """This process's positions within the batch, in `accumulate` parts; shares may differ by one."""
        parts = self._distributed.size * accumulate
        own = np.arange(accumulate + 1) + self._distributed.rank * accumulate  # each part, and the one after them
        bounds = start + own * (size // parts) + np.minimum(own, size % parts)
        return [np.arange(begin, end) for begin, end in pairwise(bounds)]

    def _micro_batch(self, span: np.ndarray, batch: dict[str, Tensor], waited: float) -> MicroBatch:
        return MicroBatch(batch, tuple(span.tolist()), len(span), len(span) / self.batch_size, waited)

    def _load(
        self, indices: list[np.ndarray], epoch: int | None = None
    ) -> Iterator[tuple[dict[str, Tensor], float]]:
        """The batches of those clips, on the device, each with the seconds that this process waited for it."""
        self._requests.batches = [(epoch, index.tolist()) for index in indices]
        began, loaded = time.monotonic(), iter(self._loader)
        for _ in indices:
            with raise_own_refusals(self._distributed):
                batch = next(loaded)
            moved = {name: value.to(self._distributed.device, non_blocking=True) for name, value in batch.items()}
            self._distributed.heartbeat()
            yield moved, time.monotonic() - began
            began = time.monotonic()
