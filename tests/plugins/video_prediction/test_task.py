"""The task, with a small real ConvLSTM on real clips."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import framecast
from framecast_conv_tt_lstm.network import RecurrentVideoNetwork
from framecast_conv_tt_lstm.settings import ConvLSTMSettings
from framecast_moving_mnist import framecast_datasets
from framecast_video_prediction.baselines import LastFrame
from framecast_video_prediction.settings import ScheduledSampling, VideoPredictionSettings
from framecast_video_prediction.task import VideoPrediction

FRAMES_IN, FRAMES_OUT = 3, 4


def task_with(ratio=1.0, frames_out=FRAMES_OUT, **sampling):
    curriculum = ScheduledSampling(ratio=ratio, **sampling)
    return VideoPrediction(
        VideoPredictionSettings(frames_in=FRAMES_IN, frames_out=frames_out, sampling=curriculum)
    )


def progress_at(*positions, seed=0, epoch=0, step=0):
    return framecast.StepContext(seed, epoch, step, positions)


@pytest.fixture(scope="module")
def clips():
    """(4, 7, 1, 16, 16) uint8."""
    (declared,) = framecast_datasets()
    dataset: Any = declared.build(declared.settings(size=16, digit_size=7), "train", FRAMES_IN + FRAMES_OUT)
    return torch.stack([dataset[index]["frames"] for index in range(4)])


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    stack: dict[str, Any] = {"layers_per_block": [1], "hidden_channels": [3], "kernel_size": 3}
    return RecurrentVideoNetwork.from_settings(ConvLSTMSettings(**stack), 1)


def paper_loss(prediction, target):
    difference = (prediction - target).detach().double().numpy()
    return np.abs(difference).mean() + (difference**2).mean()


def train_loss(task, network, clips, progress):
    loss, _ = task.training_step(network, {"frames": clips}, progress)
    return loss.item()


def test_the_training_loss_is_mean_l1_plus_mean_square_over_all_predictions(network, clips):
    pictures = clips.float() / 255
    prediction = network(pictures[:, :-1], 1)  # every next frame, from true frames only
    assert prediction.shape[1] == FRAMES_IN + FRAMES_OUT - 1

    loss, logs = task_with(ratio=1.0).training_step(network, {"frames": clips}, progress_at(0, 1, 2, 3))

    assert loss.shape == ()
    assert loss.requires_grad
    assert loss.item() == pytest.approx(paper_loss(prediction, pictures[:, 1:]), rel=1e-5)
    assert logs == {"truth_ratio": 1.0}


def test_with_no_truth_fed_back_it_trains_in_closed_loop(network, clips):
    pictures = clips.float() / 255
    prediction = network(pictures[:, :FRAMES_IN], FRAMES_OUT)

    loss = train_loss(task_with(ratio=0.0), network, clips, progress_at(0, 1, 2, 3))

    assert loss == pytest.approx(paper_loss(prediction, pictures[:, 1:]), rel=1e-5)
    assert loss != pytest.approx(train_loss(task_with(1.0), network, clips, progress_at(0, 1, 2, 3)), rel=1e-5)


def test_a_model_that_predicts_the_future_only_is_scored_on_that(clips):
    pictures = clips.float() / 255
    target = pictures[:, FRAMES_IN:]

    loss = train_loss(task_with(), LastFrame(), clips, progress_at(0, 1, 2, 3))

    assert loss == pytest.approx(paper_loss(pictures[:, FRAMES_IN - 1 : FRAMES_IN].expand_as(target), target))


def test_a_single_future_frame_needs_no_truth(network, clips):
    loss = train_loss(task_with(0.5, frames_out=1), network, clips[:, : FRAMES_IN + 1], progress_at(0, 1, 2, 3))

    pictures = clips.float() / 255
    assert loss == pytest.approx(paper_loss(network(pictures[:, :3], 1), pictures[:, 1:4]), rel=1e-5)


@pytest.mark.parametrize("split", [[(0, 1), (2, 3)], [(3, 1), (0, 2)], [(2,), (0, 1, 3)]])
def test_the_loss_does_not_depend_on_how_a_batch_is_split_over_workers(network, clips, split):
    task, positions = task_with(ratio=0.5), (10, 11, 12, 13)
    whole = train_loss(task, network, clips, progress_at(*positions))

    parts = [
        len(part) * train_loss(task, network, clips[list(part)], progress_at(*(positions[at] for at in part)))
        for part in split
    ]

    assert sum(parts) / 4 == pytest.approx(whole, rel=1e-5)


class Listening(nn.Module):
    """Forecasts black and keeps the mask that it was called with."""

    def forward(self, frames, frames_out, *, truth, keep_truth):
        self.keep_truth = keep_truth
        return frames.new_zeros(len(frames), frames_out, *frames.shape[2:])


def truth_mask(ratio, progress):
    listening = Listening()
    clips = torch.zeros(len(progress.positions), FRAMES_IN + FRAMES_OUT, 1, 1, 1)
    task_with(ratio).training_step(listening, {"frames": clips}, progress)
    return listening.keep_truth


@pytest.mark.parametrize("ratio", [0.0, 0.25, 0.9, 1.0])
def test_truth_is_kept_as_often_as_the_ratio_says(ratio):
    mask = truth_mask(ratio, progress_at(*range(3000)))

    assert mask.shape == (3000, FRAMES_OUT - 1)
    # each future step by itself; 3000 draws stray by less than 0.01 as a rule
    assert mask.double().mean(0).tolist() == pytest.approx([ratio] * (FRAMES_OUT - 1), abs=0.04 * (0 < ratio < 1))


def test_truth_masks_follow_their_samples():
    whole = truth_mask(0.5, progress_at(*range(100)))
    odd = truth_mask(0.5, progress_at(*range(1, 100, 2)))

    assert torch.equal(odd, whole[1::2])


def test_truth_masks_do_not_depend_on_the_step_but_on_seed_and_epoch():
    # another number of workers takes other steps over the same epoch
    mask = truth_mask(0.5, progress_at(*range(100)))

    assert torch.equal(truth_mask(0.5, progress_at(*range(100), step=7)), mask)
    assert not torch.equal(truth_mask(0.5, progress_at(*range(100), seed=1)), mask)
    assert not torch.equal(truth_mask(0.5, progress_at(*range(100), epoch=1)), mask)


def test_a_falling_ratio_only_takes_truth_away():
    high, low = (truth_mask(ratio, progress_at(*range(100))) for ratio in (0.8, 0.4))

    assert (high | ~low).all()
    assert high.sum() > low.sum()


def test_evaluation_scores_the_future_in_closed_loop(network, clips):
    pictures = clips.float() / 255
    outputs = task_with(ratio=1.0).evaluation_step(network, {"frames": clips})
    compared = outputs.compared["frames"]

    expected = network(pictures[:, :FRAMES_IN], FRAMES_OUT)[:, -FRAMES_OUT:]
    torch.testing.assert_close(compared.prediction, expected)
    assert torch.equal(compared.target, pictures[:, FRAMES_IN:])
    assert torch.equal(outputs.context, pictures[:, :FRAMES_IN])
    assert outputs.loss.tolist() == pytest.approx(
        [paper_loss(one, other) for one, other in zip(expected, pictures[:, FRAMES_IN:], strict=True)], rel=1e-5
    )


def test_evaluation_never_sees_the_future(network, clips):
    other = clips.clone()
    other[:, FRAMES_IN:] = 255 - other[:, FRAMES_IN:]
    task = task_with()

    one, two = (task.evaluation_step(network, {"frames": frames}) for frames in (clips, other))

    assert torch.equal(one.compared["frames"].prediction, two.compared["frames"].prediction)
    assert not torch.equal(one.loss, two.loss)


def test_bytes_and_their_pictures_train_alike(network, clips):
    task, progress = task_with(ratio=0.5), progress_at(0, 1, 2, 3)

    assert train_loss(task, network, clips, progress) == train_loss(task, network, clips.float() / 255, progress)


def test_the_validation_loss_moves_the_curriculum_and_checkpoints_hold_it(network, clips):
    settings = {"patience": 1, "fall": 0.5, "learning_rate_factor": 0.1}
    task, resumed = task_with(**settings), task_with(**settings)
    for epoch in (1, 2, 3):
        task.after_evaluation({"validation/loss": 0.5, "validation/mse": 1 / epoch}, epoch)
    resumed.load_state_dict(task.state_dict())

    for one in (task, resumed):
        _, logs = one.training_step(network, {"frames": clips}, progress_at(0, 1, 2, 3))
        assert logs == {"truth_ratio": 0.0}
        assert one.learning_rate_factor == pytest.approx(0.1)
