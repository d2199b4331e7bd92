"""What every page shares: its frame, its style, and how a template becomes one self-contained file."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def rendered(template: str, title: str, made_from: str, content: dict[str, Any]) -> str:
    """The page; everything in `content` that is not markup is escaped."""
    environment = Environment(
        loader=PackageLoader("framecast.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup((files(__package__) / "style.css").read_text())
    common = {"title": title, "style": style, "version": version("framecast"), "made_from": made_from}
    return environment.get_template(template).render(common | content)
