"""Conv-TT-LSTM (Su et al., NeurIPS 2020, arXiv 2002.09131) and its baseline ConvLSTM, for video prediction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import framecast
from framecast_conv_tt_lstm.cost import network_cost
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings


def _build(settings: ConvLSTMSettings | ConvTTLSTMSettings, sample: framecast.SampleShape) -> Any:
    from framecast_conv_tt_lstm.network import RecurrentVideoNetwork

    return RecurrentVideoNetwork.from_settings(settings, sample.channels)


@framecast.hookimpl
def framecast_models() -> Iterator[framecast.Model]:
    yield framecast.Model(
        name="conv_tt_lstm",
        summary="Convolutional tensor-train LSTM: high-order states at the cost of few parameters",
        settings=ConvTTLSTMSettings,
        build=_build,
        cost=network_cost,
        constraints=(
            framecast.Constraint(
                "order <= steps", "every core needs a past hidden state of its own to start from"
            ),
        ),
    )
    yield framecast.Model(
        name="conv_lstm",
        summary="ConvLSTM: the first-order baseline of the paper",
        settings=ConvLSTMSettings,
        build=_build,
        cost=network_cost,
    )
