"""Which clips are cut, against a list of all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framecast.data import Span, Windows


@st.composite
def spans(draw):
    begin = draw(st.integers(0, 30))
    return Span(draw(st.integers(0, 5)), begin, begin + draw(st.integers(-5, 40)), draw(st.integers(1, 12)))


@given(st.lists(spans(), max_size=6), st.integers(1, 12), st.integers(1, 5))
def test_clips_are_those_of_a_plain_enumeration(spans, frames, step):
    expected = [
        (span, start)
        for span in spans
        for start in range(span.begin, span.end, span.stride)
        if start + (frames - 1) * step < span.end
    ]
    windows = Windows.cut(spans, frames, step)

    assert [windows[index] for index in range(len(windows))] == expected


@pytest.mark.parametrize("index", [-1, 3])
def test_beyond_the_last_clip_is_an_index_error(index):
    windows = Windows.cut([Span(0, 0, 12, 4)], frames=4)

    assert len(windows) == 3
    with pytest.raises(IndexError, match=f"clip {index} of 3"):
        windows[index]
