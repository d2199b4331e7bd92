"""Turns a run's events into a run of Weights & Biases."""

from __future__ import annotations

import configparser
import inspect
import io
import os
import weakref
from collections.abc import Mapping
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import wandb

import framecast
from framecast_wandb import WandbSettings

_SECONDS_TO_SEND = 20
"""At the end of a run, for what is not sent yet; the rest stays in the run folder for `wandb sync`."""


class WandbTracker:
    """Training values by step as `train/...`, scores by step under their own names, baselines as `baseline/...`;
    the job's settings as its config. The run has the id of the run folder, so that a resumed run continues in it.

    Raises ConnectionError where the site does not answer at the start; later wandb itself waits for it.
    """

    def __init__(self, settings: WandbSettings, context: framecast.RunContext) -> None:
        self._settings = settings
        self._folder = context.folder
        self._job = context.job
        self._run: Any = None

    def __call__(self, event: framecast.events.Event, context: framecast.RunContext) -> None:
        if isinstance(event, framecast.events.RunStarted):
            self._start()
        if self._run is None:
            return
        if isinstance(event, framecast.events.StepDone | framecast.events.Evaluated):
            self._run.log({"step": event.step, **framecast.scalars(event)})
        elif isinstance(event, framecast.events.RunFinished | framecast.events.RunInterrupted):
            self._end(0)
        elif isinstance(event, framecast.events.RunFailed):
            self._end(1)

    def _start(self) -> None:
        if self._settings.mode == "online":
            refuse_server_of_a_folder()
        options: dict[str, Any] = {"silent": True, "console": "off"}
        sends = self._settings.mode == "online"
        if sends and "finish_timeout" in getattr(wandb.Settings, "model_fields", ()):  # since wandb 0.22
            options |= {"finish_timeout": _SECONDS_TO_SEND, "finish_timeout_raises": True}
        try:
            self._run = self._begin(wandb.Settings(**options))
        except wandb.errors.CommError as error:
            raise ConnectionError(f"Weights & Biases does not answer: {error}") from error
        # steps of its own never go back, those of a resumed run do
        self._run.define_metric("*", step_metric="step")
        # an attempt that ended without a word would keep the id from the next one in this process
        self._left = weakref.finalize(self, self._run.finish, exit_code=1)

    def _begin(self, settings: wandb.Settings) -> Any:
        framecast.files.validate_no_links(self._folder / "wandb", self._folder)
        return wandb.init(
            project=self._settings.project,
            entity=self._settings.entity,
            mode=self._settings.mode,
            dir=str(self._folder),
            id=self._folder.name,
            resume="allow",
            reinit="create_new",  # trials of a search train one after the other in one process
            config=_public(self._job),
            settings=settings,
        )

    def _end(self, code: int) -> None:
        self._left.detach()
        try:
            self._run.finish(exit_code=code)
        except TimeoutError:
            place = self._folder / "wandb"
            raise RuntimeError(
                f"Weights & Biases did not take everything within {_SECONDS_TO_SEND} s of the end: `wandb sync` "
                f"sends what is in {place}"
            ) from None


def refuse_without_login() -> None:
    """Raises InputError where this machine knows no key of Weights & Biases, or a folder says where it goes."""
    refuse_server_of_a_folder()
    try:
        known = os.environ.get("WANDB_IDENTITY_TOKEN_FILE") or _has_key()
    except wandb.errors.Error as error:
        raise framecast.InputError(f"callback wandb: {error}") from None
    if not known:
        raise framecast.InputError(
            "callback wandb is not logged in: run `wandb login`, set WANDB_API_KEY, or write mode: offline"
        )


def refuse_server_of_a_folder() -> None:
    """Raises InputError where the current folder names the server that would be given the user's key: wandb reads
    ./wandb/settings, and the folder may be another user's. WANDB_BASE_URL takes its place."""
    if os.environ.get("WANDB_BASE_URL"):
        return
    for file in (Path(".wandb", "settings"), Path("wandb", "settings")):
        found = configparser.RawConfigParser(strict=False)
        try:
            found.read_string(framecast.bounded.read_text(file))
        except FileNotFoundError:  # handled: there is none, as usual
            continue
        except (OSError, configparser.Error, framecast.InputError) as error:
            raise framecast.InputError(f"callback wandb: cannot read {file.absolute()}: {error}") from None
        for section in (found.default_section, *found.sections()):
            if server := found.get(section, "base_url", fallback=""):
                raise framecast.InputError(
                    f"callback wandb: {file.absolute()} names the server {server}, to which your key would go: if "
                    "it is yours, set WANDB_BASE_URL to it, else remove the file"
                )


def _has_key() -> bool:
    """Whether a key is in the environment or in ~/.netrc; no server is asked, and nobody for a password."""
    if "prompt" not in inspect.signature(wandb.login).parameters:  # before wandb 0.23
        return bool(wandb.api.api_key)
    with redirect_stderr(io.StringIO()):  # where it says which key it has loaded
        return bool(wandb.login(prompt=False, verify=False))


def _public(value: Any) -> Any:
    """The job without credentials in URLs, such as the tracking URI of another callback."""
    if isinstance(value, Mapping):
        return {key: _public(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_public(each) for each in value]
    return framecast.without_credentials(value) if isinstance(value, str) else value
