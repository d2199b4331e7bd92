"""Launches and waits of one training step of the jobs in jobs/, counted on small frames: the number of
launches does not depend on their size.

    python tests/simulated_gpu/step_costs.py     counts, and keeps the figures in step_costs.json
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
FIGURES = Path(__file__).with_name("step_costs.json")

_SMALL = ("data.size=8", "data.digit_size=7", "data.train_clips=4", "data.validation_clips=1", "metrics=[mse]")
_SHORT = ("training.batch_size=1", "training.max_steps=2", "callbacks=[]", "compute.cpus_per_worker=1")
_TORCH, _BF16 = "training.strategy=torch", "training.precision=bf16"
_FP16 = (
    "training.precision=fp16",
    "training.initial_scale_power=4",
)  # at which no step is skipped

STEPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "conv_tt_lstm, known inputs, torch, bf16": ("moving_mnist", (_TORCH, _BF16)),
    "conv_tt_lstm, closed loop, torch, bf16": ("moving_mnist", (_TORCH, _BF16, "task.sampling.ratio=0")),
    "conv_tt_lstm, closed loop, DeepSpeed, fp16": ("moving_mnist", (*_FP16, "task.sampling.ratio=0")),
    "predrnn, torch, bf16": ("moving_mnist_predrnn", (_TORCH, _BF16, "model.hidden_channels=[8,8,8,8]")),
    "simvp, torch, bf16": (
        "moving_mnist_simvp",
        (_TORCH, _BF16, "model.spatial_channels=8", "model.temporal_channels=16"),
    ),
}
"""By name: the job, and its overrides."""


@dataclass(frozen=True)
class StepCost:
    """Of one step, from the end of the one before: the batch's upload, forward, backward, optimizer, logs."""

    launches: int
    waits: int


def kept() -> dict[str, StepCost]:
    """The figures in step_costs.json."""
    return {name: StepCost(**figures) for name, figures in json.loads(FIGURES.read_text()).items()}


def count(name: str, root: Path) -> tuple[StepCost, str]:
    """The cost of the second step, in figures and as a report of where it arises."""
    import torch

    from framecast.engine.distributed_context import DistributedContext
    from framecast.engine.train import train
    from framecast.job.document import Document
    from framecast.job.resolve import make_plan
    from framecast.launch.launch import create_run
    from framecast.plugin.events import Event, RunFinished, StepDone
    from framecast.registry.registry import Registry
    from tests.simulated_gpu.audit import Audit
    from tests.simulated_gpu.cost import Cost

    job, overrides = STEPS[name]
    document = Document.read(_ROOT / "jobs" / f"{job}.yaml")
    document.override([*_SMALL, *_SHORT, *overrides])
    plan = make_plan(document, Registry.discover([]))
    run = create_run(plan, document, root)
    costs: list[Cost] = []
    audit = Audit()

    def listen(event: Event) -> None:
        if isinstance(event, StepDone):
            assert not event.skipped, "a skipped step costs less"
            costs.append(audit.lap())

    with audit:
        train(plan, run, DistributedContext.single_process(torch.device("cuda", 0)), listen)
    ending = run.journal.read()[-1]
    assert isinstance(ending, RunFinished), ending
    cost = costs[-1]
    return StepCost(cost.launches.total(), cost.waits.total()), cost.report()


def main() -> None:
    """Counts all steps anew and keeps them; prints where the costs arise."""
    import torch

    from tests.simulated_gpu.simulated_cuda import install

    os.environ.update(SIMULATED_GPUS="1", DS_ACCELERATOR="cuda", TRITON_INTERPRET="1")
    if not torch.cuda.is_available():
        install()
    figures = {}
    for name in STEPS:
        with tempfile.TemporaryDirectory() as root:
            figures[name], report = count(name, Path(root))
        print(f"{name}: {figures[name]}\n{report}\n", flush=True)
    FIGURES.write_text(json.dumps({name: asdict(cost) for name, cost in figures.items()}, indent=2) + "\n")


if __name__ == "__main__":
    sys.path.append(str(_ROOT))
    main()
