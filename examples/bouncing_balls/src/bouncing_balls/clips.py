"""Clips of bouncing balls. Places and speeds are parts of the box; dimensions: T time, N balls, H W space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from . import Settings

STEPS = 20
"""Small steps from frame to frame: within one, a ball covers no more than a small part of its own width."""

TRIES = 200
"""Places that are drawn for the balls of a clip before all of them begin again."""


class BouncingBalls:
    """Clip i of a split follows from (seed, split, i) alone."""

    grouped_by = "clip"

    def __init__(self, settings: Settings, split: int, clips: int, frames: int) -> None:
        self.settings, self.split, self.clips, self.frames = settings, split, clips, frames

    def __len__(self) -> int:
        return self.clips

    def __getitem__(self, index: int) -> dict[str, Any]:
        """{"frames": (T, 1, H, W) uint8}."""
        seed = np.random.SeedSequence([self.settings.seed, self.split, index])
        random = np.random.Generator(np.random.Philox(seed))
        places, speeds = self._start(random)
        clip = np.stack(
            [self._picture(places), *(self._picture(self._move(places, speeds)) for _ in range(1, self.frames))]
        )
        return {"frames": clip[:, None]}

    def _start(self, random: np.random.Generator) -> tuple[Any, Any]:
        """Places (N, 2) where no two balls touch, and speeds (N, 2)."""
        radius, balls = self.settings.radius, self.settings.balls
        places = np.zeros((0, 2))
        tries = 0
        while len(places) < balls:
            if tries == TRIES:  # the first ones left no room for the others
                places, tries = places[:0], 0
            place = random.uniform(radius, 1 - radius, 2)
            if (np.linalg.norm(places - place, axis=1) > 2 * radius).all():
                places = np.vstack([places, place])
            tries += 1
        angle = random.uniform(0, 2 * np.pi, balls)
        return places, self.settings.speed * np.stack([np.sin(angle), np.cos(angle)], 1)

    def _move(self, places: Any, speeds: Any) -> Any:
        """From one frame to the next, in place."""
        radius = self.settings.radius
        for _ in range(STEPS):
            places += speeds / STEPS
            outside = (places < radius) & (speeds < 0) | (places > 1 - radius) & (speeds > 0)
            speeds[outside] *= -1
            for one in range(len(places)):
                for other in range(one):
                    collide(places, speeds, one, other, radius)
        return places

    def _picture(self, places: Any) -> Any:
        """(H, W) uint8: 255 within a ball, 0 outside, in between on its edge."""
        size = self.settings.size
        pixels = (np.arange(size) + 0.5) / size
        rows, columns = places[:, 0, None, None], places[:, 1, None, None]
        away = np.hypot(pixels[:, None] - rows, pixels - columns).min(0)
        return (np.clip((self.settings.radius - away) * size + 0.5, 0, 1) * 255).astype(np.uint8)


def collide(places: Any, speeds: Any, one: int, other: int, radius: float) -> None:
    """Two balls that touch and come closer trade their speeds along the line between them, in place: momentum and
    energy stay as they are."""
    apart = places[one] - places[other]
    distance = np.linalg.norm(apart)
    if distance < 2 * radius:
        along = apart / distance
        closing = (speeds[one] - speeds[other]) @ along
        if closing < 0:
            speeds[one] -= closing * along
            speeds[other] += closing * along
