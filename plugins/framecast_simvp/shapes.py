"""How SimVP's layers follow one another: what the network is built from, and what its cost is counted from."""

from __future__ import annotations

from framecast_simvp.settings import SimVPSettings


class Shapes:
    """Strides of the encoder, and the channels of the translator's modules on the way in and out."""

    def __init__(self, settings: SimVPSettings) -> None:
        layers, wide = settings.temporal_layers, settings.temporal_channels
        clip = settings.frames_in * settings.spatial_channels
        self.strides = [1 + layer % 2 for layer in range(settings.spatial_layers)]
        """Of the encoder's layers, first to last; the decoder has them backwards."""
        self.inward = [(wide if layer else clip, wide) for layer in range(layers)]
        """(in, out) channels of each module on the way in."""
        self.outward = [
            (2 * wide if layer else wide, clip if layer == layers - 1 else wide) for layer in range(layers)
        ]
        """(in, out) channels of each module on the way out; all but the first see a module of the way in too."""
