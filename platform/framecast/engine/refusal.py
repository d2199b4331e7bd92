"""Errors of one process that the others know nothing of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from framecast.engine.distributed_context import DistributedContext
from framecast.errors import InputError, PeersWaiting, TrainingFailed


@contextmanager
def share_refusals(distributed: DistributedContext) -> Iterator[None]:
    """Around work that each process does alone, before any of them waits for another one.

    Where the body raises InputError or TrainingFailed on some processes, these raise it, and all others raise one
    of the same class with the text of the first of them. Otherwise the others would wait in their next collective
    operation until it times out. Any other error is raised at once: the launcher then ends the other processes.
    """
    refusal: InputError | TrainingFailed | None = None
    try:
        yield
    except (InputError, TrainingFailed) as error:
        refusal = error
    kind = InputError if isinstance(refusal, InputError) else TrainingFailed
    shared = distributed.first_text(f"{kind.__name__} {refusal}" if refusal else "")
    if refusal:
        raise refusal
    if shared:
        rank, text = shared
        name, _, message = text.partition(" ")
        raise (InputError if name == InputError.__name__ else TrainingFailed)(f"worker {rank}: {message}")


@contextmanager
def raise_own_refusals(distributed: DistributedContext) -> Iterator[None]:
    """Around the reading of data while processes wait for each other, in training and in evaluation.

    An InputError there, of a clip that cannot be read for example, is known to this process only. Where there are
    others it is raised as PeersWaiting.
    """
    try:
        yield
    except InputError as error:
        if distributed.size > 1:
            raise PeersWaiting("; ".join(map(str, error.problems))) from error
        raise
