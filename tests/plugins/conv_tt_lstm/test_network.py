"""The network: the numbers of an independent implementation, then how it may be called."""

import ast
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import l1_loss, mse_loss

from framecast_conv_tt_lstm.network import RecurrentVideoNetwork
from framecast_conv_tt_lstm.published import from_published
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings

GOLDEN = Path(__file__).parent / "golden"


class Case:
    """A golden case (see golden/README.md): its numbers, and the network of its weights."""

    def __init__(self, name):
        with np.load(GOLDEN / f"{name}.npz") as file:
            self.arrays = {key: torch.from_numpy(file[key]) for key in file.files if key != "config"}
            config = ast.literal_eval(str(file["config"]))
        self.frames_in, self.frames_out = config["frames_in"], config["frames_out"]
        kind, extra = ConvLSTMSettings, {}
        if config["cell"] == "convttlstm":
            kind, extra = ConvTTLSTMSettings, {key: config[key] for key in ("order", "steps", "rank")}
        described = kind(
            layers_per_block=list(config["layers_per_block"]),
            hidden_channels=list(config["hidden_channels"]),
            kernel_size=config["kernel_size"],
            skip_stride=config["skip_stride"],
            output_sigmoid=config["output_sigmoid"],
            **extra,
        )
        self.network = RecurrentVideoNetwork.from_settings(described, config["input_channels"])
        self.network.load_state_dict(from_published(self.published("weights/")))

    def __getitem__(self, key):
        return self.arrays[key]

    def published(self, prefix):
        """The arrays under `prefix`, a state dict in the published format."""
        return {key.removeprefix(prefix): value for key, value in self.arrays.items() if key.startswith(prefix)}

    @property
    def context(self):
        return self["input"][:, : self.frames_in]

    @property
    def truth(self):
        return self["input"][:, self.frames_in : -1]

    def loss(self):
        """What the golden losses and gradients were taken of."""
        predictions = self.network(self.context, self.frames_out, self.truth, self.arrays.get("keep_truth"))
        target = self["input"][:, 1:]
        return l1_loss(predictions, target) + mse_loss(predictions, target)


ORIGINAL = ["conv_lstm", "conv_tt_lstm_order3_steps3_rank4", "conv_tt_lstm_order2_steps4_rank3_rgb"]
OPTIMISED = "optimised_layout_mixed_truth"
EVERY_CASE = pytest.mark.parametrize("name", [*ORIGINAL, OPTIMISED])


def assert_same_frames(predictions, golden):
    torch.testing.assert_close(predictions, golden, atol=1e-5, rtol=0)


@EVERY_CASE
@torch.no_grad()
def test_closed_loop_predictions_are_the_golden_ones(name):
    case = Case(name)

    assert_same_frames(case.network(case.context, case.frames_out)[:, -case.frames_out :], case["closed_loop"])


@pytest.mark.parametrize("name", ORIGINAL)
@torch.no_grad()
def test_closed_loop_predictions_stay_the_golden_ones_beyond_the_trained_length(name):
    case = Case(name)
    longer = case.frames_out + 5

    assert_same_frames(case.network(case.context, longer)[:, -longer:], case["closed_loop_long"])


@pytest.mark.parametrize("name", ORIGINAL)
@torch.no_grad()
def test_teacher_forced_predictions_are_the_golden_ones(name):
    case = Case(name)

    assert_same_frames(case.network(case.context, case.frames_out, case.truth), case["teacher_forced"])


@torch.no_grad()
def test_predictions_from_a_mixture_of_truth_and_own_output_are_the_golden_ones():
    case = Case(OPTIMISED)

    predictions = case.network(case.context, case.frames_out, case.truth, case["keep_truth"])

    assert 0 < case["keep_truth"].sum() < case["keep_truth"].numel()
    assert_same_frames(predictions, case["mixed_truth"])


@EVERY_CASE
def test_the_loss_and_its_gradients_are_the_golden_ones(name):
    case = Case(name)

    loss = case.loss()
    loss.backward()

    torch.testing.assert_close(loss.detach(), case["loss"], rtol=1e-4, atol=0)
    golden = from_published(case.published("grad/"))  # gradients have the axes of their weights
    ours = {key: parameter.grad for key, parameter in case.network.named_parameters()}
    assert ours.keys() == golden.keys()
    for key, gradient in golden.items():
        assert (ours[key] - gradient).norm() <= 1e-4 * gradient.norm(), key


@pytest.mark.parametrize("name", ORIGINAL)
def test_five_steps_of_adam_give_the_golden_losses(name):
    case = Case(name)
    optimizer = torch.optim.Adam(case.network.parameters(), lr=1e-3)
    losses = []
    for _ in range(5):
        loss = case.loss()
        losses.append(loss.detach())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(case.network.parameters(), 1.0)
        optimizer.step()

    torch.testing.assert_close(torch.stack(losses), case["train_losses"], rtol=1e-4, atol=0)


STACK = {"layers_per_block": [1, 2, 1], "hidden_channels": [2, 3, 4], "kernel_size": 3}


@pytest.fixture(params=[ConvLSTMSettings, ConvTTLSTMSettings])
def network(request):
    torch.manual_seed(0)
    return RecurrentVideoNetwork.from_settings(request.param(**STACK), 1)


@pytest.fixture
def clip():
    return torch.rand(2, 7, 1, 6, 5, generator=torch.Generator().manual_seed(1))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_any_frame_size_and_any_lengths_will_do(frames_in, frames_out, height, width, tensor_train):
    kind = ConvTTLSTMSettings if tensor_train else ConvLSTMSettings
    network = RecurrentVideoNetwork.from_settings(kind(**STACK), 3)

    with torch.no_grad():
        predictions = network(torch.rand(1, frames_in, 3, height, width), frames_out)

    assert predictions.shape == (1, frames_in + frames_out - 1, 3, height, width)


@torch.no_grad()
def test_the_last_predictions_are_the_future(network, clip):
    # only what follows the last seen frame may know of it
    changed = clip[:, :4].clone()
    changed[:, 3] = 1 - changed[:, 3]

    same = (network(clip[:, :4], 3) == network(changed, 3)).flatten(2).all(2)

    assert same.tolist() == [[True, True, True, False, False, False]] * 2


@torch.no_grad()
def test_a_longer_forecast_starts_with_the_shorter_one(network, clip):
    torch.testing.assert_close(network(clip, 5)[:, :8], network(clip, 2))


@torch.no_grad()
def test_truth_alone_is_the_same_as_having_seen_those_frames(network, clip):
    torch.testing.assert_close(network(clip[:, :4], 4, clip[:, 4:]), network(clip, 1))


@torch.no_grad()
def test_keeping_every_true_frame_equals_truth_alone(network, clip):
    seen, truth = clip[:, :4], clip[:, 4:]

    assert torch.equal(network(seen, 4, truth, torch.ones(2, 3, dtype=torch.bool)), network(seen, 4, truth))


@torch.no_grad()
def test_keeping_no_true_frame_equals_no_truth(network, clip):
    seen, truth = clip[:, :4], clip[:, 4:]

    assert torch.equal(network(seen, 4, truth, torch.zeros(2, 3, dtype=torch.bool)), network(seen, 4))


@torch.no_grad()
def test_each_sample_keeps_its_own_truth(network, clip):
    seen, truth = clip[:, :4], clip[:, 4:]
    mixed = network(seen, 4, truth, torch.tensor([[True] * 3, [False] * 3]))

    torch.testing.assert_close(mixed[0], network(seen, 4, truth)[0])
    torch.testing.assert_close(mixed[1], network(seen, 4)[1])


@torch.no_grad()
def test_a_second_call_remembers_nothing_of_the_first(network, clip):
    first = network(clip, 2)
    network(1 - clip, 2)

    assert torch.equal(network(clip, 2), first)


def blocks_of_one(skip_stride):
    torch.manual_seed(0)
    stack = {"layers_per_block": [1, 1, 1], "hidden_channels": [2, 3, 4], "kernel_size": 3}
    return RecurrentVideoNetwork.from_settings(ConvLSTMSettings(**stack, skip_stride=skip_stride), 1)


@torch.no_grad()
def test_a_skip_connection_hands_on_the_output_of_an_earlier_block_after_the_own_one(clip):
    network = blocks_of_one(skip_stride=2)
    assert network.output.in_channels == 4 + 2
    # an output that shows nothing but the first channel that was skipped over
    network.output.weight.zero_()[0, 4] = 1
    network.output.bias.zero_()

    first_block, hidden = network.blocks[0][0], []
    state = first_block.initial_state(clip[:, 0])
    for time in range(clip.shape[1]):
        output, state = first_block(clip[:, time], state)
        hidden.append(output[:, :1])

    torch.testing.assert_close(network(clip, 1), torch.stack(hidden, 1))


@pytest.mark.parametrize(("stride", "seen"), [(None, [1, 2, 3, 4]), (1, [1, 2, 3 + 2, 4 + 3]), (3, [1, 2, 3, 4])])
def test_the_stride_says_what_each_block_and_the_output_see(stride, seen, clip):
    network = blocks_of_one(stride)

    hidden = [2, 3, 4]
    inputs = [
        block[0].gates.in_channels - channels for block, channels in zip(network.blocks, hidden, strict=True)
    ]
    assert [*inputs, network.output.in_channels] == seen
    assert network(clip, 2).shape == (2, 8, 1, 6, 5)


@torch.no_grad()
def test_a_sigmoid_at_the_output_keeps_predictions_within_zero_and_one(clip):
    networks = []
    for squashed in (False, True):
        torch.manual_seed(0)
        networks.append(RecurrentVideoNetwork.from_settings(ConvLSTMSettings(**STACK, output_sigmoid=squashed), 1))
    plain, squashed = (network(clip, 1) for network in networks)

    torch.testing.assert_close(squashed, plain.sigmoid())
