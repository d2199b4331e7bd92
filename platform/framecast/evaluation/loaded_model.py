"""A trained model as notebooks use it: physical units in and out, and clear words for wrong frames.

Dimensions: B batch, T time, P predictions, C channels, H W space, S readings.
"""

from __future__ import annotations

import math
import operator
import warnings
from typing import Any

import torch
from torch import Tensor, nn

from framecast.counting import plural
from framecast.engine.strategies.precision import float32_products
from framecast.errors import InputError
from framecast.evaluation.evaluation_target import EvaluationTarget
from framecast.plugin.normalisation import Normalisation
from framecast.plugin.outputs import RecognitionOutput

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

    def __init__(self, subject: EvaluationTarget, device: torch.device) -> None:
        super().__init__()
        plan = subject.plan
        self.label = subject.label
        self.network = subject.model(device)
        self.normalisation = subject.normalisation
        self.value_range = _physical(plan.value_range, subject.normalisation)
        self.sample_shape = plan.sample_shape
        lengths: tuple[int | None, int | None] = plan.horizon or (None, None)
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
        frames: Tensor | None = None,
        frames_out: int | None = None,
        *,
        truth: Tensor | None = None,
        keep_truth: Tensor | None = None,
        observed: Tensor | None = None,
    ) -> Any:
        """All predictions of frames (B, T, C, H, W), (B, P, C, H, W) float32 in the units of the frames; the last
        `frames_out` are the future. `truth` (B, frames_out - 1, C, H, W), in the same units, takes the place of
        its own predictions where `keep_truth` (B, frames_out - 1) is True, or everywhere without `keep_truth`.

        A recognition model is called with `observed` (B, S) and returns a framecast.RecognitionOutput. In fields,
        values that are not finite are filled as in training, with a warning for infinite ones. On a GPU the
        arithmetic is IEEE fp32. Raises InputError for frames that the model cannot take.
        """
        with float32_products():
            return self._predicted(frames, frames_out, truth, keep_truth, observed)

    def _predicted(
        self,
        frames: Tensor | None,
        frames_out: int | None,
        truth: Tensor | None,
        keep_truth: Tensor | None,
        observed: Tensor | None,
    ) -> Any:
        future = self._refuse(frames, frames_out)
        assert frames is not None, "none were refused"
        if self._part.declaration.produces == "logits":
            for name, given in (("truth", truth), ("keep_truth", keep_truth)):
                if given is not None:
                    raise InputError(
                        f"{self._part.name} recognises classes: {name} is for models that predict frames"
                    )
            self._validate_observed(observed, len(frames))
            recognised: RecognitionOutput = self.network(self._normalised(frames), future, observed=observed)
            return recognised._replace(frames=self._physical(recognised.frames))
        if observed is not None:
            raise InputError(f"{self._part.name} predicts frames: observed is for models that recognise classes")
        if truth is None and keep_truth is None:
            return self._physical(self.network(self._normalised(frames), future))
        if keep_truth is None and isinstance(truth, Tensor):
            keep_truth = torch.ones(truth.shape[:2], dtype=torch.bool, device=truth.device)
        self._validate_truth(frames, future, truth, keep_truth)
        fed_back = {"truth": self._normalised(truth), "keep_truth": keep_truth}
        return self._physical(self.network(self._normalised(frames), future, **fed_back))

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

    def _refuse(self, frames: Any, frames_out: Any) -> int:
        """The number of frames to predict. Raises InputError, with the fix, for what is no batch of frames of this
        model."""
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
        self._validate_values(frames)
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

    def _validate_observed(self, observed: Any, batch: int) -> None:
        """Raises InputError for what does not say after how many frames classes are asked for."""
        wanted = f"observed ({batch}, readings) says after how many frames"
        if observed is None:
            raise InputError(
                f"{self._part.name} recognises classes: model(frames, frames_out, observed=observed), where "
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

    def _validate_truth(self, frames: Tensor, future: int, truth: Any, keep_truth: Any) -> None:
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
            self._validate_values(truth, "truth")

    def _validate_lengths(self, frames: Tensor, frames_out: int) -> None:
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

    def _validate_values(self, frames: Tensor, name: str = "frames") -> None:
        low, high = self.value_range
        if not frames.is_floating_point():
            scaled = f"{name}.float() / 255 gives values in [{low:g}, {high:g}]"
            way_out = scaled if frames.dtype == torch.uint8 and self._bounded else f"{name}.float()"
            raise InputError(
                f"{name} are {str(frames.dtype).removeprefix('torch.')}, the model takes floats: {way_out}"
            )
        device = next(self.network.parameters(), frames).device
        if frames.device != device:
            raise InputError(
                f"{name} are on {frames.device}, the model is on {device}: {name}.to({str(device)!r})"
            )
        known = frames.isfinite()
        if self.normalisation is not None:
            _tell_missing(frames, known, name)
            return
        if not known.all():
            count = int((~known).sum())
            raise InputError(f"{name} hold {plural(count, 'value')} that are not finite numbers: replace them")
        if not self._bounded:
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


def _physical(value_range: tuple[float, float], normalisation: Normalisation | None) -> tuple[float, float]:
    """The range in the data's own units, over all channels."""
    low, high = value_range
    if normalisation is None:
        return low, high
    channels = list(zip(normalisation.offset, normalisation.scale, strict=True))
    edges = [edge * scale + offset for offset, scale in channels for edge in (low, high)]
    return min(edges, default=math.nan), max(edges, default=math.nan)
