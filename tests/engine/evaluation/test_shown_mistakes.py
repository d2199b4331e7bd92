"""Of all clips that were misread at the last reading, the surest are kept, with what was seen of them."""

from __future__ import annotations

import numpy as np
import torch

from framecast.engine.evaluation.shown_mistakes import MOST, ShownMistakes
from framecast.plugin.outputs import EvaluationOutputs, PredictionTarget


def outputs(logits_BSK: torch.Tensor, label_B: list[int]) -> EvaluationOutputs:
    batch = len(label_B)
    seen_BTCHW = torch.arange(batch).view(batch, 1, 1, 1, 1) / 10 * torch.ones(batch, 2, 1, 4, 4)
    compared = {"logits": PredictionTarget(logits_BSK, torch.tensor(label_B))}
    return EvaluationOutputs(torch.zeros(batch), compared, seen_BTCHW)


def test_the_last_reading_decides_and_the_surest_mistake_comes_first() -> None:
    shown = ShownMistakes((0.0, 1.0))
    first = [[9.0, 0.0], [9.0, 0.0], [9.0, 0.0]]
    last = [[2.0, 0.0], [0.0, 3.0], [4.0, 0.0]]  # right, wrong, wrong and surer
    shown.see(outputs(torch.tensor([first, last]).transpose(0, 1), [0, 0, 1]), 3)
    found = shown.arrays()
    assert found["mistake_label"].tolist() == [1, 0]
    assert found["mistake_said"].tolist() == [0, 1]
    assert np.allclose(found["mistake_confidence"], torch.tensor([4.0, 3.0]).sigmoid())
    assert found["mistake_context"][:, 0, 0, 0, 0].tolist() == [51, 26]  # clips 2 and 1


def test_only_the_surest_are_kept_over_batches() -> None:
    shown = ShownMistakes((0.0, 1.0))
    sure = torch.linspace(0.5, 3.0, 3 * MOST)
    for batch in sure[torch.randperm(len(sure), generator=torch.Generator().manual_seed(0))].split(4):
        logits_BSK = torch.stack([batch, torch.zeros_like(batch)], -1)[:, None]
        shown.see(outputs(logits_BSK, [1] * len(batch)), len(batch))
    assert np.allclose(shown.arrays()["mistake_confidence"], sure.flip(0)[:MOST].sigmoid())


def test_filler_at_the_end_of_a_batch_is_no_mistake() -> None:
    shown = ShownMistakes((0.0, 1.0))
    shown.see(outputs(torch.tensor([[[1.0, 0.0]], [[1.0, 0.0]]]), [0, 1]), 1)
    assert shown.arrays() == {}
