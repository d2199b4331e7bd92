"""The `training:` section of a job."""

from __future__ import annotations

import sys
from typing import Literal

from pydantic import Field

from framecast.job.count import MOST, Count
from framecast.job.section import NamedSettings
from framecast.plugin.settings import Settings

GPU_PRECISIONS = ("tf32", "fp16")
"""Values of `training.precision` that only GPUs compute in."""


class Optimizer(NamedSettings):
    """The optimizer; its name alone is enough."""

    name: Literal["adam", "adamw", "sgd"] = "adam"
    """Which optimizer.

    - `adam`: the paper's
    - `adamw`: with decoupled weight decay
    - `sgd`: with momentum 0.9
    """

    learning_rate: float = Field(1e-3, gt=0, le=100)
    """Step size before schedules; the paper's ConvLSTM takes 1e-3, its Conv-TT-LSTM example 1e-4."""

    weight_decay: float = Field(0.0, ge=0, le=100)
    """Weight decay; 0 means none."""


class Schedule(NamedSettings):
    """The learning rate over the steps of the run, its name alone is enough; a task may lower the rate further."""

    name: Literal["constant", "cosine"] = "constant"
    """Which schedule.

    - `constant`: the same rate until the end, after the warm-up
    - `cosine`: down to a hundredth of the learning rate at the last step, along half a cosine
    """

    warmup_steps: int = Field(0, ge=0, le=MOST)
    """Steps over which the learning rate rises linearly from 0; 0 means none."""


class Training(Settings):
    """How the model is trained."""

    epochs: Count = 10
    """Passes over the training clips."""

    max_steps: Count | None = None
    """Stops after this many optimizer steps, if that comes before `epochs`; null means no limit."""

    max_hours: float | None = Field(None, gt=0, le=100_000)
    """Stops after this many hours of training, over all attempts; null means no limit."""

    batch_size: Count = 16
    """Clips in one optimizer step, over all workers: the same number trains the same model on any number."""

    accumulate: int = Field(1, ge=1, le=65536)
    """Parts that a worker's share of the batch is computed in, one after another, to save memory."""

    evaluate_every: Count = 1
    """Epochs between two evaluations on the validation split."""

    evaluation_batch_size: Count | None = None
    """Clips that each worker evaluates at once; null means its share of `batch_size`. More use a GPU better, fewer
    take less memory; scores do not depend on it."""

    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()

    gradient_clipping: float | None = Field(1.0, gt=0, le=1e9)
    """Largest norm of the whole gradient; higher orders are unstable without it. null means no clipping."""

    precision: Literal["auto", "fp32", "tf32", "bf16", "fp16"] = "auto"
    """Number format of the arithmetic. Evaluations of checkpoints and predictions are in IEEE fp32 in any case.

    - `auto`: bf16 on a GPU that has it, fp16 on another GPU, fp32 on a CPU
    - `fp32`: IEEE single precision, on GPUs too
    - `tf32`: single precision whose products round their factors to 10 bits of mantissa, several times faster on
      GPUs from Ampere on (older ones compute in fp32); GPUs only
    - `bf16`: mixed precision in bfloat16; what remains in single precision is tf32
    - `fp16`: mixed precision in half precision, with loss scaling; what remains in single precision is tf32; GPUs
      only
    """

    initial_scale_power: int = Field(24, ge=0, le=32)
    """Power of 2 that fp16 multiplies losses by at first. A loss is a mean over millions of values, whose
    gradients would be 0 in fp16 with a small scale. Each overflow skips a step and halves the scale, at least to
    1; a thousand steps (two thousand with the torch strategy) without one double it."""

    algorithms: Literal["heuristic", "benchmark", "deterministic"] = "heuristic"
    """How a GPU chooses between algorithms for one operation. CPUs give the same results in every case, bit for
    bit at an equal number of threads.

    - `heuristic`: by cuDNN's estimate; some add up in any order, so equal runs differ in their last digits
    - `benchmark`: the fastest of several that are tried at each new shape: a slower start and more memory, for
      models whose shapes stay the same; equal runs differ as well
    - `deterministic`: only those that add up in one order, so equal runs on equal GPUs are equal bit for bit. The
      price: steps are slower, and an operation without such an algorithm ends the run with an error that names it
    """

    activation_checkpointing: Literal["none", "layers"] = "none"
    """What the backward pass computes again instead of keeping it.

    - `none`: everything is kept
    - `layers`: each layer's activations from its input: a fraction of the memory, about a third more time
    """

    strategy: Literal["deepspeed", "torch"] = Field(
        default_factory=lambda: "deepspeed" if sys.platform == "linux" else "torch"
    )
    """What runs the optimizer and exchanges gradients.

    - `deepspeed`: the DeepSpeed engine, with ZeRO and offloading; the default on Linux
    - `torch`: plain DDP and autocast, for machines without DeepSpeed; the default elsewhere. For one worker
      without offloading it does the same with fewer GPU kernels a step: by 441 in bf16, by 1,637 in fp16
    """

    seed: int = Field(0, ge=0, le=2**63 - 1)
    """Seed of every random draw in training: first weights, order of clips, truth masks, dropout."""

    def clips_evaluated_at_once(self, workers: int) -> int:
        """By so many workers together."""
        return self.evaluation_batch_size * workers if self.evaluation_batch_size else self.batch_size
