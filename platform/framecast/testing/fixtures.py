"""The kit's own plugin: the smallest model, data and task that train, so that it depends on no other plugin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from framecast.plugin.declarations import Dataset, Model, Task
from framecast.plugin.hooks import hookimpl
from framecast.plugin.outputs import EvaluationOutputs, PredictionTarget
from framecast.plugin.sample_shape import SampleShape
from framecast.plugin.settings import NoSettings

FRAMES = 4
FORECASTER, RECOGNISER = "conformance_convolution", "conformance_recogniser"


def _convolution(settings: NoSettings, sample: SampleShape) -> Any:
    import torch
    from torch import nn

    class Convolution(nn.Module):
        """Predicts each next frame from the one before, by one convolution."""

        def __init__(self) -> None:
            super().__init__()
            self.next = nn.Conv2d(sample.channels, sample.channels, 3, padding=1)

        def forward(self, frames: Any, frames_out: int, *, truth: Any = None, keep_truth: Any = None) -> Any:
            predictions = [frames[:, -1]]
            for _ in range(frames_out):
                predictions.append(self.next(predictions[-1]))
            return torch.stack(predictions[1:], 1)

    return Convolution()


def _recogniser(settings: NoSettings, sample: SampleShape) -> Any:
    import torch
    from torch import nn

    from framecast.plugin.outputs import RecognitionOutput

    class Recogniser(nn.Module):
        """Tells the class from the mean change of each pixel up to a reading, and the next frame from the last."""

        def __init__(self) -> None:
            super().__init__()
            self.classes = nn.Linear(sample.channels * sample.height * sample.width, sample.classes)
            self.next = nn.Conv2d(sample.channels, sample.channels, 3, padding=1)

        def forward(self, frames: Any, frames_out: int, *, observed: Any) -> RecognitionOutput:
            times = torch.arange(1, frames.shape[1] + 1, device=frames.device)
            means = (frames.cumsum(1) / times.view(1, -1, 1, 1, 1)).flatten(2)
            logits = self.classes(means.take_along_dim(observed[..., None] - 1, 1))
            predictions = [self.next(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])]
            for _ in range(frames_out - 1):
                predictions.append(self.next(predictions[-1][:, -1])[:, None])
            return RecognitionOutput(logits, torch.cat(predictions, 1)[:, : frames.shape[1] - 1 + frames_out])

    return Recogniser()


class Squares:
    """A square that crosses the frame, (T, 1, 16, 16) uint8, to the right in even clips and to the left in odd
    ones: its place follows from the clip's number, its direction is its class."""

    def __init__(self, first: int, clips: int, frames: int) -> None:
        self.first, self.clips, self.frames = first, clips, frames

    def __len__(self) -> int:
        return self.clips

    def __getitem__(self, index: int) -> dict[str, Any]:
        import torch

        clip = torch.zeros(self.frames, 1, 16, 16, dtype=torch.uint8)
        row, column = divmod(self.first + index, 12)
        label = (self.first + index) % 2
        for time in range(self.frames):
            at = (column + (-time if label else time)) % 12
            clip[time, 0, row : row + 4, at : at + 4] = 255
        return {"frames": clip, "label": torch.tensor(label)}


_FIRST_AND_CLIPS = {"train": (0, 16), "validation": (16, 8), "test": (24, 8)}


class NextFrames:
    """Squared error of the frames that follow the first two."""

    learning_rate_factor = 1.0

    def _compared(self, model: Any, batch: Any) -> tuple[Any, Any, Any]:
        frames = batch["frames"].float() / 255
        return frames[:, :2], model(frames[:, :2], FRAMES - 2)[:, 2 - FRAMES :], frames[:, 2:]

    def training_step(self, model: Any, batch: Any, progress: Any) -> tuple[Any, dict[str, float]]:
        _, prediction, target = self._compared(model, batch)
        return (prediction.float() - target).square().mean(), {}

    def evaluation_step(self, model: Any, batch: Any) -> EvaluationOutputs:
        seen, prediction, target = self._compared(model, batch)
        loss = (prediction.float() - target).square().flatten(1).mean(1)
        return EvaluationOutputs(loss, {"frames": PredictionTarget(prediction.float(), target)}, seen)

    def after_evaluation(self, metrics: Any, epoch: int) -> None:
        """No schedules."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """There is no state."""


@hookimpl
def framecast_models() -> Iterator[Model[Any]]:
    yield Model(name=FORECASTER, summary="One convolution", build=_convolution)
    yield Model(name=RECOGNISER, summary="One linear layer, one convolution", build=_recogniser, produces="logits")


@hookimpl
def framecast_datasets() -> Iterator[Dataset[Any]]:
    yield Dataset(
        name="conformance_squares",
        summary="Squares that cross the frame",
        build=lambda settings, split, frames: Squares(*_FIRST_AND_CLIPS[split], frames),
        sample_shape=lambda settings, frames: SampleShape(frames, 1, 16, 16),
        classes=lambda settings: ("to the right", "to the left"),
    )


@hookimpl
def framecast_tasks() -> Iterator[Task[Any]]:
    yield Task(
        name="conformance_next_frames",
        summary="Two frames from two frames",
        build=lambda settings: NextFrames(),
        frames=lambda settings: FRAMES,
        default_metrics=(),
    )
