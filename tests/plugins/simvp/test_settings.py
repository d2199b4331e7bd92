"""What a job may not set of SimVP."""

import pytest
from pydantic import ValidationError

from framecast_simvp.settings import SimVPSettings


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"frames_in": 0}, "greater than or equal to 1"),
        ({"spatial_channels": 1}, "greater than or equal to 2"),
        ({"spatial_layers": 0}, "greater than or equal to 1"),
        ({"temporal_layers": 0}, "greater than or equal to 1"),
        ({"kernel_size": 4}, "must be odd.*got 4"),
        ({"inception_kernels": [3, 4]}, "must be odd.*got 4"),
        ({"inception_kernels": []}, "at least 1 item"),
        ({"groups": 0}, "greater than or equal to 1"),
        ({"hid_S": 64}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_model_is_refused_with_the_reason(wrong, message):
    with pytest.raises(ValidationError, match=message):
        SimVPSettings(**wrong)
