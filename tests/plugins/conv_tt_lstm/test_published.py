"""Checkpoints in the published format: read whole, or refused with the names of what is wrong.

Their numbers are tested by the golden cases in test_network.py.
"""

import pickle
import re
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from framecast_conv_tt_lstm.cell import ConvLSTMCell, ConvTTLSTMCell
from framecast_conv_tt_lstm.network import RecurrentVideoNetwork
from framecast_conv_tt_lstm.published import from_published, load_published
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings
from tests.plugins.conv_tt_lstm.dense import predict, published_weights
from tests.plugins.conv_tt_lstm.drawn import networks

STACK: dict[str, Any] = {"layers_per_block": [1, 2, 1], "hidden_channels": [2, 3, 4], "kernel_size": 3}
TRAIN = ConvTTLSTMSettings(**STACK, order=2, steps=4, rank=3)
PLAIN = ConvLSTMSettings(**STACK)


def published(setting=TRAIN, channels=1):
    """A network by dense matrices and its weights, which have the optimised layout."""
    weights = published_weights(setting, channels)

    class Dense:
        """Called as the network is."""

        def __init__(self):
            self.channels = channels

        def __call__(self, frames, frames_out):
            return predict(weights, setting, frames, frames_out).float()

    return Dense(), {name: weight.clone() for name, weight in weights.items()}


def time_last(weights, hidden):
    """The original layout: a window's states apart, behind the kernel."""
    original = {}
    for name, weight in weights.items():
        if ".layers_." in name and name.endswith("weight"):
            channels = hidden[int(re.match(r"layers\.b(\d+)", name)[1])]
            weight = weight.unflatten(1, (-1, channels)).permute(0, 2, 3, 4, 1)
        original[name] = weight
    return original


def predictions(network):
    channels = network.channels if hasattr(network, "channels") else network.output.weight.shape[0]
    frames = torch.rand(2, 4, channels, 5, 6, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return network(frames, 3)


def assert_same(network, dense):
    torch.testing.assert_close(predictions(network), predictions(dense))


def shapes(network):
    return {name: tuple(weight.shape) for name, weight in network.state_dict().items()}


@pytest.mark.parametrize("setting", [TRAIN, PLAIN], ids=["conv_tt_lstm", "conv_lstm"])
def test_the_weights_alone_make_the_network(setting):
    dense, weights = published(setting)

    network: Any = load_published(weights)

    assert_same(network, dense)
    kind = ConvTTLSTMCell if setting is TRAIN else ConvLSTMCell
    assert all(isinstance(cell, kind) for block in network.blocks for cell in block)


@settings(max_examples=60, deadline=None)
@given(networks(), st.integers(1, 3), st.booleans())
def test_every_setting_that_the_weights_tell_is_read_off_them(setting, channels, original):
    # layers, channels, kernel, order, steps, ranks, skips, bias; in no weight are a sigmoid and a fixed window
    dense, weights = published(setting, channels)
    if original:
        weights = time_last(weights, setting.hidden_channels)
    untold = {"output_sigmoid": setting.output_sigmoid}
    if getattr(setting, "window", "sliding") == "fixed":
        untold["window"] = "fixed"

    network = load_published(weights, untold)

    assert shapes(network) == shapes(RecurrentVideoNetwork.from_settings(setting, channels))
    assert_same(network, dense)


@pytest.mark.parametrize("skip_stride", [None, 1, 2])
def test_the_stride_of_the_skips_is_read_off_the_weights(skip_stride):
    dense, weights = published(PLAIN.model_copy(update={"skip_stride": skip_stride}))

    network = load_published(weights)

    assert network.skip_stride == skip_stride
    assert_same(network, dense)


def test_the_original_layout_has_the_time_last_and_the_oldest_state_first():
    dense, weights = published()
    original = time_last(weights, STACK["hidden_channels"])

    assert original["layers.b0l0.layers_.0.weight"].shape == (3, 2, 3, 3, 3)  # (R, C, k, k, D)
    assert_same(load_published(original), dense)
    backwards = {name: weight.flip(4) if weight.dim() == 5 else weight for name, weight in original.items()}
    assert not torch.allclose(predictions(load_published(backwards)), predictions(dense))


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "with its epoch"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_checkpoint_is_read_from_its_file(wrapped, prefix, tmp_path):
    dense, weights = published()
    weights = {prefix + name: weight for name, weight in weights.items()}
    torch.save({"epoch": 7, "model_state_dict": weights} if wrapped else weights, tmp_path / "published.pt")

    for file in (tmp_path / "published.pt", str(tmp_path / "published.pt")):
        assert_same(load_published(file), dense)


def test_loading_leaves_the_weights_it_was_given_alone():
    _, weights = published()
    before = {name: weight.clone() for name, weight in weights.items()}
    asked = {"cell": "convttlstm", "frames_in": 4}

    network = load_published(weights, asked)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()

    assert all(torch.equal(weight, before[name]) for name, weight in weights.items())
    assert asked == {"cell": "convttlstm", "frames_in": 4}


def test_the_settings_of_the_authors_configuration_are_understood():
    dense, weights = published()
    authors = {
        "cell": "convttlstm",
        "layers_per_block": (1, 2, 1),
        "hidden_channels": (2, 3, 4),
        "skip_stride": 2,
        "input_channels": 1,
        "kernel_size": 3,
        "output_sigmoid": False,
        "order": 2,
        "steps": 4,
        "rank": 3,
        "frames_in": 10,
        "frames_out": 10,
    }

    assert_same(load_published(weights, authors), dense)


def test_a_conv_lstms_configuration_may_speak_of_a_tensor_train():
    dense, weights = published(PLAIN)

    assert_same(load_published(weights, {"cell": "convlstm", "order": 3, "steps": 3, "rank": 8}), dense)


@pytest.mark.parametrize("told", [{"window": "fixed"}, {"steps": 3}, {"window": "fixed", "steps": 3}], ids=str)
def test_a_fixed_window_is_told_by_name_or_by_the_steps(told):
    # windows of three states are fixed with three steps, and sliding with four
    dense, weights = published(TRAIN.model_copy(update={"steps": 3, "window": "fixed"}))

    network: Any = load_published(weights, told)

    assert {cell.windows.kind for block in network.blocks for cell in block} == {"fixed"}
    assert_same(network, dense)
    sliding: Any = load_published(weights)
    assert {cell.windows.steps for block in sliding.blocks for cell in block} == {4}


def test_the_axes_of_the_two_layouts_come_to_the_same_names():
    _, weights = published()

    optimised = from_published(weights, TRAIN, 1)
    original = from_published(time_last(weights, STACK["hidden_channels"]), TRAIN, 1)

    assert list(optimised) == list(original)
    assert all(torch.equal(optimised[name], original[name]) for name in optimised)


EVERY_WEIGHT = [*((TRAIN, name) for name in published(TRAIN)[1]), *((PLAIN, name) for name in published(PLAIN)[1])]
every_weight = pytest.mark.parametrize(("setting", "name"), EVERY_WEIGHT)
INSISTING = pytest.mark.parametrize("insist", [False, True], ids=["weights alone", "with settings"])


def refusal(source, asked=None):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 (each test looks at the words)
        load_published(source, asked)
    return str(refused.value)


@every_weight
@INSISTING
def test_a_weight_that_is_missing_is_named(setting, name, insist):
    _, weights = published(setting)
    del weights[name]

    said = refusal(weights, setting.model_dump() if insist else None)

    # without the settings, a missing layer looks like a smaller network, whose names then do not fit
    assert name in said if insist else "layers." in said


@every_weight
def test_a_weight_of_another_shape_is_named_with_both_shapes(setting, name):
    _, weights = published(setting)
    right = weights[name]
    weights[name] = torch.cat([right] * 2)

    said = refusal(weights, setting.model_dump() | {"input_channels": 1})

    assert f"{name} is {tuple(weights[name].shape)} where {tuple(right.shape)} is expected" in said


SHAPES = [(), (0,), (4,), (4, 3), (0, 0, 0, 0), (3, 3, 3, 3), (2, 3, 3, 3, 3)]


@every_weight
@INSISTING
def test_no_shape_of_any_weight_gets_through_or_ends_in_anything_but_a_refusal(setting, name, insist):
    _, weights = published(setting)
    for shape in set(SHAPES) - {tuple(weights[name].shape)}:
        weights[name] = torch.zeros(shape)

        said = refusal(weights, setting.model_dump() | {"input_channels": 1} if insist else None)

        assert name in said if insist else "layers." in said, shape


def test_a_weight_too_many_is_named_with_the_nearest_known_name():
    _, weights = published()
    weights["layers.b0l0.layer_.0.bias"] = weights.pop("layers.b0l0.layers_.0.bias")
    weights["layers.output.gamma"] = torch.zeros(1)

    said = refusal(weights)

    assert "layers.b0l0.layers_.0.bias is missing" in said
    assert "b0l0.layer_.0.bias is no weight of this convttlstm, did you mean layers.b0l0.layers_.0.bias?" in said
    assert "layers.output.gamma is no weight of this convttlstm" in said


@pytest.mark.parametrize("names", [["layers.b9l0.conv.weight"], ["layers.b0l7.layers.0.bias"], ["encoder.weight"]])
def test_layers_that_hang_in_the_air_are_named(names):
    _, weights = published()
    weights |= dict.fromkeys(names, torch.zeros(4, 3, 3, 3))

    assert all(name in refusal(weights) for name in names)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"order": 3}, "layers.b0l0.layers.2.weight is missing"),
        ({"steps": 5}, "layers.b0l0.layers_.0.weight"),
        ({"window": "fixed", "steps": 4}, "layers.b0l0.layers_.0.weight"),
        ({"rank": 4}, "layers.b0l0.layers_.0.weight"),
        ({"rank": [3, 3, 3]}, "rank: names 3 cores where order is 2"),
        ({"kernel_size": 5}, "layers.b0l0.layers_.0.weight is (3, 6, 3, 3) where (3, 6, 5, 5) is expected"),
        ({"hidden_channels": [2, 3, 5]}, "layers.b2l0.layers.1.weight"),
        ({"layers_per_block": [1, 2, 2]}, "layers.b2l1.layers.0.weight is missing"),
        ({"layers_per_block": [1, 1, 1]}, "layers.b1l1.layers.0.weight is no weight"),
        ({"layers_per_block": [1, 2]}, "layers_per_block names 2 blocks"),
        ({"skip_stride": None}, "layers.output.weight is (1, 6, 1, 1) where (1, 4, 1, 1) is expected"),
        ({"input_channels": 3}, "layers.output.weight"),
        ({"bias": False}, "layers.b0l0.layers.0.bias is no weight"),
        ({"order": 0}, "order"),
        ({"kernel_size": 4}, "must be odd"),
        ({"steps": 1}, "order (2) must not exceed steps (1)"),
        ({"hiden_channels": [2, 3, 4]}, "hiden_channels: unknown, did you mean hidden_channels?"),
        ({"window": "growing"}, "window"),
        ({"cell": "convgru"}, "cell 'convgru': one of convlstm, convttlstm is known"),
        ({"cell": "convlstm"}, "layers.b0l0.conv.weight is missing"),
    ],
    ids=str,
)
def test_settings_that_contradict_the_weights_are_refused(wrong, named):
    _, weights = published()

    said = refusal(weights, wrong)

    assert named in said, said
    assert "pydantic.dev" not in said


def test_a_conv_lstm_is_no_tensor_train():
    said = refusal(published(PLAIN)[1], {"cell": "convttlstm"})

    assert "layers.b0l0.layers.0.weight is missing: not a convttlstm" in said


def test_a_train_some_of_whose_cores_see_no_state_is_refused():
    # an older variant of the cell, in the authors' evaluation code
    _, weights = published()
    weights = {name: weight for name, weight in weights.items() if ".layers_.1." not in name}

    assert "layers.b0l0.layers_.1.weight is missing: not a convttlstm" in refusal(weights)


@pytest.mark.parametrize("nothing", [{}, {"epoch": 3, "model_state_dict": {}}, {"layers.x": torch.zeros(1)}])
def test_what_holds_no_network_is_refused(nothing):
    assert "layers.b0l0 is missing" in refusal(nothing)


@pytest.mark.parametrize(
    "other", [[1, 2], {"epoch": 3}, {0: torch.zeros(1)}, {"model_state_dict": [torch.zeros(1)]}, torch.zeros(3)]
)
def test_what_is_no_state_dict_is_refused(other, tmp_path):
    torch.save(other, tmp_path / "other.pt")

    assert "a published checkpoint is a state dict" in refusal(tmp_path / "other.pt")


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04", b"\x80\x02", b"\x80\x02}q\x00.", b"."])
def test_a_file_that_is_no_checkpoint_is_refused_by_its_name(content, tmp_path):
    (tmp_path / "notes.txt").write_bytes(content)

    assert "notes.txt: not a checkpoint" in refusal(tmp_path / "notes.txt")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([b"", b"\x80\x02", b"\x80\x02}q\x00("]))
def test_no_bytes_end_in_anything_but_a_refusal(tmp_path_factory, content, start):
    file = tmp_path_factory.getbasetemp() / "bytes.pt"
    file.write_bytes(start + content)

    assert "checkpoint" in refusal(file)


def test_half_a_checkpoint_is_refused_by_its_name(tmp_path):
    torch.save(published()[1], tmp_path / "half.pt")
    whole = (tmp_path / "half.pt").read_bytes()
    (tmp_path / "half.pt").write_bytes(whole[: len(whole) // 2])

    assert "half.pt: not a checkpoint" in refusal(tmp_path / "half.pt")


class Trap:
    """Unpickled, it makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        import os

        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_checkpoint_is_never_run(zipped, tmp_path):
    weights = published()[1] | {"layers.trap": Trap(tmp_path / "sprung")}
    torch.save(weights, tmp_path / "trap.pt", _use_new_zipfile_serialization=zipped)

    said = refusal(tmp_path / "trap.pt")
    assert "trap.pt: not a checkpoint of tensors alone (it holds other objects, or is damaged)" in said
    assert "weights_only" not in said  # how to run it all the same
    assert not (tmp_path / "sprung").exists()
    pickle.loads(pickle.dumps(Trap(tmp_path / "sprung")))
    assert (tmp_path / "sprung").exists()  # it does work where it is let


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.pt"):
        load_published(tmp_path / "missing.pt")
