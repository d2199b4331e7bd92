"""One store for each format and list of classes, and the command that makes it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from framecast.job.data_section import data_part
from framecast_something_something.place import command, store_folder
from framecast_something_something.settings import SomethingSomethingSettings


def make(**given):
    return SomethingSomethingSettings(root="data/some thing", **given)


def test_formats_and_lists_of_classes_never_share_a_store():
    every = ["Opening something", "Closing something"]
    folders = [
        store_folder(make(), every),
        store_folder(make(size=64), every),
        store_folder(make(size=(64, 96)), every),
        store_folder(make(crop=True), every),
        store_folder(make(colour=False), every),
        store_folder(make(classes="list.txt"), every),
        store_folder(make(classes="list.txt"), every[::-1]),
        store_folder(make(classes="list.txt"), every[:1]),
    ]

    assert len(set(folders)) == len(folders)
    assert folders[0].name == "framecast-128x128-colour-stretched"


def test_what_only_reading_depends_on_does_not_move_the_store():
    others = make(validation_share=0.2, sampling="step", frame_step=2, seed=3, augmentation={"flip": "horizontal"})

    assert store_folder(others, []) == store_folder(make(), [])


def test_the_command_leads_to_the_same_store_when_it_is_typed():
    for wanted in (make(), make(size=(64, 96), crop=True, colour=False, classes="my list.txt")):
        program, verb, prepare, name, option, root, *given = shlex.split(command(wanted))

        assert (program, verb, prepare, option) == ("platform", "data", "prepare", "--root")
        typed: Any = data_part(name, [f"root={root}", *given], []).settings
        assert store_folder(typed, ["a"]) == Path.cwd() / store_folder(wanted, ["a"])
