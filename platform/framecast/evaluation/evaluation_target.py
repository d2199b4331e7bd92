"""What is evaluated: a plan, and the weights that go with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from framecast.bounded.json_file import parse_json
from framecast.bounded.regular_file import check_regular
from framecast.bounded.safetensors_file import read_metadata
from framecast.engine.checkpoint.reading import read_model
from framecast.errors import InputError
from framecast.job.compute import Compute
from framecast.job.load import load_plan, read_plan
from framecast.job.plan import Plan
from framecast.job.plan_file import PlanFile
from framecast.plugin.normalisation import Normalisation
from framecast.registry.entry_points import not_installed
from framecast.registry.trust import Trust
from framecast.runs.checkpoints import Checkpoint, CheckpointStore, checkpoint_at
from framecast.runs.mirror import refresh
from framecast.runs.remote_run import is_copy
from framecast.runs.run_folder import RunFolder
from framecast.search.find import find_run, title_of

if TYPE_CHECKING:
    import torch
    from torch import nn

PLAN_KEY = "framecast.plan"
_MOST_MOVES = 5
"""How often a checkpoint is looked for that a run has replaced meanwhile."""
_COMPUTE_OF_THIS_MACHINE = [
    f"compute.{name}={json.dumps(value)}" for name, value in Compute().model_dump(mode="json").items()
]
"""What is laid over the plan of a run that was trained on a cluster: its workers and GPUs are not here."""
NORMALISATION_KEY = "framecast.normalisation"


@dataclass(frozen=True)
class EvaluationTarget:
    """A model to be asked. `weights` is a safetensors file (`ours`), a checkpoint that others published, or None
    for a model that has no parameters; `normalisation` is that of the data it was trained on."""

    label: str
    plan: Plan
    weights: Path | None
    kind: Literal["ours", "published"] = "ours"
    normalisation: Normalisation | None = None
    run: RunFolder | None = None

    def model(self, device: torch.device) -> nn.Module:
        """The model with its weights, in evaluation mode. Raises InputError where they do not fit."""
        from safetensors.torch import load_file

        plan = self.plan
        if self.kind == "published":
            assert self.weights is not None, "a published checkpoint is a file"
            return self._published(self.weights).to(device).eval()
        model = plan.model.build(plan.sample_shape)
        if self.weights is not None:
            check_regular(self.weights)
            try:
                model.load_state_dict(load_file(self.weights))
            except RuntimeError as error:
                reason = " ".join(str(error).split())
                raise InputError(
                    f"the weights in {self.weights} are not those of {plan.model.name}: {reason}"
                ) from None
            except Exception as error:  # safetensors raises its own kind, without a public base
                raise InputError(f"{self.weights} is damaged: {error}") from None
        elif any(True for _ in model.parameters()):
            raise InputError(f"{self.label} has no checkpoint yet: let it train, or name another")
        return model.to(device).eval()

    def with_settings(self, overrides: Sequence[str]) -> EvaluationTarget:
        """The same model, with settings (key=value) of its run laid over, for a source that needs others. Frames
        keep their shape, and the data need not be here."""
        trust = Trust("this run", everything=True)  # its plugins are imported by now
        plan = read_plan(self.plan.to_yaml(), list(overrides), and_installed=True, trust=trust, same_frames=True)
        if self.normalisation:
            _ensure_same_range(plan, self.plan)
        return replace(self, plan=plan)

    def lengths(self, seen: int | None, predicted: int | None) -> tuple[int, int]:
        """How many frames to give the model and to ask it for: as the caller says, else as it was trained. Raises
        InputError where neither says so."""
        trained = self.plan.horizon or (None, None)
        seen, predicted = seen or trained[0], predicted or trained[1]
        if seen and predicted:
            return seen, predicted
        task = self.plan.task.name
        lacks = f"the task {task} predicts no frames" if self.plan.horizon else f"the task {task} has no horizon"
        raise InputError(f"{lacks}: give --frames-in and --frames-out")

    def ensure_predicts_frames(self, what: str) -> None:
        """Raises InputError where `what` is asked of a model that answers with classes."""
        if self.plan.model.declaration.produces != "frames":
            raise InputError(
                f"{self.plan.model.name} recognises classes, and {what} is for models that predict frames: "
                "`platform evaluate` scores it, framecast.load gives it to a notebook"
            )

    def _published(self, weights: Path) -> nn.Module:
        declaration = self.plan.model.declaration
        if declaration.load_published is None:
            raise InputError(f"the model {declaration.name} has no reader for published checkpoints")
        try:
            return declaration.load_published(weights, self.plan.model.settings)
        except ValueError as error:
            text = str(error)
            raise InputError(text if text.startswith(str(weights)) else f"{weights}: {text}") from None


def find_subject(
    text: str, root: Path, overrides: Sequence[str] = (), trusted: bool = False, plugins: Sequence[str] = ()
) -> EvaluationTarget:
    """What `text` names: a run or a trial (its best checkpoint, else its last), a checkpoint's folder, or an
    exported file.

    `overrides` (key=value) are laid over the plan. A run's own plugins are imported where this user has submitted
    it here, or where it is `trusted`; an exported file never names any. `plugins`, modules or paths, are the
    caller's own copies of what is needed. Raises InputError where nothing is found, it is damaged, or a plugin may
    not be imported.
    """
    path = Path(text)
    if path.is_file():
        return _exported(path, overrides, plugins)

    def planned(run: RunFolder, overrides: Sequence[str] = overrides) -> Plan:
        here = _COMPUTE_OF_THIS_MACHINE if is_copy(run) else []
        trust = Trust.in_folder(run.path, trusted)
        return read_plan(run.plan, [*here, *overrides], and_installed=True, trust=trust, named=plugins)

    def of_checkpoint(run: RunFolder, checkpoint: Checkpoint) -> EvaluationTarget:
        label, saved = f"{_label(run)} step {checkpoint.step}", read_model(checkpoint)
        found = EvaluationTarget(label, planned(run), saved.weights, normalisation=saved.normalisation, run=run)
        if found.normalisation and any(text.startswith("data") for text in overrides):
            _ensure_same_range(found.plan, planned(run, ()))
        return found

    if at_path := checkpoint_at(path):
        return of_checkpoint(*at_path)
    run = find_run(text, root)
    refresh(run, checkpoints=True)
    store = CheckpointStore(run.checkpoints)
    for line in store.without_manifest():
        print(f"warning: {line}", file=sys.stderr)
    for _ in range(_MOST_MOVES):
        checkpoint = store.named("best") or store.named("last")
        if checkpoint is None:
            return EvaluationTarget(_label(run), planned(run), None, run=run)
        try:
            return of_checkpoint(run, checkpoint)
        except (InputError, FileNotFoundError):
            if checkpoint.path.is_dir():
                raise
            # handled: the run is training, and has just put another one in its place
    raise InputError(f"the checkpoints of {_label(run)} change faster than they are read: name one of them")


def published_subject(file: Path, job: str, overrides: Sequence[str] = ()) -> EvaluationTarget:
    """A checkpoint that others published, as the model of a job file, `overrides` (key=value) laid over it."""
    if Path(job).suffix not in (".yaml", ".yml"):
        raise InputError(f"--published needs a job file, whose model, data and task it takes, not {job}")
    if not file.is_file():
        raise InputError(f"{file}: no such file")
    return EvaluationTarget(file.name, load_plan(Path(job), list(overrides), [])[1], file, kind="published")


def _ensure_same_range(plan: Plan, trained: Plan) -> None:
    """Raises InputError where settings would change what values are normalised to: the model keeps its own."""
    if plan.value_range != trained.value_range:
        low, high = trained.value_range
        raise InputError(
            "data: these settings normalise values to another range, and the model was trained on values from "
            f"{low:g} to {high:g}: leave normalisation and value_range as in training"
        )


def _exported(file: Path, overrides: Sequence[str], plugins: Sequence[str]) -> EvaluationTarget:
    try:
        metadata = read_metadata(file)
    except InputError as error:
        raise InputError(f"{file} is not a model that framecast exported: {error}") from None
    if PLAN_KEY not in metadata:
        raise InputError(f"{file} holds weights but no plan: export it with `platform export`")
    normalisation = parse_json(metadata.get(NORMALISATION_KEY, "null"), f"{NORMALISATION_KEY} in {file}")
    plan = _exported_plan(file, metadata[PLAN_KEY], overrides, plugins)
    if normalisation and any(text.startswith("data") for text in overrides):
        _ensure_same_range(plan, _exported_plan(file, metadata[PLAN_KEY], (), plugins))
    return EvaluationTarget(
        file.name,
        plan,
        file,
        normalisation=_normalisation(normalisation, file),
    )


def _normalisation(values: Any, file: Path) -> Normalisation | None:
    try:
        return Normalisation.from_dict(values) if values else None
    except InputError as error:
        raise InputError(f"{file}: {error}") from None


def _exported_plan(file: Path, text: str, overrides: Sequence[str], plugins: Sequence[str]) -> Plan:
    """The plan in an exported file, which imports nothing but what is installed, or named by the caller."""
    content = PlanFile.read(text, str(file))
    own = [source.name for source in not_installed(content.sources)]
    if (needs := [*content.needs, *own]) and not plugins:
        named = " and ".join(needs)
        raise InputError(
            f"{file} needs the plugin {named} of its author, which is not installed here, and no code is imported "
            "from where a file says: install it, or name your own copy with --plugin FILE.py (in Python: "
            "trust='FILE.py')"
        )
    return read_plan(text, list(overrides), and_installed=True, named=plugins)


def _label(run: RunFolder) -> str:
    return title_of(run).replace(" ", "/")
