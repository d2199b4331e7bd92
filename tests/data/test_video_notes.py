"""What a data set says of how its videos were read."""

import re

import pytest

from framecast import DataNote
from framecast.data import StoredVideo, VideoFacts, reading_notes


def video(name, **facts):
    settings = {"size": (48, 64), "rates": (25.0, 25.0), "levels": (3, 200), **facts}
    return StoredVideo(name, 0, 0, 40, 25.0, reading=VideoFacts(**settings))


def test_equal_videos_are_one_line():
    notes = reading_notes([video(f"{number}.mp4") for number in range(118)])

    assert notes == [DataNote("118 videos", "25 frames a second, 64x48 pixels, values 3 to 200 of 255")]


def test_what_was_done_to_some_is_a_line_that_names_them():
    turned = [video(f"t{number}.mp4", orientation="mirrored") for number in range(5)]
    notes = reading_notes([video("a.mp4"), *turned, video("b.mov", pixel_aspect="4:3", bits=10, transparent=True)])

    assert notes[1:] == [
        DataNote("5 videos (t0.mp4, t1.mp4, t2.mp4 ...)", "shown mirrored, as the file asks"),
        DataNote("b.mov", "pixels of 4:3, shown as 64x48 square ones"),
        DataNote("b.mov", "10 bits a value, scaled to 8"),
        DataNote("b.mov", "transparent pixels are put on the background (data.background)"),
    ]


def test_remarks_of_a_video_are_lines_of_their_own():
    notes = reading_notes([video("a.mp4", remarks=("odd", "new")), video("b.mp4", remarks=("new",))])

    assert notes[1:] == [DataNote("a.mp4", "odd"), DataNote("2 videos (a.mp4, b.mp4)", "new")]


@pytest.mark.parametrize(
    ("videos", "subject", "text"),
    [
        ([video("a", rates=(5.0, 30.0))], "a", "the frame rate varies from 5 to 30 a second"),
        ([video("a"), video("b", rates=(29.97, 29.97))], "2 videos", r"mixed \(25 \(1\), 30 \(1\) a second\)"),
        (
            [video("a", breaks=(7,), first_break="9.png is followed by 30.png")],
            "a",
            r"time jumps once \(9\.png is",
        ),
        ([video("a", levels=(9, 9))], "a", "every pixel of every frame has the value 9"),
    ],
    ids=["variable rate", "mixed rates", "break", "blank"],
)
def test_what_is_probably_a_mistake_is_a_warning(videos, subject, text):
    (warning,) = [note for note in reading_notes(videos) if note.warning]

    assert warning.subject == subject
    assert re.search(text, warning.text)


def test_a_rate_that_was_set_is_no_reason_to_warn():
    notes = reading_notes([video("a", rates=(5.0, 30.0)), video("b")], frame_rate=10.0)

    assert "resampled to 10 a second" in notes[0].text
    assert not any(note.warning for note in notes)


def test_images_without_a_clock_say_so_and_nothing_is_said_of_nothing():
    assert reading_notes([video("a", rates=None)])[0].text.startswith("no clock, 64x48 pixels")
    assert reading_notes([]) == reading_notes([StoredVideo("a", 0, 0, 9)]) == []
