"""LPIPS against the package lpips."""

import pytest
import torch

import framecast
from framecast_metrics.backbone import backbone_weights
from framecast_metrics.perceptual_similarity import PerceptualSimilarity

PICTURES = (0.0, 1.0)


@pytest.fixture(scope="module", params=["alex", "vgg"])
def net(request):
    return request.param


@pytest.fixture(scope="module")
def package(net):
    """The package's own network, with the weights that torchvision would have downloaded for it."""
    framecast.import_torchvision()
    import lpips

    network = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    weights = backbone_weights(net, None)
    for name, parameter in network.net.named_parameters():
        parameter.data.copy_(weights[name.partition(".")[2]])
    return torch.no_grad()(lambda one, other: network(one[0], other[0]).view(1, -1))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("protocol", ["framecast", "conv-tt-lstm", "openstl"])
def test_real_frames_agree_with_the_package(net, package, protocol, channels, carphone):
    target = carphone[:1, :, :channels]
    prediction = carphone[5:6, :, :channels]

    values = PerceptualSimilarity(PICTURES, protocol, net).update(prediction, target)

    if protocol == "conv-tt-lstm":
        expected = 1e3 * package(prediction, target)
    else:
        expected = package(prediction * 2 - 1, target * 2 - 1)
    torch.testing.assert_close(values, expected, rtol=1e-4, atol=1e-4)


def test_masked_pixels_of_the_prediction_are_the_truths(carphone):
    target, prediction = carphone[:1], carphone[5:6].clone()
    mask = torch.ones_like(target, dtype=torch.bool)
    mask[..., :40] = False

    values = PerceptualSimilarity(PICTURES).update(prediction, target, mask)

    filled = prediction.where(mask, target)
    torch.testing.assert_close(values, PerceptualSimilarity(PICTURES).update(filled, target))


def test_building_it_draws_no_random_number():
    before = torch.get_rng_state()
    PerceptualSimilarity(PICTURES)

    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("net", "size"), [("alex", 31), ("vgg", 16)])
def test_frames_that_are_too_small_are_refused_with_both_sizes(net, size):
    metric = PerceptualSimilarity(PICTURES, net=net)
    assert metric.update(*torch.rand(2, 1, 1, 1, size, size)).isfinite().all()

    with pytest.raises(framecast.InputError, match=f"at least {size}x{size} pixels, these are {size - 1}x40"):
        metric.update(*torch.rand(2, 1, 1, 1, size - 1, 40))


def test_frames_of_two_channels_are_refused():
    with pytest.raises(framecast.InputError, match="1 or 3 channels, these have 2"):
        PerceptualSimilarity(PICTURES).update(*torch.rand(2, 1, 1, 2, 64, 64))
