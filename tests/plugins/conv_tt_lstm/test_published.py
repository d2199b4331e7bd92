"""Names and axes of published weights; the golden cases in test_network.py load whole networks of them."""

import pytest
import torch

from framecast_conv_tt_lstm.published import from_published


def test_a_tensor_train_layer_gets_our_names():
    names = [f"layers.b2l1.{part}.bias" for part in ("layers.0", "layers.1", "layers_.0", "layers_.1")]

    assert list(from_published(dict.fromkeys(names, torch.zeros(1)))) == [
        "blocks.2.1.chain.0.bias",
        "blocks.2.1.gates.bias",  # the last core of the chain makes the gates
        "blocks.2.1.windows.0.bias",
        "blocks.2.1.windows.1.bias",
    ]


def test_a_chain_of_order_one_is_gates_alone():
    assert list(from_published({"layers.b0l0.layers.0.weight": torch.zeros(4, 3, 5, 5)})) == [
        "blocks.0.0.gates.weight"
    ]


def test_a_conv_lstm_layer_and_the_output_get_our_names():
    weights = {"layers.b0l10.conv.weight": torch.zeros(4, 3, 5, 5), "layers.output.bias": torch.zeros(1)}

    assert list(from_published(weights)) == ["blocks.0.10.gates.weight", "output.bias"]


def test_the_prefix_of_data_parallel_training_is_taken_off():
    assert list(from_published({"module.layers.output.bias": torch.zeros(1)})) == ["output.bias"]


def test_the_time_axis_of_the_original_layout_moves_before_the_channels_oldest_first():
    original = torch.rand(2, 3, 5, 5, 4)  # (R, C, k, k, D)

    (ours,) = from_published({"layers.b0l0.layers_.0.weight": original}).values()

    assert ours.shape == (2, 12, 5, 5)
    assert all(torch.equal(ours[:, 3 * age : 3 * age + 3], original[..., age]) for age in range(4))


def test_the_optimised_layout_is_taken_as_it_is():
    optimised = torch.rand(2, 12, 5, 5)

    (ours,) = from_published({"layers.b0l0.layers_.0.weight": optimised}).values()

    assert torch.equal(ours, optimised)


@pytest.mark.parametrize(
    "name",
    [
        "layers.b0l0.peephole.weight",
        "layers.b0l0.layers.weight",
        "layers.b0l0.layers_.bias",
        "layers.b0l0.conv.gamma",
        "encoder.b0l0.conv.weight",
        "blocks.0.0.gates.weight",
    ],
)
def test_unknown_names_are_refused_by_name(name):
    with pytest.raises(ValueError, match=name):
        from_published({name: torch.zeros(1)})
