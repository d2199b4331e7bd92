"""Settings that are right by themselves and wrong together."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.counting import plural
from tests.job.written_job import JOB, plan_of, refusals


def test_the_monitor_must_be_measured(tmp_path: Path) -> None:
    (said,) = refusals(tmp_path, JOB + "metrics: [mse]\ncheckpoints:\n  monitor: validation/ssim\n")
    assert said == (
        "job.yaml:10:3 checkpoints.monitor: validation/ssim is not measured in this job, "
        "choose from: validation/loss, validation/mse"
    )


@pytest.mark.parametrize(("workers", "accumulate"), [(9, 1), (1, 9), (3, 3)])
def test_a_batch_smaller_than_its_shares_is_refused(workers: int, accumulate: int, tmp_path: Path) -> None:
    (said,) = refusals(
        tmp_path, JOB + f"training: {{batch_size: 8, accumulate: {accumulate}}}\ncompute: {{workers: {workers}}}\n"
    )
    assert said.startswith(
        f"job.yaml:8:12 training.batch_size: 8 clips cannot be divided among {plural(workers, 'worker')} "
    )
    assert plan_of(tmp_path, JOB, f"training.accumulate={accumulate}", f"compute.workers={workers}")


def test_fp16_without_a_gpu_is_refused(tmp_path: Path) -> None:
    (said,) = refusals(tmp_path, JOB + "training: {precision: fp16}\ncompute: {gpus_per_worker: 0}\n")
    assert "fp16 needs a GPU" in said


def test_a_part_of_a_gpu_is_for_one_worker(tmp_path: Path) -> None:
    assert plan_of(tmp_path, JOB + "compute: {gpus_per_worker: 0.25}\n").job.compute.gpus_per_worker == 0.25
    (said,) = refusals(tmp_path, JOB + "compute: {gpus_per_worker: 0.25, workers: 2}\ntraining: {batch_size: 2}\n")
    assert "2 workers exchange gradients and need a GPU each, not 0.25" in said
