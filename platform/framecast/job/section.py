"""Sections of a job: those of plugins, and those that a bare name stands for."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from framecast.plugin.settings import Settings


class Section(BaseModel):
    """A plugin's section: its name, and settings that the plugin itself checks."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    name: str
    """Which plugin's declaration to use; `platform plugins list` shows what is installed."""

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


def _named(value: Any) -> Any:
    """A section may be a bare name."""
    return {"name": value} if isinstance(value, str) else value


PluginSection = Annotated[Section, BeforeValidator(_named)]


class NamedSettings(Settings):
    """A section whose `name` chooses between several; a bare name stands for a section of nothing else."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return _named(value)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        whole = handler.resolve_ref_schema(handler(core))
        name = {
            key: value for key, value in whole["properties"]["name"].items() if key in ("type", "enum", "const")
        }
        return {"anyOf": [name, whole], "description": whole.get("description", "")}
