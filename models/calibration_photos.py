"""Training photos on which networks are quantised: the first of a fixed shuffle, the same for every recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def training_photos(data: Path, count: int) -> list[Path]:
    """Return `count` photos of `data`/det/train.txt, always the same ones in the same order."""
    names = [line.strip() for line in (data / "det" / "train.txt").read_text().splitlines() if line.strip()]
    return [data / "det" / names[place] for place in np.random.default_rng(0).permutation(len(names))[:count]]
