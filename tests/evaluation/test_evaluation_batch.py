"""How many clips are evaluated at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.evaluation.evaluation_target import find_subject
from framecast.job.training import Training
from framecast.launch.evaluate import evaluate
from framecast.runs.run_folder import RunFolder
from tests.evaluation.test_on_another_machine import unseen


def test_each_worker_takes_as_many_clips_as_it_is_told_else_its_share_of_a_batch() -> None:
    assert Training(batch_size=16).clips_evaluated_at_once(workers=4) == 16
    assert Training(batch_size=16, evaluation_batch_size=16).clips_evaluated_at_once(workers=4) == 64


def test_scores_do_not_depend_on_it(trained: RunFolder, tmp_path: Path) -> None:
    def scores(*overrides: str) -> list[float]:
        subject = find_subject("tiny", trained.root, overrides)
        result, _ = evaluate([subject], "test", tmp_path / str(len(overrides)), unseen)
        return [row["metrics"]["mse"]["value"] for row in result.content["rows"]]

    assert scores("training.evaluation_batch_size=5") == pytest.approx(scores(), rel=1e-6)
