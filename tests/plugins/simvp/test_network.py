"""The network: each frame's way by itself, how many frames come out, and how it is trained and computed."""

import pytest
import torch
from torch.nn.functional import mse_loss

import framecast
from framecast_simvp.network import SimVP
from framecast_simvp.settings import SimVPSettings

SMALL = {
    "frames_in": 3,
    "spatial_channels": 4,
    "temporal_channels": 16,
    "temporal_layers": 3,
    "inception_kernels": [3, 5],
    "groups": 2,
}


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def network(channels=1, **settings):
    torch.manual_seed(0)
    return SimVP(SimVPSettings(**{**SMALL, **settings}), channels)


def frames(batch=2, time=3, channels=1, height=8, width=8, dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    return torch.rand(batch, time, channels, height, width, generator=generator, dtype=dtype)


def one_clip(model, clip):
    """The clip after one (T, C, H, W), each frame by itself, all connections written out."""
    first, second, third, fourth = model.encoder
    seen, skipped, sizes = [], [], []
    for frame in clip:
        one = first(frame[None])
        two = second(one)
        three = third(two)
        skipped.append(one)
        sizes.append([image.shape[-2:] for image in (three, two, one, frame)])
        seen.append(fourth(three))
    in_1 = model.inward[0](torch.cat(seen, 1))  # time as channels: those of the first frame, of the second, ...
    in_2 = model.inward[1](in_1)
    out_1 = model.outward[0](model.inward[2](in_2))
    out_2 = model.outward[1](torch.cat([out_1, in_2], 1))
    out_3 = model.outward[2](torch.cat([out_2, in_1], 1))
    following = []
    for image, one, size in zip(out_3.chunk(len(clip), 1), skipped, sizes, strict=True):
        for layer, to in zip(model.decoder[:3], size, strict=False):
            image = layer(image, to)
        image = model.decoder[3](torch.cat([image, one], 1), size[3])
        following.append(model.output(image)[0])
    return torch.stack(following)


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 8, 8), (3, 9, 6)])
@torch.no_grad()
def test_a_prediction_is_that_of_frames_taken_one_by_one(channels, height, width):
    model, clips = network(channels).double(), frames(2, 3, channels, height, width, torch.float64)

    expected = torch.stack([one_clip(model, clip) for clip in clips])

    torch.testing.assert_close(model(clips, 3), expected)


@torch.no_grad()
def test_more_frames_than_it_predicts_come_from_its_own_prediction():
    model, clip = network(), frames()
    once = model(clip, 3)
    twice = model(once, 3)
    thrice = model(twice, 3)

    assert torch.equal(model(clip, 7), torch.cat([once, twice, thrice], 1)[:, :7])


@torch.no_grad()
def test_fewer_frames_than_it_predicts_are_the_first_of_them():
    model, clip = network(), frames()

    assert torch.equal(model(clip, 2), model(clip, 3)[:, :2])


@torch.no_grad()
def test_of_more_frames_than_it_sees_it_takes_the_last():
    model, clip = network(), frames(time=5)

    assert torch.equal(model(clip, 3), model(clip[:, 2:], 3))


def test_fewer_frames_than_it_sees_are_refused_with_the_setting_to_change():
    with pytest.raises(
        framecast.InputError, match=r"sees 3 frames at once and is given 2: set model\.frames_in=2"
    ):
        network()(frames(time=2), 3)


@torch.no_grad()
def test_the_truth_changes_nothing():
    model, clip = network(), frames()

    assert torch.equal(
        model(clip, 5, truth=frames(time=4), keep_truth=torch.ones(2, 4, dtype=torch.bool)), model(clip, 5)
    )


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 7), (8, 12), (17, 16)])
@pytest.mark.parametrize("layers", [1, 2, 5])
@torch.no_grad()
def test_frames_of_any_size_and_colour_come_out_as_they_went_in(size, layers):
    model = network(3, spatial_layers=layers, temporal_layers=1)

    assert model(frames(2, 3, 3, *size), 4).shape == (2, 4, 3, *size)


def test_gradients_reach_every_parameter():
    model = network()

    model(frames(), 3).square().sum().backward()

    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())


def test_every_parameter_has_dimensions_as_zero_wants():
    assert all(parameter.dim() for parameter in network().parameters())


def test_the_loss_falls_on_one_batch():
    model, clips = network(), frames(4, 6)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(60):
        loss = mse_loss(model(clips[:, :3], 3), clips[:, 3:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    assert losses[-1] < 0.3 * losses[0]


@torch.no_grad()
def test_autocast_to_bfloat16_predicts_nearly_the_same():
    model, clip = network(), frames()
    with torch.autocast("cpu", torch.bfloat16):
        rounded = model(clip, 5)

    assert rounded.dtype == torch.bfloat16
    torch.testing.assert_close(rounded.float(), model(clip, 5), atol=5e-2, rtol=5e-2)


@torch.no_grad()
def test_in_half_precision_throughout_it_predicts_nearly_the_same():
    model, clip = network(), frames()
    exact = model(clip, 5)

    rounded = model.half()(clip.half(), 5)

    assert rounded.dtype == torch.float16
    torch.testing.assert_close(rounded.float(), exact, atol=1e-2, rtol=1e-2)
