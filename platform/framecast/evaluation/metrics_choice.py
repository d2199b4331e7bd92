"""Which metrics an evaluation takes, and under which protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from framecast.errors import InputError
from framecast.plugin.declarations import Metric
from framecast.registry.registry import Registry


def chosen_metrics(
    named: Sequence[str] | None, own: Sequence[dict[str, Any]], protocol: str | None, registry: Registry
) -> tuple[list[dict[str, Any]], list[str]]:
    """The metric sections to evaluate with: those `named`, else the plan's `own`, under `protocol` where given.

    Returns them and the names of own metrics that the protocol does not define. Raises InputError for a named
    metric that is not installed, or that the protocol does not define.
    """
    by_name = {section["name"]: section for section in own}
    sections = [by_name.get(name, {"name": name}) for name in named] if named else list(own)
    if protocol is None:
        return sections, []
    taken, left_out, known = [], [], set()
    for section in sections:
        protocols = _protocols(section["name"], registry)
        known |= set(protocols)
        if protocol in protocols:
            taken.append({**section, "protocol": protocol})
        elif named:
            raise InputError(
                f"protocol {protocol} does not define {section['name']}, "
                f"which knows {', '.join(protocols) or 'none'}"
            )
        else:
            left_out.append(section["name"])
    if not taken:
        raise InputError(
            f"no metric knows a protocol {protocol!r}; these know {', '.join(sorted(known)) or 'none'}"
        )
    return taken, left_out


def _protocols(name: str, registry: Registry) -> tuple[str, ...]:
    declaration = registry.find("metric", name).declaration
    assert isinstance(declaration, Metric)
    return declaration.protocols
