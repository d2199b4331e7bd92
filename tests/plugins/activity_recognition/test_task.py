"""The task against losses and counts by hand, with a model that tells what it was given."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

import framecast
from framecast_activity_recognition.settings import EarlyActivityRecognitionSettings as Settings
from framecast_activity_recognition.task import EarlyActivityRecognition, observed, places

BATCH, FRAMES, CLASSES = 3, 8, 4
PROGRESS = framecast.StepContext(seed=0, epoch=0, step=0, positions=tuple(range(BATCH)))


class Recogniser(nn.Module):
    """Scores classes by the mean of the frames that a reading may see; predicts half of the frame before."""

    def __init__(self, decoder=True):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 1, CLASSES))
        self.factor = nn.Parameter(torch.tensor(0.5)) if decoder else None

    def forward(self, frames, frames_out, *, observed):
        self.asked = frames.shape[1], frames_out, observed
        steps = torch.arange(1, frames.shape[1] + 1)
        means = frames.mean((2, 3, 4)).cumsum(1) / steps
        logits = means.take_along_dim(observed - 1, 1)[..., None] * self.weight
        if self.factor is None:
            return framecast.RecognitionOutput(logits)
        predicted = [self.factor * frames]
        for _ in range(frames_out - 1):
            predicted.append(self.factor * predicted[-1][:, -1:])
        return framecast.RecognitionOutput(logits, torch.cat(predicted, 1)[:, : frames.shape[1] - 1 + frames_out])


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    return {
        "frames": torch.rand(BATCH, FRAMES, 1, 4, 4, generator=generator),
        "label": torch.tensor([0, 3, 1]),
    }


def task_with(**given):
    return EarlyActivityRecognition(Settings(**{"frames": FRAMES, "frames_out": 2, **given}))


def loss_of(task, batch, model=None):
    return task.training_step(model or Recogniser(), batch, PROGRESS)


def test_the_model_sees_the_frames_before_the_last_reading_and_is_asked_at_each(batch):
    model = Recogniser()
    loss_of(task_with(observed=[0.25, 0.5]), batch, model)

    seen, frames_out, counts = model.asked
    assert (seen, frames_out) == (4, 2)
    assert counts.tolist() == [[2, 4]] * BATCH


def test_the_loss_is_both_errors_by_their_weights(batch):
    task = task_with(classification_weight=2.0, prediction_weight=3.0)
    loss, logs = loss_of(task, batch)

    answer = Recogniser()(batch["frames"][:, :4], 2, observed=torch.tensor([[2, 4]] * BATCH))
    by_reading = [cross_entropy(answer.logits[:, reading], batch["label"]) for reading in (0, 1)]
    frames_error = framecast.l1_and_squared(answer.frames, batch["frames"][:, 1:6]).mean()
    assert logs["classification"].item() == pytest.approx(torch.stack(by_reading).mean().item())
    assert logs["prediction"].item() == pytest.approx(frames_error.item())
    assert loss.item() == pytest.approx(2 * logs["classification"].item() + 3 * logs["prediction"].item())


@pytest.mark.parametrize("off", ["classification_weight", "prediction_weight"])
def test_a_part_that_is_switched_off_still_gives_every_parameter_a_gradient_of_nought(batch, off):
    model = Recogniser()
    loss, _ = loss_of(task_with(**{off: 0}), batch, model)
    loss.backward()

    silent, heard = (model.factor, model.weight) if off == "prediction_weight" else (model.weight, model.factor)
    assert not silent.grad.any()
    assert heard.grad.any()


def test_without_a_decoder_the_prediction_must_be_switched_off(batch):
    with pytest.raises(framecast.InputError, match=r"give it a decoder, or write task\.prediction_weight=0"):
        loss_of(task_with(), batch, Recogniser(decoder=False))

    loss, logs = loss_of(task_with(prediction_weight=0), batch, Recogniser(decoder=False))
    assert loss.item() == pytest.approx(logs["classification"].item())
    assert "prediction" not in logs


def test_class_weights_and_smoothing_are_those_of_torch_and_only_train(batch):
    weighted = task_with(class_weights=[1, 2, 3, 4], label_smoothing=0.1, prediction_weight=0)
    plain = task_with(prediction_weight=0)

    logits = Recogniser()(batch["frames"][:, :4], 2, observed=torch.tensor([[2, 4]] * BATCH)).logits.transpose(
        1, 2
    )
    labels, weights = batch["label"][:, None].expand(BATCH, 2), torch.tensor([1.0, 2, 3, 4])
    expected = cross_entropy(logits, labels, weights, reduction="none", label_smoothing=0.1).mean()
    assert loss_of(weighted, batch)[0].item() == pytest.approx(expected.item())
    one, other = (task.evaluation_step(Recogniser(), batch).loss for task in (weighted, plain))
    assert torch.equal(one, other)


def test_class_weights_of_another_number_of_classes_are_refused(batch):
    with pytest.raises(framecast.InputError, match="has 2 weights, and the data have 4 classes"):
        loss_of(task_with(class_weights=[1, 2]), batch)


def test_an_evaluation_compares_every_reading_and_the_frames_that_follow(batch):
    outputs = task_with().evaluation_step(Recogniser(), batch)

    assert outputs.compared["logits"].prediction.shape == (BATCH, 2, CLASSES)
    assert torch.equal(outputs.compared["logits"].target, batch["label"])
    assert torch.equal(outputs.compared["frames"].target, batch["frames"][:, 4:6])
    assert torch.allclose(outputs.compared["frames"].prediction[:, 1], batch["frames"][:, 3] / 4)
    assert torch.equal(outputs.context, batch["frames"][:, :4])


def test_a_whole_clip_leaves_no_frames_to_predict(batch):
    outputs = task_with(observed=[0.5, 1.0], frames_out=0).evaluation_step(Recogniser(), batch)

    assert set(outputs.compared) == {"logits"}
    assert outputs.context.shape[1] == FRAMES


def test_frames_without_places_lie_evenly_in_their_clip(batch):
    assert places(batch)[0].tolist() == [frame / FRAMES for frame in range(FRAMES)]


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        ([0.0, 0.25, 0.5, 0.75], [1, 2]),  # a frame at the share itself is not before it
        ([0.0, 0.1, 0.2, 0.3], [3, 4]),
        ([0.0, 0.6, 1.0, 1.0], [1, 1]),  # two frames that only fill up the clip
        ([0.4, 0.6, 0.8, 0.9], [1, 1]),  # there is always something to see
    ],
)
def test_what_is_observed_lies_before_its_share_of_the_video(place, seen):
    assert observed(torch.tensor([place]), [0.25, 0.5], most=4).tolist() == [seen]


@pytest.mark.parametrize("share", [0.1, 0.2, 0.25, 0.3, 1 / 3, 0.5, 0.7, 1.0])
def test_of_even_frames_as_many_are_observed_as_the_share_holds(share):
    for frames in range(2, 60):
        settings = Settings(frames=frames, observed=[share], frames_out=0)
        even = torch.arange(frames)[None] / frames
        assert observed(even, [share], settings.frames_in).item() == settings.frames_in, frames


def test_frames_that_only_fill_up_a_clip_are_no_target(batch):
    task = task_with(classification_weight=0)
    short = {**batch, "place": torch.tensor([[0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1]] * BATCH)}
    other = {**short, "frames": short["frames"].clone()}
    other["frames"][:, 5:] = 1 - other["frames"][:, 5:]

    losses = [loss_of(task, each)[0].item() for each in (short, other)]
    assert losses[0] == pytest.approx(losses[1])
    assert not task.evaluation_step(Recogniser(), short).compared["frames"].mask[:, 1].any()


def test_logits_of_low_precision_are_compared_in_full_precision(batch):
    class Rough(Recogniser):
        def forward(self, *inputs, observed):
            logits, frames = super().forward(*inputs, observed=observed)
            return framecast.RecognitionOutput(logits.bfloat16(), frames.bfloat16())

    loss, _ = loss_of(task_with(), batch, Rough())
    assert loss.dtype == torch.float32
    assert math.isfinite(loss.item())
