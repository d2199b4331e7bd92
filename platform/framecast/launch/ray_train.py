"""Runs the workers through Ray Train, on an embedded Ray or on a cluster that this machine belongs to."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from framecast.job.job import Compute
from framecast.launch.hardware import Host, Resources
from framecast.launch.mirroring import url_of
from framecast.launch.network import choose_interface
from framecast.runs.folder import RunFolder

_LARGEST_LOG = 5_000_000


@contextmanager
def ray_session(run: RunFolder, compute: Compute, local: Resources) -> Iterator[Resources]:
    """A Ray to train on: an embedded one of these local resources, or the cluster at `compute.address`.

    Yields the resources that it has, host by host. The embedded one's logs are kept in the run folder.
    """
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # Ray's coming default; else it warns
    import ray

    where: dict[str, Any] = {"address": compute.address}
    if compute.address is None:
        where = {
            "address": "local",
            "num_cpus": local.cpus,
            "num_gpus": local.gpus,
            "dashboard_host": "127.0.0.1",
        }
    every_worker = {"worker_process_setup_hook": choose_interface}
    with _own_signals():
        session = ray.init(**where, runtime_env=every_worker, log_to_driver=False, logging_level=logging.WARNING)
    try:
        found = [host["Resources"] for host in ray.nodes() if host["Alive"]]
        yield Resources(tuple(Host(int(each.get("CPU", 0)), int(each.get("GPU", 0))) for each in found))
    finally:
        session_logs = Path(session.address_info["session_dir"]) / "logs"
        ray.shutdown()
        if compute.address is None:
            _keep_logs(session_logs, run.logs / "ray")


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keeps our handlers: `ray.init` puts its own in place of the one for SIGTERM, which exits on the spot."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread has any
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def run_on_workers(
    work: Callable[[dict[str, str]], None],
    run: RunFolder,
    compute: Compute,
    look: Callable[[], None] = lambda: None,
) -> None:
    """Runs `work({"folder": ...})` on every worker of a definite `compute`, until all are done.

    When a worker dies all start again, up to `compute.max_failures` times. Raises what Ray raises. `look` is
    called all the while, and ends the waiting by raising.
    """
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    gpus = float(compute.gpus_per_worker)
    trainer = TorchTrainer(
        work,
        train_loop_config={"folder": str(run.path), "url": url_of(run)},
        scaling_config=ScalingConfig(
            num_workers=compute.workers if isinstance(compute.workers, int) else (compute.fewest, compute.most),
            use_gpu=gpus > 0,
            resources_per_worker={"CPU": float(compute.cpus_per_worker), **({"GPU": gpus} if gpus else {})},
        ),
        torch_config=TorchConfig(backend="nccl" if gpus else "gloo"),
        run_config=RunConfig(
            name=run.id,
            storage_path=str(run.logs / "ray"),
            failure_config=FailureConfig(max_failures=compute.max_failures),
        ),
    )
    in_thread(trainer.fit, look)


def in_thread(work: Callable[[], object], look: Callable[[], None] = lambda: None) -> None:
    """Does Ray's `work` outside the main thread, where Ray would take Ctrl-C for itself and kill workers that
    should write checkpoints. Raises what it raises, or what `look` raises, which is called all the while."""
    raised: list[BaseException] = []

    def do() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=do, name="ray-work", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.1)  # in short turns, so that signals are heard
        look()
    if raised:
        raise raised[0]


def _keep_logs(session_logs: Path, target: Path) -> None:
    """Copies Ray's own logs into the run folder; the session's folder goes with the machine's next cleaning."""

    def too_large(folder: str, names: list[str]) -> list[str]:
        files = [Path(folder, name) for name in names]
        return [
            each.name
            for each in files
            if each.is_symlink() or (each.is_file() and each.stat().st_size > _LARGEST_LOG)
        ]

    def copy(source: str, destination: str) -> Any:
        if not os.path.exists(source):
            return destination  # Ray's processes are still tidying up
        return shutil.copy(source, destination)

    try:
        shutil.copytree(session_logs, target, ignore=too_large, copy_function=copy, dirs_exist_ok=True)
    except (OSError, shutil.Error) as error:
        print(f"warning: some of Ray's logs could not be kept: {error}", flush=True)
