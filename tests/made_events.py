"""Events as a run emits them, for tests of callbacks."""

from __future__ import annotations

from framecast.plugin import events


def started(step: int = 0, attempt: int = 1) -> events.RunStarted:
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


def step_done(step: int, loss: float = 0.5) -> events.StepDone:
    return events.StepDone(
        step=step,
        epoch=0,
        loss=loss,
        gradient_norm=None,
        learning_rate=1e-3,
        loss_scale=None,
        skipped=False,
        seconds=0.25,
        logs={"truth_ratio": 0.75},
    )


def evaluated(step: int, name: str = "model", **metrics: float) -> events.Evaluated:
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
