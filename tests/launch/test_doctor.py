"""The doctor's checks: on this machine as it is, and on places and values that are broken on purpose."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from framecast.launch.doctor import accelerators, cluster, machine, software
from framecast.launch.doctor.check_result import CheckResult
from framecast.launch.doctor.examination import examine, unnamed_storage
from framecast.launch.doctor.storage import Storage, leave_word, sees_word, shared, storage
from framecast.launch.listening import Listener, listeners, listeners_of_ray
from framecast.registry.registry import Registry


def levels(findings: list[CheckResult]) -> dict[str, str]:
    return {each.subject: each.level for each in findings}


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB, where this user may make one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_this_machine_is_examined_without_starting_ray(tmp_path: Path) -> None:
    import ray

    findings = examine(None, str(tmp_path))
    assert not [each for each in findings if each.level == "FAIL"]
    assert not ray.is_initialized()
    assert {"Python", "framecast", "torch", "ray", "plugins", "cores", "memory", "disk"} <= set(levels(findings))
    assert all(each.remedy for each in findings if each.level != "ok")
    assert not list(tmp_path.iterdir())  # nothing is left behind


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_machine_without_a_gpu_is_fine() -> None:
    (found,) = accelerators.gpus(None)
    assert found.level == "ok"
    assert found.message.startswith("no GPU: training runs on the CPU")


@pytest.mark.parametrize(
    ("driver", "built", "level", "told"),
    [
        ((13, 0), None, "warn", "built for CPUs only"),
        ((11, 8), "13.0", "FAIL", "CUDA up to 11.8, this torch needs 13.0"),
    ],
)
def test_a_driver_that_does_not_fit_torch(
    driver: tuple[int, int], built: str | None, level: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.version, "cuda", built)
    (found,) = accelerators.gpus(driver)
    assert found.level == level
    assert told in found.message
    assert found.remedy


@pytest.mark.parametrize(("hidden", "level"), [("", "warn"), (None, "FAIL")])
def test_a_driver_but_no_gpu_for_torch(hidden: str | None, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if hidden is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    driver, found = accelerators.gpus((13, 0))  # a newer driver runs what an older CUDA was built for
    assert driver.level == "ok"
    assert found.level == level


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine's GPU may work")
def test_a_gpu_that_cannot_run_a_kernel_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    _, found, *_ = accelerators.gpus((13, 0))
    assert found.level == "FAIL"
    assert "cuda:0 does not work" in found.message


@pytest.mark.parametrize(
    ("problem", "level", "told"),
    [
        (None, "ok", "compiles the kernels"),
        ("Triton is not installed", "warn", "Triton is not installed: models use PyTorch's operators"),
    ],
)
def test_whether_triton_compiles_kernels_for_the_gpus_is_reported(
    problem: str | None, level: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not problem and find_spec("triton") is None:
        pytest.skip("Triton is not installed: it is published for Linux on x86-64")
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(accelerators, "triton_problem", lambda: problem)
    found = accelerators.gpus((13, 0))[-1]
    assert (found.subject, found.level) == ("Triton", level)
    assert told in found.message


def test_deepspeeds_operators_are_listed_and_not_needed() -> None:
    pytest.importorskip("deepspeed")
    found = accelerators.operators()
    assert found.level == "ok"
    assert "framecast needs none of them" in found.message


def test_what_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text("raise OSError('no such library')\n")
    registry = Registry.discover([str(plugin)])
    found = software.versions(registry)
    assert {"Python", "framecast", "torch", "ray"} <= set(found)
    findings = software.software({"Python": "3.11.7", "framecast": "0.1.0", "ray": "2.60.0"}, registry)
    assert levels(findings) | {"plugins": ""} == {
        "Python": "ok",
        "framecast": "ok",
        "torch": "FAIL",
        "ray": "ok",
        "deepspeed": "warn",
        "plugins": "",
    }
    assert "no such library" in findings[-1].message


def test_versions_that_differ_between_nodes_are_named_with_their_nodes() -> None:
    same = {"Python": "3.11.7", "ray": "2.60.0"}
    by_node = {
        "10.0.0.1": {**same, "torch": "2.13.0+cpu", "my-plugin": "1.0"},
        "10.0.0.2": {**same, "torch": "2.13.0+cu130"},
        "10.0.0.3": {**same, "torch": "2.13.0+cu130", "my-plugin": "1.0"},
    }
    builds, plugin = software.differing(by_node)
    assert (builds.subject, builds.level) == ("torch", "warn")
    assert builds.message == "2.13.0+cpu on 10.0.0.1; 2.13.0+cu130 on 10.0.0.2, 10.0.0.3"
    assert (plugin.subject, plugin.level) == ("my-plugin", "FAIL")
    assert "missing on 10.0.0.2" in plugin.message
    assert software.differing({"10.0.0.1": same, "10.0.0.2": same}) == []


def test_the_memory_of_a_container_is_its_limit(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("max\n")
    unlimited = machine.memory(limit)
    assert unlimited == machine.memory(tmp_path / "no such file")
    limit.write_text(f"{2**30}\n")
    assert (machine.memory(limit).level, machine.memory(limit).message) == ("warn", "1.0 GiB")


def test_little_shared_memory_is_a_warning_and_none_is_not(tiny_disk: Path) -> None:
    assert machine.shared_memory(tiny_disk).level == "warn"
    assert "--shm-size" in machine.shared_memory(tiny_disk).remedy
    assert machine.shared_memory(tiny_disk / "none").level == "ok"


def test_few_open_files_matter_on_a_cluster_only() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    try:
        assert machine.open_files(on_cluster=False).level == "ok"
        assert machine.open_files(on_cluster=True).level == "warn"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_folder_is_written_read_and_left_as_it_was(tmp_path: Path) -> None:
    found = levels(storage(Storage(str(tmp_path)), on_cluster=True))
    assert found["storage"] == "ok"
    assert set(found) == {"storage", "disk", "storage speed"}
    assert not list(tmp_path.iterdir())


def test_a_url_is_written_and_read_and_keeps_its_secret(tmp_path: Path) -> None:
    found = storage(Storage(tmp_path.as_uri()), on_cluster=True)
    assert levels(found)["storage"] == "ok"
    assert not list(tmp_path.iterdir())
    assert str(Storage("s3://key:secret@bucket/runs")) == "s3://bucket/runs"


def test_a_url_of_no_known_kind_is_a_failure() -> None:
    (found,) = storage(Storage("carrier-pigeon://roof/runs"), on_cluster=False)
    assert found.level == "FAIL"


def test_a_missing_folder_is_made_by_a_run_but_on_a_cluster_it_is_a_missing_mount(tmp_path: Path) -> None:
    missing = Storage(str(tmp_path / "runs"))
    assert "will be made" in storage(missing, on_cluster=False)[0].message
    assert levels(storage(missing, on_cluster=True)) == {"storage": "FAIL"}
    assert levels(storage(Storage(str(tmp_path / "rnus" / "runs")), on_cluster=False)) == {"storage": "warn"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="nobody may write to /proc, root included")
def test_without_a_named_place_nothing_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One node makes the folder that a run would make here; of several it is not known what they share."""
    monkeypatch.chdir(tmp_path)
    assert set(levels(unnamed_storage(1)).values()) == {"ok"}
    (found,) = unnamed_storage(3)
    assert (found.level, found.message) == ("warn", "not checked: 3 nodes need one place for runs")
    assert "--storage" in found.remedy


def test_storage_at_a_url_is_reached_as_runs_reach_it(tmp_path: Path) -> None:
    """With the same refusal of credentials, and the same other libraries."""
    (found,) = storage(Storage("s3://key:secret@bucket/runs"), on_cluster=False)
    assert found.level == "FAIL"
    assert "holds credentials" in found.message
    assert "secret@" not in found.message
    assert levels(storage(Storage("memory://runs"), on_cluster=False))["storage"] == "ok"


def test_storage_that_cannot_be_written_is_a_failure() -> None:
    for place in ("/proc", "/proc/runs"):
        (found,) = storage(Storage(place), on_cluster=False)
        assert found.level == "FAIL"
        assert "cannot write" in found.message


def test_a_full_disk_is_a_failure_that_leaves_nothing(tiny_disk: Path) -> None:
    (found,) = storage(Storage(str(tiny_disk)), on_cluster=True)
    assert found.level == "FAIL"
    assert "No space left" in found.message
    assert not list(tiny_disk.iterdir())


def test_nodes_that_see_another_folder_are_named(tmp_path: Path) -> None:
    here, elsewhere = Storage(str(tmp_path)), Storage(str(tmp_path / "elsewhere"))
    name, word = leave_word(here)
    assert sees_word(here, name, word) == ""
    assert sees_word(here, name, "another word") == "it has another content"
    answers = {"10.0.0.1": sees_word(here, name, word), "10.0.0.2": sees_word(elsewhere, name, word)}
    found = shared(here, answers)
    assert found.level == "FAIL"
    assert "10.0.0.2 (No such file or directory)" in found.message
    assert "10.0.0.1" not in found.message
    assert shared(here, dict.fromkeys(answers, "")).level == "ok"
    here.remove(name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("skew", "uncertainty", "level"), [(0.3, 0.01, "ok"), (-90.0, 0.01, "warn"), (1.5, 2.0, "ok")]
)
def test_a_clock_is_wrong_only_beyond_what_the_way_there_may_take(
    skew: float, uncertainty: float, level: str
) -> None:
    assert cluster.clock(skew, uncertainty).level == level


def test_the_interface_of_an_address() -> None:
    assert cluster.interface("127.0.0.1", nodes=2).level == "FAIL"
    assert cluster.interface("203.0.113.7", nodes=2).level == "warn"  # reserved for documentation
    if sys.platform.startswith("linux"):
        assert cluster.interface("127.0.0.1", nodes=1).message.startswith("lo carries 127.0.0.1")


def test_authentication_is_a_matter_of_clusters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asks = "ray._private.authentication.authentication_utils.is_token_auth_enabled"
    for variable in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(variable, raising=False)
    token = tmp_path / "auth_token"
    token.write_text("0" * 32)
    monkeypatch.setattr(asks, lambda: False)
    assert cluster.authentication(False, tmp_path / "none").level == "ok"
    assert cluster.authentication(on_cluster=True).level == "warn"
    monkeypatch.setattr(asks, lambda: True)
    token.chmod(0o644)
    for on_cluster in (True, False):
        assert "others can read" in cluster.authentication(on_cluster, token).message
        assert "(mode 644)" in cluster.authentication(on_cluster, token).message
    token.chmod(0o600)
    assert cluster.authentication(True, token).level == "ok"


@pytest.mark.parametrize(
    ("addresses", "on_cluster", "level", "told"),
    [
        ([], False, "ok", "no Ray of this user listens here"),
        (["127.0.0.1", "::1"], False, "ok", "on this machine only, at 2 ports"),
        (["127.0.0.1", "10.0.0.4"], True, "ok", "Ray listens on 10.0.0.4"),
        (["127.0.0.1", "10.0.0.4"], False, "warn", "from other machines: raylet on 10.0.0.4:6379"),
        (["0.0.0.0"], True, "warn", "on all interfaces: raylet on 0.0.0.0:6379"),
        (["::"] * 6, False, "warn", "and 2 more"),
    ],
)
def test_the_ports_of_ray_are_told_by_where_they_can_be_reached_from(
    addresses: list[str], on_cluster: bool, level: str, told: str
) -> None:
    found = cluster.listening(on_cluster, [Listener(address, 6379, 0, "raylet") for address in addresses])
    assert found.level == level
    assert told in found.message


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_a_port_is_found_with_its_address_and_its_process(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    program = (
        "import socket, sys; s = socket.create_server((sys.argv[2], 0), family=int(sys.argv[1]));"
        "print(s.getsockname()[1], flush=True); sys.stdin.read()"
    )
    command = ["ray::Actor", "-c", program, str(int(family)), address]
    with subprocess.Popen(
        command, executable=sys.executable, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert Listener(address, port, os.getuid()) in list(listeners())
        assert Listener(address, port, os.getuid(), "ray::Actor", process.pid) in listeners_of_ray()
        process.communicate("")


def test_an_address_without_ray_is_a_failure_beside_what_this_machine_has(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, and nobody listens
        findings = examine(f"127.0.0.1:{closed.getsockname()[1]}", str(tmp_path))
    assert findings[-1].subject == "cluster"
    assert findings[-1].level == "FAIL"
    assert levels(findings)["Python"] == "ok"


@pytest.mark.slow
@pytest.mark.ray
def test_the_nodes_of_a_real_ray_are_examined(tmp_path: Path) -> None:
    with socket.socket() as free, socket.socket() as client:
        free.bind(("127.0.0.1", 0))
        client.bind(("127.0.0.1", 0))
        port, client_port = free.getsockname()[1], client.getsockname()[1]
    environment = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 32}
    environment["RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S"] = (
        "0"  # it waits for its nodes' work, of which there is none
    )
    start = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", f"--port={port}"]
    options = [f"--ray-client-server-port={client_port}", "--include-dashboard=false", "--num-cpus=1"]
    head = subprocess.Popen(
        [*start, *options, f"--temp-dir={tmp_path.parent}"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert head.stdout is not None
        assert any("--block" in line for line in head.stdout)  # said when all is up
        doctor = [sys.executable, "-m", "framecast", "doctor", "--json", "--storage", str(tmp_path)]
        done = subprocess.run(
            [*doctor, "--address", f"127.0.0.1:{port}"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        head.send_signal(signal.SIGTERM)  # which ends this Ray and no other on this machine
        head.communicate(timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads(done.stdout)
    assert content["fine"]
    found = {each["subject"]: each for each in content["findings"]}
    assert found["cluster"]["message"].startswith("1 node: ")
    assert found["authentication"]["message"] == "on: Ray asks for a token"
    assert found["shared storage"]["message"].endswith("is the same on the only node")
    assert found["clock"]["level"] == "ok"
    assert {found[subject]["node"] for subject in ("Python", "memory", "storage", "clock", "network")} == {
        found["cluster"]["message"].removeprefix("1 node: ")
    }
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".doctor")]
