"""What a data set declares of its settings."""

from __future__ import annotations

import pathlib
from typing import Any, Optional

import pytest
from pydantic import create_model

from framecast.plugin.declarations import Dataset
from framecast.plugin.path import Path
from framecast.plugin.sample_shape import SampleShape
from framecast.plugin.settings import Settings


@pytest.mark.parametrize("annotation", [Path, Path | None, pathlib.Path, Optional[pathlib.Path]])  # noqa: UP045
def test_the_folder_of_a_data_set_is_its_first_path(annotation: Any) -> None:
    fields: Any = {
        "size": (int, 3),
        "files": (tuple[Path, ...], ()),
        "place": (annotation, ...),
        "other": (Path, "."),
    }
    settings = create_model("Own", __base__=Settings, **fields)
    data = Dataset("d", "", lambda *arguments: None, lambda *arguments: SampleShape(1, 1, 1, 1), settings=settings)
    assert data.folder_setting == "place"
    assert Dataset("d", "", data.build, data.sample_shape).folder_setting is None
