"""Videos are written whole or not at all, and a disk that is full says so."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from framecast.data.video_writer import FORMATS, write_video
from framecast.errors import disk_problem


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow beyond 500 bytes, which stands for a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_video_that_does_not_fit_names_the_reason_and_leaves_nothing(
    ending: str, small_files: None, tmp_path: Path
) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (8, 32, 32, 3), np.uint8)
    with pytest.raises(OSError, match=f"future{ending}") as caught:
        write_video(tmp_path / f"future{ending}", frames, 10)
    assert disk_problem(caught.value).startswith("a file may not grow any more")
    assert not list(tmp_path.iterdir())
