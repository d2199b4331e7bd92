"""A trained model as notebooks use it: physical units in and out, and clear words for wrong frames.

Dimensions: B batch, T time, P predictions, C channels, H W space, S readings.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from framecast.data.normalisation import Normalisation
from framecast.engine.outputs import Recognised
from framecast.errors import InputError
from framecast.evaluation.subject import Subject

BEYOND = 0.5
"""By how much of their range pictures may lie outside it: more is another scale, such as [0, 255] or [-1, 1]."""


class LoadedModel(nn.Module):
    """The `network` of a subject, called with frames in the data's own units.

    `value_range` is the lowest and the highest value of frames in these units, `normalisation` what the model's
    data were normalised with, or None; `frames_in` and `frames_out` are the lengths that it was trained for, or
    None where its task does not tell them.
    """

    offset: Tensor
    scale: Tensor
    fill: Tensor

    def __init__(self, subject: Subject, device: torch.device) -> None:
        super().__init__()
        plan = subject.plan
        self.label = subject.label
        self.network = subject.model(device)
        self.normalisation = subject.normalisation
        self.value_range = _physical(plan.value_range, subject.normalisation)
        self.sample_shape = plan.sample_shape
        horizon = plan.task.declaration.horizon
        lengths: tuple[int | None, int | None] = horizon(plan.task.settings) if horizon else (None, None)
        self.frames_in, self.frames_out = lengths
        self._bounded = plan.value_range.bounded and subject.normalisation is None
        self._part = plan.model
        if own := subject.normalisation:
            precise = torch.float32 if device.type == "mps" else torch.float64
            named = {"offset": own.offset, "scale": own.scale, "fill": own.fill or own.offset}
            for name, values in named.items():
                column = torch.tensor(values, dtype=precise, device=device)[:, None, None]
                self.register_buffer(name, column, persistent=False)  # no part of the network's state dict
        self.eval()

    def forward(
        self,
        frames: Tensor,
        frames_out: int,
        truth: Tensor | None = None,
        keep_truth: Tensor | None = None,
        *,
        observed: Tensor | None = None,
    ) -> Any:
        """All predictions of frames (B, T, C, H, W), (B, P, C, H, W) float32 in the units of the frames; the last
        `frames_out` are the future. `truth` (B, frames_out - 1, C, H, W), in the same units, takes the place of
        its own predictions where `keep_truth` (B, frames_out - 1) is True.

        A recognition model is called with `observed` (B, S), as the third argument or by name, and answers with
        a framecast.Recognised. Raises InputError for frames that the model cannot take.
        """
        self._refuse(frames, frames_out)
        if self._part.declaration.gives == "logits":
            observed = truth if observed is None else observed
            if observed is None:
                raise InputError(
                    f"{self._part.name} recognises classes: model(frames, frames_out, observed), where observed "
                    "(batch, readings) says after how many frames"
                )
            recognised: Recognised = self.network(self._normalised(frames), frames_out, observed)
            return recognised._replace(frames=self._physical(recognised.frames))
        if truth is None and keep_truth is None:
            return self._physical(self.network(self._normalised(frames), frames_out))
        fed = self._normalised(truth), keep_truth
        return self._physical(self.network(self._normalised(frames), frames_out, *fed))

    def _normalised(self, frames_BTCHW: Tensor | None) -> Any:
        """In the model's own units, gaps filled."""
        if frames_BTCHW is None or self.normalisation is None:
            return None if frames_BTCHW is None else frames_BTCHW.float()
        known_BTCHW = frames_BTCHW.to(self.offset.dtype).where(frames_BTCHW.isfinite(), self.fill)
        return ((known_BTCHW - self.offset) / self.scale).float()

    def _physical(self, frames_BTCHW: Tensor | None) -> Any:
        if frames_BTCHW is None or self.normalisation is None:
            return frames_BTCHW
        return (frames_BTCHW * self.scale + self.offset).float()

    def _refuse(self, frames: Any, frames_out: Any) -> None:
        """Raises InputError, with the way out, for what is no batch of frames of this model."""
        channels = self.sample_shape.channels
        wanted = f"(batch, time, {channels}, height, width)"
        if not isinstance(frames, Tensor):
            raise InputError(
                f"frames are a {type(frames).__name__}, the model takes a torch.Tensor of shape {wanted}: "
                "torch.from_numpy(array) makes one of a NumPy array"
            )
        shape = tuple(frames.shape)
        if frames.ndim != 5:
            hint = ": frames[None] adds the batch" if frames.ndim == 4 else ""
            raise InputError(f"frames have the shape {shape}, the model takes {wanted}{hint}")
        if shape[2] != channels:
            hint = ": channels come third, frames.movedim(-1, 2) puts them there" if shape[4] == channels else ""
            raise InputError(
                f"frames have the shape {shape}, the model takes {wanted}: it was trained on {channels} "
                f"{'channel' if channels == 1 else 'channels'}, these have {shape[2]}{hint}"
            )
        if 0 in shape:
            raise InputError(f"frames have the shape {shape}: there are none")
        if not isinstance(frames_out, int) or isinstance(frames_out, bool) or frames_out < 1:
            raise InputError(f"frames_out is {frames_out!r}, the number of frames to predict is 1 or more")
        self._refuse_lengths(frames, frames_out)
        self._refuse_values(frames)

    def _refuse_lengths(self, frames: Tensor, frames_out: int) -> None:
        """Asks the model's plugin about sizes and lengths other than those it was trained for."""
        time, _, height, width = frames.shape[1:]
        declaration, settings = self._part.declaration, self._part.settings
        sample = self.sample_shape._replace(frames=time + frames_out, height=height, width=width)
        reason = declaration.accepts(settings, sample, time, frames_out) if declaration.accepts else None
        if reason is None and sample.image != self.sample_shape.image and declaration.cost:
            try:
                declaration.cost(settings, sample)
            except (InputError, ValueError) as error:
                reason = str(error)
        if reason is not None:
            trained = f"{self.frames_in} frames of " if self.frames_in else "frames of "
            size = f"{self.sample_shape.height}x{self.sample_shape.width}"
            raise InputError(
                f"{self._part.name} cannot predict {frames_out} frames from {time} of {height}x{width} pixels, it "
                f"was trained with {trained}{size}: {reason}"
            )

    def _refuse_values(self, frames: Tensor) -> None:
        low, high = self.value_range
        if not frames.is_floating_point():
            scaled = f"frames.float() / 255 gives values in [{low:g}, {high:g}]"
            way_out = scaled if frames.dtype == torch.uint8 and self._bounded else "frames.float()"
            raise InputError(
                f"frames are {str(frames.dtype).removeprefix('torch.')}, the model takes floats: {way_out}"
            )
        device = next(self.network.parameters(), frames).device
        if frames.device != device:
            raise InputError(
                f"frames are on {frames.device}, the model is on {device}: frames.to({str(device)!r})"
            )
        if not self._bounded:
            return
        if not frames.isfinite().all():
            raise InputError("frames hold values that are not finite numbers")
        lowest, highest = (float(value) for value in frames.aminmax())
        margin = BEYOND * (high - low)
        if lowest < low - margin or highest > high + margin:
            raise InputError(
                f"frames have values from {lowest:g} to {highest:g}, the model was trained on values in "
                f"[{low:g}, {high:g}]: scale them"
            )


def _physical(value_range: tuple[float, float], normalisation: Normalisation | None) -> tuple[float, float]:
    """The range in the data's own units, over all channels."""
    low, high = value_range
    if normalisation is None:
        return low, high
    channels = list(zip(normalisation.offset, normalisation.scale, strict=True))
    edges = [edge * scale + offset for offset, scale in channels for edge in (low, high)]
    return min(edges, default=math.nan), max(edges, default=math.nan)
