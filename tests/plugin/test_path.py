"""Paths in settings: absolute once a job is resolved, whatever their shape, otherwise as the user named them."""

from __future__ import annotations

import json
import pathlib
import pickle
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field, ValidationError, model_validator

import framecast
from framecast.plugin.path import FOLDER_VARIABLE, current_folder
from framecast.plugin.settings import Settings


class Masks(Settings):
    file: framecast.Path = "masks.npy"
    """The masks."""


class Deeper(Settings):
    masks: Masks = Masks(file="own.npy")
    place: pathlib.Path | None = None


class Everything(Settings):
    root: framecast.Path
    """Where the data lie."""

    cache: framecast.Path | None = None
    files: tuple[framecast.Path, ...] = ("data/*.nc",)
    named: dict[str, list[framecast.Path]] = Field(default_factory=dict)
    weights: Literal["none"] | framecast.Path = "none"
    masks: Masks = Masks()
    more: Deeper = Deeper()
    plain: pathlib.Path
    several: list[pathlib.Path] = Field(default_factory=list)
    title: str = "data"


class Child(Everything):
    seen: str = ""

    @model_validator(mode="after")
    def _look(self) -> Child:
        self.__dict__["seen"] = f"{self.plain} {self.more.masks.file}"
        return self


def resolved(settings: type[Settings] = Everything, folder: str = "/work dir", **written: Any) -> dict[str, Any]:
    """The settings as a plan writes them, resolved for a command given in `folder`."""
    text = json.dumps({"root": "videos", "plain": "plain", **written})
    return settings.model_validate_json(text, context={"folder": folder}).model_dump(mode="json")


def test_relative_paths_start_from_the_folder_wherever_they_stand() -> None:
    found = resolved(cache="../c", named={"a": ["x", "/y"]}, several=["p"], weights="w.pth")
    assert found == {
        "root": "/work dir/videos",
        "cache": "/work dir/../c",
        "files": ["/work dir/data/*.nc"],
        "named": {"a": ["/work dir/x", "/y"]},
        "weights": "/work dir/w.pth",
        "masks": {"file": "/work dir/masks.npy"},
        "more": {"masks": {"file": "/work dir/own.npy"}, "place": None},
        "plain": "/work dir/plain",
        "several": ["/work dir/p"],
        "title": "data",
    }


def test_a_word_that_the_type_allows_beside_paths_stays_a_word() -> None:
    assert resolved(weights="none")["weights"] == "none"
    assert resolved()["cache"] is None


@pytest.mark.parametrize("written", ["/data", "/data/../other", "/a b/[2024]/*.nc"])
def test_absolute_paths_stay_as_they_are(written: str) -> None:
    assert resolved(root=written)["root"] == written


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket/data",
        "gs://b/x.zarr",
        "file:///data",
        "http://host:80/a?b=c",
        "zip::s3://b/x.zip",
        "memory://x",
    ],
)
def test_urls_stay_as_they_are(url: str) -> None:
    assert resolved(root=url)["root"] == url


@pytest.mark.parametrize(
    ("written", "absolute"),
    [("./videos/", "/f/videos"), (".", "/f"), ("a:b", "/f/a:b"), ("~x/y~", None), ("häuser/ü b", "/f/häuser/ü b")],
)
def test_what_looks_special_and_is_not(written: str, absolute: str | None) -> None:
    if absolute is None:
        with pytest.raises(ValidationError, match=r"no such home folder is known; a file of that name is \./~x"):
            resolved(folder="/f", root=written)
    else:
        assert resolved(folder="/f", root=written)["root"] == absolute


def test_the_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert resolved(root="~/videos")["root"] == "/home/ann/videos"
    assert Masks(file="~").file == "/home/ann"  # also outside a job


def test_outside_a_job_a_relative_path_stays_relative() -> None:
    assert Masks(file="videos").file == "videos"


def test_resolving_again_elsewhere_changes_nothing() -> None:
    first = resolved(several=["p"])
    assert resolved(folder="/elsewhere", **first) == first


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert resolved(folder=str(tmp_path), root="link")["root"] == str(tmp_path / "link")


@pytest.mark.parametrize("wrong", ["", "a\0b", 3, True, ["x"]])
def test_what_is_no_path_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        resolved(root=wrong)


def test_a_plugins_own_checks_see_absolute_paths() -> None:
    assert resolved(Child)["seen"] == "/work dir/plain /work dir/own.npy"


def test_settings_with_paths_travel_to_other_processes() -> None:
    settings = Everything(root="/data", plain=Path("/plain"))
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_a_path_is_a_text_and_documented_as_a_path() -> None:
    root = Everything.model_json_schema()["properties"]["root"]
    assert root == {
        "description": "Where the data lie.",
        "format": "path",
        "minLength": 1,
        "title": "Root",
        "type": "string",
    }
    assert isinstance(Masks().file, str)


def test_the_current_folder_is_called_what_the_shell_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "link")
    monkeypatch.setenv("PWD", str(tmp_path / "link"))
    assert current_folder() == str(tmp_path / "link")
    monkeypatch.setenv("PWD", "/left/behind")
    assert current_folder() == str(tmp_path / "real")


def test_a_command_that_was_sent_starts_from_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, "/home/ray")
    assert current_folder() == "/home/ray"
