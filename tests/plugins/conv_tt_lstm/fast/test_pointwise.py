"""What computes the steps between the convolutions of a layer."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

import framecast
from framecast_conv_tt_lstm.fast import eager_pointwise
from framecast_conv_tt_lstm.fast.pointwise import choose_pointwise


def like(device: str, dtype: torch.dtype) -> Any:
    return SimpleNamespace(device=torch.device(device), dtype=dtype)


@pytest.mark.parametrize(
    ("device", "dtype"), [("cpu", torch.float32), ("cpu", torch.bfloat16), ("cuda", torch.float64)]
)
def test_other_devices_and_double_numbers_are_left_to_pytorch_without_a_word(device, dtype, recwarn):
    assert choose_pointwise(like(device, dtype)) is eager_pointwise
    assert not recwarn


def test_a_gpu_without_triton_is_reported(monkeypatch):
    monkeypatch.setattr(framecast, "triton_problem", lambda: "Triton is not installed")

    with pytest.warns(UserWarning, match=r"^Triton is not installed: the gates of recurrent layers"):
        assert choose_pointwise(like("cuda", torch.float16)) is eager_pointwise
