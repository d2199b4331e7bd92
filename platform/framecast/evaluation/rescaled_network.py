"""A network that is scored on clips that were normalised for another model."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from framecast.plugin.normalisation import Normalisation
from framecast.plugin.outputs import RecognitionOutput


class RescaledNetwork(nn.Module):
    """Takes and predicts frames (B, T, C, H, W) normalised by `given`, with a `network` trained on `own`.

    The scores of several models then have one unit. Values filled into gaps are those of `given`.
    """

    def __init__(self, network: nn.Module, given: Normalisation, own: Normalisation, device: torch.device) -> None:
        super().__init__()
        self.network = network
        precise = torch.float32 if device.type == "mps" else torch.float64
        self._to_own, self._to_given = (
            [torch.from_numpy(each).to(device, precise) for each in conversion[:2]]
            for conversion in (given.conversion_to(own), own.conversion_to(given))
        )

    def forward(self, frames: Tensor, frames_out: int, *, truth: Tensor | None = None, **others: Any) -> Any:
        """As any model (see `framecast.Model`): true frames that are fed back are rescaled too."""
        if truth is not None:
            others["truth"] = _affine(truth, *self._to_own)
        answer = self.network(_affine(frames, *self._to_own), frames_out, **others)
        if isinstance(answer, RecognitionOutput):
            return answer._replace(frames=_affine(answer.frames, *self._to_given))
        return _affine(answer, *self._to_given)


def _affine(frames: Tensor | None, factor: Tensor, offset: Tensor) -> Any:
    return None if frames is None else (frames * factor + offset).float()
