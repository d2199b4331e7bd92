"""Whether a trained model can take the frames that it is called with, and in clear words why not.

Dimensions: B batch, T time, C channels, H W space, S readings.
"""

from __future__ import annotations

import operator
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from framecast.counting import plural
from framecast.errors import InputError
from framecast.job.plugin_config import PluginConfig
from framecast.plugin.declarations import Model
from framecast.plugin.sample_shape import SampleShape

BEYOND = 0.5
"""By how much of their range pictures may lie outside it: more is another scale, such as [0, 255] or [-1, 1]."""


@dataclass(frozen=True)
class InputValidation:
    """By what a model was trained on: the shape of samples, the numbers of frames seen and predicted (None where
    its task does not tell them), and the range of values in the data's own units.

    Values outside the range are refused where it is `bounded`. A model that `fills_gaps` takes values that are not
    finite.
    """

    part: PluginConfig[Model[Any]]
    sample_shape: SampleShape
    frames_in: int | None
    frames_out: int | None
    value_range: tuple[float, float]
    bounded: bool
    fills_gaps: bool

    def validate_frames(self, frames: Any, frames_out: Any, device: torch.device | None) -> int:
        """The number of frames to predict. Raises InputError, with the fix, for what is no batch of frames of this
        model, which is on `device`."""
        channels = self.sample_shape.channels
        wanted = f"(batch, time, {channels}, height, width)"
        if frames is None:
            raise InputError(f"frames are missing: call model(frames, frames_out) with frames of shape {wanted}")
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
                f"frames have the shape {shape}, the model takes {wanted}: it was trained on "
                f"{plural(channels, 'channel')}, these have {shape[2]}{hint}"
            )
        if 0 in shape:
            raise InputError(f"frames have the shape {shape}: there are none")
        future = self._future(frames_out)
        self._validate_lengths(frames, future)
        self._validate_values(frames, device)
        return future

    def _future(self, frames_out: Any) -> int:
        """The number of frames to predict, from any integer: NumPy's and one in a tensor too."""
        if frames_out is None:
            trained = f"; it was trained for {self.frames_out}" if self.frames_out else ""
            raise InputError(
                f"frames_out is missing: model(frames, frames_out), the number of frames to predict is 1 or more"
                f"{trained}"
            )
        try:
            future = 0 if isinstance(frames_out, bool) else operator.index(frames_out)
        except TypeError:  # handled: refused below
            future = 0
        if future < 1:
            raise InputError(f"frames_out is {frames_out!r}, the number of frames to predict is 1 or more")
        return future

    def validate_observed(self, observed: Any, batch: int) -> None:
        """Raises InputError for what does not say after how many frames classes are asked for."""
        wanted = f"observed ({batch}, readings) says after how many frames"
        if observed is None:
            raise InputError(
                f"{self.part.name} recognises classes: model(frames, frames_out, observed=observed), where "
                f"{wanted}"
            )
        if not isinstance(observed, Tensor) or observed.ndim != 2 or len(observed) != batch:
            found = (
                f"of shape {tuple(observed.shape)}"
                if isinstance(observed, Tensor)
                else f"a {type(observed).__name__}"
            )
            raise InputError(f"observed is {found}, the model takes a torch.Tensor: {wanted}")
        if observed.is_floating_point() or observed.is_complex() or observed.dtype == torch.bool:
            raise InputError(
                f"observed is {str(observed.dtype).removeprefix('torch.')}, it holds numbers of frames: "
                "observed.long()"
            )

    def validate_truth(self, frames: Tensor, future: int, truth: Any, keep_truth: Any) -> None:
        """Raises InputError for true frames that cannot take the place of predictions."""
        shapes = {"truth": (len(frames), future - 1, *frames.shape[2:]), "keep_truth": (len(frames), future - 1)}
        for (name, shape), given in zip(shapes.items(), (truth, keep_truth), strict=True):
            found = tuple(given.shape) if isinstance(given, Tensor) else type(given).__name__
            if found != shape:
                raise InputError(
                    f"{name} is {'missing' if given is None else found}: with {future} frames to predict, truth "
                    f"has the shape {shapes['truth']} and keep_truth {shapes['keep_truth']}"
                )
        if keep_truth.dtype != torch.bool:
            raise InputError(
                f"keep_truth is {str(keep_truth.dtype).removeprefix('torch.')}, the model takes bool: "
                "keep_truth.bool()"
            )
        if future > 1:
            self._validate_values(truth, frames.device, "truth")

    def _validate_lengths(self, frames: Tensor, frames_out: int) -> None:
        """Asks the model's plugin about sizes and lengths other than those it was trained for."""
        time, _, height, width = frames.shape[1:]
        declaration, settings = self.part.declaration, self.part.settings
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
                f"{self.part.name} cannot predict {frames_out} frames from {time} of {height}x{width} pixels, it "
                f"was trained with {trained}{size}: {reason}"
            )

    def _validate_values(self, frames: Tensor, device: torch.device | None, name: str = "frames") -> None:
        low, high = self.value_range
        if not frames.is_floating_point():
            scaled = f"{name}.float() / 255 gives values in [{low:g}, {high:g}]"
            way_out = scaled if frames.dtype == torch.uint8 and self.bounded else f"{name}.float()"
            raise InputError(
                f"{name} are {str(frames.dtype).removeprefix('torch.')}, the model takes floats: {way_out}"
            )
        if device is not None and frames.device != device:
            raise InputError(
                f"{name} are on {frames.device}, the model is on {device}: {name}.to({str(device)!r})"
            )
        known = frames.isfinite()
        if self.fills_gaps:
            _tell_missing(frames, known, name)
            return
        if not known.all():
            count = int((~known).sum())
            raise InputError(f"{name} hold {plural(count, 'value')} that are not finite numbers: replace them")
        if not self.bounded:
            return
        lowest, highest = (float(value) for value in frames.aminmax())
        margin = BEYOND * (high - low)
        if lowest < low - margin or highest > high + margin:
            raise InputError(
                f"{name} have values from {lowest:g} to {highest:g}, the model was trained on values in "
                f"[{low:g}, {high:g}]: scale them"
            )


def _tell_missing(frames_BTCHW: Tensor, known_BTCHW: Tensor, name: str) -> None:
    """Raises InputError for a channel without a number. Warns of infinite values, which count as missing as
    NaN does."""
    for channel in range(frames_BTCHW.shape[2]):
        if not known_BTCHW[:, :, channel].any():
            raise InputError(f"channel {channel} of {name} has no finite number")
    if count := int(frames_BTCHW.isinf().sum()):
        warnings.warn(
            f"{name} hold {plural(count, 'infinite value')}: the model takes them as missing, as it takes NaN",
            stacklevel=8,  # where the model is called, above torch's own two functions
        )
