"""The page of a search: complete, self-contained, and careful about what few trials tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from framecast.report.search_page import write_search_report
from made_searches import Told, made_search

PARAMETERS = {"model.order": {"int": [1, 2]}, "model.rank": {"choice": [1, 2, 4]}}
Made = Callable[..., str]


@pytest.fixture
def page(tmp_path: Path, tiny_job: Any) -> Made:
    """Makes a search with trials that ended as told, (state, point, scores), and returns its page."""

    def made(trials: list[Told], **search: Any) -> str:
        folder = made_search(tmp_path, tiny_job(), trials, **{"parameters": PARAMETERS, **search})
        write_search_report(folder)
        return folder.report.read_text()

    return made


def point(order: int, rank: int) -> dict[str, Any]:
    return {"model.order": order, "model.rank": rank}


MANY = [
    ("finished", point(1 + number % 2, (1, 2, 4)[number % 3]), [0.5, 0.1 * (1 + number % 2)])
    for number in range(12)
]


def test_a_search_shows_its_front_its_settings_and_all_its_trials(page: Made) -> None:
    text = page([*MANY, ("stopped", point(1, 1), [0.9]), ("failed", point(2, 2), [])])
    assert re.findall(r"<h2>(.*?)</h2>", text) == [
        "The best trial",
        "What quality costs",
        "What each setting buys",
        "Settings together",
        "Learning",
        "Trials that failed",
        "All trials",
    ]
    assert "1 of 14" in text  # stopped early
    assert "out of &lt;memory&gt;" in text
    assert text.count("<tr") >= 14


def test_every_chart_is_sound_and_nothing_is_loaded_from_elsewhere(page: Made) -> None:
    text = page(MANY)
    charts = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(charts) == 2 + 2 + 1  # fronts by parameters and seconds, heat map, parallel coordinates, learning
    for chart in charts:
        ET.fromstring(chart)
    assert not re.findall(r"(?:src|href)=\"http", text)


def test_what_clearly_matters_is_told_from_what_does_not(page: Made) -> None:
    """Here the order decides everything, the rank nothing."""
    noisy = [
        (state, where, [*scores[:-1], scores[-1] + 0.001 * number])
        for number, (state, where, scores) in enumerate(MANY)
    ]
    text = page(noisy)
    assert re.search(
        r"order: (9\d|100)% of the variance lies between its values, which chance gives in less", text
    )
    assert re.search(
        r"rank: \d% of the variance .* but scores dealt out at random give as much in \d+ of 100", text
    )


def test_few_trials_are_said_to_tell_nothing(page: Made) -> None:
    assert "2 finished trials cannot tell which setting matters" in page(MANY[:2])


@pytest.mark.parametrize(
    "trials",
    [[], [("running", point(1, 1), [])], [("failed", point(1, 1), [])], MANY[:1]],
    ids=["no trial", "one that runs", "one that failed", "one that finished"],
)
def test_a_search_is_shown_however_far_it_is(page: Made, trials: list[Any]) -> None:
    assert "All trials" in page(trials)


def test_one_objective_and_settings_that_are_any_number(page: Made) -> None:
    space = {
        "training.optimizer.learning_rate": {"log": [1e-4, 1e-1]},
        "model.rank": {"int": [1, 4], "when": {"a": 1}},
    }
    rates = [("finished", {"training.optimizer.learning_rate": 0.001 * rate}, [1 / rate]) for rate in range(1, 13)]
    text = page(rates, parameters=space, objectives={"validation/mse": "min"})
    assert "the high third" in text
