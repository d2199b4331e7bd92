"""Imports plugins to find out what is wrong with them, each in a child process with a time limit.

`probe` is called by commands that check plugins; `main` runs in the child process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from framecast.bounded.json_file import read_json
from framecast.errors import InputError
from framecast.registry.collect import calling_order, collect, new_manager, register
from framecast.registry.import_guard import import_timeout
from framecast.registry.plugin_source import PluginSource

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1])['path']; "
    "from framecast.registry.import_probe import main; main()"
)
_LONGEST = 500
"""Characters of a message: authors import their plugin themselves to see the rest."""


class ImportResult(NamedTuple):
    """What a plugin declares: kind, name and summary of each; or `error`, why it cannot be imported. `notes` say
    what it does at import besides declaring."""

    declared: tuple[tuple[str, str, str], ...] = ()
    error: str = ""
    notes: tuple[str, ...] = ()


def describe_error(error: BaseException) -> str:
    """What a plugin raised, in one line."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # handled: the plugin's exception cannot even be read, which the line says
        text = "its message cannot be read"
    return f"{type(error).__name__}: {text[:_LONGEST]}"


def probe(sources: Sequence[PluginSource]) -> dict[PluginSource, ImportResult]:
    """The result of importing each plugin in a separate process, several at a time."""
    with ThreadPoolExecutor(max_workers=max(4, 2 * (os.cpu_count() or 1))) as pool:
        return dict(zip(sources, pool.map(_probe, sources), strict=True))


def _probe(source: PluginSource) -> ImportResult:
    with tempfile.TemporaryDirectory(prefix="framecast-plugin-") as folder, tempfile.TemporaryFile() as output:
        answer = Path(folder) / "answer.json"
        request = {"path": sys.path, "source": source.to_dict(), "answer": str(answer)}
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, json.dumps(request)],
            stdin=subprocess.DEVNULL,
            stdout=output,  # a file: a pipe would be held open by processes that the plugin leaves behind
            stderr=output,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        code = None
        with suppress(subprocess.TimeoutExpired):  # handled: the import is cut off, which the result says
            code = process.wait(import_timeout())
        with suppress(ProcessLookupError, PermissionError):  # handled: the process has ended already
            os.killpg(process.pid, signal.SIGKILL)  # with the processes that it has started
        process.wait()
        output.seek(0)
        printed = " ".join(output.read(200).decode(errors="replace").split())
        try:
            declared, error, notes = read_json(answer)
        except (OSError, InputError, ValueError, TypeError):  # handled: no answer; the result says how it ended
            declared, error, notes = [], _explain_end(code, printed), []
    if printed and not error:
        notes = [f"prints when it is imported: {printed!r}", *notes]
    return ImportResult(tuple((kind, name, summary) for kind, name, summary in declared), error, tuple(notes))


def _explain_end(code: int | None, printed: str) -> str:
    """Why a child process has left no answer."""
    if code is None:
        return f"its import was cut off after {import_timeout():g} s"
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"left the process with exit code {code}"
    return f"its import {how}" + (f", after it printed {printed!r}" if printed else "")


def main() -> None:
    """Imports the plugin named on the command line, writes the result, and ends at once, without waiting for
    threads or exit handlers of the plugin."""
    request = json.loads(sys.argv[1])
    Path(request["answer"]).write_text(json.dumps(_import(PluginSource.from_dict(request["source"]))))
    os._exit(0)


def _import(source: PluginSource) -> ImportResult:
    streams = sys.stdout, sys.stderr
    try:
        source.check_version()
        manager = new_manager()
        register(manager, source.load())
        found = [
            (kind, each) for kind, module in calling_order(manager) for each in collect(manager, kind, module)
        ]
        for _, declaration in found:
            declaration.settings.model_json_schema()  # which `platform schema` prints
        if any(not each.daemon for each in threading.enumerate() if each is not threading.main_thread()):
            raise RuntimeError("it starts a thread that would keep every command from ending: make it a daemon")
    except BaseException as error:  # SystemExit and KeyboardInterrupt too
        return ImportResult(error=describe_error(error))
    notes = ["loads torch when it is imported: import it within build"] if "torch" in sys.modules else []
    notes += ["replaces sys.stdout or sys.stderr"] if (sys.stdout, sys.stderr) != streams else []
    return ImportResult(tuple((kind, each.name, each.summary) for kind, each in found), notes=tuple(notes))
