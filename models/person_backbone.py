"""The person detector's backbone: an EfficientNet-Lite with ImageNet weights, trained on with the rest."""

from __future__ import annotations

import timm
import torch
from imagenet_lite import imagenet_state
from torch import nn

CHANNELS = {0: (40, 112, 320), 1: (40, 112, 320), 2: (48, 120, 352)}
"""Lite variant -> channels of its features at strides 8, 16 and 32."""


class LiteBackbone(nn.Module):
    """Stands in for ultralytics' TorchVision block: (B, 3, H, W) in 0..1 -> [x, stride 8, stride 16, stride 32]."""

    def __init__(self, variant: int):
        super().__init__()
        self.net = timm.create_model(f"tf_efficientnet_lite{variant}", features_only=True, out_indices=(2, 3, 4))
        taken = self.net.load_state_dict(imagenet_state(variant), strict=False)
        if any("num_batches" not in k for k in taken.missing_keys):
            raise RuntimeError(f"no ImageNet weights for {taken.missing_keys[:3]}")

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """The picture, 0..1, and its features at strides 8, 16 and 32; the network takes -1..1."""
        return [x, *self.net(x * 2 - 1)]
