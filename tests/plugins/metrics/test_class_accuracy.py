"""Accuracy by class and the confusion counts, against a slow count by hand."""

import math

import pytest
import torch

import framecast
from framecast_metrics.accuracy import Accuracy
from framecast_metrics.class_accuracy import ClassAccuracy

PICTURES = (0.0, 1.0)


def slow(logits_BSK, labels_B):
    """(accuracy by reading, confusion counts), clip by clip."""
    _, readings, classes = logits_BSK.shape
    counts = [[[0] * classes for _ in range(classes)] for _ in range(readings)]
    for logits_SK, label in zip(logits_BSK.tolist(), labels_B.tolist(), strict=True):
        for reading, logits_K in enumerate(logits_SK):
            counts[reading][label][logits_K.index(max(logits_K))] += 1
    own = [[row[at] / sum(row) for at, row in enumerate(rows) if sum(row)] for rows in counts]
    return [sum(each) / len(each) for each in own], counts


@pytest.fixture
def drawn():
    generator = torch.Generator().manual_seed(0)
    labels_B = torch.multinomial(torch.tensor([8.0, 4, 2, 1, 0]), 60, replacement=True, generator=generator)
    logits_BSK = torch.randn(60, 3, 5, generator=generator)
    logits_BSK.scatter_add_(
        2, labels_B.view(-1, 1, 1).expand(-1, 3, 1), torch.arange(3.0).expand(60, 3)[..., None]
    )
    return logits_BSK, labels_B


def test_it_is_the_mean_over_classes_that_have_clips(drawn):
    metric = ClassAccuracy(PICTURES)
    metric.update(*drawn)
    told = metric.compute()

    by_reading, counts = slow(*drawn)
    assert told.per_frame == pytest.approx(by_reading)
    assert told.overall == pytest.approx(sum(by_reading) / 3)
    assert told.confusion.tolist() == counts
    assert told.confusion.dtype == torch.int64


def test_a_small_class_counts_as_much_as_a_large_one():
    always_the_first, labels_B = torch.tensor([[1.0, 0.0]]).expand(10, 2), torch.tensor([0] * 9 + [1])
    by_class, by_clip = ClassAccuracy(PICTURES), Accuracy(PICTURES)
    by_class.update(always_the_first, labels_B)
    by_clip.update(always_the_first, labels_B)

    assert by_class.compute().overall == 0.5
    assert by_clip.compute().overall == pytest.approx(0.9)


def test_batches_of_any_size_and_several_processes_add_up(drawn):
    logits_BSK, labels_B = drawn
    whole, one, other = (ClassAccuracy(PICTURES) for _ in range(3))
    whole.update(logits_BSK, labels_B)
    for metric, part in ((one, slice(0, 7)), (one, slice(7, 20)), (other, slice(20, None))):
        metric.update(logits_BSK[part], labels_B[part])
    one.state = one.state + other.state

    assert one.compute()[:2] == whole.compute()[:2]
    assert torch.equal(one.compute().confusion, whole.compute().confusion)


def test_logits_that_are_not_numbers_spoil_their_reading(drawn):
    logits_BSK, labels_B = drawn
    logits_BSK[4, 1, 2] = math.nan
    metric = ClassAccuracy(PICTURES)
    metric.update(logits_BSK, labels_B)

    first, second, third = metric.compute().per_frame
    assert math.isnan(second)
    assert not math.isnan(first + third)
    assert math.isnan(metric.compute().overall)


def test_samples_without_a_known_label_are_left_out(drawn):
    logits_BSK, labels_B = drawn
    known_B = torch.arange(60) < 20
    masked, part = ClassAccuracy(PICTURES), ClassAccuracy(PICTURES)
    masked.update(logits_BSK, labels_B.where(known_B, 0), known_B)
    part.update(logits_BSK[:20], labels_B[:20])

    assert torch.equal(masked.state, part.state)


def test_accuracy_of_several_readings_is_told_for_each(drawn):
    logits_BSK, labels_B = drawn
    metric = Accuracy(PICTURES)
    values_BS = metric.update(logits_BSK, labels_B)

    right_BS = (logits_BSK.argmax(2) == labels_B[:, None]).float()
    assert torch.equal(values_BS, right_BS)
    assert metric.compute().per_frame == pytest.approx(right_BS.mean(0).tolist())


def test_before_any_update_there_is_nothing_to_tell():
    with pytest.raises(ValueError, match="before any update"):
        ClassAccuracy(PICTURES).compute()


def test_a_metric_without_classes_has_no_confusion():
    assert framecast.MetricValue(1.0, [1.0]).confusion is None
