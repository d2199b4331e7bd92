"""Whether this machine has what a plan needs beside its plugins: prepared data, weights, packages, logins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from framecast.counting import plural
from framecast.errors import InputError, Problem, in_one_line
from framecast.job.plan import Plan
from framecast.job.plugin_config import PluginConfig
from framecast.secret_urls import lacks_credentials


def ensure_ready(plan: Plan, callbacks: bool = True) -> None:
    """Asks the data set, the metrics and the callbacks. Raises InputError with all that they miss."""
    asked = [("data", plan.data), *_numbered("metrics", plan.metrics)]
    if callbacks:
        asked += _numbered("callbacks", plan.callbacks)
    problems: list[Problem] = []
    for key, part in asked:
        if url := _incomplete(part.to_dict()):
            message = (
                f"the credentials of {url} are kept in no file: export a variable that holds the whole URL, such "
                "as MLFLOW_TRACKING_URI, or write it on the command line"
            )
            problems.append(Problem(message, key=key))
            continue
        if part.declaration.ready is None:
            continue
        try:
            part.declaration.ready(part.settings)
        except InputError as error:
            # data sets name their keys in their messages
            problems += [replace(each, key=each.key or ("" if key == "data" else key)) for each in error.problems]
        except Exception as error:
            problems.append(Problem(f"{part.kind} {part.name} is not ready: {in_one_line(error)}", key=key))
    if problems:
        raise InputError(problems)


def ensure_enough_clips(plan: Plan) -> None:
    """Asks the data set, as far as headers tell, whether there are clips to train and to validate on. Raises
    InputError where there are too few."""
    declaration, settings = plan.data.declaration, plan.data.settings
    counts: dict[str, int | None] = {}
    problems: list[Problem] = []
    for split in ("train", "validation"):
        try:
            counts[split] = declaration.count_clips(settings, split, plan.frames)
        except InputError as error:
            problems += [each for each in error.problems if each not in problems]
    trains = plan.cost is not None and plan.cost.parameters > 0
    if (clips := counts.get("train")) is not None and trains and clips < plan.job.training.batch_size:
        problems.append(no_full_batch(plan.job.training.batch_size, clips))
    if counts.get("validation") == 0:
        problems.append(NO_VALIDATION)
    if problems:
        raise InputError(problems)


def no_full_batch(batch_size: int, clips: int) -> Problem:
    """Why training would have no step."""
    message = (
        f"{batch_size} is more than the {plural(clips, 'clip')} of the training split: no batch is full"
        if clips
        else "the training split has no clips"
    )
    return Problem(message, key="training.batch_size" if clips else "data")


NO_VALIDATION = Problem("the validation split has no clips", key="data")


def _incomplete(settings: Any) -> str:
    """The first URL whose credentials nothing here knows; empty where there is none."""
    if isinstance(settings, dict | list):
        values = settings.values() if isinstance(settings, dict) else settings
        return next(filter(None, map(_incomplete, values)), "")
    return settings if lacks_credentials(settings) else ""


def _numbered(key: str, parts: tuple[PluginConfig[Any], ...]) -> list[tuple[str, PluginConfig[Any]]]:
    return [(f"{key}.{index}", part) for index, part in enumerate(parts)]
