"""The job: what a user can write in a job file, section by section. The docstrings are its documentation."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from framecast.job.search import Search
from framecast.plugin.settings import Settings

MOST = 2**31 - 1
Count = Annotated[int, Field(ge=1, le=MOST)]
GPU_PRECISIONS = ("tf32", "fp16")
"""Values of `training.precision` that only GPUs compute in."""
SECTIONS = {"task": "task", "model": "model", "data": "data"}
"""Keys whose section belongs to a plugin, and the kind of plugin."""
LISTS = {"metrics": "metric", "callbacks": "callback"}
"""Keys whose value is a list of plugins' sections."""


class Section(BaseModel):
    """A plugin's section: its name, and settings that the plugin itself checks."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    name: str
    """Which plugin's declaration to use; `platform plugins list` shows what is installed."""

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


def _named(value: Any) -> Any:
    """A section may be a bare name."""
    return {"name": value} if isinstance(value, str) else value


PluginSection = Annotated[Section, BeforeValidator(_named)]


class NamedSettings(Settings):
    """A section whose `name` chooses between several; a bare name stands for a section of nothing else."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return _named(value)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        whole = handler.resolve_ref_schema(handler(core))
        name = {
            key: value for key, value in whole["properties"]["name"].items() if key in ("type", "enum", "const")
        }
        return {"anyOf": [name, whole], "description": whole.get("description", "")}


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


class DeepSpeed(Settings):
    """What only the `deepspeed` strategy reads."""

    zero_stage: int = Field(1, ge=0, le=3)
    """What ZeRO shares out over the workers: 0 nothing, 1 optimizer state, 2 gradients too, 3 weights too."""

    offload: Literal["none", "optimizer", "all"] = "none"
    """What lies in the CPU's memory instead of the GPU's. Slower, for models that do not fit otherwise.

    - `none`: nothing
    - `optimizer`: the optimizer's state, and its step runs there too (ZeRO 1 to 3)
    - `all`: the weights as well (ZeRO 3)
    """

    extra: dict[str, Any] = Field(default_factory=dict)
    """Further keys of DeepSpeed's own configuration; those that this job decides are refused."""


class Elastic(Settings):
    """A number of workers that follows what the cluster has free."""

    min: int = Field(ge=1, le=65536)
    """With fewer workers than this the run waits."""

    max: int = Field(ge=1, le=65536)
    """More workers than this are never started."""

    @model_validator(mode="after")
    def _in_order(self) -> Elastic:
        if self.min > self.max:
            raise ValueError(f"min is {self.min} and max is {self.max}: min must not be above max")
        return self


class Compute(Settings):
    """Where and on how much hardware the run trains."""

    workers: Annotated[int, Field(ge=1, le=65536)] | Elastic = 1
    """Training processes, one for each GPU where there are GPUs; or {min: 1, max: 8}, as many as there is room
    for, continuing from the last checkpoint whenever their number changes."""

    cpus_per_worker: Annotated[int, Field(ge=1, le=4096)] | Literal["auto"] = "auto"
    """CPU cores, and so threads, of each worker.

    - `auto`: this machine's cores divided by the number of workers
    """

    gpus_per_worker: Annotated[int | float, Field(ge=0, le=1)] | Literal["auto"] = "auto"
    """GPUs of each worker, 0 or 1; for one worker also a part of one, such as 0.25, which four trials of a search
    share.

    - `auto`: 1 where there is a GPU for every worker, else 0
    """

    data_processes: int = Field(0, ge=0, le=256)
    """Processes that load training data beside each worker, and as many that load validation data; they stay for
    the whole run. 0 loads within the worker."""

    pin_cores: bool = False
    """Whether each worker keeps to cores of its own; only where the run has its hosts to itself."""

    address: str | None = None
    """Where to run: the job server of a Ray cluster (http://HEAD:8265, or a name from your list of clusters), or
    `auto` for the Ray that this machine belongs to; null starts Ray here."""

    env: list[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]] = Field(
        default_factory=list, max_length=100
    )
    """Names of environment variables that go along to a cluster, such as WANDB_API_KEY; their values are taken
    from the shell that submits, and stand in no file of the run."""

    max_failures: int = Field(3, ge=-1, le=MOST)
    """How often a run whose worker died starts again from its last checkpoint; -1 means without limit."""

    stalled_after: int = Field(1800, ge=5, le=MOST)
    """Seconds without a step after which workers count as hung: they write where they hang into
    logs/stacks-rank-N.txt and start again, as if they had died."""

    @property
    def min_workers(self) -> int:
        return self.workers if isinstance(self.workers, int) else self.workers.min

    @property
    def max_workers(self) -> int:
        return self.workers if isinstance(self.workers, int) else self.workers.max


class Checkpoints(Settings):
    """When checkpoints are written and which are kept."""

    every: Count = 1
    """Epochs between two checkpoints; the last epoch always makes one."""

    every_steps: Count | None = None
    """Also a checkpoint after so many steps, where an epoch takes hours; null means none within an epoch."""

    monitor: str = "validation/loss"
    """What decides the best checkpoint: `validation/loss` or `validation/<metric>`; each metric knows its
    better direction."""

    keep_best: int = Field(1, ge=1, le=MOST)
    """How many of the best checkpoints are kept."""

    keep_last: int = Field(2, ge=1, le=MOST)
    """How many of the newest checkpoints are kept: `last`, `previous` and so on."""


class Job(Settings):
    """A job: what to train, on what, and how."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    """Name of the job and of its folder of runs: letters, digits, dots, dashes and underscores."""

    extends: str | None = None
    """Another job file, relative to this one, whose keys are taken first."""

    task: PluginSection
    """What training means: how a batch becomes a loss and a prediction."""

    model: PluginSection
    """The network."""

    data: PluginSection
    """The clips."""

    metrics: list[PluginSection] | None = Field(None, max_length=100)
    """Scores of the evaluation; null means the task's own list."""

    training: Training = Training()
    deepspeed: DeepSpeed = DeepSpeed()
    compute: Compute = Compute()
    checkpoints: Checkpoints = Checkpoints()

    callbacks: list[PluginSection] = Field(default_factory=list, max_length=100)
    """Listeners to the run; `platform plugins list` shows those installed."""

    search: Search | None = None
    """Makes the job a search: many trainings, each with other settings. null trains once."""

    plugins: list[str] = Field(default_factory=list, max_length=100)
    """Plugins beside the installed ones: modules, or paths of files or packages relative to the job file."""
