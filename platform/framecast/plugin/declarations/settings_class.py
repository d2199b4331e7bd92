"""The settings class of a declaration, and what its fields may be called."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from framecast.plugin.settings import NoSettings, Settings, has_setting

S = TypeVar("S", bound=Settings)
"""The settings class of a declaration."""

NO_SETTINGS: Any = NoSettings
"""The default of a field that is generic."""


def ensure_settings(what: str, names: Collection[str], settings: type[Settings]) -> None:
    """Raises ValueError where one of `names` is no key of the settings; keys of nested settings have dots."""
    if unknown := [name for name in names if not has_setting(settings, name)]:
        known = ", ".join(settings.model_fields) or "none"
        raise ValueError(f"{what} {', '.join(unknown)}, which {settings.__name__} does not have; it has {known}")


def validate_settings(kind: str, name: str, settings: object) -> None:
    """Raises ValueError where a setting has a reserved name."""
    if not (isinstance(settings, type) and issubclass(settings, Settings)):
        return  # the registry says so, with the name of the hook
    for field in settings.__pydantic_fields__:
        why = ""
        if field == "name":
            why = "it chooses the plugin in a job"
        elif field.startswith("model_") and hasattr(Settings, field):
            why = "it would hide a method of pydantic that the platform calls"
        if why:
            raise ValueError(
                f"{kind} {name}: {settings.__qualname__} has a setting {field!r}. That name is reserved, because "
                f"{why}: give the setting another name"
            )
