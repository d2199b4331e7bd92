"""Annotation files, entry by entry: what is wrong is counted and named, and the rest is taken."""

from __future__ import annotations

import pytest

import framecast
from framecast_something_something.annotations import read_annotations
from framecast_something_something.classes import read_classes

TRAIN = "something-something-v2-train.json"
VALIDATION = "something-something-v2-validation.json"


@pytest.fixture(name="annotations")
def read_with_all_classes(settings):
    """Reads the annotations of a folder, for all its classes."""
    return lambda root: read_annotations(root, read_classes(settings(root)))


def test_every_entry_of_the_official_files_finds_its_class(official, annotations):
    found = annotations(official)

    assert found.refused == []
    assert len(found.entries) == 20
    assert found.entries["78687"].template == "Holding something next to something"
    assert found.entries["21000"].split == "validation"


def test_brackets_around_other_words_are_stripped_too(official, annotations):
    assert "Moving part of something" in {entry.template for entry in annotations(official).entries.values()}


def test_clips_of_the_test_set_are_known_though_they_have_no_label(official, annotations):
    found = annotations(official)

    assert "1420" in found.known
    assert "1420" not in found.entries


def test_other_classes_are_left_aside_without_a_word(official):
    found = read_annotations(official, ["Opening something"])

    assert {entry.template for entry in found.entries.values()} == {"Opening something"}
    assert found.refused == []
    assert len(found.known) == 21


@pytest.mark.parametrize(
    ("entry", "kind", "reason"),
    [
        ({"id": "5", "label": "opening a box"}, "entries without template", "it has no template"),
        ({"id": "5", "template": ""}, "entries without template", "it has no template"),
        ({"id": "5", "template": ["Opening"]}, "entries of a wrong type", "its template is not a text"),
        ({"id": "5", "template": "Eating [something]"}, "unknown templates", 'no class "Eating something"'),
        ({"id": 5, "template": "Opening [something]"}, "entries of a wrong type", "an entry is"),
        ({"template": "Opening [something]"}, "entries of a wrong type", "an entry is"),
        ("78687", "entries of a wrong type", "an entry is"),
        (None, "entries of a wrong type", "an entry is"),
        (
            {"id": "78687", "template": "Opening [something]"},
            "ids listed twice",
            '78687 is listed in train already, as "Holding something next to something", which is kept',
        ),
    ],
)
def test_a_wrong_entry_is_refused_by_its_place_and_all_others_stay(
    root, annotations, rewrite, entry, kind, reason
):
    rewrite(root / TRAIN, lambda entries: [*entries, entry])

    found = annotations(root)

    [refusal] = found.refused
    assert refusal.kind == kind
    assert refusal.name.startswith(f"{TRAIN}, entry 15")
    assert reason in refusal.why
    assert len(found.entries) == 20


def test_a_clip_in_both_files_is_never_trained_on(root, annotations, rewrite):
    rewrite(root / TRAIN, lambda entries: [*entries, {"id": "21000", "template": "Opening [something]"}])

    found = annotations(root)

    assert found.entries["21000"].split == "validation"
    assert found.refused[0].kind == "ids listed twice"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"78687": "Opening [something]"}', "train.json: holds a mapping, where a list of entries is expected"),
        ('[\n {"id": "1",}\n]', r"train.json:2:\d+: not JSON"),
        ("", r"train.json:1:1: not JSON"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused(root, annotations, content, words):
    (root / TRAIN).write_text(content)

    with pytest.raises(framecast.InputError, match=words):
        annotations(root)


def test_a_missing_annotation_file_is_named_by_both_its_names(root, annotations):
    (root / VALIDATION).unlink()

    with pytest.raises(framecast.InputError, match=rf"holds neither {VALIDATION} nor validation.json"):
        annotations(root)
