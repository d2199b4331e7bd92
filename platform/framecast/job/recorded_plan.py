"""A plan as it was recorded: what listings and reports know of a run, whose plugins they never import."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from framecast.errors import InputError
from framecast.job.load import read_plan
from framecast.job.plan_file import PlanFile
from framecast.plugin.declarations import Answer
from framecast.plugin.logged_value import LoggedValue
from framecast.plugin.published_result import PublishedResult
from framecast.plugin.sample_shape import SampleShape
from framecast.registry.entry_points import not_installed
from framecast.registry.plugin_source import PluginSource
from framecast.registry.registry import Registry
from framecast.registry.trust import Trust


class RecordedPart(NamedTuple):
    """The name of a plugin's declaration, and the settings that the job gave it."""

    name: str
    settings: dict[str, Any]


class RecordedMetric(NamedTuple):
    """A metric as its plugin declared it. `protocol` says how its numbers are made."""

    name: str
    protocol: str
    direction: str = "min"
    requires: Answer = "frames"
    unit: str = ""


@dataclass(frozen=True)
class RecordedPlan:
    """`file` holds what was written; `declared` what the plugins said of themselves; `note` is for the user, where
    that is not known."""

    file: PlanFile
    declared: dict[str, Any]
    note: str = ""

    @classmethod
    def of(cls, plan: Path) -> RecordedPlan:
        """Reads plan.yaml. Raises InputError where it is damaged.

        A plan of an older version did not record what its plugins declared: it is asked of those that are
        installed. Where there are others it is assumed, which `note` says.
        """
        file = PlanFile.read(plan)
        if file.declared.keys() >= _ASKED:
            return cls(file, file.declared)
        own = not_installed(file.sources)
        if not own:
            try:
                return cls(file, {**read_plan(plan, trust=Trust(str(plan))).declared, **file.declared})
            except InputError as error:  # handled: the page says what it assumes instead
                return cls(file, file.declared, "" if file.declared else f"{_ASSUMED}: {error}")
        if file.declared:
            return cls(file, file.declared)
        named = ", ".join(source.name for source in own)
        return cls(
            file, {}, f"{_ASSUMED}: they come from the plugin {named}, which is not imported to look at a run"
        )

    @cached_property
    def job(self) -> dict[str, Any]:
        return self.file.job

    @property
    def settings(self) -> dict[str, Any]:
        """The job as plain data, like that of a plan."""
        return self.job

    @property
    def task(self) -> RecordedPart:
        return _part(self.job["task"])

    @property
    def model(self) -> RecordedPart:
        return _part(self.job["model"])

    @property
    def data(self) -> RecordedPart:
        return _part(self.job["data"])

    @property
    def classes(self) -> tuple[str, ...]:
        return self.file.facts.classes

    @property
    def sample_shape(self) -> SampleShape:
        frames = self.declared.get("frames")
        return self.file.facts.sample_shape(frames if isinstance(frames, int) else 0)

    @cached_property
    def readings(self) -> tuple[float, ...]:
        """The observed shares of a clip at which its class is predicted; none in tasks without classes."""
        return tuple(each for each in _list(self.declared.get("readings")) if isinstance(each, int | float))

    @property
    def horizon(self) -> tuple[int, int] | None:
        """How many frames the model sees, and how many it predicts; None for a task without a horizon."""
        lengths = [each for each in _list(self.declared.get("horizon")) if type(each) is int]
        return (lengths[0], lengths[1]) if len(lengths) == 2 else None

    @property
    def horizon_keys(self) -> tuple[str | None, str | None]:
        """The keys of a job that set the two lengths of the horizon; None for one that no key sets."""
        names = _list(self.declared.get("horizon_settings"))
        seen, predicted = (f"task.{name}" if isinstance(name, str) else None for name in (*names, None, None)[:2])
        return seen, predicted

    @cached_property
    def logs(self) -> dict[str, LoggedValue]:
        """The values that the task declares to log, by name."""
        found = filter(None, map(_logged_value, _list(self.declared.get("logs"))))
        return {value.name: value for value in found}

    @property
    def baselines(self) -> tuple[str, ...]:
        """The models that every run of the task is compared with, in its order."""
        return tuple(str(each) for each in _list(self.declared.get("baselines")))

    @property
    def setting_groups(self) -> list[list[str]]:
        """The settings of the model that act together."""
        groups = (_list(group) for group in _list(self.declared.get("setting_groups")))
        return [[f"model.{name}" for name in group] for group in groups]

    @property
    def scored_over(self) -> tuple[Any, ...]:
        """What of the task decides which frames are seen and predicted."""
        return self.declared.get("frames"), self.readings, self.horizon

    @cached_property
    def metrics(self) -> tuple[RecordedMetric, ...]:
        """Those of the job, in its order."""
        recorded = _dict(self.declared.get("metrics"))
        found = []
        for section in _list(self.job.get("metrics")):
            if isinstance(section, dict) and isinstance(section.get("name"), str):
                facts = _dict(recorded.get(section["name"]))
                found.append(
                    RecordedMetric(
                        section["name"],
                        str(section.get("protocol") or ""),
                        "max" if facts.get("direction") == "max" else "min",
                        "logits" if facts.get("needs", "logits" if self.classes else "") == "logits" else "frames",
                        str(facts.get("unit", "")),
                    )
                )
        return tuple(found)

    def gives(self, source: PluginSource) -> list[str]:
        """What the run took from a plugin, such as "model my_cell"."""
        return [str(each) for each in _list(_dict(self.declared.get("gives")).get(source.module))]

    @cached_property
    def published(self) -> tuple[PublishedResult, ...]:
        """Other people's results on the run's data set: as recorded, or of a plugin that is installed."""
        if "published" in self.declared:
            return tuple(filter(None, map(_published, _list(self.declared["published"]))))
        others = {each.module for each in not_installed(self.file.sources)}
        wanted = f"data {self.data.name}"
        sources = [
            each
            for each in self.file.sources
            if each.module not in others and wanted in (self.gives(each) or [wanted])
        ]
        try:
            declaration = Registry.exactly(sources).find("data", self.data.name).declaration
        except InputError:  # handled: the data set is not installed here; nothing is known to compare with
            return ()
        return tuple(getattr(declaration, "published", ()))


_ASKED = {"horizon", "logs", "baselines", "setting_groups"}
"""What the plans of some older versions do not record."""

_ASSUMED = (
    "the plan does not record what its plugins declare, so of each metric the lowest value counts as the best"
)


def _logged_value(content: Any) -> LoggedValue | None:
    """None for what is none: its curve is drawn without a label."""
    try:
        found = LoggedValue(**content)
    except (TypeError, ValueError):  # handled: not a value that was recorded here
        return None
    texts = (found.name, found.label, found.unit, found.note)
    return found if all(isinstance(text, str) for text in texts) else None


def _published(row: Any) -> PublishedResult | None:
    """None for what is none: reports leave it out."""
    try:
        found = PublishedResult(**row)
        height, width = found.frame_size or (1, 1)
        texts = (found.model, found.protocol, found.source, *found.scores)
        numbers = (found.frames_in, found.frames_out, height, width, *found.scores.values())
    except (TypeError, ValueError, AttributeError):  # handled: not a row that was recorded here
        return None
    sound = all(isinstance(text, str) for text in texts) and all(isinstance(each, int | float) for each in numbers)
    return found._replace(frame_size=(height, width) if found.frame_size else None) if sound else None


def _part(section: dict[str, Any]) -> RecordedPart:
    return RecordedPart(section["name"], {key: value for key, value in section.items() if key != "name"})


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
