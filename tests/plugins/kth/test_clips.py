"""Clips from the miniature's store: persons, actions, ranges and strides."""

from typing import Any

import pytest
from torch.utils.data import DataLoader

import framecast
from framecast_kth import framecast_datasets
from framecast_kth.clips import clips
from framecast_kth.prepare import prepare
from framecast_kth.settings import ACTIONS, KTHSettings
from tests.real_clips import real_video


@pytest.fixture
def settings(prepared):
    """Settings for the miniature: `settings(stride=3)`."""
    return lambda **others: KTHSettings(root=str(prepared.root), size=32, **others)


def spans(data):
    """(facts of the video, span) of each place that clips may lie in."""
    return [(data.store.videos[span.video].facts, span) for span in data.windows.spans]


@pytest.mark.parametrize("split", ["video_prediction", "1-20/21-25", "schuldt"])
def test_no_person_is_in_two_splits(settings, split):
    persons = [
        {facts["person"] for facts, _ in spans(clips(settings(split=split), part, 10))}
        for part in ("train", "validation", "test")
    ]

    assert sorted(person for part in persons for person in part) == list(range(1, 26))


def test_clips_are_grey_and_their_label_is_the_actions_place_among_those_taken(settings):
    chosen = settings(actions=("walking", "boxing"), split="schuldt")
    data = clips(chosen, "test", 10)

    assert data[0]["frames"].shape == (10, 1, 32, 32)
    assert data[0]["label"] in (0, 1)
    assert {(facts["action"], span.label) for facts, span in spans(data)} == {("walking", 0), ("boxing", 1)}
    (declared,) = framecast_datasets()
    assert declared.classes(chosen) == ("walking", "boxing")
    assert declared.classes(settings()) == ACTIONS


def test_an_action_that_is_named_twice_is_refused(settings):
    with pytest.raises(ValueError, match="actions names boxing twice: each is one class"):
        settings(actions=("boxing", "walking", "boxing"))


def test_clips_lie_within_the_labelled_ranges_and_the_video(settings):
    data = clips(settings(stride=1), "train", 10)

    for index in range(0, len(data), 7):
        span, start = data.windows[index]
        video = data.store.videos[span.video]
        assert any(begin <= start and start + 10 <= min(end, video.frames) for begin, end in video.facts["ranges"])


def test_a_range_past_the_end_is_cut_there(settings):
    data = clips(settings(), "train", 10)

    assert any(end > 40 for facts, _ in spans(data) for _, end in facts["ranges"])
    assert max(span.end for _, span in spans(data)) == 40


def test_whole_files_are_one_range_each(settings):
    data = clips(settings(ranges="whole"), "train", 10)

    assert {span[1:3] for _, span in spans(data)} == {(0, 40)}
    assert data.sequences == len({span.video for _, span in spans(data)})
    assert len(data) == 4 * data.sequences, "clips of 10 frames do not overlap in 40"


def test_an_action_can_have_a_stride_of_its_own(settings):
    strides = {
        facts["action"]: span.stride
        for facts, span in spans(clips(settings(stride_of={"jogging": 3}, frame_step=2), "train", 5))
    }

    assert strides == {action: 3 if action == "jogging" else 10 for action in ACTIONS}


def test_held_out_persons_validate(settings):
    own = settings(validation_persons=(3,))

    assert {facts["person"] for facts, _ in spans(clips(own, "validation", 10))} == {3}
    assert 3 not in {facts["person"] for facts, _ in spans(clips(own, "train", 10))}


def test_processes_of_a_loader_read_the_same_clips(settings):
    data: Any = clips(settings(split="schuldt", actions=("running",)), "validation", 10)
    alone, together = (DataLoader(data, batch_size=8, num_workers=workers) for workers in (0, 1))

    for one, other in zip(alone, together, strict=True):
        assert (one["frames"] == other["frames"]).all()
        assert (one["label"] == other["label"]).all()


def test_labelled_clips_of_unlabelled_files_name_the_way_out(tmp_path):
    (tmp_path / "person01_boxing_d1_uncomp.avi").write_bytes(real_video("avi"))
    settings = KTHSettings(root=str(tmp_path), size=32)
    summary = prepare(settings, lambda done, total: None).summary

    assert summary["labelled ranges"] == "none: no 00sequences.txt, so set ranges=whole in jobs"
    with pytest.raises(framecast.InputError, match=r"put 00sequences\.txt into .* or set data\.ranges=whole"):
        clips(settings, "train", 4)
    assert len(clips(KTHSettings(root=str(tmp_path), size=32, ranges="whole"), "train", 4)) == 3
