"""`framecast.compiled`: the same numbers, one graph, and a sentence where it cannot be compiled."""

import copy
import os
from pathlib import Path

import pytest
import torch
from torch import nn

import framecast


class Doubling(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((3,), 2.0))
        self.step = framecast.compiled(Doubling.next)

    def next(self, value: torch.Tensor) -> torch.Tensor:
        return (self.weight * value).tanh()


@pytest.mark.slow
def test_values_and_gradients_are_those_of_the_function() -> None:
    module, value = Doubling(), torch.tensor([0.1, 0.2, 0.3])

    module.step(module, value).sum().backward()
    compiled_gradient, module.weight.grad = module.weight.grad, None
    module.next(value).sum().backward()

    torch.testing.assert_close(module.step(module, value), module.next(value))
    torch.testing.assert_close(compiled_gradient, module.weight.grad)


@pytest.mark.slow
def test_a_copy_computes_with_its_own_weights() -> None:
    module, value = Doubling(), torch.tensor([0.1, 0.2, 0.3])
    module.step(module, value)
    other = copy.deepcopy(module)
    other.weight.data.fill_(3.0)

    torch.testing.assert_close(other.step(other, value), (3 * value).tanh())


def test_a_bound_method_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Doubling\.next is bound to an object"):
        framecast.compiled(Doubling().next)


@pytest.mark.slow
def test_each_shape_is_compiled_and_more_shapes_than_torch_allows_by_itself() -> None:
    step = framecast.compiled(torch.nn.functional.relu)

    for size in range(1, torch._dynamo.config.recompile_limit + 4):
        assert torch.equal(step(-torch.ones(size)), torch.zeros(size))


def test_partitioned_weights_are_refused() -> None:
    module = Doubling()
    module.weight.data = torch.empty(0)  # what ZeRO 3 leaves of a weight between its uses

    with pytest.raises(framecast.InputError, match=r"set deepspeed\.zero_stage to 2 or less"):
        module.step(module, torch.ones(3))


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(framecast.InputError, match=r"neither g\+\+ nor clang\+\+ is found: install one"):
        framecast.compiled(torch.relu)

    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(framecast.InputError, match="CXX=no-such-compiler is not found"):
        framecast.compiled(torch.relu)


def test_missing_headers_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))

    with pytest.raises(framecast.InputError, match=r"needs Python\.h, which is not found"):
        framecast.compiled(torch.relu)


def test_compiled_code_is_kept_among_the_users_own_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FRAMECAST_CACHE", str(tmp_path))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")

    framecast.compiled(torch.relu)

    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path / "compiled")
