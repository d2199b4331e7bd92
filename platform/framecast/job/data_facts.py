"""What a plan knows of its data without having them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framecast.errors import InputError
from framecast.registry.kinds import Dataset, SampleShape, Task


@dataclass(frozen=True)
class DataFacts:
    """`frame_shape` is (C, H, W); `classes` names what labels number, where the task asks for classes.

    Kept in plan.yaml: a run must be understood also on a machine that has not its data.
    """

    frame_shape: tuple[int, int, int]
    classes: tuple[str, ...] = ()

    @classmethod
    def told_by(cls, data: Dataset, settings: Any, task: Task, frames: int) -> DataFacts:
        """Asks the data set. Raises InputError where the task asks for classes and the data have none, or the data
        set refuses to tell."""
        shape = data.sample_shape(settings, frames)
        if task.needs == "frames":
            return cls(shape.image)
        classes = data.classes(settings)
        if len(classes) < 2:
            has = f"has only the class {classes[0]}" if classes else "has no classes"
            raise InputError(
                f"{data.name} {has}, and the task {task.name} tells classes apart: take labelled data "
                "(`platform plugins info NAME` names the classes)"
            )
        return cls(shape.image, classes)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DataFacts:
        channels, height, width = data["frame_shape"]
        return cls((channels, height, width), tuple(data.get("classes", ())))

    def to_dict(self) -> dict[str, Any]:
        classes = {"classes": list(self.classes)} if self.classes else {}
        return {"frame_shape": list(self.frame_shape), **classes}

    def sample_shape(self, frames: int) -> SampleShape:
        """What models are built for."""
        return SampleShape(frames, *self.frame_shape, len(self.classes))
