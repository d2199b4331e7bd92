"""Physical units to the model's and back."""

import json

import numpy as np

from framecast.data import Normalisation

FIELDS = Normalisation(offset=(280.0, 0.0), scale=(15.0, 0.01))


def test_each_channel_has_its_own_offset_and_scale():
    kelvin_and_vapour = np.array([295.0, 0.02]).reshape(1, 2, 1, 1)

    assert FIELDS.applied(kelvin_and_vapour).ravel().tolist() == [1.0, 2.0]
    assert FIELDS.applied(kelvin_and_vapour).dtype == np.float32


def test_there_and_back_again():
    frames = np.random.default_rng(0).normal([[[280.0]], [[0.0]]], [[[15.0]], [[0.01]]], (4, 2, 6, 5))

    np.testing.assert_allclose(FIELDS.undone(FIELDS.applied(frames)), frames, rtol=1e-5, atol=1e-8)


def test_checkpoints_of_earlier_versions_know_no_names():
    kept = {"offset": [1.0], "scale": [2.0], "fill": [3.0]}

    assert Normalisation.from_dict(kept) == Normalisation((1.0,), (2.0,), (3.0,))


def test_it_travels_as_json():
    assert Normalisation.from_dict(json.loads(json.dumps(FIELDS.to_dict()))) == FIELDS
