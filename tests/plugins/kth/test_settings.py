"""What settings are refused, before any file is looked at."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from framecast_kth.settings import KTHSettings


@pytest.mark.parametrize(
    ("settings", "because"),
    [
        ({"size": 7}, "greater than or equal to 8"),
        ({"size": (120, 5000)}, "less than or equal to 4096"),
        ({"actions": ()}, "at least 1 item"),
        ({"actions": ("sitting",)}, "'boxing'"),
        ({"stride": 0}, "greater than or equal to 1"),
        ({"stride_of": {"sitting": 3}}, "'boxing'"),
        ({"validation_persons": (16, 17)}, r"training persons 1-16, got \[16, 17\]"),
        ({"validation_persons": ()}, "training persons 1-16"),
        ({"split": "schuldt", "validation_persons": (11,)}, "persons of its own"),
        ({"size": 32, "augmentation": {"crop": 40}}, "crop is 40, but the frames are 32x32"),
        ({"zoom": 2}, "zoom"),
    ],
)
def test_what_makes_no_sense_is_refused(settings, because):
    with pytest.raises(ValidationError, match=because):
        KTHSettings(root="kth", **settings)


def test_each_size_has_a_store_of_its_own_beside_the_files():
    assert KTHSettings(root="kth").store == Path("kth/framecast-120x120")
    assert KTHSettings(root="kth", size=(96, 128)).store == Path("kth/framecast-96x128")
    assert KTHSettings(root="~/kth").store == Path.home() / "kth" / "framecast-120x120"
