"""A search that is extended from another folder than the one where it began."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framecast.launch.search.launch import extend
from framecast.search.search_folder import SearchFolder
from tests.made_searches import made_search


@pytest.fixture
def search(
    tmp_path: Path, tiny_job: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> SearchFolder:
    """Over the file that fields come from; begun in the folder `first`."""
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "fields.npy", np.random.default_rng(0).random((60, 16, 16), np.float32))
        monkeypatch.chdir(tmp_path / folder)
        monkeypatch.setenv("PWD", str(tmp_path / folder))
        if folder == "first":
            job = {**tiny_job(metrics=["mse"]), "data": {"name": "gridded", "path": "fields.npy"}}
            parameters = {"data.path": {"choice": ["fields.npy"]}, "model.rank": {"int": [1, 64]}}
            point = {"data.path": "fields.npy", "model.rank": 2}
            found = made_search(tmp_path / "runs", job, [("finished", point, [0.5])], parameters=parameters)
    return found


def test_paths_start_from_the_folder_of_the_command(search: SearchFolder, tmp_path: Path) -> None:
    extend(search, 2, ["search.parameters.data.path.choice=[fields.npy, ./fields.npy]"])
    paths = [str(tmp_path / "second" / "fields.npy")] * 2
    assert search.search().parameters["data.path"].choice == paths
    assert search.search().trials == 22


def test_what_is_not_given_anew_starts_where_the_search_began(search: SearchFolder) -> None:
    extend(search, 2, ["search.parameters.model.rank.int=[1, 8]"])
    assert search.search().parameters["data.path"].choice == ["fields.npy"]
