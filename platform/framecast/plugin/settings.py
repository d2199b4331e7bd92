"""The base class of everything a user can write in a job file."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from framecast.plugin.path import folder_of, with_absolute_paths


class Settings(BaseModel):
    """Settings of a plugin or of a section of the job: frozen, strict, unknown keys refused.

    The docstring under each field is its documentation everywhere: `platform explain`, `platform plugins
    info` and the JSON schema. Say its unit, what the default means and what it changes; where it is one of several
    words, describe each in a line that begins with "- `word`: ".

        class MyCellSettings(framecast.Settings):
            width: int = Field(8, ge=1)
            \"\"\"Channels of each layer; more cost more and express more.\"\"\"

    The name `name` is reserved, because it chooses the plugin in a job; so are the names of pydantic's own methods
    `model_...`. A declaration refuses them. A file or folder is a `framecast.Path`.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
        protected_namespaces=(),
    )

    @model_validator(mode="after")
    def _make_paths_absolute(self, info: ValidationInfo) -> Self:
        """Resolves what the type `framecast.Path` cannot reach: values of type pathlib.Path, and sections that are
        a default, which pydantic takes as they were made."""
        folder = folder_of(info)
        if folder is not None:
            for name, value in self.__dict__.items():
                if isinstance(value, Settings) and name not in self.model_fields_set:
                    self.__dict__[name] = type(value).model_validate(value.__dict__, context=info.context)
                else:
                    self.__dict__[name] = with_absolute_paths(value, folder)
        return self


class NoSettings(Settings):
    """For plugins without settings."""


def has_setting(settings: type[BaseModel], key: str) -> bool:
    """Whether a job can write `key` in the section of these settings; keys of nested settings have dots."""
    name, _, inner = key.partition(".")
    if name not in settings.model_fields:
        return False
    nested = settings.model_fields[name].annotation
    return not inner or (isinstance(nested, type) and issubclass(nested, BaseModel) and has_setting(nested, inner))
