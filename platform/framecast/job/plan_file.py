"""What stands in plan.yaml, as plain data: reading it imports nothing and asks no plugin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framecast.bounded.limit import YAML_BYTES
from framecast.bounded.regular_file import read_text
from framecast.bounded.yaml_text import parse_yaml
from framecast.errors import InputError, Place, Problem
from framecast.job.compute import Compute
from framecast.job.data_facts import DataFacts
from framecast.registry.plugin_source import PluginSource
from framecast.runs import layout


@dataclass(frozen=True)
class PlanFile:
    """The parts of a plan as they were written. `declared` is what its plugins said of themselves, empty in the
    plans of older versions."""

    job: dict[str, Any]
    sources: tuple[PluginSource, ...]
    facts: DataFacts
    cost: dict[str, int]
    declared: dict[str, Any]
    needs: tuple[str, ...] = ()
    """Of an exported model: the plugins of its author that are not installed with a distribution."""
    automatic: tuple[str, ...] = ()
    """Settings of `compute` that were `auto` in the job; none in the plans of older versions."""

    @classmethod
    def read(cls, plan: Path | str, named: str = layout.PLAN) -> PlanFile:
        """A plan from its file, or from text that errors call `named`. Plugins that lie next to the file are found
        there. Raises InputError, with the file and the key, where it is no plan."""
        if isinstance(plan, str):
            return cls._of(plan, named, None)
        try:
            return cls._of(read_text(plan, YAML_BYTES), str(plan), plan.parent)
        except FileNotFoundError:
            raise InputError(
                Problem("no such file: the run's folder is incomplete", place=Place(str(plan)))
            ) from None

    @classmethod
    def _of(cls, text: str, file: str, folder: Path | None) -> PlanFile:
        data = parse_yaml(text, file)[0]

        def refused(key: str, why: str) -> InputError:
            return InputError(
                Problem(f"{why}: the plan is damaged, or was not written by framecast", key, Place(file))
            )

        if not isinstance(data, dict):
            raise refused("", "holds no keys")
        for key, kind in (("job", dict), ("plugins", list), ("frame_shape", list)):
            if not isinstance(data.get(key), kind):
                raise refused(key, f"should be a {'mapping' if kind is dict else 'list'}")
        job = data["job"]
        for section in ("task", "model", "data"):
            if not isinstance(job.get(section), dict) or not isinstance(job[section].get("name"), str):
                raise refused(f"job.{section}", "has no name")
        try:
            sources = tuple(PluginSource.from_dict(each, folder) for each in data["plugins"])
        except ValueError as error:
            raise refused("plugins", str(error)) from None
        cost, declared, classes = (data.get(key) or {} for key in ("cost", "declared", "classes"))
        shape = data["frame_shape"]
        if not _are_counts(shape) or len(shape) != 3:
            raise refused("frame_shape", f"{str(shape)[:60]} is no shape of frames")
        if classes and not (isinstance(classes, list) and all(isinstance(each, str) for each in classes)):
            raise refused("classes", "should be a list of names")
        if cost and not (isinstance(cost, dict) and _are_counts(list(cost.values()))):
            raise refused("cost", "should hold counts")
        if "multiplies" in cost:  # the name in runs of version 0.1
            cost["macs"] = cost.pop("multiplies")
        needs = data.get("needs") or []
        if not (isinstance(needs, list) and all(isinstance(each, str) for each in needs)):
            raise refused("needs", "should be a list of names")
        automatic = data.get("automatic") or []
        if not (isinstance(automatic, list) and all(each in Compute.model_fields for each in automatic)):
            raise refused("automatic", "should be a list of settings of compute")
        declared = declared if isinstance(declared, dict) else {}
        return cls(job, sources, DataFacts.from_dict(data), cost, declared, tuple(needs), tuple(automatic))


def _are_counts(values: list[Any]) -> bool:
    return all(isinstance(value, int) and not isinstance(value, bool) and value >= 0 for value in values)
