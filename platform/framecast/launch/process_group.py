"""How the workers of a run on one host meet: in a file that no other user can open.

Ray has them meet at a port of torch's TCPStore, which listens on all interfaces and asks nobody who he is.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import timedelta
from typing import Any

import ray
import torch.distributed
from ray.train.torch import TorchConfig
from ray.train.torch.config import _set_torch_distributed_env_vars, _TorchBackend


class OneHostTorchConfig(TorchConfig):
    """Ray's own, but for the meeting place."""

    @property
    def backend_cls(self) -> type[_TorchBackend]:
        return _OneHostBackend


class _OneHostBackend(_TorchBackend):
    _folder = ""

    def on_start(self, worker_group: Any, backend_config: TorchConfig) -> None:
        """Joins the workers of one attempt; each attempt has a file of its own."""
        self._folder = tempfile.mkdtemp(prefix="framecast-workers-")
        worker_group.execute(_set_torch_distributed_env_vars)
        count = len(worker_group)
        joining = [
            worker_group.execute_single_async(
                rank,
                _join,
                backend=backend_config.backend,
                file=os.path.join(self._folder, "store"),
                world_rank=rank,
                count=count,
                timeout=backend_config.timeout_s,
            )
            for rank in range(count)
        ]
        ray.get(joining)

    def on_shutdown(self, worker_group: Any, backend_config: TorchConfig) -> None:
        super().on_shutdown(worker_group, backend_config)
        shutil.rmtree(self._folder, ignore_errors=True)


def _join(backend: str, file: str, world_rank: int, count: int, timeout: float) -> None:
    if backend == "nccl":  # as Ray does: an operation that does not end raises an error
        os.environ.setdefault("TORCH_NCCL_ASYNC_ERROR_HANDLING", "1")
    # read by libraries that look for the process group; there is nothing at that address
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="0")
    torch.distributed.init_process_group(
        backend,
        init_method=f"file://{file}",
        rank=world_rank,
        world_size=count,
        timeout=timedelta(seconds=timeout),
    )
