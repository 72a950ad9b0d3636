"""Which pictures the clothing classifier is trained and tested on, and how sources are kept apart.

Real torso crops; bystanders from photographs of people, who mostly wear everyday clothes; and plain
garments of real crops given another cloth or colour. Each training picture knows every labelled source that
it shows, as torso or as cloth, so that a fold can leave out all of them.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import clothing_pictures as pictures
import cv2
import numpy as np

from vidcheck.clothing_crops import torso_box
from vidcheck.clothing_model import CLASSES, SIDE_PX, to_input

CLASS_OF = {
    "korpri_old": 0, "korpri_new": 0, "khaki": 1, "white_uniform": 2, "batik": 3, "other_uniform": 4,
    "civilian": 5, "white_shirt": 5,
}  # fmt: skip
FOLDS = (
    ("a4d03d06",),
    (
        "4af0f839",
        "6d4b03ce",
    ),
    ("051a969e",),
    (
        "3b3071b2",
        "1111d829",
        "73395b0d",
    ),
    (
        "f8784e33",
        "48522297",
        "112c083a",
    ),
    (
        "5389280f",
        "30649d05",
        "872441be",
        "2c24dcb2",
    ),
)
"""Sources tested together, by the start of the SHA-256 of their name; all others are in the last, seventh fold."""
VIEWS = 6
LABELS = Path(__file__).with_name("clothing_bystanders.tsv")
BYSTANDER_CLASSES = {
    "civilian": (5,),
    "batik": (3,),
    "other_uniform": (4,),
    "not_korpri": (3, 5),
    "white_uniform": (2,),
}
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
    name = hashlib.sha256(source.encode()).hexdigest()[:8]
    return next((i for i, names in enumerate(FOLDS) if name in names), len(FOLDS))


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
            f"{p.parent.name}/{p.name}": cv2.imread(str(p))
            for d in ("iware", "agus")
            for p in sorted((cloth / d).glob("*.jpg"))
        }
        self.det = root / "det"

    def bystanders(self, per_source: int, rng: np.random.Generator) -> list[Bystander]:
        """Torso crops of people in other photographs, framed as the step frames them: most wear everyday
        clothes.

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
        return [
            b for some in found.values() for b in (some[i] for i in sorted(rng.permutation(len(some))[:per_source]))
        ]


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


OTHER_COLOURS = (
    (60, 85, 75), (45, 95, 60), (75, 45, 30), (160, 90, 30), (120, 110, 20), (35, 33, 33), (110, 105, 100),
    (30, 105, 235), (190, 130, 60), (55, 65, 95), (60, 40, 120),
)  # fmt: skip
"""BGR of uniforms neither khaki nor white: army, linmas, navy, blue, teal, black, grey, orange, sky."""


def make(sample: Sample, data: Data, bystanders: list[Bystander], side_px: int = SIDE_PX) -> np.ndarray:
    """Make one training picture, ``side_px`` square, BGR."""
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
            colour = (
                (235.0, 235.0, 232.0) if sample.kind == "white" else OTHER_COLOURS[rng.integers(len(OTHER_COLOURS))]
            )
            if sample.kind == "dye":
                hue = rng.choice([rng.uniform(35, 180), rng.uniform(0, 5)])  # any but khaki
                dyed = np.uint8([[[hue, rng.integers(60, 255), rng.integers(40, 230)]]])
                colour = tuple(float(c) for c in cv2.cvtColor(dyed, cv2.COLOR_HSV2BGR)[0, 0])
            picture = pictures.recolour(picture, mask, colour, rng)
    return to_input(pictures.degrade(picture, rng), side_px)


def answers(samples: list[Sample], bystanders: list[Bystander]) -> np.ndarray:
    """Return what the head shall say, (n, classes); a row of zeros is left out."""
    out = np.zeros((len(samples), len(CLASSES)), np.float32)
    for row, sample in zip(out, samples, strict=True):
        classes = (sample.label,)
        if sample.kind == "bystander":
            classes = BYSTANDER_CLASSES.get(bystanders[sample.torso].label, ())
        row[list(classes)] = 1 / max(len(classes), 1)
    return out
