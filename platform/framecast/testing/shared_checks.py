"""What is asked of every declaration, whatever its kind."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from pydantic import BaseModel, ValidationError

from framecast.errors import InputError
from framecast.testing.drawn import odd_settings
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.verdict import require

_LISTING = """
import json, sys
request = json.loads(sys.argv[1])
sys.path[:] = request["path"]
from framecast.registry.plugin_source import PluginSource
PluginSource.from_dict(request["source"]).load()
print("loaded " + json.dumps(sorted({"torch", "ray", "deepspeed"} & set(sys.modules))))
"""


def is_listed_without_loading_torch(subject: PluginUnderTest) -> None:
    """Checking a job imports the plugins that it names, so importing yours must be quick and silent.

    Import torch, and your own modules that need it, inside `build`; print nothing."""
    request = json.dumps({"path": sys.path, "source": subject.source.to_dict()})
    done = subprocess.run(
        [sys.executable, "-c", _LISTING, request], capture_output=True, text=True, check=False, timeout=120
    )
    require(done.returncode == 0, f"it cannot be imported: {done.stderr.strip().splitlines()[-1:]}")
    *printed, last = done.stdout.splitlines()
    require(not printed, f"it prints when it is imported: {printed[:1]}")
    heavy = json.loads(last.removeprefix("loaded "))
    require(not heavy, f"importing it loads {', '.join(heavy)}")


def documents_itself(subject: PluginUnderTest) -> None:
    """What users read comes from the declaration: a summary of one line, and a docstring under every setting.

    Say a setting's unit, what its default means and what it changes."""
    summary = subject.declaration.summary
    require(summary.strip() and "\n" not in summary, f"its summary is {summary!r}")
    silent = [name for name, field in subject.declaration.settings.model_fields.items() if not _said(field)]
    require(not silent, f"no docstring under {', '.join(silent)}")


def refuses_illegal_settings_with_words(subject: PluginUnderTest) -> None:
    """A setting that cannot be is refused by the settings class, with ValueError and a sentence.

    Bound numbers with Field(ge=..., le=...); in validators raise ValueError, and let nothing else escape: not the
    TypeError or KeyError of a computation on what was written."""
    unknown = {**subject.settings.model_dump(mode="json"), "no_such_setting": 1}
    require(_refusal(subject, unknown) is not None, "it takes the unknown key no_such_setting: keep extra=forbid")
    for written in odd_settings(subject):
        refusal = _refusal(subject, written)
        require(refusal is None or refusal.strip(), f"{written} is refused without a word")


def _refusal(subject: PluginUnderTest, written: dict[str, Any]) -> str | None:
    try:
        subject.checked(written)
    except (InputError, ValidationError) as error:
        return str(error)
    except Exception as error:
        require(False, f"{written} raises {type(error).__name__} ({error}): raise ValueError with a sentence")
    return None


def _said(field: Any) -> bool:
    kind = field.annotation
    of_section = kind.__doc__ if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    return bool((field.description or of_section or "").strip())
