"""Problems are sorted by place and printed as `file:line:column key: message`."""

from __future__ import annotations

import pytest

from framecast.errors import InputError, Place, Problem, did_you_mean


@pytest.mark.parametrize(
    ("problem", "printed"),
    [
        (Problem("is required", "model", Place("a.yaml", 3, 7)), "a.yaml:3:7 model: is required"),
        (Problem("is empty", place=Place("a.yaml")), "a.yaml: is empty"),
        (Problem("is required", "model"), "model: is required"),
        (Problem("no GPU"), "no GPU"),
    ],
)
def test_a_problem_is_printed_with_what_is_known_of_its_place(problem: Problem, printed: str) -> None:
    assert str(problem) == printed


def test_problems_are_sorted_by_place_and_those_without_one_come_first() -> None:
    places = [Place("a", 10, 1), Place("a", 9, 5), None, Place("a", 9, 2)]
    error = InputError(Problem(str(number), place=place) for number, place in enumerate(places))
    assert [problem.message for problem in error.problems] == ["2", "3", "1", "0"]
    assert len(str(error).splitlines()) == 4


def test_a_sentence_alone_is_a_problem() -> None:
    assert InputError("no GPU").problems == [Problem("no GPU")]


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("ranks", ["rank", "order"], ", did you mean rank?"),
        ("zzz", ["rank", "order"], ", choose from: order, rank"),
        ("zzz", [], ""),
    ],
)
def test_a_suggestion_is_the_nearest_word_or_all_of_them(word: str, known: list[str], said: str) -> None:
    assert did_you_mean(word, known) == said
