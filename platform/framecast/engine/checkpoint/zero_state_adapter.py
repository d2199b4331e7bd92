"""Parameters and optimizer states that ZeRO shares out over the workers: gathered by name, shared out again.

DeepSpeed steps flat tensors, a stretch of the concatenated parameters on each worker. So a state has one counter
of steps for all, and exists on no worker before the first step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import deepspeed
import torch
from deepspeed.utils import (
    safe_get_full_fp32_param,
    safe_get_full_optimizer_state,
    safe_set_full_fp32_param,
    safe_set_full_optimizer_state,
    safe_set_local_fp32_param,
    safe_set_local_optimizer_state,
)
from torch import Tensor, nn

from framecast.engine.checkpoint.training_state import COUNTER, counter
from framecast.engine.distributed_context import DistributedContext


class ZeroStateAdapter:
    """The shares of one DeepSpeed engine at ZeRO 1, 2 or 3."""

    def __init__(self, engine: Any, distributed: DistributedContext) -> None:
        self._module: nn.Module = engine.module
        self._zero = engine.optimizer
        self._distributed = distributed
        self._shares_weights = engine.zero_optimization_stage() == 3

    def weights(self) -> Iterator[tuple[str, Tensor]]:
        for name, parameter in self._module.named_parameters(remove_duplicate=False):
            if parameter.requires_grad:
                yield name, safe_get_full_fp32_param(parameter)
            else:
                with deepspeed.zero.GatheredParameters([parameter]):
                    yield name, parameter.detach()

    def optimizer(self) -> Iterator[tuple[str, Tensor]]:
        for key, value in self._zero.optimizer.state.get(self._flat[0], {}).items():
            for name, parameter in self._trained():
                if key == COUNTER:
                    yield f"{key}/{name}", value
                elif isinstance(value, Tensor):
                    yield f"{key}/{name}", safe_get_full_optimizer_state(parameter, key)

    def load(self, weights: Mapping[str, Tensor], states: Mapping[str, Tensor]) -> None:
        if self._shares_weights:
            self._zero.checkpoint_event_prologue()  # no weight may lie about in full while its shares change
        self._load_optimizer(states)
        for name, parameter in self._module.named_parameters():
            if not parameter.requires_grad:
                with deepspeed.zero.GatheredParameters([parameter], modifier_rank=0):
                    parameter.data.copy_(weights[name])
            elif self._shares_weights:
                safe_set_local_fp32_param(parameter, self._share(parameter, weights[name]))
            else:
                safe_set_full_fp32_param(parameter, weights[name])
        self._refresh_module()

    def _load_optimizer(self, states: Mapping[str, Tensor]) -> None:
        inner = self._zero.optimizer
        inner.state.clear()
        keys = sorted({entry.partition("/")[0] for entry in states})
        for flat in self._flat if keys else ():  # there is none before the first step
            inner.state[flat] = {key: torch.zeros_like(flat) for key in keys if key != COUNTER}
            if COUNTER in keys:
                steps = [value for entry, value in states.items() if entry.startswith(f"{COUNTER}/")]
                inner.state[flat][COUNTER] = counter(inner, flat, torch.stack(steps).max())
        if not self._shares_weights:
            self._zero._hp_optimizer_states_linked = False  # DeepSpeed links them at the first step; here is one
            if keys:
                self._zero._lazy_init_hp_params_optimizer_state()
        trained = dict(self._trained())
        for entry, value in states.items():
            key, _, name = entry.partition("/")
            if key == COUNTER:
                continue
            if self._shares_weights:
                share = self._share(trained[name], value)
                safe_set_local_optimizer_state(trained[name], share, key)
            else:
                safe_set_full_optimizer_state(trained[name], value, key)

    def _refresh_module(self) -> None:
        """The module computes with copies of the masters, which have changed."""
        if not self._shares_weights:
            self._zero.update_lp_params()
            return
        for group in range(len(self._zero.fp16_partitioned_groups_flat)):
            self._zero._reassign_or_swap_out_partitioned_parameters(group)
        self._zero.checkpoint_event_epilogue()

    def _share(self, parameter: Any, value: Tensor) -> Tensor:
        """This worker's stretch of a value; all are equally long, so the last one's end is padding.

        DeepSpeed's `safe_set_full_...` has no padding, and raises where a parameter does not divide.
        """
        length = parameter.ds_tensor.numel()
        padded = torch.zeros(length * self._distributed.size, dtype=value.dtype)
        padded[: value.numel()] = value.flatten()
        return padded.narrow(0, length * self._distributed.rank, length)

    def _trained(self) -> Iterator[tuple[str, nn.Parameter]]:
        return ((name, each) for name, each in self._module.named_parameters() if each.requires_grad)

    @property
    def _flat(self) -> list[Tensor]:
        """The fp32 tensors that the torch optimizer steps on this worker."""
        zero = self._zero
        return list(
            zero.fp32_partitioned_groups_flat if self._shares_weights else zero.single_partition_of_fp32_groups
        )
