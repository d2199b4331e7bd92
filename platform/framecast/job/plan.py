"""The plan: a job resolved. Every default is filled in, every plugin named with its version."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from ruamel.yaml import YAML

from framecast.job.compute import Compute
from framecast.job.data_facts import DataFacts
from framecast.job.job import Job
from framecast.job.plugin_config import PluginConfig
from framecast.plugin.cost import Cost
from framecast.plugin.declarations import Callback, Dataset, Declaration, Metric, Model, Task
from framecast.plugin.run_context import Direction
from framecast.plugin.sample_shape import SampleShape
from framecast.plugin.value_range import ValueRange
from framecast.registry.entry_points import not_installed
from framecast.registry.plugin_source import PluginSource
from framecast.secret_urls import set_aside

D = TypeVar("D", bound=Declaration)


def measured(metrics: Iterable[str]) -> tuple[str, ...]:
    """The scores that an evaluation with these metrics has, as monitors and objectives name them."""
    return ("validation/loss", *(f"validation/{name}" for name in metrics))


@dataclass(frozen=True)
class Plan:
    """What will run. `to_yaml` is its form on disk, which `framecast.job.load.read_plan` reads."""

    job: Job
    task: PluginConfig[Task[Any]]
    model: PluginConfig[Model[Any]]
    data: PluginConfig[Dataset[Any]]
    metrics: tuple[PluginConfig[Metric[Any]], ...]
    callbacks: tuple[PluginConfig[Callback[Any]], ...]
    baselines: tuple[PluginConfig[Model[Any]], ...]
    known: DataFacts | None = None
    """What an earlier plan knew of the data; else they are asked."""
    automatic: tuple[str, ...] = ()
    """Settings of `compute` that the job left to `auto`, and the hardware decided. A resumed run decides again."""

    @property
    def frames(self) -> int:
        """Length of the clips that the task needs."""
        return self.task.declaration.frames(self.task.settings)

    @property
    def facts(self) -> DataFacts:
        """The data's own word on frames and classes. Raises InputError where they do not suit the task."""
        data = self.data
        return self.known or DataFacts.told_by(data.declaration, data.settings, self.task.declaration, self.frames)

    @property
    def sample_shape(self) -> SampleShape:
        return self.facts.sample_shape(self.frames)

    @property
    def horizon(self) -> tuple[int, int] | None:
        """How many frames the model sees, and how many it predicts; None for a task without a horizon."""
        horizon = self.task.declaration.horizon
        if horizon is None:
            return None
        frames_in, frames_out = horizon(self.task.settings)
        return frames_in, frames_out

    @property
    def horizon_keys(self) -> tuple[str | None, str | None]:
        """The keys of the job that set the two lengths of the horizon; None for one that no key sets."""
        seen, predicted = self.task.declaration.horizon_settings
        return seen and f"task.{seen}", predicted and f"task.{predicted}"

    @property
    def scored_over(self) -> tuple[Any, ...]:
        """What of the task decides which frames are seen and predicted."""
        return self.frames, self.readings, self.horizon

    @property
    def readings(self) -> tuple[float, ...]:
        """The observed shares of a clip at which its class is predicted; none in tasks without classes."""
        return self.task.declaration.readings(self.task.settings)

    @property
    def measured(self) -> tuple[str, ...]:
        """The scores that an evaluation of this job has."""
        return measured(part.name for part in self.metrics)

    @property
    def value_range(self) -> ValueRange:
        """Lowest and highest value that frames have, and whether others are impossible."""
        declaration, settings = self.data.declaration, self.data.settings
        low, high = declaration.value_range(settings)
        return ValueRange(low, high, declaration.bounded(settings))

    @property
    def cost(self) -> Cost | None:
        """Parameters and macs of the model, where its plugin can tell."""
        declaration = self.model.declaration
        return declaration.cost(self.model.settings, self.sample_shape) if declaration.cost else None

    @property
    def other_baselines(self) -> tuple[PluginConfig[Model[Any]], ...]:
        """The task's baselines that the model is compared with: all but itself."""
        return tuple(part for part in self.baselines if part.name != self.model.name)

    @property
    def parts(self) -> tuple[PluginConfig[Declaration], ...]:
        return (self.task, self.model, self.data, *self.metrics, *self.callbacks, *self.baselines)

    @property
    def sources(self) -> list[PluginSource]:
        """The plugins that this plan needs, and that its workers register: these and no others."""
        return list(dict.fromkeys(part.source for part in self.parts))

    @property
    def directions(self) -> dict[str, Direction]:
        """For each score of an evaluation which values are better: lower ("min") or higher ("max")."""
        return {
            "validation/loss": "min",
            **{f"validation/{part.name}": part.declaration.direction for part in self.metrics},
        }

    @property
    def settings(self) -> dict[str, Any]:
        """The job as plain data, every default filled in; without the credentials in URLs."""
        found: dict[str, Any] = set_aside(self._job_dict())
        return found

    @property
    def declared(self) -> dict[str, Any]:
        """What the plugins say of themselves and a report needs: kept with the plan, so that a run is understood
        without them."""
        task, model = self.task.declaration, self.model.declaration
        published = () if self.data.source.distribution else self.data.declaration.published
        return {
            "frames": self.frames,
            "readings": list(self.readings),
            "horizon": list(self.horizon) if self.horizon else None,
            "horizon_settings": list(task.horizon_settings),
            "logs": [asdict(value) for value in task.logs],
            "baselines": [part.name for part in self.baselines],
            "baseline": model.baseline,
            "setting_groups": [list(group) for group in model.setting_groups],
            "metrics": {
                part.name: {
                    "direction": part.declaration.direction,
                    "needs": part.declaration.requires,
                    "unit": part.declaration.unit(part.settings),
                }
                for part in self.metrics
            },
            **({"published": [row._asdict() for row in published]} if published else {}),
            "gives": {
                each.module: list(
                    dict.fromkeys(f"{part.kind} {part.name}" for part in self.parts if part.source == each)
                )
                for each in self.sources
            },
        }

    def with_plugins_in(self, folder: Path) -> Plan:
        """The same plan, the code of its local plugins copied into `folder`, from where all hosts can load it."""
        here = {source: source.copied_into(folder) for source in self.sources}

        def moved(part: PluginConfig[D]) -> PluginConfig[D]:
            return replace(part, source=here[part.source])

        return replace(
            self,
            task=moved(self.task),
            model=moved(self.model),
            data=moved(self.data),
            metrics=tuple(map(moved, self.metrics)),
            callbacks=tuple(map(moved, self.callbacks)),
            baselines=tuple(map(moved, self.baselines)),
        )

    @property
    def monitor_direction(self) -> Direction:
        """Whether a lower ("min") or a higher ("max") monitored value is better."""
        return self.directions.get(self.job.checkpoints.monitor, "min")

    def on(self, compute: Compute) -> Plan:
        """The same plan on other hardware."""
        return replace(self, job=self.job.model_copy(update={"compute": compute}))

    def to_dict(self, folder: Path | None = None) -> dict[str, Any]:
        """As plain data; local plugins within `folder` are named relative to it."""
        result: dict[str, Any] = {
            "job": self._job_dict(),
            "plugins": [source.to_dict(folder) for source in self.sources],
            **self.facts.to_dict(),
        }
        if self.automatic:
            result["automatic"] = list(self.automatic)
        result["declared"] = self.declared
        if self.cost:
            result["cost"] = {"parameters": self.cost.parameters, "macs": self.cost.macs}
        return result

    def _job_dict(self) -> dict[str, Any]:
        left_out = {"extends", "plugins", *({"search"} if self.job.search is None else ())}
        job = self.job.model_dump(mode="json", exclude=left_out)
        job |= {"task": self.task.to_dict(), "model": self.model.to_dict(), "data": self.data.to_dict()}
        job |= {"metrics": [part.to_dict() for part in self.metrics]}
        return job | {"callbacks": [part.to_dict() for part in self.callbacks]}

    def to_yaml(self, folder: Path | None = None) -> str:
        """As it is written into files: without the credentials in URLs."""
        return self._as_yaml(self.to_dict(folder))

    def to_exported_yaml(self) -> str:
        """What goes along with weights that leave this machine: neither the paths nor the code of plugins that are
        not installed, but their names, and no callbacks, which only training needs."""
        data = replace(self, callbacks=()).to_dict()
        own = {each.name: each for each in not_installed(self.sources)}
        kept = [each for each in data["plugins"] if PluginSource.from_dict(each) not in own.values()]
        needs = [each["name"] for each in data["plugins"] if each not in kept]
        return self._as_yaml({**data, "plugins": kept, **({"needs": needs} if needs else {})})

    @staticmethod
    def _as_yaml(content: dict[str, Any]) -> str:
        stream = io.StringIO()
        yaml = YAML()
        yaml.representer.add_representer(
            type(None), lambda to, _: to.represent_scalar("tag:yaml.org,2002:null", "null")
        )
        yaml.default_flow_style = None  # short lists on one line
        yaml.width = 110
        yaml.dump(set_aside(content), stream)
        return stream.getvalue()
