"""Labels that a mirror or playing backwards would make wrong."""

import pytest

from framecast.data import Augmentation
from framecast.data.class_directions import changed_class

ACROSS, UP, PLAIN = "Pushing something from left to right", "Moving something up", "Folding something"


@pytest.mark.parametrize(
    ("settings", "classes", "expected"),
    [
        ({"flip": "horizontal"}, [PLAIN, ACROSS], ("flip", ACROSS)),
        ({"flip": "horizontal"}, [PLAIN, UP], None),
        ({"flip": "vertical"}, [PLAIN, ACROSS], None),
        ({"flip": "vertical"}, [PLAIN, UP], ("flip", UP)),
        ({"flip": "both"}, [UP], ("flip", UP)),
        ({"flip": "both"}, [PLAIN], None),
        ({"flip": "horizontal"}, ["3 to the right", "3 to the left"], ("flip", "3 to the right")),
        ({"flip": "horizontal"}, ["Swiping Left"], ("flip", "Swiping Left")),
        ({"flip": "horizontal"}, ["turn_hand_clockwise"], ("flip", "turn_hand_clockwise")),
        ({"flip": "horizontal"}, ["Brightening", "Leftover"], None),
        ({"reverse": True}, [PLAIN, ACROSS], ("reverse", PLAIN)),
        ({"crop": 8, "brightness": 0.5}, [ACROSS, UP], None),
    ],
)
def test_directions_are_words_of_the_names(settings, classes, expected):
    assert changed_class(Augmentation(**settings), classes) == expected


def test_a_data_set_may_declare_a_variation_harmless():
    augmentation = Augmentation(flip="horizontal", reverse=True)

    assert changed_class(augmentation, [ACROSS], ["horizontal"]) == ("reverse", ACROSS)
    assert changed_class(augmentation, [ACROSS], ["horizontal", "reverse"]) is None
