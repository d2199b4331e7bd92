"""Six short real videos as sources, and the store made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.data import FrameFormat, Source, Store, prepare_store
from tests.real_clips import real_video


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    """AVIs of 10 to 15 frames, called clip0 to clip5, each with its number as a fact."""
    folder = tmp_path_factory.mktemp("sources")
    found = []
    for number in range(6):
        file = folder / f"clip{number}.avi"
        file.write_bytes(real_video("avi", 10 + number, 20 * number))
        found.append(Source(file.stem, file, facts={"number": number}))
    return found


@pytest.fixture(scope="session")
def format() -> FrameFormat:
    return FrameFormat(32, 32)


@pytest.fixture
def store(sources: list[Source], format: FrameFormat, tmp_path: Path) -> Store:
    """A store of this test's own, in the folder `store`."""
    return prepare_store(tmp_path / "store", sources, format, processes=1)
