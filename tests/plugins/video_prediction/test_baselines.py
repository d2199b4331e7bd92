"""The models without parameters."""

import torch

from framecast_video_prediction.baselines import Black, LastFrame

FRAMES = torch.rand(2, 4, 3, 5, 6, generator=torch.Generator().manual_seed(0))


def test_black_forecasts_zeros():
    assert torch.equal(Black()(FRAMES, 3), torch.zeros(2, 3, 3, 5, 6))


def test_last_frame_forecasts_the_last_seen_frame_again_and_again():
    forecast = LastFrame()(FRAMES, 3)

    assert forecast.shape == (2, 3, 3, 5, 6)
    assert all(torch.equal(forecast[:, step], FRAMES[:, 3]) for step in range(3))


def test_there_is_nothing_to_train():
    assert [*Black().parameters(), *LastFrame().parameters()] == []
