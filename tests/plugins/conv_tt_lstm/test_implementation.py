"""`model.implementation`: the same weights and numbers, whichever computes them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import framecast
from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.launch.launch import create_run, launch, resumed_plan
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings
from tests.planned_runs import losses
from tests.plugins.conv_tt_lstm.drawn import build, gradients

RANKS: list[tuple[int, int, int | list[int]]] = [(1, 1, 2), (1, 3, 4), (2, 3, [2, 3]), (3, 3, 2), (3, 5, 1)]
STACK: dict[str, Any] = {"layers_per_block": [1, 1], "hidden_channels": [3, 4], "kernel_size": 3, "skip_stride": 1}
SETTINGS = [
    ConvLSTMSettings(**STACK),
    *(ConvTTLSTMSettings(**STACK, order=order, steps=steps, rank=rank) for order, steps, rank in RANKS),
]


def loss_and_gradients(settings, implementation, dtype, mask, recompute):
    generator = torch.Generator().manual_seed(1)
    clip = torch.rand(2, 8, 1, 6, 6, generator=generator).to(dtype)
    network = build(settings, 1, implementation).to(dtype)
    network.activation_checkpointing = recompute
    fed_back = {} if mask is None else {"truth": clip[:, 4:-1], "keep_truth": torch.tensor(mask)}
    loss = (network(clip[:, :4], 4, **fed_back) - clip[:, 1:]).square().mean()
    loss.backward()
    return {"loss": loss.detach()} | gradients(network)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda each: str(getattr(each, "order", "conv_lstm")))
@pytest.mark.parametrize("mask", [None, [[True] * 3] * 2, [[True, False, True], [False, False, True]]])
@pytest.mark.parametrize("recompute", [False, True], ids=["kept", "recomputed"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_both_have_the_same_loss_and_gradients(settings, mask, recompute, dtype, tolerance):
    reference, fast = (
        loss_and_gradients(settings, each, dtype, mask, recompute) for each in ("reference", "fast")
    )

    assert reference.keys() == fast.keys()
    for name, expected in reference.items():
        torch.testing.assert_close(fast[name], expected, atol=tolerance, rtol=100 * tolerance)


@pytest.mark.parametrize("settings", SETTINGS[::3], ids=["conv_lstm", "conv_tt_lstm"])
def test_auto_is_the_fast_one_to_the_last_bit(settings):
    fast, auto = (loss_and_gradients(settings, each, torch.float32, None, False) for each in ("fast", "auto"))

    assert all(torch.equal(auto[name], fast[name]) for name in fast)


@pytest.mark.parametrize("settings", SETTINGS[::3], ids=["conv_lstm", "conv_tt_lstm"])
def test_each_loads_the_weights_of_the_other(settings):
    reference, fast = (build(settings, 1, each) for each in ("reference", "fast"))

    assert {name: value.shape for name, value in reference.state_dict().items()} == {
        name: value.shape for name, value in fast.state_dict().items()
    }
    assert all(map(torch.equal, reference.state_dict().values(), fast.state_dict().values()))


@pytest.mark.parametrize(("first", "then"), [("reference", "fast"), ("fast", "reference")])
def test_a_run_resumes_with_the_other_one(
    tiny_job: Callable[..., dict[str, Any]], tiny_plan: Callable[..., Plan], runs: Path, first: str, then: str
) -> None:
    model = tiny_job()["model"]
    run, whole = (
        create_run(
            tiny_plan(model=model | {"implementation": first}, training={"epochs": epochs}),
            Document.from_data({}),
            runs,
        )
        for epochs in (1, 2)
    )
    for each, epochs in ((run, 1), (whole, 2)):
        plan = tiny_plan(model=model | {"implementation": first}, training={"epochs": epochs})
        assert launch(plan, each, in_process=True).state == "finished"

    plan = resumed_plan(run, ["training.epochs=2", f"model.implementation={then}"])

    assert plan.model.to_dict()["implementation"] == then
    assert launch(plan, run, in_process=True).state == "finished"
    assert losses(run) == pytest.approx(losses(whole), rel=1e-4)
    predicted = framecast.load(str(run.path))(torch.rand(1, 2, 1, 16, 16), 2)
    assert predicted.isfinite().all()


def test_other_settings_stay_as_they_were(tiny_plan: Callable[..., Plan], runs: Path) -> None:
    run = create_run(tiny_plan(), Document.from_data({}), runs)

    with pytest.raises(framecast.InputError, match="model: cannot change when a run is resumed"):
        resumed_plan(run, ["model.rank=3", "model.implementation=reference"])
