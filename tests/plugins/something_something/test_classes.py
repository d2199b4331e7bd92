"""labels.json and the user's list of classes: their order makes the labels."""

from __future__ import annotations

import pytest

import framecast
from framecast_something_something.classes import read_classes

LABELS = "something-something-v2-labels.json"


@pytest.fixture
def listed(tmp_path):
    """Writes a list of classes, and gives its path."""

    def write(text):
        file = tmp_path / "classes.txt"
        file.write_text(text)
        return str(file)

    return write


def test_classes_come_in_the_order_of_their_numbers_and_not_of_the_file(settings, root, rewrite):
    before = read_classes(settings(root))
    rewrite(root / LABELS, lambda labels: dict(reversed(labels.items())))

    assert read_classes(settings(root)) == before
    assert before[1] == "Pushing something from left to right"


def test_files_may_have_their_short_names_and_lie_in_a_folder_labels(settings, root):
    (root / "labels").mkdir()
    (root / LABELS).rename(root / "labels" / "labels.json")

    assert len(read_classes(settings(root))) == 6


def test_listed_classes_are_numbered_anew_with_or_without_brackets(settings, listed):
    file = listed("# two of six\n\nOpening [something]\n  Holding something next to something  \n")

    assert read_classes(settings(classes=file)) == ["Opening something", "Holding something next to something"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Opening something\nOpenning [something]\n",
            ":2: labels.json has no class .* did you mean Opening something",
        ),
        ("Opening something\n\nOpening [something]\n", ':3: "Opening something" is in line 1 already'),
        ("# nothing\n", "names no class"),
    ],
)
def test_a_wrong_list_of_classes_is_refused_with_its_line(settings, listed, text, words):
    with pytest.raises(framecast.InputError, match=words):
        read_classes(settings(classes=listed(text)))


def test_a_list_of_classes_that_is_not_there_is_named(settings):
    with pytest.raises(framecast.InputError, match=r"data.classes: nowhere.txt: No such file"):
        read_classes(settings(classes="nowhere.txt"))


def test_a_list_of_classes_that_is_no_text_is_refused(settings, tmp_path):
    (tmp_path / "classes.txt").write_bytes(b"\xff\xfe\x00\x81")

    with pytest.raises(framecast.InputError, match="not a text file"):
        read_classes(settings(classes=str(tmp_path / "classes.txt")))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('["Opening something"]', "holds a list, where a mapping"),
        ("{}", "holds an empty mapping"),
        ("174", "holds only 174"),
        ('{"Opening something": "0",\n "Closing something" "1"}', r"labels.json:2:22: not JSON .*download"),
        ('{"Opening something": "0", "Closing something": "2"}', "has the number '2', where one of 0 to 1"),
        ('{"Opening something": "first"}', "has the number 'first'"),
        ('{"Opening something": true}', "has the number True"),
        ('{"Opening something": "0", "Closing something": 0}', "share the number 0"),
    ],
)
def test_a_wrong_labels_json_is_refused(settings, root, content, words):
    (root / LABELS).write_text(content)

    with pytest.raises(framecast.InputError, match=words):
        read_classes(settings(root))


def test_labels_json_in_bytes_that_are_no_text_is_refused(settings, root):
    (root / LABELS).write_bytes(b'{"Opening something\xff": "0"}')

    with pytest.raises(framecast.InputError, match="not text"):
        read_classes(settings(root))


def test_a_folder_without_label_files_is_told_what_to_do(settings, tmp_path):
    with pytest.raises(
        framecast.InputError, match=r"holds neither something-something-v2-labels.json nor labels.json"
    ):
        read_classes(settings(tmp_path))


def test_a_folder_that_is_not_there_is_named(settings, tmp_path):
    with pytest.raises(framecast.InputError, match=r"data.root: .*nowhere: no such folder"):
        read_classes(settings(tmp_path / "nowhere"))
