"""What every recognition model promises: shapes, readings that know only their own frames, and exact counts."""

from typing import Any

import pytest
import torch

import framecast
from framecast_recognition_models import framecast_models

MODELS = {model.name: model for model in framecast_models()}
LEVELS = {"hidden_channels": [3, 4], "strides": [2, 2]}
RECURRENT = {**LEVELS, "layers_per_block": [1, 2]}
CASES: dict[str, dict[str, Any]] = {
    "conv_tt_lstm_recognition": {**RECURRENT, "rank": 2},
    "conv_lstm_recognition": RECURRENT,
    "conv3d": LEVELS,
}
SAMPLE = framecast.SampleShape(10, 2, 8, 12, 5)
EVERY_MODEL = pytest.mark.parametrize("name", MODELS)
PREDICTING = pytest.mark.parametrize("name", ["conv_tt_lstm_recognition", "conv_lstm_recognition"])


def built(name, seed=0, **settings):
    torch.manual_seed(seed)
    model = MODELS[name]
    return model.build(model.settings(**{**CASES[name], **settings}), SAMPLE)


def clips(batch=3, frames=6, seed=0):
    return torch.rand(batch, frames, *SAMPLE[1:4], generator=torch.Generator().manual_seed(seed))


READINGS = torch.tensor([[1, 4], [2, 6], [3, 3]])


@EVERY_MODEL
def test_every_model_declares_that_it_gives_logits(name):
    assert MODELS[name].produces == "logits"


@EVERY_MODEL
def test_logits_are_of_every_reading_and_class(name):
    assert built(name)(clips(), 0, observed=READINGS).logits.shape == (3, 2, 5)


@PREDICTING
@pytest.mark.parametrize("frames_out", [0, 1, 4])
def test_every_next_frame_is_predicted_up_to_those_asked_for(name, frames_out):
    frames = built(name)(clips(), frames_out, observed=READINGS).frames

    assert frames.shape == (3, 6 - 1 + frames_out, 2, 8, 12)


@PREDICTING
def test_without_a_decoder_no_frames_are_predicted_and_the_logits_are_the_same(name):
    with_decoder, without = built(name), built(name, decoder=False)
    without.load_state_dict(with_decoder.state_dict(), strict=False)

    answer = without(clips(), 3, observed=READINGS)

    assert answer.frames is None
    assert torch.equal(answer.logits, with_decoder(clips(), 3, observed=READINGS).logits)


def test_conv3d_predicts_no_frames():
    assert built("conv3d")(clips(), 3, observed=READINGS).frames is None


@EVERY_MODEL
def test_a_reading_knows_only_the_frames_before_it(name):
    network, frames = built(name), clips()
    other = frames.clone()
    for sample, last in enumerate(READINGS[:, 0]):
        other[sample, last:] = 1 - other[sample, last:]

    logits, changed = network(frames, 0, observed=READINGS).logits, network(other, 0, observed=READINGS).logits

    assert torch.equal(logits[:, 0], changed[:, 0])
    assert not torch.allclose(logits[:2, 1], changed[:2, 1])  # the third sample reads the same frames twice


@EVERY_MODEL
def test_a_reading_knows_every_frame_before_it(name):
    network, frames = built(name), clips(1)
    readings = torch.tensor([[4]])
    logits = network(frames, 0, observed=readings).logits
    for time in range(4):
        other = frames.clone()
        other[:, time] = 1 - other[:, time]

        assert not torch.allclose(network(other, 0, observed=readings).logits, logits)


@EVERY_MODEL
def test_readings_in_one_pass_are_those_of_a_pass_each(name):
    network, frames = built(name), clips()

    together = network(frames, 0, observed=READINGS).logits
    alone = [network(frames, 0, observed=READINGS[:, [number]]).logits[:, 0] for number in range(2)]

    torch.testing.assert_close(together, torch.stack(alone, 1))


@EVERY_MODEL
def test_a_reading_is_that_of_a_clip_that_ends_there(name):
    network, frames = built(name), clips()

    of_the_whole = network(frames, 0, observed=torch.full((3, 1), 4)).logits
    of_its_beginning = network(frames[:, :4], 0, observed=torch.full((3, 1), 4)).logits

    torch.testing.assert_close(of_the_whole, of_its_beginning)


@PREDICTING
def test_later_frames_are_predicted_from_its_own_predictions(name):
    network, frames, readings = built(name), clips(), READINGS.clamp(max=6)

    first = network(frames, 1, observed=readings).frames[:, -1:]
    fed = network(torch.cat([frames, first], 1), 1, observed=readings).frames[:, -1]

    torch.testing.assert_close(network(frames, 2, observed=readings).frames[:, -1], fed)


@EVERY_MODEL
def test_samples_do_not_know_of_each_other(name):
    network, frames = built(name), clips()

    together = network(frames, 2, observed=READINGS)
    alone = [network(frames[[each]], 2, observed=READINGS[[each]]) for each in range(3)]

    torch.testing.assert_close(together.logits, torch.cat([each.logits for each in alone]))
    if together.frames is not None:
        torch.testing.assert_close(together.frames, torch.cat([each.frames for each in alone]))


@EVERY_MODEL
def test_gradients_reach_every_parameter(name):
    network = built(name)

    logits, frames = network(clips(), 2, observed=READINGS)
    (logits.square().sum() + (0 if frames is None else frames.square().sum())).backward()

    assert not [key for key, value in network.named_parameters() if not value.grad.count_nonzero()]


@PREDICTING
@pytest.mark.parametrize("frames_out", [0, 3])
def test_a_prediction_that_weighs_nothing_still_gives_every_parameter_a_gradient(name, frames_out):
    network = built(name)

    logits, frames = network(clips(), frames_out, observed=READINGS)
    (logits.sum() + 0 * frames.sum()).backward()

    assert all(value.grad is not None for value in network.parameters())


@PREDICTING
def test_layers_that_are_computed_again_have_the_same_gradients(name):
    kept, again = built(name), built(name)
    again.activation_checkpointing = True
    for network in (kept, again):
        logits, frames = network(clips(), 2, observed=READINGS)
        (logits.square().sum() + frames.square().sum()).backward()

    for mine, its in zip(kept.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, its.grad)


@EVERY_MODEL
def test_one_seed_is_one_model(name):
    one, same, other = (built(name, seed)(clips(), 0, observed=READINGS).logits for seed in (0, 0, 1))

    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@EVERY_MODEL
def test_bf16_autocast_is_near_fp32(name):
    network = built(name)
    exact = network(clips(), 2, observed=READINGS)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = network(clips(), 2, observed=READINGS)

    assert rounded.logits.dtype == torch.bfloat16
    torch.testing.assert_close(rounded.logits.float(), exact.logits, atol=0.05, rtol=0.05)


@EVERY_MODEL
def test_frames_that_the_strides_do_not_divide_are_refused_with_both(name):
    model = MODELS[name]

    with pytest.raises(ValueError, match=r"strides \[2, 2\] do not divide frames of 8x10"):
        model.build(model.settings(**CASES[name]), SAMPLE._replace(width=10))


@PREDICTING
@pytest.mark.parametrize("layers", [1, 2])
def test_dropout_acts_in_training_only(name, layers):
    network = built(name, dropout=0.5, layers_per_block=[layers, layers])
    logits = [network(clips(), 0, observed=READINGS).logits for _ in range(2)]
    network.eval()
    evaluated = [network(clips(), 0, observed=READINGS).logits for _ in range(2)]

    assert not torch.equal(*logits)
    assert torch.equal(*evaluated)
