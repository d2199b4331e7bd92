"""The network: golden numbers, the fast path against the reference, then how it may be called."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.functional import l1_loss, mse_loss
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from framecast_conv_tt_lstm.network import RecurrentVideoNetwork
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings
from tests.plugins.conv_tt_lstm.drawn import both, difference, gradients, networks
from tests.plugins.conv_tt_lstm.golden_case import Case

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

    assert_same_frames(case.network(case.context, case.frames_out, truth=case.truth), case["teacher_forced"])


@torch.no_grad()
def test_predictions_from_a_mixture_of_truth_and_own_output_are_the_golden_ones():
    case = Case(OPTIMISED)

    predictions = case.network(case.context, case.frames_out, truth=case.truth, keep_truth=case["keep_truth"])

    assert 0 < case["keep_truth"].sum() < case["keep_truth"].numel()
    assert_same_frames(predictions, case["mixed_truth"])


@EVERY_CASE
def test_the_loss_and_its_gradients_are_the_golden_ones(name):
    case = Case(name)

    loss = case.loss()

    torch.testing.assert_close(loss.detach(), case["loss"], rtol=1e-4, atol=0)
    ours, golden = case.gradients()
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


@st.composite
def clips(draw):
    """A clip's seen frames, how many to predict, and the truth of those, or none, with a mask, or none."""
    frames_in, frames_out, batch = draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(1, 3))
    frames = torch.rand(batch, frames_in + frames_out, 1, draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    seen, truth = frames[:, :frames_in].double(), frames[:, frames_in:-1].double()
    if draw(st.booleans()):
        return seen, frames_out, None, None
    mask = st.lists(st.booleans(), min_size=frames_out - 1, max_size=frames_out - 1)
    masks = draw(st.none() | st.lists(mask, min_size=batch, max_size=batch))
    return seen, frames_out, truth, None if masks is None else torch.tensor(masks, dtype=torch.bool)


@pytest.mark.parametrize("activation_checkpointing", [False, True], ids=["kept", "recomputed"])
@settings(max_examples=40, deadline=None)
@given(networks(channels=3), clips())
def test_any_network_with_any_mask_is_the_reference_in_outputs_and_gradients(
    activation_checkpointing, setting, call
):
    # where inputs are known beforehand the fast path takes steps together: the mask says which
    slow, fast = both(setting, 1, torch.float64)
    slow.activation_checkpointing = fast.activation_checkpointing = activation_checkpointing
    results = []
    for network in (slow, fast):
        seen = call[0].clone().requires_grad_()
        predictions = network(seen, call[1], truth=call[2], keep_truth=call[3])
        (predictions - 0.3).square().sum().backward()
        results.append((predictions, seen.grad))
    expected, found = results

    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=1e-9)
    theirs = gradients(slow)
    for name, gradient in gradients(fast).items():
        assert gradient is not None, name
        torch.testing.assert_close(gradient, theirs[name], atol=1e-11, rtol=1e-8, msg=name)


PAPER = ConvTTLSTMSettings(layers_per_block=[1, 1, 1], hidden_channels=[8, 12, 8], kernel_size=5)


@pytest.mark.parametrize("setting", [PAPER, PAPER.model_copy(update={"steps": 5})], ids=["steps 3", "steps 5"])
@pytest.mark.parametrize("forced", [False, True], ids=["own outputs", "true frames"])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(None, 1e-5), (torch.bfloat16, 2e-2)], ids=["float32", "autocast to bfloat16"]
)
def test_the_papers_loss_has_the_references_gradients(setting, forced, dtype, tolerance):
    # the blobs that move are as smooth as digits; the tolerance holds for all gradients together
    slow, fast = both(setting, 1)
    clip = moving_blobs(batch=2, frames=8, size=12)
    truth = clip[:, 4:-1] if forced else None
    for network in (slow, fast):
        with torch.autocast("cpu", dtype, enabled=dtype is not None and network is fast):
            predictions = network(clip[:, :4], 4, truth=truth)
        (l1_loss(predictions.float(), clip[:, 1:]) + mse_loss(predictions.float(), clip[:, 1:])).backward()

    assert difference(gradients(fast), gradients(slow)) < tolerance


def moving_blobs(batch, frames, size):
    """Clips of one bright spot each, on its way."""
    generator = torch.Generator().manual_seed(1)
    start, speed = (torch.rand(batch, 1, 2, generator=generator) for _ in range(2))
    centre = size * (0.2 + 0.4 * start + 0.05 * speed * torch.arange(frames)[:, None])
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    place = torch.stack([rows, columns], -1)
    distance = (place - centre[:, :, None, None]).square().sum(-1)
    return torch.exp(-distance / 4)[:, :, None]


STACK: dict[str, Any] = {"layers_per_block": [1, 2, 1], "hidden_channels": [2, 3, 4], "kernel_size": 3}


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
    torch.testing.assert_close(network(clip[:, :4], 4, truth=clip[:, 4:]), network(clip, 1))


@torch.no_grad()
def test_keeping_every_true_frame_equals_truth_alone(network, clip):
    seen, truth = clip[:, :4], clip[:, 4:]

    assert torch.equal(
        network(seen, 4, truth=truth, keep_truth=torch.ones(2, 3, dtype=torch.bool)), network(seen, 4, truth=truth)
    )


@torch.no_grad()
def test_keeping_no_true_frame_equals_no_truth(network, clip):
    seen, truth = clip[:, :4], clip[:, 4:]

    assert torch.equal(
        network(seen, 4, truth=truth, keep_truth=torch.zeros(2, 3, dtype=torch.bool)), network(seen, 4)
    )


@torch.no_grad()
def test_each_sample_keeps_its_own_truth(network, clip):
    seen, truth = clip[:, :4], clip[:, 4:]
    mixed = network(seen, 4, truth=truth, keep_truth=torch.tensor([[True] * 3, [False] * 3]))

    torch.testing.assert_close(mixed[0], network(seen, 4, truth=truth)[0])
    torch.testing.assert_close(mixed[1], network(seen, 4)[1])


@torch.no_grad()
def test_a_second_call_remembers_nothing_of_the_first(network, clip):
    first = network(clip, 2)
    network(1 - clip, 2)

    assert torch.equal(network(clip, 2), first)


def blocks_of_one(skip_stride):
    torch.manual_seed(0)
    stack: dict[str, Any] = {"layers_per_block": [1, 1, 1], "hidden_channels": [2, 3, 4], "kernel_size": 3}
    return RecurrentVideoNetwork.from_settings(ConvLSTMSettings(**stack, skip_stride=skip_stride), 1)


@torch.no_grad()
def test_a_skip_connection_hands_on_the_output_of_an_earlier_block_after_the_own_one(clip):
    network = blocks_of_one(skip_stride=2)
    assert network.output.weight.shape[1] == 4 + 2
    # an output that shows nothing but the first channel that was skipped over
    network.output.weight.zero_()[0, 4] = 1
    network.output.bias.zero_()

    hidden, _ = network.blocks[0][0](clip.transpose(0, 1))

    torch.testing.assert_close(network(clip, 1), hidden.transpose(0, 1)[:, :, :1])


@pytest.mark.parametrize(("stride", "seen"), [(None, [1, 2, 3, 4]), (1, [1, 2, 3 + 2, 4 + 3]), (3, [1, 2, 3, 4])])
def test_the_stride_says_what_each_block_and_the_output_see(stride, seen, clip):
    network = blocks_of_one(stride)

    inputs = [block[0].kernels.input.shape[1] for block in network.blocks]
    assert [*inputs, network.output.weight.shape[1]] == seen
    assert network(clip, 2).shape == (2, 8, 1, 6, 5)


@torch.no_grad()
def test_a_sigmoid_at_the_output_keeps_predictions_within_zero_and_one(clip):
    networks = []
    for squashed in (False, True):
        torch.manual_seed(0)
        networks.append(RecurrentVideoNetwork.from_settings(ConvLSTMSettings(**STACK, output_sigmoid=squashed), 1))
    plain, squashed = (network(clip, 1) for network in networks)

    torch.testing.assert_close(squashed, plain.sigmoid())


@pytest.mark.parametrize("activation_checkpointing", [False, True], ids=["kept", "recomputed"])
def test_every_weight_of_every_layer_learns(network, clip, activation_checkpointing):
    network.activation_checkpointing = activation_checkpointing

    network(clip[:, :4], 4).square().sum().backward()

    for name, gradient in gradients(network).items():
        assert gradient.norm() > 0, name


def test_a_network_keeps_its_layers_unless_it_is_told_to_compute_them_again(network, clip):
    assert network.activation_checkpointing is False
    expected = network(clip[:, :4], 4)
    expected.square().sum().backward()
    kept = gradients(network)
    network.zero_grad()

    network.activation_checkpointing = True
    found = network(clip[:, :4], 4)
    found.square().sum().backward()

    assert torch.equal(found, expected)
    assert difference(gradients(network), kept) < 1e-6


def test_training_goes_on_from_its_own_outputs(network, clip):
    # the gradients go back through the frames that are fed back
    seen = clip[:, :4].clone().requires_grad_()

    network(seen, 3)[:, -1].sum().backward()

    assert seen.grad.flatten(2).norm(dim=2).min() > 0


class Kept(TorchDispatchMode):
    """Counts the bytes that computations made and something still holds, views and their memory once."""

    def __init__(self):
        super().__init__()
        self.storages = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                reference = StorageWeakRef(storage)
                self.storages[reference.cdata] = reference, storage.nbytes()
        return result

    @property
    def bytes(self):
        return sum(size for reference, size in self.storages.values() if not reference.expired())


def kept_by(network, clip, truth):
    """Bytes held for the backward pass after the forward one."""
    with Kept() as kept:
        predictions = network(clip[:, :4], 4, truth=truth)
        held = kept.bytes
    assert predictions.requires_grad
    return held


@pytest.mark.parametrize("forced", [False, True], ids=["own outputs", "true frames"])
@pytest.mark.parametrize(("steps", "share"), [(None, 0.9), (3, 0.75), (5, 0.5)], ids=["conv_lstm", "3", "5"])
def test_what_is_kept_for_the_backward_pass_is_a_share_of_the_references(steps, share, forced):
    stack: dict[str, Any] = {"layers_per_block": [2], "hidden_channels": [32], "kernel_size": 3}
    setting = ConvTTLSTMSettings(**stack, steps=steps) if steps else ConvLSTMSettings(**stack)
    slow, fast = both(setting, 1)
    clip = torch.rand(1, 8, 1, 32, 32)
    truth = clip[:, 4:-1] if forced else None

    plain = kept_by(fast, clip, truth)
    assert plain < share * kept_by(slow, clip, truth)
    fast.activation_checkpointing = True
    assert kept_by(fast, clip, truth) < 0.7 * plain
