"""What a plan knows of its data without having them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framecast.errors import InputError
from framecast.plugin.declarations import Dataset, Task
from framecast.plugin.sample_shape import SampleShape


@dataclass(frozen=True)
class DataFacts:
    """`frame_shape` is (C, H, W); `classes` names what labels number, where the task asks for classes.

    Kept in plan.yaml: a run must be understood also on a machine that has not its data.
    """

    frame_shape: tuple[int, int, int]
    classes: tuple[str, ...] = ()

    @classmethod
    def told_by(cls, data: Dataset[Any], settings: Any, task: Task[Any], frames: int) -> DataFacts:
        """Asks the data set. Raises InputError where the task asks for classes and the data have none, or the data
        set refuses to tell."""
        shape = data.sample_shape(settings, frames)
        if task.requires == "frames":
            return cls(shape.image)
        classes = data.classes(settings)
        if len(classes) < 2:
            has = f"has only the class {classes[0]}" if classes else "has no classes"
            raise InputError(
                f"{data.name} {has}, and the task {task.name} tells classes apart: take labelled data "
                "(`platform plugins info NAME` names the classes)"
            )
        _ensure_labels_hold(data, settings, classes)
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


def _ensure_labels_hold(data: Dataset[Any], settings: Any, classes: Sequence[str]) -> None:
    """Raises InputError where an augmentation would show another class than a clip's label says."""
    from framecast.data.augmentation import Augmentation
    from framecast.data.class_directions import changed_class

    for name in type(settings).model_fields:
        augmentation = getattr(settings, name)
        if not isinstance(augmentation, Augmentation):
            continue
        if found := changed_class(augmentation, classes, data.unchanged_by(settings)):
            setting, label = found
            value, without = (augmentation.flip, "none") if setting == "flip" else ("true", "false")
            message = (
                f"{name}.{setting}: {value} would make labels wrong: a clip of '{label}' shows another class when "
                f"it is {'mirrored' if setting == 'flip' else 'played backwards'}. Set it to {without}"
            )
            raise InputError(message)
