"""What deploy/ promises: files that their tools accept, commands that a shell understands."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def documents(name: str) -> list[Any]:
    return list(YAML(typ="safe").load_all(DEPLOY / name))


def assert_shell_understands(command: str) -> None:
    done = subprocess.run(["bash", "-n"], input=command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stderr}"


@pytest.fixture
def ray_job() -> Any:
    _, job = documents("kuberay/rayjob.yaml")
    return job


def pods(job: Any) -> Iterator[Any]:
    cluster = job["spec"]["rayClusterSpec"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        yield group["template"]["spec"]


def test_the_ray_job_runs_a_job_of_the_image_with_the_locked_ray(ray_job: Any) -> None:
    assert (ray_job["apiVersion"], ray_job["kind"]) == ("ray.io/v1", "RayJob")
    command = ray_job["spec"]["entrypoint"].split()
    assert command[:2] == ["platform", "submit"]
    assert (ROOT / command[2]).exists()
    assert "compute.address=auto" in command
    locked = re.search(r"^ray==(.+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert locked is not None
    cluster = ray_job["spec"]["rayClusterSpec"]
    assert cluster["rayVersion"] == locked[1]
    assert cluster["authOptions"] == {"mode": "token"}
    workers = sum(group["replicas"] for group in cluster["workerGroupSpecs"])
    assert f"compute.workers={workers}" in command


def test_every_pod_has_the_runs_and_time_to_end(ray_job: Any) -> None:
    claim = documents("kuberay/rayjob.yaml")[0]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    for pod in pods(ray_job):
        (container,) = pod["containers"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        mounted = {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}
        assert mounted["/runs"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        assert mounted["/dev/shm"]["emptyDir"]["medium"] == "Memory"
        assert {"name": "FRAMECAST_RUNS", "value": "/runs"} in container["env"]
        assert pod["terminationGracePeriodSeconds"] >= 120


def test_a_shell_understands_every_command_of_the_ray_job(ray_job: Any) -> None:
    assert_shell_understands(ray_job["spec"]["entrypoint"])
    hooks = [pod["containers"][0].get("lifecycle", {}) for pod in pods(ray_job)]
    commands = [hook["exec"]["command"] for lifecycle in hooks for hook in lifecycle.values()]
    assert commands
    for shell, option, command in commands:
        assert (shell, option) == ("/bin/bash", "-c")
        assert_shell_understands(command)


def test_rays_cluster_launcher_accepts_its_file() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    from ray import autoscaler
    from ray.autoscaler._private.util import prepare_config, validate_config

    (content,) = documents("ray-cluster.yaml")
    schema = json.loads((Path(autoscaler.__file__).parent / "ray-schema.json").read_text())
    jsonschema.validate(content, schema)
    prepared = prepare_config(content)
    validate_config(prepared)
    workers = content["provider"]["worker_ips"]
    assert prepared["available_node_types"][prepared["head_node_type"]]["min_workers"] == len(workers)
    for key, commands in content.items():
        if key.endswith("_commands"):
            for command in commands:
                assert_shell_understands(command)


def test_ray_asks_for_a_token_wherever_the_launcher_starts_it() -> None:
    (content,) = documents("ray-cluster.yaml")
    assert "~/.ray/auth_token" in content["file_mounts"]
    for place in ("head", "worker"):
        start = content[f"{place}_start_ray_commands"][-1]
        assert "RAY_AUTH_MODE=token" in start
        assert "FRAMECAST_RUNS=" in start
    assert "--dashboard-host=127.0.0.1" in content["head_start_ray_commands"][-1]


def test_the_image_is_made_of_files_that_are_there_and_not_ignored() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    kept = {
        line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = set()
    for line in text.splitlines():
        if line.startswith("COPY") and "--from" not in line:
            *sources, _ = [word for word in line.split()[1:] if not word.startswith("--")]
            copied |= set(sources)
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_ends_as_a_user_without_rights_and_runs_the_command() -> None:
    instructions = [
        line.split(maxsplit=1)
        for line in (DEPLOY / "Dockerfile").read_text().splitlines()
        if re.match("[A-Z]+ ", line)
    ]
    last = dict(instructions)
    assert last["USER"] == "framecast"
    assert json.loads(last["ENTRYPOINT"]) == ["platform"]
    assert [name for name, _ in instructions].count("FROM") == 2


def test_what_the_image_installs_first_is_locked() -> None:
    wanted = re.findall(r"grep '\^(\w+==)'", (DEPLOY / "Dockerfile").read_text())
    locked = (ROOT / "constraints.txt").read_text()
    assert wanted == ["torch==", "torchvision=="]
    assert all(re.search(f"^{name}", locked, re.MULTILINE) for name in wanted)
