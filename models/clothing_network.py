"""The clothing network: a frozen ImageNet backbone with a description of the cloth at four depths and a small head,
and a second backbone that was trained on (``clothing_finetune.py``). The mean of their logits decides.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import timm
import torch
from imagenet_lite import imagenet_state
from torch import nn

from vidcheck.clothing_model import CLASSES, FINE_SIDE_PX, SIDE_PX


def imagenet_lite0() -> nn.Module:
    """EfficientNet-Lite0 with ImageNet weights, giving its maps at strides 4 to 32; input -1..1."""
    net = timm.create_model("tf_efficientnet_lite0", features_only=True, out_indices=(1, 2, 3, 4))
    net.load_state_dict(imagenet_state(0), strict=False)
    return net.eval().requires_grad_(False)


class Trunk(nn.Module):
    """(N, 3, side, side) RGB 0..255 -> (N, features): what the cloth is like, at four depths of the backbone.

    Mean and spread of every map; the strongest response of the two deepest (a tag, a pocket, an emblem is
    small); and how the main components of the three shallower ones go together (their covariance), which
    describes a design wherever it lies, after Lin et al., *Bilinear CNN Models for Fine-grained Visual
    Recognition*, ICCV 2015.
    """

    SHALLOW = (12, 20, 28)

    def __init__(self) -> None:
        super().__init__()
        self.net = imagenet_lite0()
        for i, (channels, k) in enumerate(zip((24, 40, 112), self.SHALLOW, strict=True)):
            self.register_buffer(f"centre{i}", torch.zeros(channels))
            self.register_buffer(f"axes{i}", torch.zeros(k, channels))
            self.register_buffer(f"upper{i}", torch.triu_indices(k, k)[0] * k + torch.triu_indices(k, k)[1])

    def fit_axes(self, x: torch.Tensor) -> None:
        """Find the main components of the shallow maps (whitened) on pictures that take no part in any
        test.
        """
        for i, m in enumerate(self.net(x / 127.5 - 1)[:3]):
            values = m.permute(0, 2, 3, 1).reshape(-1, m.shape[1])
            values = values[:: max(1, len(values) // 40000)].double()
            centre = values.mean(0)
            size, axes = torch.linalg.eigh((values - centre).T @ (values - centre) / len(values))
            k = self.SHALLOW[i]
            getattr(self, f"centre{i}").copy_(centre)
            getattr(self, f"axes{i}").copy_((axes[:, -k:] / (size[-k:] + 1e-4).sqrt()).T)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the description of the cloth."""
        parts = []
        for i, m in enumerate(self.net(x / 127.5 - 1)):
            mean = m.mean((2, 3))
            parts += [mean, ((m - mean[:, :, None, None]).square().mean((2, 3)) + 1e-6).sqrt()]
            if i >= 2:
                parts.append(m.amax((2, 3)))
            if i < 3:
                z = getattr(self, f"axes{i}") @ (m.flatten(2) - getattr(self, f"centre{i}")[None, :, None])
                joint = (z @ z.transpose(1, 2) / z.shape[2]).flatten(1)[:, getattr(self, f"upper{i}")]
                parts.append(joint.sign() * (joint.abs() + 1e-4).sqrt())
        return torch.cat(parts, 1)


class Head(nn.Module):
    """Description -> logits: its main components, then the average of a few small networks."""

    def __init__(self, mean: torch.Tensor, std: torch.Tensor, axes: torch.Tensor, members: int, hidden: int) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.register_buffer("axes", axes)
        self.register_buffer("bias", torch.zeros(len(CLASSES)))
        self.members = nn.ModuleList(
            nn.Sequential(
                nn.Dropout(0.2),
                nn.Linear(len(axes), hidden),
                nn.GELU(),
                nn.Dropout(0.5),
                nn.Linear(hidden, len(CLASSES)),
            )
            for _ in range(members)
        )

    def reduce(self, d: torch.Tensor) -> torch.Tensor:
        """Return the main components (N, k) of descriptions (N, features)."""
        return ((d - self.mean) / self.std).clamp(-5, 5) @ self.axes.T

    def forward(self, d: torch.Tensor) -> torch.Tensor:
        """Return logits (N, classes)."""
        z = self.reduce(d)
        return torch.stack([m(z) for m in self.members]).mean(0) + self.bias


def describe(pictures_: list[np.ndarray] | object, trunk: object) -> np.ndarray:
    """Run the trunk over pictures, 32 at a time."""
    out = []
    batch: list[np.ndarray] = []

    def flush() -> None:
        x = np.stack(batch)[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
        out.append(next(iter(trunk(x).values())).astype(np.float16))
        batch.clear()

    for picture in pictures_:  # type: ignore[attr-defined]
        batch.append(picture)
        if len(batch) == 32:
            flush()
    if batch:
        flush()
    return np.concatenate(out)


def compiled(trunk: Trunk) -> object:
    """Return the trunk under OpenVINO, which is several times faster than torch here."""
    import openvino as ov

    model = ov.convert_model(trunk, example_input=torch.rand(2, 3, SIDE_PX, SIDE_PX))
    model.reshape([-1, 3, SIDE_PX, SIDE_PX])
    return ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 2})


def train_head(
    d: np.ndarray,
    targets: np.ndarray,
    weight: np.ndarray,
    seed: int,
    *,
    components: int = 320,
    members: int = 3,
    hidden: int = 96,
    steps: int = 700,
) -> Head:
    """Fit a head to descriptions (n, features) and targets (n, classes).

    ``weight`` (n,) is the chance of a picture to be drawn.
    """
    torch.manual_seed(seed)
    x, t = torch.from_numpy(d.astype(np.float32)), torch.from_numpy(targets)
    mean, std = x.mean(0), x.std(0) + 1e-3
    z = ((x - mean) / std).clamp(-5, 5)
    some = z[:: max(1, len(z) // 4000)]
    size, axes = torch.linalg.eigh(some.T @ some / len(some))
    size, axes = size[-components:], axes[:, -components:]
    head = Head(mean, std, (axes / size.clamp(min=1e-3) ** 0.25).T.contiguous(), members, hidden).train()
    z = head.reduce(x)
    optimizer = torch.optim.AdamW(head.parameters(), lr=2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    chance = torch.from_numpy(weight.astype(np.float64))
    for _ in range(steps):
        loss = torch.zeros(())
        for member in head.members:  # each member sees its own draw
            pick = torch.multinomial(chance, 192, replacement=True)
            loss = loss + nn.functional.cross_entropy(member(z[pick]), t[pick], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return head.eval()


class Clothing(nn.Module):
    """Both networks: torsos at two sizes, (N, 3, side, side) RGB 0..255 -> probabilities (N, classes)."""

    def __init__(self, trunk: Trunk, head: Head, fine: nn.Module, fine_bias: torch.Tensor, temperature: float) -> None:
        super().__init__()
        self.trunk, self.head, self.fine = trunk, head, fine
        self.register_buffer("fine_bias", fine_bias)
        self.temperature = temperature

    def forward(self, pictures: torch.Tensor, fine_pictures: torch.Tensor) -> torch.Tensor:
        """Return probabilities."""
        frozen = self.head(self.trunk(pictures))
        return ((frozen + mirrored(self.fine, fine_pictures) + self.fine_bias) / 2 / self.temperature).softmax(1)


def mirrored(net: nn.Module, pictures: torch.Tensor) -> torch.Tensor:
    """Return the mean logits of pictures (N, 3, side, side), RGB 0..255, and of their mirror images."""
    x = pictures / 127.5 - 1
    seen, turned = net(torch.cat((x, x.flip(3)))).chunk(2)  # one network in the graph, not two of the same weights
    return (seen + turned) / 2


def export(net: Clothing, path: Path) -> None:
    """Write the whole network as ONNX."""
    sides = {"pictures": SIDE_PX, "fine_pictures": FINE_SIDE_PX}
    torch.onnx.export(
        net.eval(),
        tuple(torch.rand(1, 3, side, side) * 255 for side in sides.values()),
        str(path),
        input_names=list(sides),
        output_names=["probabilities"],
        dynamic_axes={name: {0: "n"} for name in (*sides, "probabilities")},
        opset_version=17,
        dynamo=False,
    )
    _simplify(path)
    _halve(path)


def _simplify(path: Path) -> None:
    """Work out beforehand what depends on the sides alone: the padding of every layer, which takes a second to fold."""
    import onnx
    import onnxsim

    simple, same = onnxsim.simplify(onnx.load(str(path)))
    if not same:
        raise RuntimeError("the simplified network gives other answers")
    onnx.save(simple, str(path))


def _halve(path: Path) -> None:
    """Store large weights as 16-bit floats, cast back when the network is loaded: half the file."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    casts = []
    for tensor in list(model.graph.initializer):
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) >= 256:
            half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name + "_half")
            casts.append(helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT))
            model.graph.initializer.remove(tensor)
            model.graph.initializer.append(half)
    for node in reversed(casts):
        model.graph.node.insert(0, node)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
