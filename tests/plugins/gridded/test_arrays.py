"""NumPy arrays: the axis of channels is told by the sizes where they leave no doubt, else asked for."""

from __future__ import annotations

import numpy as np
import pytest

import framecast
from framecast_gridded.fields import Fields


@pytest.mark.parametrize(
    ("shape", "image"),
    [
        ((6, 16, 20), (1, 16, 20)),
        ((6, 16, 4), (1, 16, 4)),
        ((6, 5, 16, 20), (5, 16, 20)),
        ((6, 16, 20, 1), (1, 16, 20)),
        ((6, 16, 20, 3), (3, 16, 20)),
        ((6, 69, 32, 64), (69, 32, 64)),
        ((6, 2, 3, 4), (2, 3, 4)),
    ],
)
def test_sizes_tell_where_channels_are(tmp_path, settings_for, shape, image):
    np.save(tmp_path / "a.npy", np.zeros(shape, np.float32))

    assert Fields.open(settings_for(tmp_path / "a.npy")).read(0, 2).shape == (2, *image)


def test_channels_of_the_last_axis_are_read_each_for_itself(tmp_path, settings_for):
    frames = np.random.default_rng(0).random((6, 8, 9, 2), np.float32)
    np.save(tmp_path / "a.npy", frames)

    np.testing.assert_array_equal(
        Fields.open(settings_for(tmp_path / "a.npy")).read(1, 3), np.moveaxis(frames[1:4], 3, 1)
    )


@pytest.mark.parametrize("shape", [(6, 3, 64, 3), (6, 16, 20, 5), (6, 40, 40, 13)])
def test_sizes_that_fit_both_are_refused_until_the_layout_is_named(tmp_path, settings_for, shape):
    np.save(tmp_path / "a.npy", np.zeros(shape, np.float32))

    with pytest.raises(framecast.InputError, match=r"data\.layout: .*say layout=TCHW or layout=THWC"):
        Fields.open(settings_for(tmp_path / "a.npy"))
    for layout, channels in (("TCHW", shape[1]), ("THWC", shape[3])):
        assert Fields.open(settings_for(tmp_path / "a.npy", layout=layout)).read(0, 1).shape[1] == channels


def test_other_arrays_of_an_archive_are_left_out(tmp_path, settings_for):
    np.savez(tmp_path / "a.npz", rain=np.ones((6, 8, 9)), latitude=np.zeros(8), times=np.zeros(6))

    assert Fields.open(settings_for(tmp_path / "a.npz")).grid.variables == ("rain",)
