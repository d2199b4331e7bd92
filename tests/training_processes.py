"""Training processes joined over gloo, or over NCCL on GPUs, forked from a server that has imported torch and
DeepSpeed once: a process costs a fork instead of five seconds of imports. On real GPUs each starts anew, as CUDA
does not survive a fork."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Literal
from unittest.mock import patch

from framecast.runs.run_folder import RunFolder

_FORKSERVER = multiprocessing.get_context("forkserver")
_SPAWN = multiprocessing.get_context("spawn")
_FORKSERVER.set_forkserver_preload(["deepspeed", "framecast.engine.train", "framecast.job.resolve"])


class TrainingProcess:
    """One of `size` processes that train the run in `folder`, which meet in the file `meeting_point`. On cuda it
    has the GPU of its rank."""

    def __init__(
        self, folder: Path, meeting_point: Path, rank: int, size: int, device: Literal["cpu", "cuda"] = "cpu"
    ) -> None:
        descriptor, output = tempfile.mkstemp(prefix=f"worker-{rank}-", suffix=".log")  # not on the run's disk
        os.close(descriptor)
        self._output = Path(output)
        arguments = (folder, meeting_point, rank, size, device, self._output)
        on_real_gpu = device == "cuda" and "SIMULATED_GPUS" not in os.environ
        self._process: BaseProcess = (_SPAWN if on_real_gpu else _FORKSERVER).Process(
            target=_train, args=arguments
        )
        with patch.dict(os.environ, DS_ACCELERATOR=device):  # read when the server imports DeepSpeed
            self._process.start()

    def wait(self, timeout: float | None = None) -> tuple[int, str]:
        """The exit code and what the process printed. Raises TimeoutError after so many seconds."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            raise TimeoutError(f"a training process still runs after {timeout} s")
        output = self._output.read_text()
        self._output.unlink()
        return code, output


def start_processes(run: RunFolder, count: int, device: Literal["cpu", "cuda"] = "cpu") -> list[TrainingProcess]:
    """Trains the run, from where it stands, in as many processes."""
    meeting_point = run.path / f"meeting-{run.journal.attempts()}"
    return [TrainingProcess(run.path, meeting_point, rank, count, device) for rank in range(count)]


def train_in_processes(run: RunFolder, count: int, device: Literal["cpu", "cuda"] = "cpu") -> RunFolder:
    """The same, to their end, which must be a sound one."""
    for process in start_processes(run, count, device):
        code, output = process.wait(timeout=600)
        assert code == 0, output
    return run


def _train(folder: Path, meeting_point: Path, rank: int, size: int, device: str, output: Path) -> None:
    descriptor = os.open(output, os.O_WRONLY)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.environ["LOCAL_RANK"] = str(rank)

    import torch

    from framecast.engine.distributed_context import DistributedContext
    from framecast.engine.train import train
    from framecast.job.load import read_plan
    from framecast.runs.run_folder import RunFolder

    torch.set_num_threads(1)
    place = torch.device(device, rank) if device == "cuda" else torch.device(device)
    if device == "cuda":
        torch.cuda.set_device(place)
    if size > 1:
        backend, meeting = "nccl" if device == "cuda" else "gloo", f"file://{meeting_point}"
        torch.distributed.init_process_group(backend, init_method=meeting, rank=rank, world_size=size)
    run = RunFolder(folder)
    train(
        read_plan(run.plan),
        run,
        DistributedContext.from_process_group(place) if size > 1 else DistributedContext.single_process(place),
    )
    sys.stdout.flush()
    os._exit(0)  # as Ray ends its workers: unwinding Python while gloo's threads run may abort
