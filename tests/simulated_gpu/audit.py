"""What code costs on a GPU, counted where torch dispatches: kernel launches, memory traffic, transfers, and
waits of the host for the device. Each with the line of the project that asked for it.

One operation counts as one launch, and so does a kernel of Triton; cuDNN and some reductions launch more. Traffic
is what an operation reads and writes if nothing stays in the cache: the bytes of its inputs and of its outputs. Of
Triton's kernels it is counted while they are interpreted: the bytes that they load and store.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_leaves

from tests.simulated_gpu.cost import Cost, Place

_ROOT = Path(__file__).resolve().parents[2]
_PROJECT = (f"{_ROOT}/platform/", f"{_ROOT}/plugins/", f"{_ROOT}/tests/")

# no kernel: memory that is not filled, another shape for the same bytes (views are left out by their own mark)
_NO_LAUNCH = {
    "empty.memory_format",
    "empty_strided",
    "empty_like",
    "new_empty",
    "new_empty_strided",
    "detach",
    "_unsafe_view",
    "_reshape_alias",
    "resize_",
    "set_.source_Storage",
    "set_.source_Storage_storage_offset",
    "set_.source_Tensor",
    "is_pinned",
    "record_stream",
}
# the host needs the result: its value, or a size that depends on values
_RESULT_ON_HOST = {
    "_local_scalar_dense",
    "is_nonzero",
    "equal",
    "nonzero",
    "masked_select",
    "bincount",
    "unique_consecutive",
    "_unique2",
    "unique_dim",
    "repeat_interleave.Tensor",
}
_FILLING = {"copy_", "fill_", "zero_"}
_COPY, _COPY_INTO, _FROM_PYTHON = "_to_copy", "copy_", "lift_fresh"
_INDEXING = {
    "index.Tensor",
    "index_put",
    "index_put_",
    "_index_put_impl_",
}


class Audit(TorchDispatchMode):
    """Adds to its `cost` while it is entered, in this thread and in autograd's for the passes that begin here."""

    def __init__(self) -> None:
        super().__init__()
        self.cost = Cost()
        self._undo: list[Callable[[], None]] = []
        self._kernel = ("", Place("triton"))  # that is being interpreted

    def lap(self) -> Cost:
        """The cost since the last lap, or since the beginning; what follows counts anew."""
        cost, self.cost = self.cost, Cost()
        return cost

    def __enter__(self) -> Audit:
        # waits that are no operations
        for owner, name in (
            (torch.cuda, "synchronize"),
            (torch.cuda.Stream, "synchronize"),
            (torch.cuda.Event, "synchronize"),
        ):
            self._count_calls(owner, name)
        if importlib.util.find_spec("triton"):
            self._count_kernels_of_triton()
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        while self._undo:
            self._undo.pop()()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        inputs = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
        outputs = [each for each in tree_leaves(result) if isinstance(each, Tensor)]
        if any(_on_gpu(each) for each in (*inputs, *outputs)):
            self._count(func, _name(func), args, kwargs, inputs, outputs)
        return result

    def _count(
        self,
        func: Any,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        inputs: list[Tensor],
        outputs: list[Tensor],
    ) -> None:
        if name in _NO_LAUNCH or (func.is_view and name != _FROM_PYTHON):
            return
        place = _place()
        if name == _FROM_PYTHON:  # torch.tensor(values, device="cuda") has copied them, unseen
            self._transfer(torch.empty_like(outputs[0], device="cpu"), outputs[0], False, place)
            return
        if name in (_COPY, _COPY_INTO):
            source, to = (inputs[-1], inputs[0]) if name == _COPY_INTO else (inputs[0], outputs[0])
            if _on_gpu(source) != _on_gpu(to):
                asked = args[2] if len(args) > 2 else kwargs.get("non_blocking", False)
                self._transfer(source, to, bool(asked), place)
                return
        if name in _RESULT_ON_HOST or (name in _INDEXING and _has_mask(args[1])):
            self.cost.waits[name, place] += 1
        if name in _INDEXING:
            for index in args[1]:
                if index is not None and not _on_gpu(index):
                    self._transfer(index, args[0], False, place)
        self.cost.launches[name, place] += 1
        # what an operation fills in is written, not read
        filled = inputs[:1] if name.partition(".")[0] in _FILLING else [*_outputs_given(func, kwargs)]
        read = [each for each in inputs if all(each is not other for other in filled)]
        self.cost.traffic[name, place] += sum(_bytes(each) for each in (*read, *outputs) if _on_gpu(each))
        formats = [each.dtype for each in inputs if _on_gpu(each) and each.is_floating_point()]
        if formats:
            self.cost.dtypes[name, formats[0]] += 1

    def _transfer(self, source: Tensor, to: Tensor, non_blocking: bool, place: Place) -> None:
        direction = "up" if _on_gpu(to) else "down"
        # without blocking, CUDA stages what it takes from pageable memory, and waits for what it brings there
        waits = not non_blocking or (direction == "down" and not to.is_pinned())
        self.cost.copied[direction, place] += _bytes(source)
        if waits:
            self.cost.waits[f"copy {direction}", place] += 1

    def _count_calls(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.cost.waits[name, _place()] += 1
            return original(*args, **kwargs)

        self._replace(owner, name, counted)

    def _count_kernels_of_triton(self) -> None:
        from triton.runtime.interpreter import InterpretedFunction, InterpreterBuilder
        from triton.runtime.jit import JITFunction

        for kind in (InterpretedFunction, JITFunction):
            self._count_launches(kind)
        for name in ("create_masked_load", "create_masked_store"):
            self._count_bytes(InterpreterBuilder, name)

    def _count_launches(self, kind: Any) -> None:
        run = kind.run

        def counted(kernel: Any, *args: Any, **kwargs: Any) -> Any:
            self._kernel = kernel.fn.__name__, _place()
            self.cost.launches[self._kernel] += 1
            with _disable_current_modes():  # the interpreter copies between devices, which a GPU does not
                return run(kernel, *args, **kwargs)

        self._replace(kind, "run", counted)

    def _count_bytes(self, builder: Any, name: str) -> None:
        original = getattr(builder, name)

        def counted(this: Any, pointers: Any, *args: Any) -> Any:
            mask = args[0] if name == "create_masked_load" else args[1]
            size: int = pointers.get_element_ty().primitive_bitwidth // 8
            self.cost.traffic[self._kernel] += int(mask.data.sum()) * size
            return original(this, pointers, *args)

        self._replace(builder, name, counted)

    def _replace(self, owner: Any, name: str, by: Any) -> None:
        own, original = name in vars(owner), getattr(owner, name)
        setattr(owner, name, by)
        self._undo.append(lambda: setattr(owner, name, original) if own else delattr(owner, name))


def _place() -> Place:
    """The innermost line of the project that is being executed, this file apart."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(_PROJECT) and file != __file__:
            return Place(Path(file).name, frame.f_lineno)
        frame = frame.f_back
    return Place("autograd")


def _outputs_given(operation: Any, kwargs: dict[str, Any]) -> list[Tensor]:
    """The tensors that the caller gave for results, as `out`."""
    names = [argument.name for argument in operation._schema.arguments if argument.is_out]
    return [each for each in tree_leaves([kwargs.get(name) for name in names]) if isinstance(each, Tensor)]


def _name(operation: Any) -> str:
    """As `mul.Tensor`; the default overload and torch's own namespace go without saying."""
    return str(operation).removeprefix("aten.").removesuffix(".default")


def _has_mask(indices: Any) -> bool:
    return any(index is not None and index.dtype in (torch.bool, torch.uint8) for index in indices)


def _on_gpu(tensor: Tensor) -> bool:
    return tensor.device.type == "cuda"


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
