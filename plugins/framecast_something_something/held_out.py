"""Which official training clips validate instead of training."""

from __future__ import annotations

import hashlib


def is_held_out(id: str, share: float) -> bool:
    """Whether clip `id` is in the part `share` of all, by its id alone: whatever other clips there are, and with
    every clip of a smaller share in the larger one too."""
    drawn = int.from_bytes(hashlib.sha256(id.encode()).digest()[:8])
    return drawn < share * 2**64
