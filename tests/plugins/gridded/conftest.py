"""Real fields: air temperature over North America, and sea surface temperature with a quarter of it land."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from framecast_gridded.settings import GriddedSettings


def _sample(name: str) -> Path:
    spec = importlib.util.find_spec("iris_sample_data")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "sample_data" / name


@pytest.fixture(scope="session")
def air() -> Path:
    """240 years of 37 x 49 temperatures in kelvin, in a calendar of 360 days; the file begins in the south."""
    return _sample("E1_north_america.nc")


@pytest.fixture(scope="session")
def sea() -> Path:
    """54 months of 18 x 432 temperatures in kelvin; 26 in 100 places are land, not a number."""
    return _sample("ostia_monthly.nc")


@pytest.fixture(scope="session")
def settings_for() -> Callable[..., GriddedSettings]:
    """Settings as a job file would give them: settings_for(path, stride=2)."""
    return _settings_for


def _settings_for(path: Any, **more: Any) -> GriddedSettings:
    return GriddedSettings.model_validate_json(json.dumps({"path": str(path), **more}))


@pytest.fixture(scope="session")
def air_field(air: Path) -> xarray.DataArray:
    """The air temperature in memory, (240, 37, 49), with its times and places, from the north on."""
    return _field(air, "air_temperature")


@pytest.fixture(scope="session")
def sea_field(sea: Path) -> xarray.DataArray:
    """The sea surface temperature in memory, (54, 18, 432), as `air_field`."""
    return _field(sea, "surface_temperature")


def _field(file: Path, name: str) -> xarray.DataArray:
    with xarray.open_dataset(file) as dataset:
        field = dataset[name].reset_coords(drop=True).load().drop_encoding().drop_attrs()
        return field.sortby("latitude", ascending=False)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Writes variables into a file of the kind that its ending says: `written("a.nc", one=field)` is its path."""

    def write(name: str, **fields: xarray.DataArray) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".npy":
            np.save(path, np.stack([field.to_numpy() for field in fields.values()], axis=1))
        elif path.suffix == ".zarr":
            chunks = {each: {"chunks": (1, *field.shape[1:])} for each, field in fields.items()}
            xarray.Dataset(fields).to_zarr(path, encoding=chunks, consolidated=False)
        else:
            xarray.Dataset(fields).to_netcdf(path)
        return path

    return write
