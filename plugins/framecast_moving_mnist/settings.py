"""What a job can set of Moving-MNIST."""

from __future__ import annotations

from pydantic import Field, model_validator

import framecast

DIGIT_SIZES = (28, 14, 7)
SEQUENCE_SIZE = 64


class MovingMNISTSettings(framecast.Settings):
    """The paper's setting is the default: 2 digits of 28 pixels on 64x64, a tenth of the way each frame."""

    root: framecast.Path | None = None
    """Folder with the full MNIST set: what `platform data prepare moving_mnist` makes, or idx files (gzipped or
    not), or mnist_train.csv and mnist_test.csv; null takes the 10,000 training and 2,000 test digits that come
    with the package."""

    size: int = Field(64, ge=8, le=4096)
    """Height and width of the frames in pixels."""

    digits: int = Field(2, ge=1, le=100)
    """Digits in each clip."""

    digit_size: int = 28
    """Height and width of a digit in pixels, 28, 14 or 7: on frames of 32 take 14, or hardly any way is left."""

    step: float = Field(0.1, gt=0, le=1)
    """Way of a digit between two frames, as a part of its whole range of travel."""

    train_clips: int = Field(10_000, ge=1, le=2**31 - 1)
    """Clips in the training split."""

    validation_clips: int = Field(3_000, ge=1, le=2**31 - 1)
    """Clips in the validation split, always the same ones; of training digits."""

    test_clips: int = Field(5_000, ge=1, le=2**31 - 1)
    """Clips in the test split, always the same ones; of test digits."""

    test_sequences: bool = False
    """Tests on the classic fixed set that other benchmarks score on, `mnist_test_seq.npy` in `root`: 10,000 clips
    of two digits, at most 20 frames of 64x64, whatever `test_clips`, `digits` and `step` say; a shorter clip is
    the beginning of one."""

    fresh: bool = False
    """Makes new training clips every epoch; the paper's set is fixed."""

    seed: int = Field(0, ge=0, le=2**63 - 1)
    """Seed of all clips; leave it alone where runs are to be compared."""

    @model_validator(mode="after")
    def _digits_fit(self) -> MovingMNISTSettings:
        if self.digit_size not in DIGIT_SIZES:
            raise ValueError(f"digit_size must be 28, 14 or 7, got {self.digit_size}")
        if self.digit_size >= self.size:
            raise ValueError(f"digits of {self.digit_size} pixels cannot move on frames of {self.size}")
        return self

    @model_validator(mode="after")
    def _sequences_fit(self) -> MovingMNISTSettings:
        if self.test_sequences and self.root is None:
            raise ValueError("test_sequences needs root, the folder with mnist_test_seq.npy")
        if self.test_sequences and self.size != SEQUENCE_SIZE:
            raise ValueError(f"test_sequences are of {SEQUENCE_SIZE}x{SEQUENCE_SIZE} pixels, size is {self.size}")
        return self
