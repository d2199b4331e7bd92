"""What a job can set of KTH."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

import framecast
from framecast_kth.persons import SPLITS

Action = Literal["boxing", "handclapping", "handwaving", "jogging", "running", "walking"]
ACTIONS: tuple[Action, ...] = get_args(Action)
Pixels = Annotated[int, Field(ge=8, le=4096)]


class KTHSettings(framecast.Settings):
    """Grey clips of 25 persons in six actions, as the Conv-TT-LSTM paper takes them where nothing is set."""

    root: framecast.Path
    """Folder with the official files (six zip archives or the AVI files in them, and 00sequences.txt); the
    prepared store is written beside them."""

    size: Pixels | tuple[Pixels, Pixels] = 120
    """Height and width of the frames in pixels, one number for both; the files are 120x160, and resized. The paper
    trains on 120 and evaluates on 128. Each size is prepared once."""

    split: Literal["video_prediction", "1-20/21-25", "schuldt"] = "video_prediction"
    """Which persons train, validate and test.

    - `video_prediction`: 1-16 train, 17-25 test, as in the paper
    - `1-20/21-25`: 1-20 train, 21-25 test
    - `schuldt`: the recognition split of the data set's authors
    """

    validation_persons: tuple[Annotated[int, Field(ge=1, le=25)], ...] | None = None
    """Training persons held out for validation; null takes the last two (the split `schuldt` has its own)."""

    actions: tuple[Action, ...] = Field(ACTIONS, min_length=1)
    """Which of the six actions to take, each once; for recognition these are the classes, in this order."""

    ranges: Literal["labelled", "whole"] = "labelled"
    """Where clips may lie.

    - `labelled`: within the ranges of 00sequences.txt
    - `whole`: anywhere in the file, where the scene is empty now and then
    """

    frame_step: int = Field(1, ge=1, le=100)
    """Frames from one frame of a clip to the next; 1 keeps the 25 a second."""

    stride: int | None = Field(None, ge=1, le=10_000)
    """Frames from the beginning of one clip to that of the next; null: the clip's length, so that none overlap."""

    stride_of: dict[Action, Annotated[int, Field(ge=1, le=10_000)]] = Field(default_factory=dict)
    """Another stride for some actions, such as {jogging: 3, running: 3}, whose ranges are short."""

    augmentation: framecast.data.Augmentation = Field(default_factory=framecast.data.Augmentation)

    seed: int = Field(0, ge=0, le=2**63 - 1)
    """Seed of the augmentation."""

    @property
    def height_and_width(self) -> tuple[int, int]:
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @property
    def store(self) -> Path:
        """The folder of the prepared store."""
        height, width = self.height_and_width
        return Path(self.root) / f"framecast-{height}x{width}"

    @model_validator(mode="after")
    def _consistent(self) -> KTHSettings:
        self.augmentation.size(*self.height_and_width)
        twice = [action for action in self.actions if self.actions.count(action) > 1]
        if twice:
            raise ValueError(f"actions names {twice[0]} twice: each is one class")
        if self.validation_persons is None:
            return self
        if self.split == "schuldt":
            raise ValueError("the split schuldt has validation persons of its own: leave validation_persons out")
        strangers = sorted(set(self.validation_persons) - set(SPLITS[self.split].train))
        if strangers or not self.validation_persons:
            raise ValueError(
                f"validation_persons are held out of the training persons {_text(SPLITS[self.split].train)}"
                f", got {list(self.validation_persons)}"
            )
        return self


def _text(persons: tuple[int, ...]) -> str:
    return f"{persons[0]}-{persons[-1]}"
