"""Accuracy against counts by hand."""

import math

import pytest
import torch

from framecast_metrics.accuracy import Accuracy, TopFiveAccuracy

PICTURES = (0.0, 1.0)
LOGITS = torch.tensor([[0.0, 1, 2, 3, 4, 5, 6]]).repeat(4, 1)
LABELS = torch.tensor([6, 5, 2, 1])  # first, second, fifth and sixth


@pytest.mark.parametrize(("metric", "right"), [(Accuracy, [1, 0, 0, 0]), (TopFiveAccuracy, [1, 1, 1, 0])])
def test_the_label_is_right_among_the_highest_logits(metric, right):
    streaming = metric(PICTURES)

    values = streaming.update(LOGITS, LABELS)

    assert values.tolist() == [[value] for value in right]
    assert streaming.compute().overall == sum(right) / 4


def test_uneven_batches_of_two_processes_add_up():
    one, other = Accuracy(PICTURES), Accuracy(PICTURES)
    one.update(LOGITS[:1], LABELS[:1])
    one.update(LOGITS[1:3], LABELS[1:3])
    other.update(LOGITS[3:], LABELS[3:])
    one.state = one.state + other.state

    assert one.compute().overall == 0.25


def test_among_equal_logits_the_lower_class_comes_first():
    values = TopFiveAccuracy(PICTURES).update(torch.zeros(7, 7), torch.arange(7))

    assert values.flatten().tolist() == [1, 1, 1, 1, 1, 0, 0]


def test_logits_that_are_not_numbers_spoil_the_score():
    metric = Accuracy(PICTURES)
    metric.update(LOGITS.clone().index_fill_(1, torch.tensor([0]), math.nan), LABELS)

    assert math.isnan(metric.compute().overall)


def test_samples_without_a_known_label_are_left_out():
    metric = Accuracy(PICTURES)
    metric.update(LOGITS, torch.tensor([6, 5, -1, -1]), torch.tensor([True, True, False, False]))

    assert metric.compute().overall == 0.5
