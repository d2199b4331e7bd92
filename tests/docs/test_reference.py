"""The reference follows from the code, and leaves nothing out; the site builds without a warning."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import framecast
from framecast.job.job import Job
from framecast.job.reference import settings_table
from framecast.plugin.events import Event
from framecast.plugin.kinds import KINDS
from framecast.registry.registry import Registry

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(reference: ModuleType) -> dict[str, str]:
    return reference.pages()


def test_every_key_of_the_job_is_documented(pages: dict[str, str]) -> None:
    lines = pages["reference/job.md"].splitlines()
    for row in settings_table(Job):
        (line,) = [line for line in lines if line.startswith(f"| `{row.key}` |")]
        assert row.text, f"{row.key} has no text"
        assert row.text.split("|")[0] in line


def test_every_command_is_documented_with_its_options(pages: dict[str, str], reference: ModuleType) -> None:
    text = pages["reference/commands.md"]
    for name, command in reference.commands():
        section = text.partition(f"## {name}\n")[2].partition("\n## ")[0]
        assert section, f"{name} is not documented"
        options = [each for each in command.params if not getattr(each, "hidden", False)]
        assert all(reference.option_name(each) in section for each in options)
        assert "--run-id" not in section


def test_every_hook_is_documented(pages: dict[str, str]) -> None:
    assert all(f"## {hook}\n" in pages["reference/hooks.md"] for hook in [kind.hook for kind in KINDS.values()])


def test_every_protocol_is_documented_with_its_methods_and_attributes(pages: dict[str, str]) -> None:
    text = pages["reference/protocols.md"]
    for name in ("VideoModel", "RecognitionModel", "ClipDataset", "TrainingTask", "RunCallback", "RunContext"):
        assert f"## framecast.{name}\n" in text
    assert "### `VideoModel.__call__`\n\n```text\ndef __call__(self, frames: Tensor, frames_out: int, *, " in text
    assert "`truth` alone is teacher forcing" in text
    assert "### `ClipDataset.set_epoch`" in text
    assert "| `grouped_by` | What clips that belong together share" in text


def test_every_declaration_of_ours_is_documented_with_its_settings(pages: dict[str, str]) -> None:
    text = pages["reference/plugins.md"]
    for entry in Registry.discover().known():
        if entry.source.distribution == "framecast":
            section = text.partition(f"### {entry.declaration.name}\n")[2].partition("\n##")[0]
            assert entry.declaration.summary in section
            assert all(f"| `{row.key}` |" in section for row in settings_table(entry.declaration.settings))


def test_every_event_is_documented(pages: dict[str, str]) -> None:
    assert all(f"## {event.__name__}\n" in pages["reference/events.md"] for event in Event.__subclasses__())


def test_every_cause_is_documented(pages: dict[str, str]) -> None:
    section = pages["reference/events.md"].partition("## Cause\n")[2]
    assert all(f"`{cause.name}`" in section for cause in framecast.Cause)


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (site / "reference" / "job" / "index.html").exists()
