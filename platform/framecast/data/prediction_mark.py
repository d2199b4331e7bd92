"""A bar below a film that shows where the frames seen end and the predicted ones begin."""

from __future__ import annotations

import numpy as np

SEEN, PREDICTED = (150, 150, 150), (0, 114, 178)
"""Colours of the bar while the model sees, and while it predicts."""
_AHEAD, _MARK = (225, 225, 225), (30, 30, 30)


def mark_prediction(pictures_THWC: np.ndarray, seen: int) -> np.ndarray:
    """The uint8 pictures (T, H, W, 3) with a bar below each, of an even number of rows: it grows with time, is
    grey for the first `seen` pictures, and turns blue where the prediction begins, which a dark mark shows."""
    length, height, width = pictures_THWC.shape[:3]
    rows = max(4, 2 * (height // 40))
    begins = round(seen / length * width)
    mark = max(1, width // 200)
    bars_TRWC = np.full((length, rows, width, 3), _AHEAD, np.uint8)
    for time, bar_RWC in enumerate(bars_TRWC):
        now = round((time + 1) / length * width)
        bar_RWC[:, :now] = SEEN if time < seen else PREDICTED
        if 0 < seen < length:
            bar_RWC[:, begins : begins + mark] = _MARK
    return np.concatenate([pictures_THWC, bars_TRWC], axis=1)
