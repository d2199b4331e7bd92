"""What `build` may return: what is wrong is named, and plain data sets and metrics are adapted."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from framecast.plugin.built import (
    WrongResult,
    adapt_dataset,
    adapt_metric,
    check_callback,
    check_model,
    check_task,
)
from framecast.plugin.clip_origin import ClipOrigin
from framecast.plugin.data_note import DataNote
from framecast.plugin.protocols.clip_dataset import ClipDataset
from framecast.plugin.streaming_metric import MetricValue, StreamingMetric


class Plain:
    """A data set that knows nothing of framecast."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"frames": torch.full((2, 1, 4, 4), index, dtype=torch.uint8)}


class Rich(Plain):
    """One with every optional member, none of them inherited."""

    sequences = 2
    skipped = (("a.mp4", "damaged"),)
    notes = (DataNote("rain", "mm/h"),)
    grouped_by = "video"
    epoch = 0

    def __getitems__(self, indices: list[int]) -> list[dict[str, Any]]:
        return [{**self[index], "together": len(indices)} for index in indices]

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def origin(self, index: int) -> tuple[int, int, int]:
        return index, 0, 2


def test_a_plain_data_set_has_the_defaults_of_a_clip_dataset() -> None:
    clips = adapt_dataset(Plain())
    assert isinstance(clips, ClipDataset)
    assert len(clips) == 3
    assert [int(np.asarray(sample["frames"])[0, 0, 0, 0]) for sample in clips.__getitems__([2, 0])] == [2, 0]
    assert (clips.sequences, clips.normalisation, clips.grouped_by) == (None, None, None)
    assert (list(clips.skipped), list(clips.notes)) == ([], [])
    clips.set_epoch(1)
    with pytest.raises(NotImplementedError):
        clips.origin(0)


def test_what_a_plain_data_set_can_say_of_itself_is_kept() -> None:
    plain = Rich()
    clips = adapt_dataset(plain)
    assert (clips.sequences, list(clips.skipped), clips.grouped_by) == (2, [("a.mp4", "damaged")], "video")
    assert list(clips.notes) == [DataNote("rain", "mm/h")]
    assert [sample["together"] for sample in clips.__getitems__([0, 1])] == [2, 2]
    clips.set_epoch(5)
    assert plain.epoch == 5
    assert clips.origin(1) == ClipOrigin(1, 0, 2)


def test_an_adapted_data_set_travels_to_other_processes() -> None:
    copy = pickle.loads(pickle.dumps(adapt_dataset(Rich())))
    assert copy.origin(2).group == 2
    assert len(copy) == 3


def test_a_clip_dataset_and_pytorchs_own_data_sets_are_taken() -> None:
    own = ClipDataset()
    assert adapt_dataset(own) is own
    assert len(adapt_dataset(torch.utils.data.TensorDataset(torch.zeros(4)))) == 4


class Ratio:
    """A metric that is no mean over clips."""

    def __init__(self) -> None:
        self.state: Tensor | None = None

    def update(self, prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        self.state = torch.ones(2, dtype=torch.float64)
        return prediction

    def compute(self) -> MetricValue:
        assert self.state is not None
        return MetricValue(float(self.state.sum()), [1.0])


def test_a_metric_of_another_class_keeps_its_own_state() -> None:
    inner = Ratio()
    metric = adapt_metric(inner)
    assert isinstance(metric, StreamingMetric)
    assert metric.aggregation == "mean"
    metric.update(torch.zeros(1), torch.zeros(1))
    assert metric.state is not None
    metric.state = metric.state + 1
    assert inner.state is not None
    assert inner.state.tolist() == [2.0, 2.0]
    assert metric.compute().overall == 4.0


class Task:
    learning_rate_factor = 1.0

    def training_step(self, model: Any, batch: Any, context: Any) -> Any: ...
    def evaluation_step(self, model: Any, batch: Any) -> Any: ...


@pytest.mark.parametrize(
    ("check", "built", "words"),
    [
        (check_model, None, "returned None, not a torch.nn.Module"),
        (check_model, nn.Linear, "returned the class Linear, not a torch.nn.Module"),
        (check_model, len, "returned an object of builtin_function_or_method, not a torch.nn.Module"),
        (adapt_dataset, iter(()), "not a map-style data set, with __len__ and __getitem__"),
        (adapt_dataset, None, "returned None"),
        (adapt_metric, Plain(), "returned an object of Plain, not a framecast.StreamingMetric"),
        (check_task, Task(), "which has no after_evaluation, load_state_dict, state_dict"),
        (check_callback, None, "returned None, not a callable that takes"),
        (
            check_callback,
            lambda event: None,
            r"the function <lambda>, which cannot be called with \(event, context\)",
        ),
        (check_callback, Plain(), "an object of Plain, not a callable"),
    ],
)
def test_what_is_of_the_wrong_kind_is_named(check: Any, built: object, words: str) -> None:
    with pytest.raises(WrongResult, match=words):
        check(built)


def test_what_is_right_is_returned_as_it_is() -> None:
    model, listener = nn.Linear(1, 1), [].append
    assert check_model(model) is model
    assert check_callback(print) is print
    with pytest.raises(WrongResult):
        check_callback(listener)  # takes one argument
