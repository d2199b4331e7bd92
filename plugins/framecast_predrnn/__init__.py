"""PredRNN (Wang et al., NeurIPS 2017): spatio-temporal LSTM layers with a memory that zig-zags through them."""

from __future__ import annotations

from collections.abc import Iterator

import framecast
from framecast_predrnn.cost import predrnn_cost
from framecast_predrnn.settings import PredRNNSettings


def _build(settings: PredRNNSettings, sample: framecast.SampleShape) -> framecast.VideoModel:
    from framecast_predrnn.network import PredRNN

    return PredRNN(settings, sample)


@framecast.hookimpl
def framecast_models() -> Iterator[framecast.Model[PredRNNSettings]]:
    yield framecast.Model(
        name="predrnn",
        summary="PredRNN: LSTM layers that share a memory which zig-zags through space and time",
        settings=PredRNNSettings,
        build=_build,
        cost=predrnn_cost,
        runtime_settings=("compile",),
    )
