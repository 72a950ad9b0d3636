"""Train the second clothing network: an EfficientNet-Lite2 that goes on from ImageNet, for the cloth itself.

Each training picture is made a few times (other light, other view), then shown in random framings with patches
erased and pictures mixed. Minutes on a GPU; without one, hours.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import timm
import torch
from clothing_network import mirrored
from clothing_samples import Bystander, Data, Sample, make
from imagenet_lite import imagenet_state
from torch import nn
from torch.nn import functional

from vidcheck.clothing_model import CLASSES, FINE_SIDE_PX

LITE = 2
VIEWS = 3
STEPS, BATCH = 550, 256
RATE, HEAD_RATE = 4e-4, 2e-3
ERASED, MIXED = 0.3, 0.4
"""Shares of pictures with an erased patch, and of steps in which pictures are mixed in pairs."""

_shared: tuple[list[Sample], Data, list[Bystander]]


@dataclass(frozen=True)
class Task:
    """What all folds have in common."""

    pixels: torch.Tensor
    """(views, samples, side, side, 3) uint8 BGR."""
    targets: torch.Tensor
    """(samples, classes)."""


def network() -> nn.Sequential:
    """(N, 3, side, side) in -1..1 -> logits (N, classes), with ImageNet weights and an untrained last layer."""
    net = timm.create_model(f"tf_efficientnet_lite{LITE}", num_classes=0, drop_path_rate=0.1)
    net.load_state_dict({k: v for k, v in imagenet_state(LITE).items() if not k.startswith("classifier")}, strict=False)
    return nn.Sequential(net, nn.Dropout(0.3), nn.Linear(net.num_features, len(CLASSES)))


def render(samples: list[Sample], data: Data, bystanders: list[Bystander], processes: int) -> np.ndarray:
    """Make all training pictures, (views, samples, side, side, 3) BGR, on ``processes`` forked processes."""
    global _shared
    _shared = (samples, data, bystanders)
    jobs = [(i, view) for view in range(VIEWS) for i in range(len(samples))]
    out = np.empty((len(jobs), FINE_SIDE_PX, FINE_SIDE_PX, 3), np.uint8)
    with ProcessPoolExecutor(processes) as pool:
        for k, picture in enumerate(pool.map(_render_one, jobs, chunksize=64)):
            out[k] = picture
    return out.reshape(VIEWS, len(samples), FINE_SIDE_PX, FINE_SIDE_PX, 3)


def _render_one(job: tuple[int, int]) -> np.ndarray:
    samples, data, bystanders = _shared
    sample = samples[job[0]]
    other = replace(sample, seed=(sample.seed + 7919 * job[1]) % 2**31)
    return make(other, data, bystanders, FINE_SIDE_PX)


def _framed(x: torch.Tensor) -> torch.Tensor:
    """Other framing, slant and light for pictures (N, 3, side, side) in -1..1, and a patch erased in some."""
    n, side, on = len(x), x.shape[2], x.device
    g = torch.rand(n, 8, device=on)
    scale, stretch = 0.8 + 0.25 * g[:, 0], 0.16 * (g[:, 1] - 0.5)
    turn = torch.zeros(n, 2, 3, device=on)
    turn[:, 0, 0] = scale * (1 + stretch) * torch.where(g[:, 2] < 0.5, -1.0, 1.0)
    turn[:, 1, 1] = scale / (1 + stretch)
    turn[:, :, 2] = (g[:, 3:5] - 0.5) * 0.3
    turn[:, 0, 1] = (torch.rand(n, device=on) - 0.5) * 0.2
    turn[:, 1, 0] = (torch.rand(n, device=on) - 0.5) * 0.2
    grid = functional.affine_grid(turn, list(x.shape), align_corners=False)
    x = functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
    light = (0.85 + 0.3 * g[:, 5]).view(-1, 1, 1, 1) * torch.exp(torch.randn(n, 3, 1, 1, device=on) * 0.05)
    x = (x + 1) * light - 1
    for k in torch.nonzero(g[:, 6] < ERASED).flatten().tolist():
        patch = int(side * (0.1 + 0.3 * float(torch.rand(()))))
        top, left = (int(torch.randint(0, side - patch + 1, ())) for _ in "yx")
        x[k, :, top : top + patch, left : left + patch] = torch.rand(3, 1, 1, device=on) * 2 - 1
    return x.clamp(-1, 1)


def to_tensor(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures (N, side, side, 3) uint8 BGR to (N, 3, side, side) RGB, 0..255."""
    return pictures.permute(0, 3, 1, 2).flip(1).float()


def fine_tune(task: Task, chance: np.ndarray, seed: int, steps: int = STEPS, batch: int = BATCH) -> nn.Sequential:
    """Train one network; ``chance`` (samples,) is how often a picture is drawn, 0 for those left out.

    The weights returned are a running average over the steps.
    """
    on = task.pixels.device
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = network().to(on, memory_format=torch.channels_last).train()
    groups = [{"params": net[0].parameters(), "lr": RATE}, {"params": net[2].parameters(), "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [RATE, HEAD_RATE], total_steps=steps, pct_start=0.15)
    average: dict[str, Any] = {k: v.detach().clone() for k, v in net.state_dict().items()}
    drawn = torch.from_numpy(chance.astype(np.float64)).to(on)
    for step in range(steps):
        i = torch.multinomial(drawn, batch, replacement=True)
        view = torch.randint(0, len(task.pixels), (batch,), device=on)
        x, y = _framed(to_tensor(task.pixels[view, i]) / 127.5 - 1), task.targets[i]
        if rng.random() < MIXED:
            share, order = float(rng.beta(0.4, 0.4)), torch.randperm(batch, device=on)
            x, y = share * x + (1 - share) * x[order], share * y + (1 - share) * y[order]
        with torch.autocast(on.type, torch.bfloat16):
            out = net(x.contiguous(memory_format=torch.channels_last))
        loss = functional.cross_entropy(out.float(), y, label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5)
        optimizer.step()
        schedule.step()
        keep = min(0.99, (1 + step) / (10 + step))
        with torch.no_grad():
            for name, value in net.state_dict().items():
                if value.is_floating_point():
                    average[name].lerp_(value, 1 - keep)
                else:
                    average[name].copy_(value)
    net.load_state_dict(average)
    return net.eval()


@torch.no_grad()
def logits_of(net: nn.Module, pictures: np.ndarray, on: torch.device) -> np.ndarray:
    """Return logits (n, classes) for pictures (n, side, side, 3), the mean over each and its mirror image."""
    parts = [to_tensor(torch.from_numpy(p).to(on)) for p in np.array_split(pictures, max(1, len(pictures) // 64))]
    return np.concatenate([mirrored(net, part).float().cpu().numpy() for part in parts])
