"""Kernels as a training step launches them, compiled for GPUs that are not here.

For a process in which Triton does not interpret its kernels.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

from framecast_conv_tt_lstm.fast import layer_pass
from framecast_conv_tt_lstm.settings import ConvTTLSTMSettings
from tests.plugins.conv_tt_lstm.drawn import build

_FORMATS = {torch.float32: "*fp32", torch.float16: "*fp16", torch.bfloat16: "*bf16"}


def compile_kernels(dtype: torch.dtype, capability: int) -> dict[str, int]:
    """The bytes of machine code for each kernel, all variants together, of networks with and without bias."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from framecast_conv_tt_lstm.fast import triton_pointwise

    launches: dict[str, tuple[Any, dict[str, Any]]] = {}

    def record(kernel: Any, like: Any, width: int, *arguments: Any, **constants: Any) -> None:
        given = (
            dict(zip(kernel.arg_names, [*arguments, 64], strict=False)) | constants | {"ROWS": 16, "COLUMNS": 64}
        )
        signature = {name: _type(value) for name, value in given.items()}
        fixed = {name: given[name] for name, kind in signature.items() if kind == "constexpr"}
        aligned = {
            (index,): [["tt.divisibility", 16]]
            for index, kind in enumerate(signature.values())
            if isinstance(kind, str) and kind.startswith("*")
        }
        source = ASTSource(fn=kernel, signature=signature, constexprs=fixed, attrs=aligned)
        launches[f"{kernel.__name__} {signature} {fixed}"] = kernel.__name__, source

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(triton_pointwise, "_launch", record)
        patch.setattr(layer_pass, "choose_pointwise", lambda like: triton_pointwise)
        for bias in (True, False):
            settings = ConvTTLSTMSettings(layers_per_block=[1], hidden_channels=[48], kernel_size=3, bias=bias)
            build(settings, 1, "fast").to(dtype)(torch.rand(1, 2, 1, 4, 4).to(dtype), 3).sum().backward()

    sizes: dict[str, int] = {}
    for name, source in launches.values():
        compiled = triton.compile(source, target=GPUTarget("cuda", capability, 32))
        sizes[name] = sizes.get(name, 0) + len(compiled.asm["cubin"])
    return sizes


def _type(value: Any) -> Any:
    """A kernel's argument as Triton declares it. Tuples hold tensors or are constants."""
    if isinstance(value, torch.Tensor):
        return _FORMATS[value.dtype]
    if isinstance(value, tuple) and isinstance(value[0], torch.Tensor):
        return tuple(map(_type, value))
    return "constexpr"
