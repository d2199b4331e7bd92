"""The page of a search: complete, self-contained, and careful about what few trials tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from ruamel.yaml import YAML

from framecast.report.search_page import write_search_report
from tests.made_searches import Told, made_search

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


THREE = {
    "training.batch_size": {"choice": [1, 2, 4, 8]},
    "model.rank": {"choice": [1, 2]},
    "model.steps": {"choice": [2, 3]},
}
BATCHES = [
    (
        "finished",
        {"training.batch_size": 2 ** (n % 4), "model.rank": 1 + n % 2, "model.steps": 2 + n // 4 % 2},
        [0.5],
    )
    for n in range(8)
]


def test_settings_that_a_model_declares_to_act_together_are_charted(page: Made) -> None:
    """order, rank and steps are a group of conv_tt_lstm; batch sizes took more values, and are none of it."""
    assert "scores by rank and steps" in page(BATCHES, parameters=THREE)


def test_without_such_a_group_the_settings_of_most_values_are_charted(tmp_path: Path, tiny_job: Any) -> None:
    model = {"name": "conv_lstm", "kernel_size": 3, "layers_per_block": [1], "hidden_channels": [4]}
    names = ("training.batch_size", "model.bias", "model.output_sigmoid")
    parameters = {names[0]: {"choice": [1, 2, 4, 8]}, **{name: {"choice": [True, False]} for name in names[1:]}}
    trials: list[Told] = [
        ("finished", dict(zip(names, (2 ** (n % 4), True, n > 3), strict=True)), [0.5]) for n in range(8)
    ]
    folder = made_search(tmp_path, {**tiny_job(), "model": model}, trials, parameters=parameters)
    write_search_report(folder)
    assert "scores by training.batch_size and output_sigmoid" in folder.report.read_text()


def test_a_search_of_an_older_version_is_charted_by_what_is_declared_today(tmp_path: Path, tiny_job: Any) -> None:
    folder = made_search(tmp_path, tiny_job(), BATCHES, parameters=THREE)
    for trial in folder.trials():
        content = YAML().load(trial.run.plan.read_text())
        del content["declared"]["setting_groups"]
        with trial.run.plan.open("w") as stream:
            YAML().dump(content, stream)
    write_search_report(folder)
    assert "scores by rank and steps" in folder.report.read_text()


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
