"""Which metrics an evaluation takes, and under which protocol."""

from __future__ import annotations

import pytest

from framecast.errors import InputError
from framecast.evaluation.metrics_choice import chosen_metrics
from framecast.registry.registry import Registry

OWN = [{"name": "mse", "protocol": "framecast"}, {"name": "mae", "protocol": "framecast"}, {"name": "psnr"}]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.discover()


def test_the_runs_own_metrics_are_the_default(registry: Registry) -> None:
    assert chosen_metrics(None, OWN, None, registry) == (OWN, [])


def test_named_metrics_keep_the_settings_that_the_run_gave_them(registry: Registry) -> None:
    assert chosen_metrics(["ssim", "mse"], OWN, None, registry)[0] == [{"name": "ssim"}, OWN[0]]


def test_a_protocol_is_set_in_every_metric_that_knows_it_and_others_are_left_out(registry: Registry) -> None:
    taken, left_out = chosen_metrics(None, OWN, "conv-tt-lstm", registry)
    assert taken == [{"name": name, "protocol": "conv-tt-lstm"} for name in ("mse", "psnr")]
    assert left_out == ["mae"]


def test_a_named_metric_that_the_protocol_does_not_define_is_refused(registry: Registry) -> None:
    with pytest.raises(
        InputError, match="protocol conv-tt-lstm does not define mae, which knows framecast, openstl"
    ):
        chosen_metrics(["mae"], OWN, "conv-tt-lstm", registry)


def test_an_unknown_protocol_lists_the_known_ones(registry: Registry) -> None:
    with pytest.raises(InputError, match="no metric knows a protocol 'mine'; these know conv-tt-lstm, framecast"):
        chosen_metrics(None, OWN, "mine", registry)


def test_an_unknown_metric_is_refused_with_the_nearest(registry: Registry) -> None:
    with pytest.raises(InputError, match="no metric is called 'msee', did you mean mse"):
        chosen_metrics(["msee"], OWN, "openstl", registry)
