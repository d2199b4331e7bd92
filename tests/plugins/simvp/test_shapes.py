"""How the layers follow one another."""

import pytest

from framecast_simvp.settings import SimVPSettings
from framecast_simvp.shapes import Shapes


@pytest.mark.parametrize(("layers", "strides"), [(1, [1]), (2, [1, 2]), (4, [1, 2, 1, 2]), (5, [1, 2, 1, 2, 1])])
def test_every_second_layer_halves_the_frame(layers, strides):
    assert Shapes(SimVPSettings(spatial_layers=layers)).strides == strides


def test_the_way_out_mirrors_the_way_in_and_sees_it_too():
    shapes = Shapes(SimVPSettings(frames_in=10, spatial_channels=64, temporal_channels=512, temporal_layers=3))

    assert shapes.inward == [(640, 512), (512, 512), (512, 512)]
    assert shapes.outward == [(512, 512), (1024, 512), (1024, 640)]


def test_one_module_each_way_has_nothing_to_connect():
    shapes = Shapes(SimVPSettings(frames_in=2, spatial_channels=8, temporal_channels=32, temporal_layers=1))

    assert (shapes.inward, shapes.outward) == ([(16, 32)], [(32, 16)])
