"""Conv-TT-LSTM (Su et al., NeurIPS 2020, arXiv 2002.09131) and its baseline ConvLSTM, for video prediction.

For other plugins and notebooks: the cells, the network, the tensor-train convolution and the reader of the
authors' checkpoints. They are resolved on first use, so that listing plugins imports no torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import framecast
from framecast_conv_tt_lstm.cost import network_cost, output_channels
from framecast_conv_tt_lstm.settings import (
    ORDER_WITHIN_STEPS,
    TENSOR_TRAIN_GROUP,
    ConvLSTMSettings,
    ConvTTLSTMSettings,
    Odd,
    Positive,
    TensorTrainSettings,
)

if TYPE_CHECKING:
    from torch import nn

    from framecast_conv_tt_lstm.cell import ConvLSTMCell, ConvTTLSTMCell
    from framecast_conv_tt_lstm.decomposition import decompose
    from framecast_conv_tt_lstm.fast.layer import FastLayer
    from framecast_conv_tt_lstm.network import RecurrentVideoNetwork, build_cell
    from framecast_conv_tt_lstm.published import load_published
    from framecast_conv_tt_lstm.tensor_train import ConvTensorTrain

__all__ = [
    "ORDER_WITHIN_STEPS",
    "TENSOR_TRAIN_GROUP",
    "ConvLSTMCell",
    "ConvLSTMSettings",
    "ConvTTLSTMCell",
    "ConvTTLSTMSettings",
    "ConvTensorTrain",
    "FastLayer",
    "Odd",
    "Positive",
    "RecurrentVideoNetwork",
    "TensorTrainSettings",
    "build_cell",
    "decompose",
    "load_published",
    "network_cost",
    "output_channels",
]

__getattr__ = framecast.lazy_exports(__name__)


def _build(settings: ConvLSTMSettings | ConvTTLSTMSettings, sample: framecast.SampleShape) -> framecast.VideoModel:
    from framecast_conv_tt_lstm.network import RecurrentVideoNetwork

    return RecurrentVideoNetwork.from_settings(settings, sample.channels)


def _load_published(path: Path, settings: ConvLSTMSettings | ConvTTLSTMSettings) -> nn.Module:
    from framecast_conv_tt_lstm.published import load_published

    cell = "convttlstm" if isinstance(settings, ConvTTLSTMSettings) else "convlstm"
    return load_published(path, {"cell": cell, **settings.model_dump()})


@framecast.hookimpl
def framecast_models() -> Iterator[framecast.Model[ConvTTLSTMSettings] | framecast.Model[ConvLSTMSettings]]:
    yield framecast.Model(
        name="conv_tt_lstm",
        summary="Convolutional tensor-train LSTM: high-order states at the cost of few parameters",
        settings=ConvTTLSTMSettings,
        build=_build,
        cost=network_cost,
        constraints=(ORDER_WITHIN_STEPS,),
        setting_groups=(TENSOR_TRAIN_GROUP,),
        activation_checkpointing=True,
        runtime_settings=("implementation", "compile"),
        load_published=_load_published,
    )
    yield framecast.Model(
        name="conv_lstm",
        summary="ConvLSTM: the first-order baseline of the paper",
        settings=ConvLSTMSettings,
        build=_build,
        cost=network_cost,
        activation_checkpointing=True,
        runtime_settings=("implementation", "compile"),
        load_published=_load_published,
    )
