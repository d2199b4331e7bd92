"""Whether this machine has what a plan needs beside its plugins: prepared data, weights, packages, logins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from framecast.errors import InputError, Problem, in_one_line
from framecast.job.plan import Part, Plan
from framecast.secret_urls import lacks_credentials


def refuse_unready(plan: Plan, callbacks: bool = True) -> None:
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


def _incomplete(settings: Any) -> str:
    """The first URL whose credentials nothing here knows; empty where there is none."""
    if isinstance(settings, dict | list):
        values = settings.values() if isinstance(settings, dict) else settings
        return next(filter(None, map(_incomplete, values)), "")
    return settings if lacks_credentials(settings) else ""


def _numbered(key: str, parts: tuple[Part, ...]) -> list[tuple[str, Part]]:
    return [(f"{key}.{index}", part) for index, part in enumerate(parts)]
