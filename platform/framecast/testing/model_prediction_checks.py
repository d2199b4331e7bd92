"""Checks of what a model's predictions depend on, and of what a call changes. Every public function is a check.

Dimensions: B batch, C channels, H W space, P predictions.
"""

from __future__ import annotations

import torch
from torch import Tensor

from framecast.testing.global_state import untouched
from framecast.testing.model_calls import BATCH, build_model, call_model, close, drawn_clip, predict, readings
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.verdict import LeftOut, require

_BF16 = 0.05
"""Root mean square by which bf16 may depart, as a part of that of the answer: our own depart by 0.01 or less."""


def the_same_seed_gives_the_same_model(subject: PluginUnderTest) -> None:
    """Weights are drawn from torch's generator, which the engine seeds: one seed, one model, one prediction.

    Draw from no other generator, never call torch.manual_seed, and keep no state between two calls."""
    frames, *_ = drawn_clip(subject)
    one, two, other = (build_model(subject, seed=seed) for seed in (0, 0, 1))
    first = predict(subject, one, frames)
    require(torch.equal(first, predict(subject, two, frames)), "two models of one seed predict differently")
    require(torch.equal(first, predict(subject, one, frames)), "a second call predicts differently")
    weights = [list(model.parameters()) for model in (one, other)]
    if any(weight.unique().numel() > 2 for weight in weights[0]):  # else they are constants, not drawn
        differs = any(not torch.equal(mine, its) for mine, its in zip(*weights, strict=True))
        require(differs, "two seeds give the same weights: something seeds torch again")


def samples_do_not_know_of_each_other(subject: PluginUnderTest) -> None:
    """What is predicted for a clip depends on that clip alone, also in training.

    A job gives the same losses on any number of workers, so nothing may be shared over the batch: take GroupNorm
    or LayerNorm instead of BatchNorm, and mind `view` and `reshape` across the axis of the batch."""
    model = build_model(subject)
    frames, truth, keep = drawn_clip(subject)
    neighbour = torch.cat([frames[:1], 1 - frames[1:]])
    for training in (False, True):
        model.train(training)
        pair = []
        for each in (frames, neighbour):
            torch.manual_seed(0)  # dropout, if there is any, is the same
            pair.append(call_model(subject, model, each, subject.given.frames_out, truth, keep).whole[0])
        where = "in training" if training else "in evaluation"
        require(close(pair[0], pair[1]), f"{where} the first clip's prediction changes with the second clip")
    model.eval()
    alone, both = (predict(subject, model, each)[0] for each in (frames[:1], frames))
    require(close(alone, both), "alone in its batch a clip is predicted differently")


def truth_takes_the_place_of_its_own_output(subject: PluginUnderTest) -> None:
    """`truth` (B, frames_out - 1, C, H, W) is seen only where `keep_truth` (B, frames_out - 1) is set, and never
    before the frame that follows it is predicted: frame j of the truth may change predictions j + 1 and later.
    Without `keep_truth` every true frame is seen.

    A model that has no use for the truth takes the two arguments and ignores them."""
    if subject.model.produces != "frames":
        raise LeftOut("recognition models are never given the truth")
    model, asked = build_model(subject).eval(), max(subject.given.frames_out, 3)
    frames, *_ = drawn_clip(subject)
    truth = torch.rand(BATCH, asked - 1, *frames.shape[2:])
    nowhere = torch.zeros(BATCH, asked - 1, dtype=torch.bool)

    def future(truth: Tensor | None = None, keep_truth: Tensor | None = None) -> Tensor:
        answer = call_model(subject, model, frames, asked, truth, keep_truth).frames
        assert answer is not None, "a video model returns frames"
        return answer[:, -asked:]

    with torch.no_grad():
        require(
            close(future(), future(truth, nowhere)),
            "with keep_truth False everywhere it still looks at the truth",
        )
        fed, later = future(truth, ~nowhere), truth.clone()
        require(
            close(fed, future(truth)),
            "truth without keep_truth predicts differently from keep_truth True everywhere",
        )
        later[:, -1] = 1 - later[:, -1]
        changed = future(later, ~nowhere)
    require(close(fed[:, :-1], changed[:, :-1]), "predictions depend on true frames that come later")


def the_past_does_not_know_the_future(subject: PluginUnderTest) -> None:
    """Where a model also predicts frames that it has seen (P > frames_out), each comes from the frames before it;
    and the logits of a reading come from the first `observed` frames of a clip.

    Otherwise the loss rewards copying, or an early recognition has seen the end."""
    model, asked = build_model(subject).eval(), subject.given.frames_out
    frames, *_ = drawn_clip(subject)
    first = readings(frames)[0]
    for kept in {first, frames.shape[1] - 1}:
        other = torch.cat([frames[:, :kept], 1 - frames[:, kept:]], 1)
        with torch.no_grad():
            one, two = (call_model(subject, model, each, asked) for each in (frames, other))
        if one.frames is not None and two.frames is not None:
            past = max(0, one.frames.shape[1] - asked - (frames.shape[1] - 1 - kept))
            require(
                close(one.frames[:, :past], two.frames[:, :past]),
                "predictions of seen frames depend on later ones",
            )
        if one.logits is not None and two.logits is not None and kept >= first:
            require(close(one.logits[:, 0], two.logits[:, 0]), "a reading depends on frames after those observed")


def bf16_is_near_fp32(subject: PluginUnderTest) -> None:
    """Under autocast to bf16 predictions are numbers, and near those of fp32.

    Sums over many values and states that grow need fp32: cast them, or keep them out of autocast."""
    model, (frames, *_) = build_model(subject).eval(), drawn_clip(subject)
    exact = predict(subject, model, frames)
    with torch.autocast("cpu", torch.bfloat16):
        rough = predict(subject, model, frames).float()
    require(exact.isfinite().all(), "in fp32 they are not numbers")
    require(rough.isfinite().all(), "in bf16 they are not numbers")
    apart = (rough - exact).square().mean().sqrt() / (exact.square().mean().sqrt() + 1e-2)
    require(apart < _BF16, f"they are apart by {apart:.0%} of their size")


def leaves_the_process_as_it_was(subject: PluginUnderTest) -> None:
    """Building, calling and differentiating change nothing that others use: random states, the default dtype,
    threads, whether gradients are recorded.

    Use your own torch.Generator where you need random numbers outside training, and contexts such as torch.no_grad
    instead of switches."""
    with untouched("build", draws=True):
        model = build_model(subject)
    frames, truth, keep = drawn_clip(subject)
    before = frames.clone()
    with untouched("a training step", draws=True):
        predicted = call_model(subject, model, frames, subject.given.frames_out, truth, keep).whole
        if predicted.requires_grad:
            predicted.square().sum().backward()
    with untouched("an evaluation"):
        predict(subject, model, frames)
    require(torch.equal(frames, before), "it writes into the frames that it was given")
