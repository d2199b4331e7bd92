"""`00sequences.txt` as its authors wrote it."""

import pytest

from framecast_kth.sequences import parse_sequences


@pytest.mark.parametrize(
    ("line", "ranges"),
    [
        (
            "person01_boxing_d1\t\tframes\t1-95, 96-185, 186-245, 246-360",
            [(0, 95), (95, 185), (185, 245), (245, 360)],
        ),
        ("person01_boxing_d2   frames   1-106, 112-195, 196-265 \t ", [(0, 106), (111, 195), (195, 265)]),
        ("person02_walking_d3\tframes\t90-160, 1-75", [(0, 75), (89, 160)]),
        ("person02_walking_d4\tframes\t1-100, 80-180", [(0, 100), (79, 180)]),
        ("person03_running_d1_uncomp.avi frames 1-2", [(0, 2)]),
        ("person04_jogging_d1 frames 5 - 9,20-11,0-3", [(4, 9)]),
        ("person13_handclapping_d3\tframes\t*missing*", []),
    ],
)
def test_a_line_gives_ranges_from_0_in_order_of_time(line, ranges):
    assert parse_sequences(line) == {line.split()[0].removesuffix("_uncomp.avi"): ranges}


def test_prose_is_passed_over():
    header = "All sequences were divided by persons into\nframes 1-8 and person01_boxing_d1: see 3-4\n\n"

    assert parse_sequences(header) == {}
    assert parse_sequences(header + "person01_boxing_d1 frames 1-4\r\n") == {"person01_boxing_d1": [(0, 4)]}
