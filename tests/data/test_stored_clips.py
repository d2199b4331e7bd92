"""Clips as training sees them."""

import pytest
import torch

from framecast.data import Augmentation, Span, StoredClips, Windows


@pytest.fixture
def clips(store):
    """Clips of 4 frames of every video: `clips(varied=True)`."""
    spans = [Span(number, 0, video.frames, 2, number % 2) for number, video in enumerate(store.videos)]
    return lambda **others: StoredClips(store, Windows.cut(spans, 4), **others)


def every(data, epoch=0):
    data.set_epoch(epoch)
    return torch.stack([data[index]["frames"] for index in range(len(data))])


def test_a_sample_is_a_clip_and_its_label(clips, store):
    sample = clips()[5]

    assert sample["frames"].dtype == torch.uint8
    assert (sample["frames"].numpy() == store.read(store.videos[1], 2, 4)).all()
    assert sample["label"] == 1
    assert clips().sequences == 6


def test_without_labels_there_is_none(store):
    assert set(StoredClips(store, Windows.cut([Span(0, 0, 10, 4)], 4))[0]) == {"frames"}


def test_varied_clips_differ_from_epoch_to_epoch_and_come_again(clips):
    data = clips(varied=True, augmentation=Augmentation(crop=16, flip="both"), seed=7)
    first, second, again = every(data, 0), every(data, 1), every(data, 0)

    assert first.shape[1:] == (4, 1, 16, 16)
    assert not torch.equal(first, second)
    assert torch.equal(first, again)


def test_the_seed_chooses_the_variations(clips):
    one, other = (every(clips(varied=True, augmentation=Augmentation(flip="both"), seed=seed)) for seed in (0, 1))

    assert not torch.equal(one, other)


def test_clips_that_are_not_varied_are_the_middle_in_every_epoch(clips):
    data = clips(augmentation=Augmentation(crop=16, flip="both", reverse=True, brightness=0.5))

    assert torch.equal(every(data, 0), every(data, 1))
    assert torch.equal(every(data, 0), every(clips())[..., 8:24, 8:24])


def test_skipped_sources_are_the_stores_and_the_data_sets_own(clips):
    assert clips(skipped=[("extra", "unknown label")]).skipped == [("extra", "unknown label")]


@pytest.mark.parametrize("index", [-1, 10_000])
def test_beyond_the_clips_is_an_index_error(clips, index):
    with pytest.raises(IndexError):
        clips()[index]
