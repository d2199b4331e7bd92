"""The smallest frames that metrics can score, in pixels at each side."""

SSIM_WINDOW = 7
LPIPS_SMALLEST = {"alex": 31, "vgg": 16}
"""Below these nothing is left of a frame after the network's last pooling."""
