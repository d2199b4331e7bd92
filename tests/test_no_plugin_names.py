"""No room of the platform names a plugin, a plugin's setting or a value of one: what the platform needs to know of
them is declared. Code, docstrings, templates, style sheets and messages are searched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from framecast.registry.registry import Registry

PLATFORM = Path(__file__).resolve().parents[1] / "platform" / "framecast"
TEMPLATES = PLATFORM / "scaffold" / "templates"
"""Left out: these are the plugins of authors, written for them to begin with, and use what is installed."""

CONTRACT = {
    *("frames", "frames_in", "frames_out", "classes", "observed"),  # arguments and results of models
    *("learning_rate_factor", "value_range", "frame_step", "protocol"),  # members of what plugins declare or build
}
"""Words that the plugin contract itself defines, and that settings of our plugins are named after. Used as the key
of one, such as task.frames_in, they are found all the same."""

KEYS = {
    *("data.background", "data.bit_depth", "data.frame_rate"),  # FrameFormat lays down how data sets call these
    *("metrics.protocol", "metrics.0.protocol"),  # the contract of metrics
    *("model.frames_in", "model.frames_out", "model.value_range", "model.normalisation"),  # members of LoadedModel
}
"""Keys that the platform itself defines, and members that look like keys."""

ENGLISH = {
    *("accuracy", "black"),  # names: a word for quality, and a colour
    *("actions", "background", "colour", "crop", "digits", "fill", "fresh", "groups", "layout", "missing", "mode"),
    *("noise", "order", "path", "positions", "read", "root", "seed", "size", "split", "step", "steps", "stride"),
    *("time", "variables", "x", "y", "bias", "dropout", "decoder", "net", "ratio", "patience"),
    *("auto", "files", "fixed", "folders", "labelled", "lists", "max", "mean", "min", "none", "range", "running"),
    *("standard", "store", "uniform", "whole", "framecast", "fast", "implementation", "reference", "compile"),
    *("rank",),  # of a process
    *("augmentation", "normalisation", "bit_depth", "frame_rate", "monitor", "experiment"),
}
"""Generic words of English or of the field, which the platform uses in their ordinary sense."""

SECTIONS = r"(?:task|model|data|metrics|callbacks)"


def nested(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from nested(part)


def choices(annotation: Any) -> Iterator[str]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        yield from (str(member.value) for member in annotation)
    elif get_origin(annotation) is Literal:
        yield from (word for word in get_args(annotation) if isinstance(word, str))
    else:
        for part in get_args(annotation):
            yield from choices(part)


def settings_of(settings: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """Every setting of a plugin with its type, those of its own nested sections too."""
    for name, field in settings.model_fields.items():
        yield name, field.annotation
        for inner in nested(field.annotation):
            if not inner.__module__.startswith("framecast."):
                yield from settings_of(inner)


@cache
def declared() -> list[Any]:
    """What our own plugins declare."""
    return [entry.declaration for entry in Registry.discover().known()]


def names() -> set[str]:
    return {declaration.name for declaration in declared()}


def settings() -> set[str]:
    return {name for each in declared() for name, _ in settings_of(each.settings)}


def values() -> set[str]:
    return {
        word for each in declared() for _, annotation in settings_of(each.settings) for word in choices(annotation)
    }


def logged() -> set[str]:
    """The values that our tasks log; words such as prediction are the platform's own, too."""
    found = {value.name for each in declared() for value in getattr(each, "logs", ())}
    return {name for name in found if "_" in name}


def searched() -> list[Path]:
    suffixes = {".py", ".j2", ".css", ".html", ".js", ".yaml", ".md"}
    files = sorted(file for file in PLATFORM.rglob("*") if file.suffix in suffixes)
    return [file for file in files if TEMPLATES not in file.parents]


def found(pattern: str) -> list[str]:
    """The lines of the platform that a pattern finds, with their places."""
    expression = re.compile(pattern)
    return [
        f"{file.relative_to(PLATFORM)}:{number}: {line.strip()}"
        for file in searched()
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if expression.search(line)
    ]


def any_of(words: set[str]) -> str:
    return "(?:" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + ")"


def test_our_own_plugins_are_there_to_look_for() -> None:
    assert len(names()) > 30
    assert {"rank", "frames_in", "ratio", "net"} <= settings()
    assert "conv-tt-lstm" in values()
    assert "truth_ratio" in logged()
    assert len(searched()) > 200


@pytest.mark.parametrize("words", [names, settings, values, logged])
def test_no_room_names_a_plugin_its_settings_or_their_values(words: Any) -> None:
    strange = words() - ENGLISH - CONTRACT
    said = found(rf"(?<![\w-])({any_of(strange)})(?![\w-])") if strange else []
    assert not said, "let the plugin declare it; where the word is generic, add it to ENGLISH:\n" + "\n".join(said)


def test_no_room_names_a_setting_by_its_key_in_a_job() -> None:
    """Generic words too: neither a message nor a docstring says task.frames_in or data.root."""
    key = rf"(?<![\w./]){SECTIONS}\.{any_of(settings())}(?![\w(])"
    assert not found(rf"(?!{any_of(KEYS)}\b){key}")


def test_no_room_reads_a_setting_of_a_plugin_by_its_name() -> None:
    """Of the plugins' settings the platform knows `protocol` alone, which is part of the contract of metrics."""
    word = any_of(settings() - {"protocol"})
    assert not found(rf'settings(?:\.get\(|\[|, ?)"{word}"')
    assert not found(rf"(?:task|model|data|metric|part|plan)\w*\.settings\.{word}\b")


@pytest.mark.slow
def test_the_list_of_generic_words_holds_nothing_that_is_not_needed() -> None:
    known = names() | settings() | values() | logged()
    assert known >= ENGLISH | CONTRACT
    words = sorted(ENGLISH | CONTRACT)
    unused = [word for word in words if not found(rf"(?<![\w-]){re.escape(word)}(?![\w-])")]
    assert not unused
