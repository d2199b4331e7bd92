"""Whole clips from the store: lengths, padding, which frames, which split."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

import framecast
from framecast_something_something.clips import clips, frames_of

ALL = ("train", "validation", "test")


@pytest.fixture
def of(settings, prepared):
    """Clips of the prepared miniature: of("train", 8, seed=1)."""
    return lambda split, frames, **given: clips(settings(prepared, **given), split, frames)


def names(data):
    return [data.store.videos[number].name for number in data.numbers]


def stored(data, index):
    video = next(video for video in data.store.videos if video.name == names(data)[index])
    return torch.from_numpy(data.store.read(video, 0, video.frames))


@pytest.mark.parametrize(
    ("total", "wanted", "step", "chosen"),
    [
        (9, 5, None, [0, 2, 4, 6, 8]),
        (12, 4, None, [0, 4, 7, 11]),
        (5, 5, None, [0, 1, 2, 3, 4]),
        (3, 5, None, [0, 1, 2]),
        (9, 1, None, [0]),
        (1, 4, None, [0]),
        (9, 3, 1, [0, 1, 2]),
        (9, 3, 4, [0, 4, 8]),
        (9, 4, 4, [0, 4, 8]),
        (9, 4, 100, [0]),
    ],
)
def test_which_frames_are_taken(total, wanted, step, chosen):
    assert frames_of(total, wanted, step).tolist() == chosen


def test_a_sample_is_frames_label_and_places(of):
    data = of("test", 10)
    sample = data[0]

    assert set(sample) == {"frames", "label", "place"}
    assert sample["frames"].shape == (10, 3, 24, 32)
    assert sample["frames"].dtype == torch.uint8
    assert (sample["label"].dtype, sample["label"].shape) == (torch.int64, ())
    assert (sample["place"].dtype, sample["place"].shape) == (torch.float32, (10,))
    assert sample["label"] == 0


def test_uniform_frames_go_from_the_first_to_the_last(of):
    data = of("test", 5)
    whole_TCHW = stored(data, 0)

    indices = np.rint(np.linspace(0, len(whole_TCHW) - 1, 5)).astype(int)
    assert torch.equal(data[0]["frames"], whole_TCHW[indices])


def test_stepped_frames_begin_at_the_beginning(of):
    data = of("test", 4, sampling="step", frame_step=3)

    assert torch.equal(data[0]["frames"], stored(data, 0)[0:12:3])


@pytest.mark.parametrize(("given", "real"), [({}, 12), ({"sampling": "step", "frame_step": 5}, 3)])
def test_a_short_clip_repeats_its_last_frame_at_the_end_of_its_time(of, given, real):
    data = of("train", 16, validation_share=0.0, **given)
    index = names(data).index("78687")
    sample = data[index]

    step = given.get("frame_step", 1)
    expected_TCHW = stored(data, index)[::step]
    assert len(expected_TCHW) == real
    assert torch.equal(sample["frames"][:real], expected_TCHW)
    assert (sample["frames"][real:] == expected_TCHW[-1]).all()
    assert sample["place"].tolist() == pytest.approx(
        [number * step / 12 for number in range(real)] + [1] * (16 - real)
    )


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("frames", [4, 7, 20, 60])
@pytest.mark.parametrize("given", [{}, {"sampling": "step", "frame_step": 2}])
def test_what_lies_before_a_share_of_the_video_is_exact_at_any_rate(of, share, frames, given):
    data = of("test", frames, **given)
    for index in range(len(data)):
        total = data.store.videos[data.numbers[index]].frames
        taken = frames_of(total, frames, given.get("frame_step"))
        before = data[index]["place"] < share - 1e-6
        # the taken frames that lie before the share, and none of those that fill up the clip
        assert before.nonzero().flatten().tolist() == [
            at for at, frame in enumerate(taken) if frame < share * total
        ]


def test_splits_share_no_clip_and_leave_none_out(of):
    parts = {split: set(names(of(split, 8, validation_share=0.3))) for split in ALL}

    assert all(parts.values())
    assert sum(map(len, parts.values())) == len(set.union(*parts.values())) == 20


def test_the_test_split_is_the_official_validation_set(of):
    assert sorted(names(of("test", 8))) == ["21000", "21777", "22554", "23331", "24108", "24885"]


def test_neither_seed_nor_length_moves_a_clip_to_another_split(of):
    for split in ALL:
        before = names(of(split, 8, validation_share=0.3))
        assert names(of(split, 5, validation_share=0.3, seed=7, sampling="step", frame_step=2)) == before


def test_class_names_tell_what_a_label_means(of, official):
    data = of("train", 8)

    assert data.class_names[1] == "Pushing something from left to right"
    for index in range(len(data)):
        template = data.store.videos[data.numbers[index]].facts["template"]
        assert data.class_names[data[index]["label"]] == template


def test_training_clips_vary_by_epoch_and_come_back_the_same(of):
    data = of("train", 8, augmentation={"crop": 16, "brightness": 0.3})
    first = [data[index]["frames"] for index in range(len(data))]
    data.set_epoch(1)
    second = [data[index]["frames"] for index in range(len(data))]
    data.set_epoch(0)

    assert first[0].shape == (8, 3, 16, 16)
    assert not any(torch.equal(*pair) for pair in zip(first, second, strict=True))
    assert all(torch.equal(clip, data[index]["frames"]) for index, clip in enumerate(first))


@pytest.mark.parametrize("split", ["validation", "test"])
def test_other_clips_are_only_cropped_in_the_middle(of, split):
    data = of(split, 8, augmentation={"crop": 16, "brightness": 0.3, "flip": "both"}, validation_share=0.3)
    plain = of(split, 8, validation_share=0.3)

    data.set_epoch(1)
    assert torch.equal(data[0]["frames"], plain[0]["frames"][:, :, 4:20, 8:24])


def test_counts_and_skips_are_reported(of):
    data = of("train", 8)

    assert data.sequences == len(data)
    assert data.skipped == []


def test_another_process_reads_the_same(of):
    data = of("train", 8)

    assert torch.equal(pickle.loads(pickle.dumps(data))[3]["frames"], data[3]["frames"])


def test_without_a_store_the_way_to_it_is_reported(settings, official):
    with pytest.raises(
        framecast.InputError, match=r"platform data prepare something_something --root .* 'size=\[24"
    ):
        clips(settings(official), "train", 8)


def test_labels_that_changed_after_preparation_are_noticed(settings, prepared, root, rewrite):
    (prepared / "framecast-24x32-colour-stretched").rename(root / "framecast-24x32-colour-stretched")
    try:
        rewrite(
            root / "something-something-v2-labels.json",
            lambda labels: {name: str(5 - int(number)) for name, number in labels.items()},
        )
        with pytest.raises(framecast.InputError, match=r"was prepared as class .* prepare again"):
            clips(settings(root), "train", 8)
    finally:
        (root / "framecast-24x32-colour-stretched").rename(prepared / "framecast-24x32-colour-stretched")
