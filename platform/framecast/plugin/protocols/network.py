"""The type of a built model, for annotations in rooms that do not import torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

    Network = nn.Module
