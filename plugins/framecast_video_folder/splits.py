"""Which videos train, validate and test. A video is in one split, whole."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Sequence
from pathlib import Path

import framecast
from framecast_video_folder.settings import VideoFolderSettings

SPLITS = ("train", "validation", "test")


def split_videos(
    names: Sequence[str], settings: VideoFolderSettings
) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """The videos of each split; and those in none, with reasons. Raises InputError where there is no split."""
    how = settings.split if settings.split != "auto" else _how(settings.folder)
    if how == "ratio":
        return _by_ratio(names, settings), []
    return _by_folders(names, settings.folder) if how == "folders" else _by_lists(names, settings.folder)


def _how(folder: Path) -> str:
    if (folder / "train").is_dir():
        return "folders"
    return "lists" if (folder / "train.txt").is_file() else "ratio"


def _by_folders(names: Sequence[str], folder: Path) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    if not (folder / "train").is_dir():
        raise framecast.InputError(f"data.split: {folder} has no folder train: add it, or set split=ratio")
    found = {split: [name for name in names if name.startswith(f"{split}/")] for split in SPLITS}
    placed = {name for videos in found.values() for name in videos}
    return found, [(name, "in no folder train, validation or test") for name in names if name not in placed]


def _by_lists(names: Sequence[str], folder: Path) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    known = set(names)
    found: dict[str, list[str]] = {}
    skipped: list[tuple[str, str]] = []
    for split in SPLITS:
        file = folder / f"{split}.txt"
        if not file.is_file():
            if split == "test":
                found[split] = []
                continue
            raise framecast.InputError(f"data.split: {file}: no such file, which should list the {split} videos")
        lines = framecast.data.read_text_list(file, "data.split", known)
        listed = list(dict.fromkeys(_listed_name(line.text, known) for line in lines))
        found[split] = [name for name in listed if name in known]
        skipped += [(name, f"listed in {file.name}, not among the videos") for name in listed if name not in known]
    placed: dict[str, str] = {}
    for split, videos in found.items():
        for name in videos:
            if name in placed:
                raise framecast.InputError(f"data.split: {name} is listed in {placed[name]}.txt and {split}.txt")
            placed[name] = split
    return found, [*skipped, *((name, "in no list") for name in names if name not in placed)]


def _listed_name(text: str, known: Container[str]) -> str:
    """The video that a line names; paths may be written as Windows does, or begin with ./"""
    if text in known:
        return text
    return text.replace("\\", "/").removeprefix("./")


def _by_ratio(names: Sequence[str], settings: VideoFolderSettings) -> dict[str, list[str]]:
    if len(names) < 2:
        raise framecast.InputError(
            f"data.root: {settings.folder} has one video, and splits are of whole videos: cut it into several"
        )

    def drawn(name: str) -> str:
        return hashlib.sha256(f"{settings.seed} {name}".encode()).hexdigest()

    order = sorted(names, key=drawn)
    validation = max(1, round(settings.validation_share * len(names)))
    test = max(1, round(settings.test_share * len(names))) if settings.test_share and len(names) > 2 else 0
    return {
        "validation": sorted(order[:validation]),
        "test": sorted(order[validation : validation + test]),
        "train": sorted(order[validation + test :]),
    }
