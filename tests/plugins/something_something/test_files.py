"""Entries and clips matched: what has no partner is named."""

from __future__ import annotations

import shutil

import pytest

import framecast
from framecast_something_something.annotations import read_annotations
from framecast_something_something.classes import read_classes
from framecast_something_something.files import find_clips

CLIPS = "20bn-something-something-v2"


@pytest.fixture
def found(settings):
    """Matches the entries of a folder, for all its classes."""

    def match(root):
        classes = read_classes(settings(root))
        return find_clips(root, read_annotations(root, classes), classes)

    return match


def test_every_labelled_clip_is_found_and_a_clip_of_the_test_set_is_no_stranger(official, found):
    sources, refused = found(official)

    assert len(sources) == 20
    assert refused == []


def test_facts_tell_split_template_and_label(official, found):
    facts = {source.name: source.facts for source in found(official).sources}

    assert facts["79998"] == {"split": "train", "template": "Pushing something from left to right", "label": 1}


def test_clips_may_lie_in_the_root_or_deep_below_it(root, found):
    (root / CLIPS / "78687.webm").rename(root / "78687.webm")
    (root / "a" / "b").mkdir(parents=True)
    (root / CLIPS / "79998.webm").rename(root / "a" / "b" / "79998.webm")

    assert len(found(root).sources) == 20


def test_an_entry_without_its_clip_is_named(root, found):
    (root / CLIPS / "78687.webm").unlink()

    [refusal] = found(root).refused

    assert refusal[:3] == ("entries without video", "78687", "train lists it, but there is no 78687.webm")


def test_a_clip_without_an_entry_is_named(root, found):
    shutil.copy(root / CLIPS / "78687.webm", root / CLIPS / "4.webm")

    [refusal] = found(root).refused

    assert refusal[:3] == ("videos without entry", "4.webm", "no label file names it")


def test_a_second_file_of_an_id_is_named_and_the_first_is_taken(root, found):
    shutil.copy(root / CLIPS / "78687.webm", root / "78687.webm")

    sources, [refusal] = found(root)

    assert refusal[:3] == ("videos found twice", f"{CLIPS}/78687.webm", "78687.webm has that id already")
    assert root / "78687.webm" in {source.path for source in sources}


def test_a_link_that_leads_nowhere_is_named(root, found):
    (root / CLIPS / "78687.webm").unlink()
    (root / CLIPS / "78687.webm").symlink_to(root / "gone.webm")

    [refusal] = found(root).refused

    assert refusal[:3] == ("videos damaged", "78687.webm", "it cannot be read: No such file or directory")


def test_a_folder_without_clips_is_told_what_to_do(root, found):
    shutil.rmtree(root / CLIPS)

    with pytest.raises(framecast.InputError, match=r"holds 0 .webm files, none of them .* unpack the clips"):
        found(root)
