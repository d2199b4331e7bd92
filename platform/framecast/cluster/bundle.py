"""What travels with a job: its file at full length, the plugins it names by path, and if asked this package."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from framecast.cluster.versions import Versions
from framecast.errors import InputError
from framecast.files import copy_file, make_folder, write_atomically
from framecast.job.document import Document
from framecast.registry.plugin_source import PluginSource
from framecast.registry.registry import Registry
from framecast.runs import layout

JOB = layout.JOB
SENDER = "sender.json"


def pack(folder: Path, document: Document, registry: Registry) -> None:
    """Fills `folder` with the job and its local plugins; paths in the job then lead into the folder."""
    data: dict[str, Any] = {key: value for key, value in document.data.items() if key != "extends"}
    local = [source for source in registry.loaded if source.path]
    modules = [source.module for source in registry.loaded if not source.path and not source.distribution]
    blocked = [f"no:{name}" for name in registry.blocked]
    data["plugins"] = [
        *modules,
        *(_within(folder, source.copied_into(folder / layout.PLUGINS)) for source in local),
        *blocked,
    ]
    write_atomically(folder / JOB, Document.from_data(data).to_yaml())
    Versions.here(registry.loaded).write(folder / SENDER)


def pack_package(folder: Path) -> None:
    """Puts this installation of Framecast into `folder`, as a wheel unpacked: Python finds it, and its plugins,
    from there without installing. Raises InputError where no wheel can be made."""
    own = distribution("framecast")
    source = _editable_source(own)
    if source is None:
        for file in own.files or ():
            if not str(file).startswith(".."):  # scripts lie elsewhere
                target = folder / file
                make_folder(target.parent, folder)
                copy_file(Path(str(own.locate_file(file))), target, folder)
        return
    with tempfile.TemporaryDirectory() as made:
        command = [sys.executable, "-P", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", made, source]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise InputError(f"no wheel can be made of {source}: {(done.stderr or done.stdout).strip()}")
        (wheel,) = Path(made).glob("*.whl")
        zipfile.ZipFile(wheel).extractall(folder)


def _within(folder: Path, source: PluginSource) -> str:
    return f"./{Path(source.path).relative_to(folder)}"


def _editable_source(own: Distribution) -> str | None:
    """The source tree of an editable installation, which holds no files of its own."""
    origin = json.loads(own.read_text("direct_url.json") or "{}")
    return origin["url"].removeprefix("file://") if origin.get("dir_info", {}).get("editable") else None
