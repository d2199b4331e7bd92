"""From label files and clips to a store, and an account of everything that is not in it."""

from __future__ import annotations

import json
import shutil

import av
import numpy as np
import pytest

import framecast
from framecast.data.store import Store
from framecast_something_something.prepare import prepare

CLIPS = "20bn-something-something-v2"
TRAIN = "something-something-v2-train.json"


def prepare_quietly(settings):
    return prepare(settings, lambda done, total: None)


def test_the_summary_of_a_sound_set_has_no_complaints(settings, prepared):
    found = prepare_quietly(settings(prepared))

    assert found.summary == {
        "classes": 6,
        "classes without clip": 0,
        "entries": 20,
        "clips prepared": 20,
        "official training clips": 14,
        "official validation clips": 6,
        "entries of a wrong type": 0,
        "entries without template": 0,
        "unknown templates": 0,
        "ids listed twice": 0,
        "entries without video": 0,
        "videos without entry": 0,
        "videos found twice": 0,
        "videos damaged": 0,
        "frames": 476,
        "megabytes": 1,
    }
    assert found.skipped == []


def test_frames_are_counted_by_decoding_since_webm_does_not_say(settings, prepared):
    store = Store.open(prepare_quietly(settings(prepared)).place)

    frames = {video.name: (video.frames, video.rate) for video in store.videos}
    assert frames["78687"] == (12, 12.0)
    assert frames["90486"] == (40, 12.0)


def test_the_store_holds_what_the_clip_shows(settings, prepared, carphone):
    store = Store.open(prepare_quietly(settings(prepared)).place)
    video = next(video for video in store.videos if video.name == "79998")
    first_CHW, last_CHW = store.read(video, 0, video.frames)[[0, -1]]

    def error(frame_CHW, number):
        shown = av.VideoFrame.from_ndarray(carphone[number], format="rgb24").reformat(32, 24, interpolation="AREA")
        return np.abs(np.moveaxis(frame_CHW, 0, -1).astype(float) - shown.to_ndarray()).mean()

    assert error(first_CHW, 5) < 5
    assert error(last_CHW, 18) < 5
    assert error(last_CHW, 60) > 10


def test_a_second_preparation_finds_nothing_to_do(settings, prepared):
    index = prepare_quietly(settings(prepared)).place / "index.json"
    before = index.stat().st_mtime_ns
    told = []

    prepare(settings(prepared), lambda done, total: told.append((done, total)))

    assert index.stat().st_mtime_ns == before
    assert told == [(20, 20)]


def test_everything_wrong_is_counted_and_listed(settings, root, rewrite):
    clips = root / CLIPS
    whole = (clips / "79998.webm").read_bytes()
    (clips / "79998.webm").write_bytes(whole[: len(whole) * 9 // 10])
    (clips / "81309.webm").write_bytes(b"")
    (clips / "82620.webm").write_bytes(b"not a video" * 100)
    (clips / "83931.webm").unlink()
    shutil.copy(clips / "78687.webm", clips / "4.webm")
    shutil.copy(clips / "78687.webm", root / "78687.webm")
    wrong = [{"id": "85242"}, {"id": "86553", "template": "Eating [something]"}, "86553"]
    rewrite(root / TRAIN, lambda entries: [*entries, entries[0], *wrong])

    found = prepare_quietly(settings(root))

    assert {
        what: count for what, count in found.summary.items() if what.split()[0] in ("entries", "ids", "videos")
    } == {
        "entries": 20,
        "entries of a wrong type": 1,
        "entries without template": 1,
        "ids listed twice": 1,
        "entries without video": 1,
        "videos without entry": 1,
        "videos found twice": 1,
        "videos damaged": 3,
    }
    assert found.summary["unknown templates"] == 1
    assert found.summary["clips prepared"] == 16
    assert len(found.skipped) == 10
    reasons = dict(found.skipped)
    assert "it is cut short" in reasons["79998.webm"]
    assert reasons["81309"] == "it is empty (0 bytes)"
    assert "it cannot be decoded" in reasons["82620"]


def test_a_set_without_one_sound_clip_is_refused(settings, root):
    for file in (root / CLIPS).iterdir():
        file.write_bytes(b"")

    with pytest.raises(framecast.InputError, match=r"not one of 20 videos can be used .*it is empty"):
        prepare_quietly(settings(root))


def test_only_the_listed_classes_are_prepared_under_labels_of_their_own(settings, root, tmp_path):
    listed = tmp_path / "classes.txt"
    listed.write_text("Opening [something]\nHolding [something] next to [something]\n")

    found = prepare_quietly(settings(root, classes=str(listed)))

    store = Store.open(found.place)
    assert {(video.facts["label"], video.facts["template"]) for video in store.videos} == {
        (0, "Opening something"),
        (1, "Holding something next to something"),
    }
    assert found.summary["clips prepared"] == len(store.videos) == 7
    assert found.skipped == []


def test_a_label_file_put_right_is_noticed(settings, root, rewrite):
    def first_right(entries):
        return [{**entries[0], "template": "Opening [something]"}, *entries[1:]]

    clips = {video["id"] for video in json.loads((root / TRAIN).read_text())[2:]}
    for id in clips:
        (root / CLIPS / f"{id}.webm").unlink()
    prepare_quietly(settings(root))
    rewrite(root / TRAIN, first_right)

    store = Store.open(prepare_quietly(settings(root)).place)

    assert {video.name: video.facts["label"] for video in store.videos}["78687"] == 2
