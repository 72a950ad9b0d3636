"""What a COCO-trained detector knows about a photo, beyond boxes: its scores at every place, as soft targets.

The labels of the training photos say where people are and miss one in ten. A teacher's scores say how sure one
can be anywhere: they soften the labels where these are wrong, and say nothing against a person nobody labelled.
The teacher sees the photo as it is, the student the same photo darkened, blurred and compressed: so it learns to
see in a poor frame what the teacher sees in a clean one. The loss on scores follows Yang et al., "Bridging
Cross-task Protocol Inconsistency for Distillation in Dense Object Detection", ICCV 2023; the one on box edges follows
Zheng et al., "Localization Distillation for Dense Object Detection", CVPR 2022.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from ultralytics import YOLO
from ultralytics.utils.loss import v8DetectionLoss

PERSON = 0
"""Index of people among COCO's classes."""

SCORE_GAIN = 0.5
EDGE_GAIN = 0.5


def load_teacher(path: Path) -> nn.Module:
    """A frozen YOLO11n with COCO's classes, from a checkpoint (`.pt`) or from an OpenVINO export's folder.

    An export in 8 bit is taken with its weights as floating-point numbers and its activations unrounded.

    Raises
    ------
    ValueError
        Where the export is not one of YOLO11n.
    """
    if path.suffix == ".pt":
        network = YOLO(str(path), task="detect").model.float()
        network.fuse(verbose=False)
    else:
        network = YOLO("yolo11n.yaml", task="detect").model.float()
        network.fuse(verbose=False)
        weights = _openvino_weights(next(path.glob("*.xml")))
        own = network.state_dict()
        missing = [k for k in own if k not in weights and not k.endswith("dfl.conv.weight")]
        if missing or any(own[k].numel() != v.numel() for k, v in weights.items()):
            raise ValueError(f"{path} is not an export of YOLO11n: {missing[:3]}")
        network.load_state_dict({k: v.reshape(own[k].shape) for k, v in weights.items()}, strict=False)
    network.requires_grad_(False)
    network.eval()
    network.model[-1].training = True  # raw scores and edges; there is no batch norm left to disturb
    return network


def _openvino_weights(xml: Path) -> dict[str, torch.Tensor]:
    """Weights and biases of every convolution, under the names that the fused torch model gives them."""
    import openvino as ov

    core = ov.Core()
    model = core.read_model(xml)

    def value(output: Any) -> torch.Tensor:
        graph = ov.Model([ov.opset13.result(ov.opset13.convert(output, "f32"))], [], "constant")
        return torch.from_numpy(core.compile_model(graph, "CPU")([])[0].copy())

    found = {}
    for node in model.get_ordered_ops():
        if node.get_type_name() not in ("Convolution", "GroupConvolution") or "dfl" in node.get_friendly_name():
            continue
        name = node.get_friendly_name().split("/")[0].removeprefix("__module.")
        found[f"{name}.weight"] = value(node.input_value(1))
        (after,) = node.output(0).get_target_inputs()
        bias = after.get_node()
        if bias.get_type_name() != "Add":
            raise ValueError(f"{name} has no bias in {xml}")
        found[f"{name}.bias"] = value(bias.input_value(1 - after.get_index())).flatten()
    return found


class DistilledLoss(v8DetectionLoss):  # type: ignore[misc]
    """The detection loss against labels, and beside it that against `batch["teacher"]`, where a batch has it."""

    def __init__(self, model: nn.Module):
        super().__init__(model)
        self.from_labels = self.bce

    def loss(self, preds: dict[str, torch.Tensor], batch: dict[str, Any]) -> tuple[torch.Tensor, dict[str, Any]]:
        """Losses of boxes, scores and edges, times the batch's size, and their values for the log."""
        teacher = batch.get("teacher")
        if teacher is None:
            return super().loss(preds, batch)
        sure = teacher["scores"][:, PERSON : PERSON + 1].float().sigmoid().transpose(1, 2)

        def bce(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            """Against labels, but where no label is, only as far as the teacher sees nobody either."""
            return self.from_labels(scores, targets) * torch.where(targets > 0, 1.0, 1.0 - sure)

        self.bce = bce
        try:
            loss, items = super().loss(preds, batch)
        finally:
            self.bce = self.from_labels
        size = sure.shape[0]
        scores = preds["scores"].transpose(1, 2).float()
        apart = (scores.detach().sigmoid() - sure).abs()
        people = sure.sum().clamp_(min=1)
        by_score = (F.binary_cross_entropy_with_logits(scores, sure, reduction="none") * apart).sum() / people
        edges = F.log_softmax(_edges(preds["boxes"], self.reg_max), -1)
        theirs = F.softmax(_edges(teacher["boxes"], self.reg_max), -1)
        by_edge = (F.kl_div(edges, theirs, reduction="none").sum((-1, -2)) * sure[..., 0]).sum() / (4 * people)
        added = torch.stack([torch.zeros_like(by_score), SCORE_GAIN * by_score, EDGE_GAIN * by_edge])
        return loss + added * size, {k: v + a.detach() for (k, v), a in zip(items.items(), added, strict=True)}


def _edges(boxes: torch.Tensor, bins: int) -> torch.Tensor:
    """(B, 4 * bins, places) to (B, places, 4, bins)."""
    batch, _, places = boxes.shape
    return boxes.float().view(batch, 4, bins, places).permute(0, 3, 1, 2)
