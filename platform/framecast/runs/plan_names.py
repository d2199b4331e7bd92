"""The model and the data of a run, read from plan.yaml without parsing all of it: a listing reads hundreds."""

from __future__ import annotations

import re
from pathlib import Path

from framecast.bounded.regular_file import open_regular
from framecast.errors import InputError

_LONGEST = 200_000


def plan_names(plan: Path) -> dict[str, str | None]:
    """The names in the sections `model` and `data` of a plan; None where the file does not say."""
    try:
        with open_regular(plan) as file:
            text = file.read(_LONGEST).decode(errors="replace")
    except FileNotFoundError:  # handled: a run on a cluster, or one whose folder was just made, has no plan here
        text = ""
    except InputError:  # handled: the list shows such a run without names; `platform status` says why
        text = ""
    return {section: _name(section, text) for section in ("model", "data")}


def _name(section: str, text: str) -> str | None:
    """Its name, the first key of the section: in lines of its own, or in braces."""
    found = re.search(rf"^  {section}:(?:\n    | \{{)name: ([^\s,}}]+)", text, re.MULTILINE)
    return found[1].strip("'\"") if found else None
