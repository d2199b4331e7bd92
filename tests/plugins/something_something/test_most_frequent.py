"""A list of classes that anybody can make again: those with the most training clips."""

from __future__ import annotations

import subprocess
import sys

import pytest

import framecast
from framecast_something_something.classes import read_classes
from framecast_something_something.most_frequent import most_frequent


def test_the_most_frequent_come_first_and_of_equals_the_lower_number(official):
    # 14 training clips over 6 classes in turn: three of the first two, two of the others
    assert most_frequent(official, 3) == [
        "Holding something next to something",
        "Pushing something from left to right",
        "Opening something",
    ]


def test_clips_that_are_not_official_training_do_not_count(root, rewrite):
    rewrite(root / "something-something-v2-train.json", lambda entries: entries[4:6])
    # all six classes are in the official validation set; two are left in the training set
    assert most_frequent(root, 2) == ["Moving part of something", "Dropping something onto something"]


@pytest.mark.parametrize("count", [0, 7])
def test_more_or_fewer_than_there_are_is_refused(official, count):
    with pytest.raises(framecast.InputError, match=f"{count} classes are asked for, and labels.json has 6"):
        most_frequent(official, count)


def test_what_it_prints_is_a_list_that_the_data_set_takes(official, settings, tmp_path):
    command = [sys.executable, "-m", "framecast_something_something.most_frequent", str(official), "2"]
    list_ = tmp_path / "classes.txt"
    list_.write_text(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert read_classes(settings(classes=str(list_))) == most_frequent(official, 2)


def test_a_missing_folder_is_an_error_in_words(tmp_path):
    command = [sys.executable, "-m", "framecast_something_something.most_frequent", str(tmp_path / "no"), "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: data.root:")
    assert "Traceback" not in done.stderr
