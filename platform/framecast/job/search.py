"""The `search:` block of a job: which settings vary, what they may be together, and what is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, prod
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from framecast.plugin.constraint import Constraint
from framecast.plugin.settings import Settings

Value = bool | int | float | str | list[int] | list[float] | list[str]
Whole: TypeAlias = int  # Parameter has fields called int and float
Real: TypeAlias = float
KINDS = ("choice", "grid", "int", "float", "log")
SECONDS = "seconds_per_step"
COSTS = ("parameters", "macs")
"""What constraints and objectives can speak of beside settings and metrics; a model's plugin tells them."""


_FARTHEST = 2**53
"""No whole bound lies farther from 0: up to here every whole number is also a float."""
_MOST_POINTS = 1_000_000


class Parameter(Settings):
    """What one setting may be: exactly one of choice, grid, int, float and log."""

    choice: Annotated[list[Value], Field(min_length=1, max_length=1000)] | None = None
    """One of these, each as likely."""

    grid: Annotated[list[Value], Field(min_length=1, max_length=1000)] | None = None
    """Each of these in turn; a searcher other than `grid` takes it as choice."""

    int: tuple[Whole, Whole] | None = None
    """A whole number from the first to the second, both included."""

    float: tuple[Real, Real] | None = None
    """A number between the two."""

    log: tuple[Real, Real] | None = None
    """A positive number between the two, as likely to be in each decade."""

    when: dict[str, Value] = Field(default_factory=dict)
    """Only where other keys have these values, such as {model.name: my_cell}."""

    @property
    def kind(self) -> str:
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def values(self) -> Sequence[Any] | None:
        """All values there are; None where they cannot be counted."""
        if self.int is not None:
            return range(self.int[0], self.int[1] + 1)
        return self.choice or self.grid

    @model_validator(mode="after")
    def _one_kind(self) -> Parameter:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(KINDS)}, got {', '.join(given) or 'none'}")
        bounds = self.int or self.float or self.log
        if bounds and not bounds[0] < bounds[1]:
            raise ValueError(f"{self.kind} is the lowest and the highest value, got {list(bounds)}")
        if (self.int and max(map(abs, self.int)) > _FARTHEST) or (bounds and not isfinite(bounds[1] - bounds[0])):
            raise ValueError(f"{self.kind} reaches too far, got {list(bounds or ())}")
        if self.log and self.log[0] <= 0:
            raise ValueError(f"log needs positive bounds, got {list(self.log)}")
        return self


class Search(Settings):
    """Many trainings of one job, each with other settings."""

    parameters: dict[str, Parameter] = Field(min_length=1)
    """The settings that vary, by dotted key, such as model.width: {int: [4, 32]}."""

    constraints: list[str] = Field(default_factory=list)
    """Comparisons between keys that every trial satisfies, such as model.depth <= model.width or parameters <= 4e6
    (also macs, multiply-accumulates); those that the model's plugin declares always hold."""

    objectives: dict[str, Literal["min", "max"]] = Field({"validation/loss": "min"}, min_length=1, max_length=5)
    """What is looked for: metrics (validation/loss), parameters, macs or seconds_per_step. The first metric
    decides about stopping early; more than one objective makes a Pareto front.

    - `min`: lower is better
    - `max`: higher is better
    """

    trials: int = Field(20, ge=1, le=100_000)
    """Trainings in all; a grid ends when all its points have been tried."""

    searcher: Literal["grid", "random", "tpe", "nsga2"] = "tpe"
    """What proposes the points that are tried.

    - `grid`: every point of choice, grid and int parameters
    - `random`: points drawn independently
    - `tpe`: Optuna's Bayesian search, which learns from the trials so far
    - `nsga2`: Optuna's evolutionary search, for several objectives
    """

    scheduler: Literal["asha", "median", "none"] = "asha"
    """What stops trials early, by the first metric.

    - `asha`: keeps one in `reduction` at each rung
    - `median`: stops what is worse than the median of the others
    - `none`: every trial trains to its end
    """

    grace_epochs: int = Field(1, ge=1, le=100_000)
    """Epochs that every trial gets before it may be stopped."""

    reduction: int = Field(3, ge=2, le=100)
    """ASHA keeps one of so many at each rung; rungs are as many times further apart."""

    concurrent: int | None = Field(None, ge=1, le=10_000)
    """Trials at once; null: as many as the machine or cluster holds of the job's workers."""

    retries: int = Field(1, ge=0, le=100)
    """How often a trial that fails is tried again; one that ran out of memory with half the clips at a time."""

    seed: int = Field(0, ge=0, le=2**31 - 1)
    """Seed of the proposals. The weights of all trials start from training.seed, so that they compare."""

    @property
    def measured(self) -> list[str]:
        """The objectives that an evaluation tells; the first one decides about stopping early."""
        return [name for name in self.objectives if name not in COSTS and name != SECONDS]

    @model_validator(mode="after")
    def _consistent(self) -> Search:
        for text in self.constraints:
            Constraint(text, "")  # raises where it is not one comparison
        if self.searcher == "grid":
            count = prod(len(parameter.values or ()) for parameter in self.parameters.values())
            if count > _MOST_POINTS:
                raise ValueError(f"the grid has {count:,} points, at most {_MOST_POINTS:,} can be tried")
            uncountable = [key for key, parameter in self.parameters.items() if parameter.values is None]
            if uncountable:
                raise ValueError(
                    f"a grid has points: {', '.join(uncountable)} cannot be float or log, list its values"
                )
        if not self.measured:
            raise ValueError("objectives need at least one metric, such as validation/loss")
        if self.searcher == "nsga2" and len(self.objectives) < 2:
            raise ValueError("nsga2 is for several objectives, there is one: take tpe")
        return self
