"""The base class of everything a user can write in a job file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Settings of a plugin or of a section of the job: frozen, strict, unknown keys refused.

    The docstring under each field is its documentation everywhere: `platform explain`, `platform plugins
    info` and the JSON schema. Say its unit, what the default means and what it changes.

        class MyCellSettings(framecast.Settings):
            rank: int = Field(8, ge=1)
            \"\"\"Channels that pass between two cores; more cost more and express more.\"\"\"

    The name `name` is reserved: it chooses the plugin.
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
