"""The picture of a data set."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from framecast.report.contact_sheet import contact_sheet


@pytest.mark.parametrize(("colours", "pixel"), [(True, (0, 128, 255)), (False, (0, 0, 0))])
def test_three_channels_are_colours_only_where_the_data_say_so(colours: bool, pixel: tuple[int, int, int]) -> None:
    clip = np.broadcast_to(np.array([0.0, 0.5, 1.0])[:, None, None], (2, 3, 16, 16)).astype(np.float32)
    clips: Any = [{"frames": clip}]
    sheet = contact_sheet({"train": clips}, (0.0, 1.0), colours)

    assert sheet is not None
    seen = {pixel for _, pixel in Image.open(io.BytesIO(sheet)).getcolors(4096) or []}
    assert pixel in seen
    assert ((0, 128, 255) in seen) is colours


def test_without_clips_there_is_no_picture() -> None:
    clips: Any = []
    assert contact_sheet({"test": clips}, (0.0, 1.0)) is None
