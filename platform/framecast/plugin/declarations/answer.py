"""What a model produces, and a task or a metric requires."""

from __future__ import annotations

from typing import Literal

Answer = Literal["frames", "logits"]
"""Predicted frames, or classes."""
