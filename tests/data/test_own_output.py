"""What framecast has written is told from videos and pictures of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from framecast.data.file_kinds import images_in
from framecast.data.own_output import OWN_OUTPUT, is_own_output
from framecast.data.video_writer import write_video
from framecast.report.contact_sheet import contact_sheet

FRAMES = np.random.default_rng(0).integers(0, 255, (5, 32, 32, 3), np.uint8)


def sheet() -> bytes:
    clips: Any = [{"frames": FRAMES[:, None, ..., 0]}]
    found = contact_sheet({"train": clips}, (0.0, 1.0))
    assert found is not None
    return found


@pytest.mark.parametrize("ending", [".mp4", ".gif"])
@pytest.mark.parametrize("frames", [5, 3000])
def test_predictions(tmp_path: Path, ending: str, frames: int) -> None:
    film = np.zeros((frames, 16, 16, 3), np.uint8)
    write_video(tmp_path / f"own{ending}", film, 10, OWN_OUTPUT)
    write_video(tmp_path / f"other{ending}", film, 10)
    assert is_own_output(tmp_path / f"own{ending}")
    assert not is_own_output(tmp_path / f"other{ending}")


def test_contact_sheets_are_no_frames(tmp_path: Path) -> None:
    (tmp_path / "kth-contact-sheet.png").write_bytes(sheet())
    for name in ("1.png", "a-contact-sheet.png"):  # a picture of someone else may have that name
        Image.fromarray(FRAMES[0]).save(tmp_path / name)
    assert is_own_output(tmp_path / "kth-contact-sheet.png")
    assert [file.name for file in images_in(tmp_path)] == ["1.png", "a-contact-sheet.png"]
