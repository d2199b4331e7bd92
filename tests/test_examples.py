"""The worked examples: strangers' distributions, installed together, listed, checked, and trained in one job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(project.parent for project in (ROOT / "examples").glob("*/pyproject.toml"))

JOB = """
name: examples
task: {name: frame_interpolation, before: 2, gap: 2, after: 1}
model: {name: conv_gru, hidden_channels: [4]}
data: {name: bouncing_balls, size: 16, train_clips: 12, test_clips: 4}
metrics: [mse, csi]
callbacks: [{name: webhook, events: [Evaluated, RunFinished]}]
training: {epochs: 1, batch_size: 4, strategy: torch}
compute: {cpus_per_worker: 1}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip installed all examples into, from copies: building leaves nothing beside the sources."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    copies = [source / example.name for example in EXAMPLES]
    for example, copy in zip(EXAMPLES, copies, strict=True):
        for file in example.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                place = copy / file.relative_to(example)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(file.read_bytes())
    options = ["--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps"]
    done("pip", *options, "--no-build-isolation", "--target", target, *copies, cwd=source)
    return target


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a real server is sent by the webhook."""
    texts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            texts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("WEBHOOK_URL", f"http://127.0.0.1:{server.server_port}/")
    yield texts
    server.shutdown()
    thread.join()
    server.server_close()


def run(module: str, *arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m module`."""
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def done(module: str, *arguments: object, cwd: Path, **environment: str) -> str:
    """What `python -m module` prints, which must succeed."""
    ended = run(module, *arguments, cwd=cwd, **environment)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_there_is_one_of_each_kind_and_each_is_listed_with_its_distribution(
    installed: Path, tmp_path: Path
) -> None:
    listing = json.loads(done("framecast", "plugins", "list", "--json", cwd=tmp_path, PYTHONPATH=str(installed)))
    rows = {row["name"]: row for row in listing["declarations"] if row["from"].startswith("framecast-example-")}
    assert {name: row["kind"] for name, row in rows.items()} == {
        "conv_gru": "model",
        "bouncing_balls": "data",
        "csi": "metric",
        "frame_interpolation": "task",
        "webhook": "callback",
    }
    assert rows["csi"]["from"] == "framecast-example-critical-success-index 0.1.0"
    assert len(EXAMPLES) == len(rows)


def test_settings_are_explained_like_any_others(installed: Path, tmp_path: Path) -> None:
    told = done("framecast", "plugins", "info", "conv_gru", cwd=tmp_path, PYTHONPATH=str(installed))
    assert "constraint: kernel_size % 2 == 1 (frames keep their size)" in told
    assert "hidden_channels: list of whole number >= 1 <= 4096, default [16, 16]" in told
    assert "Channels of the hidden state of each layer; as many layers as there are numbers." in told


def test_a_mistake_in_a_section_has_a_place(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB.replace("gap: 2", "gaps: 2"))
    refused = run("framecast", "submit", "job.yaml", cwd=tmp_path, PYTHONPATH=str(installed))
    assert refused.returncode == 2
    assert "job.yaml:3:46 task.gaps: unknown key, did you mean gap?" in refused.stderr


@pytest.mark.slow
def test_all_of_them_train_together(installed: Path, tmp_path: Path, posted: list[str]) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    done("framecast", "submit", "job.yaml", "--in-process", cwd=tmp_path, PYTHONPATH=str(installed))
    (folder,) = (tmp_path / "runs" / "examples").iterdir()
    plan = (folder / "plan.yaml").read_text()
    assert all(f"framecast-example-{example.name.replace('_', '-')}" in plan for example in EXAMPLES)
    assert (folder / "checkpoints" / "last" / "model.safetensors").exists()
    *evaluated, last = posted
    assert [text.split(" at step")[0] for text in evaluated] == [
        f"{folder.name}: last_frame",
        f"{folder.name}: model",
    ]
    assert all("validation/csi" in text for text in evaluated)
    assert last == f"{folder.name}: RunFinished at step 3: epochs"


def test_without_them_the_job_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    refused = run("framecast", "submit", "job.yaml", cwd=tmp_path)
    assert refused.returncode == 2
    assert "job.yaml:4:9 model: no model is called 'conv_gru'" in refused.stderr


@pytest.mark.slow
def test_their_own_tests_pass(installed: Path, tmp_path: Path) -> None:
    tests = [example / "tests" for example in EXAMPLES]
    options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", "--rootdir", tmp_path, "-c", "/dev/null"]
    said = done("pytest", *options, *tests, cwd=tmp_path, PYTHONPATH=str(installed), PYTHONDONTWRITEBYTECODE="1")
    assert " passed" in said


@pytest.mark.slow
def test_the_strict_type_checker_finds_nothing(tmp_path: Path) -> None:
    sources = [package for example in EXAMPLES for package in (example / "src").iterdir()]
    done("mypy", "--strict", "--config-file=", "--cache-dir", tmp_path, *sources, cwd=tmp_path)
