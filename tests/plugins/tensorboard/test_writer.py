"""What TensorBoard shows of a run, read back with TensorBoard's own reader."""

import re

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import framecast
from framecast.plugin import events
from framecast_tensorboard import framecast_callbacks

(CALLBACK,) = framecast_callbacks()


def started(step=0, attempt=1):
    return events.RunStarted(
        attempt=attempt,
        step=step,
        epoch=0,
        batch=step,
        steps_per_epoch=10,
        total_steps=10,
        workers=1,
        device="cpu",
        precision="fp32",
        strategy="torch",
        parameters=5,
    )


def step_done(step, loss=0.5, gradient_norm=None):
    return events.StepDone(
        step=step,
        epoch=0,
        loss=loss,
        gradient_norm=gradient_norm,
        learning_rate=1e-3,
        loss_scale=None,
        skipped=False,
        seconds=0.25,
        logs={"truth_ratio": 0.75},
    )


def evaluated(step, name="model", **metrics):
    return events.Evaluated(
        step=step,
        epoch=1,
        name=name,
        split="validation",
        metrics={f"validation/{metric}": value for metric, value in metrics.items()},
        per_frame={},
        samples=4,
        seconds=1.0,
    )


def attempt(run_folder, *happened):
    """One process's attempt at a run: a callback of its own takes the events."""
    context = framecast.RunContext(run_folder)
    listener = CALLBACK.build(CALLBACK.settings(), context)
    for event in happened:
        listener(event, context)
    assert context.requests.stop is None
    return listener  # to be held: a listener that is thrown away also closes its file


def an_hour_passes(run_folder):
    """TensorBoard sorts the files of a run by the second in their names; tests are quicker than that."""
    for file in (run_folder / "tensorboard").iterdir():
        file.rename(
            file.with_name(re.sub(r"(?<=tfevents\.)\d+", lambda second: str(int(second[0]) - 3600), file.name))
        )


def curves(run_folder):
    """{tag: [(step, value)]} as TensorBoard reads them."""
    reader = EventAccumulator(str(run_folder / "tensorboard"))
    reader.Reload()
    return {
        tag: [(point.step, pytest.approx(point.value, rel=1e-6)) for point in reader.Scalars(tag)]
        for tag in reader.Tags()["scalars"]
    }


FINISHED = events.RunFinished(2, "epochs")


def test_each_step_becomes_a_point_of_every_training_curve(tmp_path):
    attempt(tmp_path, started(), step_done(1, loss=0.5), step_done(2, loss=0.25), FINISHED)

    assert curves(tmp_path) == {
        "train/loss": [(1, 0.5), (2, 0.25)],
        "train/learning_rate": [(1, 1e-3), (2, 1e-3)],
        "train/seconds": [(1, 0.25), (2, 0.25)],
        "train/truth_ratio": [(1, 0.75), (2, 0.75)],
    }


def test_the_gradient_norm_is_drawn_where_it_is_known(tmp_path):
    attempt(tmp_path, started(), step_done(1), step_done(2, gradient_norm=3.0), FINISHED)

    assert curves(tmp_path)["train/gradient_norm"] == [(2, 3.0)]


def test_scores_keep_their_names_and_baselines_stand_beside_them(tmp_path):
    attempt(
        tmp_path,
        started(),
        evaluated(2, "black", mse=0.04),
        evaluated(2, mse=0.02, ssim=0.9),
        evaluated(4, mse=0.01, ssim=0.95),
        FINISHED,
    )

    assert curves(tmp_path) == {
        "baseline/black/validation/mse": [(2, 0.04)],
        "validation/mse": [(2, 0.02), (4, 0.01)],
        "validation/ssim": [(2, 0.9), (4, 0.95)],
    }


def test_scores_can_be_read_while_the_run_goes_on(tmp_path):
    running = attempt(tmp_path, started(), step_done(1), evaluated(1, mse=0.02))

    assert curves(tmp_path)["validation/mse"] == [(1, 0.02)]
    running(FINISHED, framecast.RunContext(tmp_path))


@pytest.mark.parametrize(
    "ending", [FINISHED, events.RunInterrupted(1, "signal"), events.RunFailed(1, "out of memory")]
)
def test_every_ending_leaves_the_last_steps_on_disk(tmp_path, ending):
    ended = attempt(tmp_path, started(), step_done(1), ending)

    assert curves(tmp_path)["train/loss"] == [(1, 0.5)]
    del ended


def test_steps_that_a_resumed_run_takes_again_are_shown_once(tmp_path):
    # a crash at step 4, after a checkpoint at step 2
    attempt(
        tmp_path, started(), *(step_done(step, loss=step / 10) for step in (1, 2, 3, 4)), evaluated(2, mse=0.02)
    )
    an_hour_passes(tmp_path)
    attempt(tmp_path, started(step=2, attempt=2), step_done(3, loss=0.33), events.RunFinished(3, "max_steps"))

    assert curves(tmp_path)["train/loss"] == [(1, 0.1), (2, 0.2), (3, 0.33)]
    assert curves(tmp_path)["validation/mse"] == [(2, 0.02)]


def test_a_run_that_had_no_checkpoint_yet_starts_its_curves_anew(tmp_path):
    attempt(tmp_path, started(), step_done(1, loss=0.1), step_done(2, loss=0.2), events.RunFailed(2, "crash"))
    an_hour_passes(tmp_path)
    attempt(tmp_path, started(step=0, attempt=2), step_done(1, loss=0.11), events.RunFinished(1, "max_steps"))

    assert curves(tmp_path)["train/loss"] == [(1, 0.11)]


def test_nothing_is_written_before_a_run_starts(tmp_path):
    attempt(tmp_path, step_done(1), evaluated(1, mse=0.02))

    assert not (tmp_path / "tensorboard").exists()


def test_the_events_are_those_that_plugins_see():
    assert framecast.events is events
