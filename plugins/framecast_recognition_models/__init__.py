"""Models that name what happens in a video, from the frames seen so far: recurrent ones, and a 3D convolution.

`conv_tt_lstm_recognition` and its twin `conv_lstm_recognition` are for early activity recognition (Su et al.,
NeurIPS 2020, arXiv 2002.09131), learned together with predicting frames; their cells are framecast_conv_tt_lstm's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import framecast
from framecast_conv_tt_lstm import ORDER_WITHIN_STEPS, TENSOR_TRAIN_GROUP
from framecast_recognition_models.cost import conv3d_cost, recurrent_cost
from framecast_recognition_models.settings import (
    Conv3DSettings,
    ConvLSTMRecognitionSettings,
    ConvTTLSTMRecognitionSettings,
)


def _build_recurrent(
    settings: ConvLSTMRecognitionSettings, sample: framecast.SampleShape
) -> framecast.RecognitionModel:
    from framecast_recognition_models.recurrent import RecurrentRecogniser

    return RecurrentRecogniser(settings, sample)


def _build_conv3d(settings: Conv3DSettings, sample: framecast.SampleShape) -> framecast.RecognitionModel:
    from framecast_recognition_models.conv3d import Conv3D

    return Conv3D(settings, sample)


@framecast.hookimpl
def framecast_models() -> Iterator[framecast.Model[Any]]:
    yield framecast.Model(
        name="conv_tt_lstm_recognition",
        summary="Conv-TT-LSTM that names the class after any frame, and predicts the next ones",
        settings=ConvTTLSTMRecognitionSettings,
        build=_build_recurrent,
        produces="logits",
        predicts_frames=lambda settings: settings.decoder,
        cost=recurrent_cost,
        constraints=(ORDER_WITHIN_STEPS,),
        setting_groups=(TENSOR_TRAIN_GROUP,),
        activation_checkpointing=True,
    )
    yield framecast.Model(
        name="conv_lstm_recognition",
        summary="ConvLSTM that names the class after any frame: the first-order twin",
        settings=ConvLSTMRecognitionSettings,
        build=_build_recurrent,
        produces="logits",
        predicts_frames=lambda settings: settings.decoder,
        cost=recurrent_cost,
        activation_checkpointing=True,
    )
    yield framecast.Model(
        name="conv3d",
        summary="3D convolutions over the frames seen, after C3D: a baseline that is not recurrent",
        settings=Conv3DSettings,
        build=_build_conv3d,
        produces="logits",
        predicts_frames=lambda settings: False,
        cost=conv3d_cost,
    )
