"""Imports plugins that others wrote, each in a process of its own: what it does there, it does to nobody else.

The process that asks is `examined`; `main` is what runs in the process that is asked.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import requires, version
from pathlib import Path
from typing import IO, Any

from framecast.bounded.json_file import read_json
from framecast.counting import plural
from framecast.errors import InputError
from framecast.plugin.hooks import PROJECT
from framecast.registry.declarations import declarations
from framecast.registry.outcome import Outcome
from framecast.registry.provider import Provider

SECONDS = 10.0
"""How long a plugin may take to be imported; $FRAMECAST_PLUGIN_SECONDS replaces it."""
SLOW = 2.0
"""Seconds from which on an import is called slow."""
_MEMORY = 4 << 30
_PRINTED = 16 << 20
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1])['path']; "
    "from framecast.registry.examination import main; main()"
)


def patience() -> float:
    """Seconds after which an import is cut off."""
    try:
        return float(os.environ["FRAMECAST_PLUGIN_SECONDS"])
    except (KeyError, ValueError):  # handled: not set, or no number; the default holds
        return SECONDS


def examined(providers: Sequence[Provider]) -> dict[Provider, Outcome]:
    """Imports each plugin in a process of its own, several side by side, and tells what came of it."""
    if not providers:
        return {}
    with ThreadPoolExecutor(max_workers=max(4, 2 * (os.cpu_count() or 1))) as pool:
        return dict(zip(providers, pool.map(_outcome, providers), strict=True))


def _outcome(provider: Provider) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="framecast-plugin-") as folder, tempfile.TemporaryFile() as printed:
        answer = Path(folder) / "answer.json"
        request = {"path": sys.path, "provider": provider.to_dict(), "answer": str(answer)}
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, json.dumps(request)],
            stdin=subprocess.DEVNULL,
            stdout=printed,  # a file: a pipe would be held open by whatever the plugin starts and leaves behind
            stderr=printed,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        code = None
        with suppress(subprocess.TimeoutExpired):  # handled: the import is cut off, which its outcome says
            code = process.wait(patience())
        with suppress(ProcessLookupError, PermissionError):  # handled: the process is gone already
            os.killpg(process.pid, signal.SIGKILL)  # what it has started goes with it
        process.wait()
        text = _beginning(printed)
        try:
            outcome = Outcome.from_dict(read_json(answer))
        except (OSError, InputError, ValueError, TypeError, KeyError):
            # handled: no answer, which the outcome says with what the process printed
            return _unanswered(code, text)
    return _noted(outcome, [f"prints when it is imported: {text!r}"] if text and outcome.usable else [])


def _beginning(printed: IO[bytes]) -> str:
    printed.seek(0)
    return " ".join(printed.read(200).decode(errors="replace").split())


def _unanswered(code: int | None, printed: str) -> Outcome:
    """That of a process which ended, or had to be ended, before it could tell."""
    if code is None:
        return Outcome("slow", f"its import was cut off after {patience():g} s", seconds=patience())
    if code < 0:
        why = f"its import was ended by {signal.Signals(-code).name}"
    else:
        why = f"its import left the process with exit code {code}"
    return Outcome("broken", why + (f", after it printed {printed!r}" if printed else ""))


def _noted(outcome: Outcome, notes: list[str], state: str = "noisy") -> Outcome:
    """The outcome with more notes; the worse of its state and theirs."""
    if not notes:
        return outcome
    worst = max(outcome.state, state, key=("ok", "noisy", "slow", "broken").index)
    reason = "; ".join([*([outcome.reason] if outcome.reason else []), *notes])
    return Outcome.from_dict({**outcome.to_dict(), "state": worst, "reason": reason})


def main() -> None:
    """Imports the plugin named on the command line, writes what came of it, and leaves at once: threads and exit
    handlers of the plugin hold up nobody."""
    request: dict[str, Any] = json.loads(sys.argv[1])
    for what, most in (
        (resource.RLIMIT_DATA, _MEMORY),
        (resource.RLIMIT_FSIZE, _PRINTED),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # handled: the limits here are lower already
            resource.setrlimit(what, (most, most))
    outcome = _imported(Provider.from_dict(request["provider"]))
    Path(request["answer"]).write_text(json.dumps(outcome.to_dict()))
    os._exit(0)


def _imported(provider: Provider) -> Outcome:
    streams = sys.stdout, sys.stderr
    began = time.monotonic()
    try:
        _check_version(provider)
        found = declarations(provider.load())
        for _, declaration in found:
            declaration.settings.model_json_schema()  # or `platform schema` would fail for everybody
        started = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
        if any(not thread.daemon for thread in started):
            raise RuntimeError("it starts a thread that would keep every command from ending: make it a daemon")
    except BaseException as error:  # SystemExit and KeyboardInterrupt too
        return Outcome.broken(error)
    seconds = round(time.monotonic() - began, 2)
    outcome = Outcome("ok", declares=Outcome.sound(found).declares, seconds=seconds)
    slow = [f"its import takes {seconds:g} s"] if seconds > SLOW else []
    slow += ["loads torch when it is listed: import it within build"] if "torch" in sys.modules else []
    noisy = ["replaces sys.stdout or sys.stderr"] if (sys.stdout, sys.stderr) != streams else []
    noisy += [f"starts {plural(len(started), 'thread')}"] if started else []
    return _noted(_noted(outcome, slow, "slow"), noisy)


def _check_version(provider: Provider) -> None:
    """Raises ImportError where the distribution wants another framecast than this one."""
    from packaging.requirements import Requirement  # only the process that is asked needs it

    running = version(PROJECT)
    for text in requires(provider.distribution) or ():
        requirement = Requirement(text)
        if requirement.name.lower() != PROJECT:
            continue
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if applies and not requirement.specifier.contains(running, prereleases=True):
            raise ImportError(f"needs {requirement.name}{requirement.specifier}, and this is {running}")
