"""What code costs on a GPU, counted where torch dispatches: kernel launches, memory traffic, transfers, and
waits of the host for the device. Each with the line of the project that asked for it.

One operation counts as one launch; cuDNN and some reductions launch more. Traffic is what an operation reads and
writes if nothing stays in the cache: the bytes of its inputs and of its outputs.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

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
_COPY, _COPY_INTO, _FROM_PYTHON = "_to_copy", "copy_", "lift_fresh"
_INDEXING = {
    "index.Tensor",
    "index_put",
    "index_put_",
    "_index_put_impl_",
}


@dataclass(frozen=True)
class Place:
    """A line of the project, as `gates.py:41`; `file` is "autograd" where torch itself asked."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Transfer:
    """A copy between host and device."""

    direction: Literal["up", "down"]
    place: Place
    waits: bool


class Audit(TorchDispatchMode):
    """Counts while it is entered, in this thread and in autograd's for the passes that begin here.

    `launches` and `traffic` (bytes) are by (operation, place), `waits` by (cause, place), `transferred` (bytes) by
    transfer. `dtypes` counts launches by (operation, number format of the first floating-point input).
    """

    def __init__(self) -> None:
        super().__init__()
        self.launches: Counter[tuple[str, Place]] = Counter()
        self.traffic: Counter[tuple[str, Place]] = Counter()
        self.waits: Counter[tuple[str, Place]] = Counter()
        self.transfers: Counter[Transfer] = Counter()
        self.transferred: Counter[Transfer] = Counter()
        self.dtypes: Counter[tuple[str, torch.dtype]] = Counter()
        self._undo: list[Callable[[], None]] = []

    @property
    def launch_count(self) -> int:
        return self.launches.total()

    @property
    def wait_count(self) -> int:
        return self.waits.total()

    def launches_by_file(self) -> Counter[str]:
        return _by_file(self.launches)

    def traffic_by_file(self) -> Counter[str]:
        return _by_file(self.traffic)

    def report(self) -> str:
        """The waits, then the files by their launches."""
        lines = [f"{count:6} x {cause} at {place}" for (cause, place), count in self.waits.most_common()]
        traffic = self.traffic_by_file()
        lines += [
            f"{count:6} launches, {traffic[file] / 1e6:10.1f} MB in {file}"
            for file, count in self.launches_by_file().most_common()
        ]
        return "\n".join(lines)

    def __enter__(self) -> Audit:
        # waits that are no operations
        for owner, name in (
            (torch.cuda, "synchronize"),
            (torch.cuda.Stream, "synchronize"),
            (torch.cuda.Event, "synchronize"),
        ):
            self._count_calls(owner, name)
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
            self.waits[name, place] += 1
        if name in _INDEXING:
            for index in args[1]:
                if index is not None and not _on_gpu(index):
                    self._transfer(index, args[0], False, place)
        self.launches[name, place] += 1
        self.traffic[name, place] += sum(_bytes(each) for each in (*inputs, *outputs) if _on_gpu(each))
        formats = [each.dtype for each in inputs if _on_gpu(each) and each.is_floating_point()]
        if formats:
            self.dtypes[name, formats[0]] += 1

    def _transfer(self, source: Tensor, to: Tensor, non_blocking: bool, place: Place) -> None:
        direction: Literal["up", "down"] = "up" if _on_gpu(to) else "down"
        on_host = source if direction == "up" else to
        waits = not (non_blocking and on_host.is_pinned())  # CUDA copies pageable memory at once
        transfer = Transfer(direction, place, waits)
        self.transfers[transfer] += 1
        self.transferred[transfer] += _bytes(source)
        if waits:
            self.waits[f"copy {direction}", place] += 1

    def _count_calls(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.waits[name, _place()] += 1
            return original(*args, **kwargs)

        own = name in vars(owner)
        setattr(owner, name, counted)
        self._undo.append(lambda: setattr(owner, name, original) if own else delattr(owner, name))


def _by_file(counts: Counter[tuple[str, Place]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, place), count in counts.items():
        found[place.file] += count
    return found


def _place() -> Place:
    """The innermost line of the project that is being executed, this file apart."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(_PROJECT) and file != __file__:
            return Place(Path(file).name, frame.f_lineno)
        frame = frame.f_back
    return Place("autograd")


def _name(operation: Any) -> str:
    """As `mul.Tensor`; the default overload and torch's own namespace go without saying."""
    return str(operation).removeprefix("aten.").removesuffix(".default")


def _has_mask(indices: Any) -> bool:
    return any(index is not None and index.dtype in (torch.bool, torch.uint8) for index in indices)


def _on_gpu(tensor: Tensor) -> bool:
    return tensor.device.type == "cuda"


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
