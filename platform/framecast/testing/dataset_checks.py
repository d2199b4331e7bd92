"""What is asked of a data set. Every public function is a check.

Dimensions: T time, C channels, H W space.
"""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from framecast.counting import plural
from framecast.errors import InputError
from framecast.plugin.protocols.clip_dataset import ClipDataset, Sample
from framecast.testing.global_state import untouched
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.verdict import LeftOut, Nonconformity, require

SPLITS = ("train", "validation", "test")
_FRAMES = 4
_LOOKED_AT = 64
"""Clips of a split that are compared with those of the others."""


def clips_are_as_declared(subject: PluginUnderTest) -> None:
    """A sample is {"frames": (T, C, H, W)} of the shape that `sample_shape` tells, uint8, or float32 within
    `value_range`, which only fields without bounds leave after the training period; "mask" (T, C, H, W) is bool,
    "label" int64 the number of one of `classes`, "place" (T,) float32 and grows.

    Return tensors, or numbers that torch's default_collate makes tensors of. T is what `build` was asked for."""
    settings = _ready(subject)
    low, high = subject.dataset.value_range(settings)
    require(low < high, f"its value_range is ({low}, {high})")
    classes = len(subject.dataset.classes(settings))
    for frames in (_FRAMES, 2):
        shape = subject.dataset.sample_shape(settings, frames)
        for split, clips in _splits(subject, frames).items():
            require(len(clips) > 0, f"{split} has no clips of {plural(frames, 'frame')}")
            for index in _some(clips, 5):
                sample, place = clips[index], f"{split} clip {index}"
                _check_frames(sample, shape.clip, place)
                if split == "train" or subject.dataset.bounded(settings):
                    _check_range(sample, low, high, place)
                _check_facts(sample, frames, classes, place)


def the_same_clips_whenever_they_are_read(subject: PluginUnderTest) -> None:
    """Clip i of an epoch is the same in every process, after every restart, and in whatever order clips are read.

    Draw from numpy's Philox seeded by (seed, epoch, clip), never from a generator that is shared."""
    for split, clips in _splits(subject).items():
        indices = _some(clips, 5)
        first = [clips[index] for index in indices]
        torch.manual_seed(1)
        np.random.seed(1)
        random.seed(1)
        again = [clips[index] for index in reversed(indices)][::-1]
        anew = _built(subject, split)
        for index, one, two, three in zip(indices, first, again, (anew[index] for index in indices), strict=True):
            require(_same(one, two), f"{split} clip {index} is another when it is read again")
            require(_same(one, three), f"{split} clip {index} is another after a restart")


def the_same_clips_in_other_processes(subject: PluginUnderTest) -> None:
    """A data set is pickled to worker processes, and gives the same clips there.

    Open files in `__getitem__` or in `__setstate__`, not in `__init__`; define classes at the top of a module, for
    what is made within a function cannot be pickled."""
    for split, clips in _splits(subject).items():
        try:
            copy = pickle.loads(pickle.dumps(clips))
        except Exception as error:
            require(False, f"{split} cannot be pickled: {type(error).__name__}: {error}")
        indices = _some(clips, 4)
        here = [clips[index] for index in indices]
        require(all(map(_same, here, (copy[index] for index in indices))), f"{split} has other clips once pickled")
    train = _built(subject, "train")
    indices = _some(train, 4)
    there = DataLoader(cast("Dataset[Sample]", train), sampler=indices, batch_size=None, num_workers=2)
    same = all(map(_same, (train[index] for index in indices), there))
    require(same, "train has other clips in a worker process")


def an_epoch_says_which_clips_it_has(subject: PluginUnderTest) -> None:
    """`set_epoch(epoch)` decides all that varies between epochs; validation and test clips never vary.

    Keep nothing from one epoch to the next: a resumed run begins in the middle of one."""
    for split, clips in _splits(subject).items():
        index, seen = len(clips) // 2, []
        for epoch in (0, 3, 0):
            clips.set_epoch(epoch)
            seen.append(clips[index])
        other = _built(subject, split)
        other.set_epoch(3)
        require(_same(seen[0], seen[2]), f"{split} clip {index} of epoch 0 is another once epoch 3 was there")
        require(_same(seen[1], other[index]), f"{split} clip {index} of epoch 3 depends on the epochs before")
        require(split == "train" or _same(seen[0], seen[1]), f"{split} clip {index} varies between epochs")


def splits_share_no_clip(subject: PluginUnderTest) -> None:
    """No clip of one split is also in another, nor twice in its own: scores would be too good.

    Split by what clips are cut from, such as whole videos, persons or periods, before cutting."""
    first: dict[bytes, str] = {}
    for split, clips in _splits(subject).items():
        for index in _some(clips, _LOOKED_AT):
            place = f"{split} clip {index}"
            content = _tensor(clips[index], "frames").numpy().tobytes()
            require(content not in first, f"{place} is the same as {first.get(content)}")
            first[content] = place


def clips_tell_what_they_belong_to(subject: PluginUnderTest) -> None:
    """`grouped_by` says what clips that are not independent share, and `origin(index)` in which group and which
    frames of it a clip lies: clips of one video are one observation for the intervals of scores.

    StoredClips does so; `grouped_by = "clip"` where each clip is made independently."""
    for split, clips in _splits(subject).items():
        grouped_by = clips.grouped_by
        if grouped_by is None:
            raise LeftOut("it has no grouped_by: intervals of its scores take clips as independent")
        require(isinstance(grouped_by, str) and grouped_by.strip(), f"{split}: its grouped_by is {grouped_by!r}")
        if grouped_by == "clip":
            continue
        for index in _some(clips, 5):
            try:
                group, start, end = clips.origin(index)
            except NotImplementedError:  # of the base class
                require(False, f"{split} is grouped by {grouped_by} and has no origin(index)")
            require(
                isinstance(group, int | str), f"{split} clip {index}: its group is {group!r}, no number or name"
            )
            require(0 <= start < end, f"{split} clip {index} goes from frame {start} to {end} of {group}")


def leaves_the_process_as_it_was(subject: PluginUnderTest) -> None:
    """Building a data set and reading clips change no random state and no defaults that others use.

    Use a generator of your own: what the model draws must not depend on which process reads which clip."""
    with untouched("reading clips"):
        for clips in _splits(subject).values():
            _ = clips[0]


def files_are_made_ready_once(subject: PluginUnderTest) -> None:
    """`prepare(settings, progress)` makes raw files ready, tells `progress` the videos done and all there are, and
    finds nothing to do a second time; before it, `ready` raises InputError that names the command.

    Write beside and rename at the end, so that what is there is complete."""
    prepare, ready = subject.dataset.prepare, subject.dataset.ready
    if prepare is None:
        raise LeftOut("the data set declares no prepare")
    made = subject.with_files()
    settings = subject.checked(made.written)
    if ready is None:
        raise Nonconformity("there is a prepare and no ready: a job cannot tell whether it was done")
    try:
        ready(settings)
    except InputError as error:
        require(" data prepare " in str(error), f"ready does not name the command: {error}")
    reported: list[tuple[int, int]] = []
    first = prepare(settings, lambda done, total: reported.append((done, total)))
    require(all(0 <= done <= total for done, total in reported), f"progress receives {reported[:5]}")
    require(
        Path(first.place).exists() or not reported, f"{first.place}, where it says its files are, is not there"
    )
    ready(settings)
    contents = {file: file.stat().st_mtime_ns for file in Path(first.place).rglob("*") if file.is_file()}
    second = prepare(settings, lambda done, total: None)
    require(second.place == first.place, "a second prepare puts them elsewhere")
    changed = [
        file.name for file, time in contents.items() if not file.exists() or file.stat().st_mtime_ns != time
    ]
    require(not changed, f"a second prepare writes {', '.join(changed[:5])} again")


def missing_files_are_refused_with_words(subject: PluginUnderTest) -> None:
    """Where there are no files, `ready`, `prepare` or `build` raise InputError that says what was looked for,
    where.

    A FileNotFoundError from deep within says neither to a user."""
    words = _refusal(subject, _emptied)
    require(words, "it is built although no file is there")


def damaged_files_are_refused_with_words(subject: PluginUnderTest) -> None:
    """Where no file can be read, `ready`, `prepare` or `build` raise InputError that names a file and says why;
    where some can, they may be left out, listed in `skipped`.

    Look into each file when data are prepared: a training that fails in its second night is expensive."""
    words = _refusal(subject, _damaged)
    require(words, "it gives clips although no file can be read")


def _ready(subject: PluginUnderTest) -> Any:
    """The settings, files prepared if the kit made them; a user's own are left as they are."""
    settings, declaration = subject.settings, subject.dataset
    if declaration.prepare is not None and callable(subject.given.settings):
        declaration.prepare(settings, lambda done, total: None)
    if declaration.ready is not None:
        declaration.ready(settings)
    return settings


def _built(subject: PluginUnderTest, split: str, frames: int = _FRAMES) -> ClipDataset:
    built: ClipDataset = subject.build(split, frames, settings=_ready(subject))
    return built


def _splits(subject: PluginUnderTest, frames: int = _FRAMES) -> dict[str, ClipDataset]:
    settings = _ready(subject)
    return {split: subject.build(split, frames, settings=settings) for split in SPLITS}


def _some(clips: ClipDataset, count: int) -> list[int]:
    """Up to `count` indices from first to last."""
    return sorted({round(index) for index in np.linspace(0, len(clips) - 1, min(count, len(clips)))})


def _check_frames(sample: Any, shape: tuple[int, ...], place: str) -> None:
    require(isinstance(sample, dict) and "frames" in sample, f"{place} is no dict with frames")
    frames = _tensor(sample, "frames")
    require(tuple(frames.shape) == shape, f"{place} is {tuple(frames.shape)}, and sample_shape says {shape}")
    require(frames.dtype in (torch.uint8, torch.float32), f"{place} is {frames.dtype}, not uint8 or float32")
    if "mask" in sample:
        known = _tensor(sample, "mask")
        require(
            known.dtype == torch.bool and known.shape == frames.shape, f"{place}: its mask is no bool of its shape"
        )
    if frames.dtype == torch.float32:
        require(frames.isfinite().all(), f"{place} holds what is not a number: say so in a mask, and fill it")


def _check_range(sample: Any, low: float, high: float, place: str) -> None:
    frames = _tensor(sample, "frames")
    if frames.dtype == torch.float32:
        known = _tensor(sample, "mask") if "mask" in sample else torch.ones_like(frames, dtype=torch.bool)
        inside = (frames >= low) & (frames <= high) | ~known
        require(inside.float().mean() > 0.99, f"{place} leaves its value_range ({low:g}, {high:g})")


def _check_facts(sample: Any, frames: int, classes: int, place: str) -> None:
    """What a sample tells beside its frames."""
    if "label" in sample:
        label = _tensor(sample, "label")
        require(label.dtype == torch.int64 and label.ndim == 0, f"{place}: its label is no int64 number")
        require(0 <= label < classes, f"{place}: its label is {label}, and there are {classes} classes")
    if "place" in sample:
        at = _tensor(sample, "place")
        require(
            at.dtype == torch.float32 and at.shape == (frames,),
            f"{place}: its place is {at.dtype} {tuple(at.shape)}, not float32 ({frames},)",
        )
        require(at[0] >= 0 and (at.diff() >= 0).all(), f"{place}: its place does not grow from 0: {at.tolist()}")


def _tensor(sample: Any, name: str) -> Tensor:
    return torch.as_tensor(sample[name])


def _same(one: Any, two: Any) -> bool:
    return one.keys() == two.keys() and all(torch.equal(_tensor(one, name), _tensor(two, name)) for name in one)


def _emptied(folder: Path) -> None:
    for file in folder.rglob("*"):
        if not file.is_dir():
            file.unlink()


def _damaged(folder: Path) -> None:
    """Each file is replaced, not written into: hard links to others stay whole."""
    for number, file in enumerate(sorted(each for each in folder.rglob("*") if each.is_file())):
        file.unlink()
        file.write_bytes(bytes((37 * number + place * place) % 251 for place in range(99)))


def _refusal(subject: PluginUnderTest, spoil: Callable[[Path], None]) -> str | None:
    """What is said where files are spoilt before they are prepared; None if nothing is."""
    made = subject.with_files(spoil)
    declaration = subject.dataset
    try:
        settings = subject.checked(made.written)
        if declaration.prepare is not None:
            declaration.prepare(settings, lambda done, total: None)
        if declaration.ready is not None:
            declaration.ready(settings)
        for split in SPLITS:
            clips = subject.build(split, _FRAMES, settings=settings)
            require(len(clips), f"{split} is built without a clip, and nothing is said")
            _ = clips[0]
    except InputError as error:
        require(str(error).strip(), "InputError is raised without a word")
        return str(error)
    return None
