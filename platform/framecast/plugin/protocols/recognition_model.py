"""How a model that recognises classes is called.

Dimensions: B batch, T_in frames seen, S observation points, K classes, P predictions, C channels, H W space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from framecast.plugin.outputs import RecognitionOutput

if TYPE_CHECKING:
    from torch import Tensor


class RecognitionModel(Protocol):
    """A `torch.nn.Module` that recognises classes, the result of `Model.build` where the model produces logits."""

    def __call__(self, frames: Tensor, frames_out: int, *, observed: Tensor) -> RecognitionOutput:
        """The logits (B, S, K), and the predicted frames as a `VideoModel` returns them, or None.

        `frames` (B, T_in, C, H, W) float. `observed` (B, S) int64, in growing order, gives the observation points:
        the logits at each depend on the first `observed` frames of the clip alone. K is `sample_shape.classes`.
        The frames are None where the declaration's `predicts_frames(settings)` is False.

        Callers pass `observed` by keyword.
        """
