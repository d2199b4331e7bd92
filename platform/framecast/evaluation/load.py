"""`framecast.load`: a trained model in a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from framecast.evaluation.subject import find_subject
from framecast.runs.folder import runs_root

if TYPE_CHECKING:
    from torch import nn


def load(checkpoint: str | Path, device: str = "cpu") -> nn.Module:
    """The model of a run, a checkpoint's folder or an exported file, with its weights, in evaluation mode.

        model = framecast.load("demo")
        future = model(frames, 10)[:, -10:]     # frames (B, T, C, H, W) in [0, 1]

    Raises framecast.InputError where there is none, or it is damaged.
    """
    import torch

    return find_subject(str(checkpoint), runs_root()).model(torch.device(device))
