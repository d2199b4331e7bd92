"""The network: the paper's recurrence, then how it may be called, trained and computed."""

import pytest
import torch
from torch.nn.functional import mse_loss

import framecast
from framecast_predrnn.network import PredRNN
from framecast_predrnn.settings import PredRNNSettings
from tests.plugins.predrnn.by_the_paper import network as by_the_paper

FRAMES_IN, FRAMES_OUT = 2, 3


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def network(channels=1, height=8, width=8, **settings):
    torch.manual_seed(0)
    setting = PredRNNSettings(**{"hidden_channels": [4, 3], "kernel_size": 3, **settings})
    return PredRNN(setting, framecast.SampleShape(5, channels, height, width))


def clips(batch=2, channels=1, height=8, width=8, dtype=torch.float32):
    """The seen frames, and the true frames that come after."""
    generator = torch.Generator().manual_seed(1)
    frames = torch.rand(batch, FRAMES_IN + FRAMES_OUT, channels, height, width, generator=generator, dtype=dtype)
    return frames[:, :FRAMES_IN], frames[:, FRAMES_IN:-1]


@pytest.mark.parametrize(
    "settings", [{}, {"memory_channels": 5}, {"layer_norm": True}, {"patch_size": 1, "hidden_channels": [2, 3, 4]}]
)
@pytest.mark.parametrize("keep", [None, [[True, False], [False, True]]], ids=["own outputs", "some truth"])
@torch.no_grad()
def test_predictions_are_those_of_the_papers_equations(settings, keep):
    model = network(channels=2, **settings).double()
    seen, truth = clips(channels=2, dtype=torch.float64)
    fed_back = {} if keep is None else {"truth": truth, "keep_truth": torch.tensor(keep)}

    torch.testing.assert_close(
        model(seen, FRAMES_OUT, **fed_back), by_the_paper(model, seen, FRAMES_OUT, **fed_back)
    )


@pytest.mark.parametrize(
    ("channels", "height", "width"), [(1, 8, 8), (3, 8, 12), (1, 7, 9), (2, 6, 10), (1, 1, 1)]
)
@torch.no_grad()
def test_frames_of_any_size_and_colour_come_out_as_they_went_in(channels, height, width):
    model = network(channels, height, width)
    seen, truth = clips(3, channels, height, width)

    assert model(seen, FRAMES_OUT).shape == (3, FRAMES_IN + FRAMES_OUT - 1, channels, height, width)
    assert model(seen, FRAMES_OUT, truth=truth).shape == (3, FRAMES_IN + FRAMES_OUT - 1, channels, height, width)


@torch.no_grad()
def test_keeping_every_truth_is_teacher_forcing_and_keeping_none_is_the_closed_loop():
    model, (seen, truth) = network(), clips()
    every = torch.ones(truth.shape[:2], dtype=torch.bool)
    forced, closed = model(seen, FRAMES_OUT, truth=truth), model(seen, FRAMES_OUT)

    assert torch.equal(model(seen, FRAMES_OUT, truth=truth, keep_truth=every), forced)
    assert torch.equal(model(seen, FRAMES_OUT, truth=truth, keep_truth=~every), closed)
    assert not torch.allclose(forced[:, FRAMES_IN:], closed[:, FRAMES_IN:])
    assert torch.equal(forced[:, :FRAMES_IN], closed[:, :FRAMES_IN])  # no truth is fed back before


@torch.no_grad()
def test_truth_may_be_kept_for_one_sample_and_not_for_another():
    model, (seen, truth) = network(), clips()
    mixed = model(seen, FRAMES_OUT, truth=truth, keep_truth=torch.tensor([[True, True], [False, False]]))

    torch.testing.assert_close(mixed[0], model(seen, FRAMES_OUT, truth=truth)[0])
    torch.testing.assert_close(mixed[1], model(seen, FRAMES_OUT)[1])


@torch.no_grad()
def test_a_forced_prediction_has_not_seen_its_own_frame():
    model, (seen, truth) = network(), clips()
    other = truth.clone()
    other[:, 1] = 0

    before, after = model(seen, FRAMES_OUT, truth=truth), model(seen, FRAMES_OUT, truth=other)

    assert torch.equal(before[:, : FRAMES_IN + 1], after[:, : FRAMES_IN + 1])
    assert not torch.equal(before[:, FRAMES_IN + 1], after[:, FRAMES_IN + 1])


@pytest.mark.parametrize("layer_norm", [False, True])
def test_gradients_reach_every_parameter_also_through_its_own_outputs(layer_norm):
    model, (seen, _) = network(layer_norm=layer_norm), clips()

    model(seen, FRAMES_OUT)[:, -1].square().sum().backward()

    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())


def test_every_parameter_has_dimensions_as_zero_wants():
    assert all(parameter.dim() for parameter in network(layer_norm=True).parameters())


@pytest.mark.parametrize("layer_norm", [False, True])
def test_the_loss_falls_on_one_batch(layer_norm):
    model, (seen, truth) = network(hidden_channels=[8, 8], layer_norm=layer_norm), clips(4)
    wanted = torch.cat([seen[:, 1:], truth], 1)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(60):
        loss = mse_loss(model(seen, FRAMES_OUT, truth=truth)[:, :-1], wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("layer_norm", [False, True])
@torch.no_grad()
def test_autocast_to_bfloat16_predicts_nearly_the_same(layer_norm):
    model, (seen, truth) = network(layer_norm=layer_norm), clips()
    with torch.autocast("cpu", torch.bfloat16):
        rounded = model(seen, FRAMES_OUT, truth=truth)

    assert rounded.dtype == torch.bfloat16
    torch.testing.assert_close(rounded.float(), model(seen, FRAMES_OUT, truth=truth), atol=2e-2, rtol=2e-2)


@torch.no_grad()
def test_in_half_precision_throughout_it_predicts_nearly_the_same():
    model, (seen, truth) = network(), clips()
    exact = model(seen, FRAMES_OUT, truth=truth)

    rounded = model.half()(seen.half(), FRAMES_OUT, truth=truth.half())

    assert rounded.dtype == torch.float16
    torch.testing.assert_close(rounded.float(), exact, atol=5e-3, rtol=5e-3)
