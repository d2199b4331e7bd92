"""Plugins that misbehave, each a distribution of its own: what they do, and what must be reported."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

SOUND = """
import framecast


@framecast.hookimpl
def framecast_models():
    yield framecast.Model(name="{name}", summary="A model", build=lambda settings, sample: None)
"""

USABLE = """
import framecast


def build(settings, sample):
    import torch

    class LastFrame(torch.nn.Module):
        def forward(self, frames, frames_out, *, truth=None, keep_truth=None):
            return frames[:, -1:].expand(-1, frames_out, -1, -1, -1)

    return LastFrame()


@framecast.hookimpl
def framecast_models():
    yield framecast.Model(name="last_of_{name}", summary="The last frame again", build=build)
"""


class Misbehaviour(NamedTuple):
    """The text of the plugin's module, and the state and the reason or note that verifying it gives."""

    text: str
    state: str
    reason: str


def _first(line: str, state: str, reason: str) -> Misbehaviour:
    """A plugin that would be sound but for what it does at import."""
    return Misbehaviour(line + "\n" + USABLE, state, reason)


MISBEHAVING: dict[str, Misbehaviour] = {
    "raises": _first("raise RuntimeError('no licence')", "broken", "RuntimeError: no licence"),
    "syntax": _first("def (:", "broken", "SyntaxError"),
    "lacks": _first("import a_module_that_nobody_has", "broken", "a_module_that_nobody_has"),
    "unreadable": _first(
        "class Mute(Exception):\n    def __str__(self):\n        raise ValueError\nraise Mute",
        "broken",
        "its message cannot be read",
    ),
    "nonsense": Misbehaviour(
        "import framecast\n@framecast.hookimpl\ndef framecast_models():\n    yield 3\n", "broken", "not 3"
    ),
    "nameless": Misbehaviour(
        SOUND.replace('"{name}"', "17"), "broken", "the name of a model must be text, not 17"
    ),
    "unsettled": Misbehaviour(
        SOUND.format(name="unsettled").replace("build=", "settings=dict, build="),
        "broken",
        "must be a class of framecast.Settings",
    ),
    "schemaless": Misbehaviour(
        "import framecast\nfrom collections.abc import Callable\nclass Odd(framecast.Settings):\n"
        "    call: Callable = print\n" + SOUND.format(name="odd").replace("build=", "settings=Odd, build="),
        "broken",
        "JsonSchema",
    ),
    "twice": Misbehaviour(
        SOUND.format(name="again") + SOUND.format(name="again").splitlines()[-1] + "\n",
        "broken",
        "declares model 'again' twice",
    ),
    "misspelt": Misbehaviour(
        SOUND.format(name="x").replace("framecast_models", "framecast_model"), "broken", "framecast_model"
    ),
    "hookless": Misbehaviour("answer = 42\n", "broken", "declares nothing"),
    "endless": Misbehaviour(
        SOUND.format(name="endless").replace("    yield", "    while True:\n        pass\n    yield"),
        "broken",
        "cut off",
    ),
    "sleeps": _first("import time; time.sleep(3600)", "broken", "cut off"),
    "torch": _first("import torch", "ok", "loads torch when it is imported"),
    "prints": _first("print('welcome')", "ok", "prints when it is imported: 'welcome'"),
    "shouts": _first("import os; os.system('echo welcome')", "ok", "prints when it is imported: 'welcome'"),
    "swaps": _first("import io, sys; sys.stdout = io.StringIO()", "ok", "replaces sys.stdout"),
    "lingers": _first(
        "import threading, time; threading.Thread(target=time.sleep, args=[3600]).start()",
        "broken",
        "keep every command from ending",
    ),
    "asks": _first("input('your key? ')", "broken", "EOFError"),
    "exits": _first("import sys; sys.exit(3)", "broken", "SystemExit: 3"),
    "leaves": _first("import os; os._exit(0)", "broken", "left the process with exit code 0"),
    "kills": _first("import os; os.kill(os.getpid(), 9)", "broken", "ended by SIGKILL"),
    "crashes": _first("import ctypes; ctypes.string_at(0)", "broken", "ended by SIGSEGV"),
    "recurses": _first("def down(): down()\ndown()", "broken", "RecursionError"),
    "interrupts": _first("raise KeyboardInterrupt", "broken", "KeyboardInterrupt"),
}
"""By the name of the plugin. Its distribution is called like it, and its module `broken_NAME`."""


def install(folder: Path, name: str, text: str, metadata: str = "", entry: str = "", names: str = "") -> Path:
    """Puts a distribution with one plugin into `folder`, which is on Python's path, and returns its file. Its
    entry points are the models that the text declares, or the one in `names`."""
    text = text.replace("{name}", name)
    declared = [names] if names else re.findall(r'framecast\.Model\(name="(\w+)"', text) or [name]
    lines = "".join(f"{each} = {entry or f'broken_{name}'}\n" for each in dict.fromkeys(declared))
    information = folder / f"{name}-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{metadata}")
    (information / "entry_points.txt").write_text(f"[framecast.models]\n{lines}")
    file = folder / f"broken_{name}.py"
    file.write_text(text)
    return file


def install_all(folder: Path) -> None:
    """Every misbehaving plugin, and those that do harm only together, or by their metadata."""
    for name, each in MISBEHAVING.items():
        install(folder, name, each.text)
    install(folder, "newer", USABLE, metadata="Requires-Dist: framecast>=99\n")
    install(folder, "misnamed", USABLE, entry="no such: module!")
    install(folder, "renamed", SOUND, names="another")
    for name in ("one", "other"):
        install(folder, name, SOUND.replace("{name}", "twin"))
    install(folder, "usurper", SOUND.replace("{name}", "conv_lstm"))
    install(folder, "sound", USABLE)
