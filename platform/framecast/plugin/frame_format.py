"""The form that every video is brought to: size, channels, rate, and what stands for transparency."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FrameFormat:
    """Frames of `height` x `width` pixels, grey (1 channel) or colour (3, RGB), uint8.

    With `crop` a frame keeps its proportions and loses what sticks out on two sides; without, it is stretched.
    `background` (a name, or #rrggbb) shows through transparent pixels. `bit_depth` is the number of significant
    bits of values that are stored in 16; None takes all 16, and refuses videos that use fewer. `frame_rate`
    resamples videos by the times of their frames, to so many a second; None takes the frames as they are stored.

    A data set that lets a job choose `background`, `bit_depth` or `frame_rate` calls its settings so: messages
    about videos name them as data.background and so on.
    """

    height: int
    width: int
    channels: int = 1
    crop: bool = False
    background: str = "black"
    bit_depth: int | None = None
    frame_rate: float | None = None

    def __post_init__(self) -> None:
        if self.channels not in (1, 3):
            raise ValueError(f"frames are grey (1 channel) or colour (3), not of {self.channels} channels")
        _ = self.background_rgb

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        return self.channels, self.height, self.width

    @property
    def background_rgb(self) -> tuple[int, int, int]:
        """Red, green and blue of the background. Raises ValueError where it names no colour."""
        if self.background == "black":
            return 0, 0, 0
        from PIL import ImageColor

        try:
            red, green, blue = ImageColor.getrgb(self.background)[:3]
        except ValueError:
            raise ValueError(
                f"background is {self.background!r}, expected a colour such as black, white or #808080"
            ) from None
        return red, green, blue

    def scaled_size(self, height: int, width: int, pixel_aspect: float = 1.0) -> tuple[int, int]:
        """What a frame of that height and width is resized to, before anything is cropped; `pixel_aspect` is the
        width of its pixels over their height."""
        if not self.crop:
            return self.height, self.width
        scale = max(self.height / height, self.width / (width * pixel_aspect))
        return max(self.height, round(height * scale)), max(self.width, round(width * pixel_aspect * scale))

    def source_region(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the part of such a frame that is left after cropping, in its own pixels."""
        if not self.crop:
            return height, width
        scale = max(self.height / height, self.width / width)
        return min(height, round(self.height / scale)), min(width, round(self.width / scale))
