"""Runs the workers through Ray Train, on an embedded Ray or on a cluster that this machine belongs to."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from framecast.errors import InputError
from framecast.files import copy_tree, make_folder, remove_tree
from framecast.job.compute import Compute
from framecast.launch.hardware import Host, Resources
from framecast.launch.import_path import extend, passed_on
from framecast.launch.mirroring import url_of
from framecast.launch.network import choose_interface
from framecast.launch.ray_address import ensure_ray_answers
from framecast.launch.ray_folder import ray_folder
from framecast.launch.ray_token import only_for_this_user
from framecast.plugin.events import Warned
from framecast.runs import layout
from framecast.runs.folder import Folder
from framecast.runs.run_folder import RunFolder
from framecast.secret_urls import kept_aside
from framecast.user_folders import give_libraries_a_home
from framecast.variables_file import variables_sent

_LARGEST_LOG = 5_000_000


@contextmanager
def ray_session(run: Folder, compute: Compute, local: Resources) -> Iterator[Resources]:
    """A Ray to train on: an embedded one of these local resources, or the cluster at `compute.address`.

    Yields the resources that it has, host by host. The embedded one listens on the loopback interface, asks for a
    token, and its logs are kept in the run folder. Raises InputError where there is no Ray at that address.
    """
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # Ray's coming default; else it warns
    give_libraries_a_home()
    if compute.address is not None:
        ensure_ray_answers(compute.address)
        with _connected(run, compute, {"address": compute.address}, None) as resources:
            yield resources
        return
    folder, notice = ray_folder()
    if notice:
        tell(run, notice)
    where = {
        "address": "local",
        "num_cpus": local.cpus,
        "num_gpus": local.gpus,
        "dashboard_host": "127.0.0.1",
        "_node_ip_address": "127.0.0.1",
        "_temp_dir": folder,
    }
    with only_for_this_user() as notice:
        if notice:
            tell(run, notice)
        with _connected(run, compute, where, folder) as resources:
            yield resources


@contextmanager
def _connected(run: Folder, compute: Compute, where: dict[str, Any], folder: str | None) -> Iterator[Resources]:
    """This process as the driver of a Ray; `folder` is that of an embedded one."""
    import ray

    values = {} if compute.address is None else {**variables_sent(), **kept_aside()}
    every_worker = {"worker_process_setup_hook": _set_up_with(values), "env_vars": passed_on()}
    try:
        with _own_signals(), _in_folder(run.logs), _temporary_files_in(folder):
            session = ray.init(
                **where, runtime_env=every_worker, log_to_driver=False, logging_level=logging.WARNING
            )
    except ConnectionError as error:
        ray.shutdown()
        raise InputError(f"cannot use the Ray at {compute.address}: {error}") from None
    except BaseException:  # Ctrl-C too
        ray.shutdown()
        raise
    address = session.address_info["node_ip_address"]
    if compute.address is None and not ip_address(address).is_loopback:
        tell(run, f"this version of Ray listens on {address}: who has the token reaches it from other machines")
    try:
        found = [host["Resources"] for host in ray.nodes() if host["Alive"]]
        yield Resources(tuple(Host(int(each.get("CPU", 0)), int(each.get("GPU", 0))) for each in found))
    finally:
        session_logs = Path(session.address_info["session_dir"], "logs")
        ray.shutdown()
        if compute.address is None:
            _keep_logs(session_logs, run)


def _set_up_with(variables: dict[str, str]) -> Callable[[], None]:
    """What does so with these values, which travel within it: Ray writes those in `env_vars` into its logs."""

    def set_up() -> None:
        os.environ.update(variables)
        set_up_worker()

    return set_up


def set_up_worker() -> None:
    """What each of Ray's worker processes does first."""
    extend()
    choose_interface()


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keeps our handlers: `ray.init` puts its own in place of the one for SIGTERM, which exits on the spot.

    Ray's processes inherit that SIGHUP is blocked: where a terminal is closed they outlive it until the
    checkpoint is written. One that comes meanwhile is heard afterwards.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread has any
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    """Ray puts the current folder in front of its workers' modules: while the body runs it is one without any."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _temporary_files_in(folder: str | None) -> Iterator[None]:
    """The sockets that Ray's processes make by Python's own means go there too."""
    before = os.environ.get("TMPDIR")
    if folder:
        os.environ["TMPDIR"] = folder
    try:
        yield
    finally:
        if folder and before is not None:
            os.environ["TMPDIR"] = before


def tell(run: Folder, notice: str) -> None:
    """Tells the user, where no other process writes the run's events yet."""
    if isinstance(run, RunFolder) and not url_of(run):
        run.journal.append(Warned(0, notice))
    print(f"note: {notice}", flush=True)


def run_on_workers(
    work: Callable[[dict[str, Any]], None],
    run: Folder,
    compute: Compute,
    look: Callable[[], None] = lambda: None,
    plugins: Sequence[dict[str, Any]] = (),
) -> None:
    """Runs `work({"folder": ..., "plugins": ...})` on every worker of a definite `compute`, until all are done.

    When a worker dies all start again, up to `compute.max_failures` times. Raises what Ray raises. `look` is
    called all the while, and ends the waiting by raising.
    """
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    from framecast.launch.process_group import OneHostTorchConfig

    gpus = float(compute.gpus_per_worker)
    torch_config = OneHostTorchConfig if compute.address is None else TorchConfig
    with own_folder(run.logs / layout.RAY_LOGS, run.id, run.path) as own:
        trainer = TorchTrainer(
            work,
            train_loop_config={"folder": str(run.path), "url": url_of(run), "plugins": list(plugins)},
            scaling_config=ScalingConfig(
                num_workers=compute.workers
                if isinstance(compute.workers, int)
                else (compute.min_workers, compute.max_workers),
                use_gpu=gpus > 0,
                resources_per_worker={"CPU": float(compute.cpus_per_worker), **({"GPU": gpus} if gpus else {})},
            ),
            torch_config=torch_config(backend="nccl" if gpus else "gloo"),
            run_config=RunConfig(
                name=own.name,
                storage_path=str(own.parent),
                failure_config=FailureConfig(max_failures=compute.max_failures),
            ),
        )
        in_thread(trainer.fit, look)


@contextmanager
def own_folder(place: Path, name: str, top: Path) -> Iterator[Path]:
    """A new folder of a random name for Ray's own files while the body runs. Ray opens some by names that anybody
    knows, and writes through what another user of the folder has put in their places."""
    make_folder(place, top)
    folder = make_folder(place / f"{name}-{secrets.token_hex(8)}", top, exist_ok=False)
    try:
        yield folder
    finally:
        remove_tree(folder, top, ignore_errors=True)  # what matters is in the run's folder


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


def _keep_logs(session_logs: Path, run: Folder) -> None:
    """Copies Ray's own logs into the run folder; the session's folder goes with the machine's next cleaning."""

    target = run.logs / layout.RAY_LOGS

    def leaves_out(path: Path) -> bool:
        return path.is_symlink() or (path.is_file() and path.stat().st_size > _LARGEST_LOG)

    try:
        copy_tree(session_logs, target, run.path, leaves_out)
    except (OSError, InputError) as error:
        print(f"warning: some of Ray's logs could not be kept: {error}", flush=True)
