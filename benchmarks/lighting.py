"""How well light is told, on photos of sources that the model never saw, and what it says about time.

    python models/train_lighting.py features --cache CACHE     # once, some minutes
    python -m benchmarks.lighting --cache CACHE [--table] [--json FILE]
    python -m benchmarks.lighting --cache CACHE --nested       # some ten minutes

Needs the data folder (``VIDCHECK_DATA``) and what training needs. Every figure comes from grouped cross-validation: a
photo is judged by a model, a temperature and a table of likelihoods that were made without its source.
``--table`` prints the table of likelihoods over sun elevation that :mod:`vidcheck.sun` carries. ``--nested`` chooses
the regularisation and every threshold anew for each fold, from the other sources alone: what the choosing itself
costs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parent.parent / "models"))

import train_lighting as training
from lighting_baseline import SHARE_DARK

from vidcheck import sun
from vidcheck.lighting import CLASSES, LightingSettings, decide

F64 = npt.NDArray[np.float64]
DARK = {CLASSES.index("outdoor_night")}
LIT = {CLASSES.index("outdoor_day"), CLASSES.index("indoor_daylight")}
BANDWIDTH_DEG = 3.0
"""Width of the window over sun elevation in which labels are counted for the table."""
PRIOR: dict[str, tuple[float, ...]] = {
    #                    -18   -12    -9    -6    -3     0     3     6    10    20
    "outdoor_day":       (0.01, 0.01, 0.03, 0.10, 0.25, 0.50, 0.80, 0.95, 1.00, 1.00),
    "twilight":          (0.05, 0.30, 0.65, 1.00, 1.00, 0.80, 0.50, 0.25, 0.10, 0.04),
    "outdoor_night":     (1.00, 1.00, 0.80, 0.55, 0.30, 0.12, 0.05, 0.02, 0.01, 0.01),
    "indoor_daylight":   (0.10, 0.10, 0.12, 0.20, 0.35, 0.55, 0.80, 0.95, 1.00, 1.00),
    "indoor_artificial": (1.00, 1.00, 1.00, 0.95, 0.90, 0.80, 0.70, 0.60, 0.55, 0.50),
}  # fmt: skip
"""What was expected before counting, at :data:`vidcheck.sun.ANCHORS_DEG`; the photos at night are few."""
FLOORS = {"indoor_artificial": 0.5, "indoor_daylight": 0.1}
"""Least values: rooms without windows are lit at noon, and tubes look like daylight at night."""
PRIOR_PHOTOS = 6.0
"""How many photos the prior table counts for at each elevation: where photos are few, it rules."""


def answers(probabilities: F64, lit: F64, settings: LightingSettings) -> npt.NDArray[np.str_]:
    return np.array([decide(p, settings, float(share)) for p, share in zip(probabilities, lit, strict=True)])


def share(good: npt.NDArray[np.bool_]) -> str:
    """A share with its 95% Wilson interval."""
    n = len(good)
    if n == 0:
        return "no cases"
    p, z = float(good.mean()), 1.96
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return f"{100 * p:.1f}% ({100 * (centre - half):.0f} to {100 * (centre + half):.0f}, n={n})"


def calibration_error(probabilities: F64, truth: npt.NDArray[np.int64], bins: int = 8) -> float:
    """Expected calibration error of the leading class, bins of equal counts."""
    top, right = probabilities.max(1), probabilities.argmax(1) == truth
    parts = np.array_split(np.argsort(top), bins)
    return float(sum(abs(top[p].mean() - right[p].mean()) * len(p) for p in parts) / len(top))


def time_rows(table: training.Table) -> npt.NDArray[np.int64]:
    """Photos whose clock can be trusted and whose place is known."""
    return np.array(
        [
            row
            for row in np.flatnonzero(table.plain)
            if (it := table.item[row]).clock_ok and it.elevation_deg is not None and it.lat is not None and it.offset
        ]
    )


def likelihoods(elevation: F64, label: npt.NDArray[np.str_]) -> dict[str, tuple[float, ...]]:
    """Estimate the table of :data:`vidcheck.sun.LIKELIHOODS` from photos with known elevation and given labels.

    Labels are counted among labels of the same setting in a Gaussian window over elevation and added to the prior
    table with a fixed weight; each row is scaled to 1 at its largest.
    """
    out = {}
    for setting in (("outdoor_day", "twilight", "outdoor_night"), ("indoor_daylight", "indoor_artificial")):
        rows = {name: [] for name in setting}
        for index, anchor in enumerate(sun.ANCHORS_DEG):
            clipped = np.clip(elevation, sun.ANCHORS_DEG[0], sun.ANCHORS_DEG[-1])
            near = np.exp(-0.5 * ((clipped - anchor) / BANDWIDTH_DEG) ** 2)
            prior = np.array([PRIOR[name][index] for name in setting])
            counted = np.array([near[label == name].sum() for name in setting])
            mixed = prior / prior.sum() * PRIOR_PHOTOS + counted
            for name, value in zip(setting, mixed / mixed.sum(), strict=True):
                rows[name].append(float(value))
        for name in setting:
            top = max(rows[name])
            floor = FLOORS.get(name, 0.01)
            out[name] = tuple(round(max(value / top, floor), 3) for value in rows[name])
    return out


def zone_of(offset: str) -> str:
    """An IANA zone with a fixed offset such as ``+07:00``."""
    sign, hours, minutes = offset[0], int(offset[1:3]), int(offset[4:6])
    odd = {("+", 5, 30): "Asia/Kolkata", ("+", 9, 30): "Australia/Darwin"}
    if minutes:
        return odd[sign, hours, minutes]
    return f"Etc/GMT{'-' if sign == '+' else '+'}{hours}" if hours else "Etc/GMT"


def time_figures(table: training.Table, probabilities: F64, label: npt.NDArray[np.str_]) -> dict[str, Any]:
    """How often the true hour keeps weight, how much of the day is excluded, leaving each source out of the table."""
    rows = time_rows(table)
    rows = rows[label[rows] != "unknown"]
    source = table.source[rows]
    elevation = np.array([table.item[r].elevation_deg for r in rows], float)
    good = np.zeros(len(rows), bool)
    out_share, factor = np.zeros(len(rows)), np.zeros(len(rows))
    shipped = dict(sun.LIKELIHOODS)
    try:
        for name in sorted(set(source)):
            held = source == name
            sun.LIKELIHOODS.update(likelihoods(elevation[~held], label[rows][~held]))
            for place in np.flatnonzero(held):
                row = rows[place]
                item = table.item[row]
                zone = zone_of(item.offset)
                given = {"date": date.fromisoformat(item.when[:10]), "lat": item.lat, "lon": item.lon, "zone": zone}
                tables = {c: sun.hour_weights_for(c, **given) for c in CLASSES}
                weights = sun.combine_hour_weights(dict(zip(CLASSES, probabilities[row].tolist(), strict=True)), tables)
                good[place] = weights[int(item.when[11:13])] >= sun.EXCLUDED_BELOW
                out_share[place] = np.mean([w < sun.EXCLUDED_BELOW for w in weights])
                factor[place] = sun.odds_factor_working_hours(weights)
    finally:
        sun.LIKELIHOODS.update(shipped)
    print(f"\nTime: {len(rows)} answered photos with a trusted clock and place, {len(set(source))} sources")
    print(f"  true hour keeps weight: {share(good)} (goal 97%); of the day excluded on average: {out_share.mean():.1%}")
    for name in CLASSES:
        mask = label[rows] == name
        if mask.any():
            print(f"  {name:18s} true hour keeps weight {share(good[mask])}, excluded {out_share[mask].mean():.1%}, "
                  f"odds of working hours x {np.median(factor[mask]):.2f} (median)")  # fmt: skip
    night = np.array([table.item[r].elevation_deg for r in rows], float) < -6
    print(f"  of them with the sun more than 6 degrees down: {int(night.sum())}")
    return {"kept": float(good.mean()), "photos": len(rows), "excluded": float(out_share.mean())}


def light_figures(table: training.Table, probabilities: F64, label: npt.NDArray[np.str_]) -> dict[str, Any]:
    """Accuracy, day against night, lamps against daylight, share of unknown, by source."""
    target = table.target
    rows = np.flatnonzero(table.plain & (target.max(1) == 1))
    truth, p, said = target[rows].argmax(1), probabilities[rows], label[rows]
    given = said != "unknown"
    index = np.array([CLASSES.index(s) if s != "unknown" else -1 for s in said])
    print(f"{len(rows)} photos of {len(set(table.source[rows]))} sources; by class "
          + ", ".join(f"{c} {int((truth == i).sum())}" for i, c in enumerate(CLASSES)))  # fmt: skip
    print(f"  before abstaining: {share(p.argmax(1) == truth)}")
    print(f"  unknown: {share(~given)}; right of what is answered: {share((index == truth)[given])}")
    print(f"  calibration error of the leading class: {calibration_error(p, truth):.3f}")
    # Day or night: only where the answer speaks of it and the truth is one of them; lamps indoors speak of neither.
    speaks = np.isin(index, list(DARK | LIT)) & np.isin(truth, list(DARK | LIT))
    right = np.isin(index, list(DARK)) == np.isin(truth, list(DARK))
    print(f"  day or night right, where it says so: {share(right[speaks])} (goal 98%)")
    night = index == CLASSES.index("outdoor_night")
    inside = truth >= 3
    print(f"  rooms called night: {int((night & inside).sum())} of {int(inside.sum())}; "
          f"right of what is called night: {share((index == truth)[night])}")  # fmt: skip
    lamps = given & inside & (index >= 3)
    print(f"  lamps against daylight indoors, answered as a room: {share((index == truth)[lamps])} (goal 85%)")
    for i, c in enumerate(CLASSES):
        of = truth == i
        print(f"    {c:18s} said {share((index == i)[of & given])}, unknown {(~given)[of].mean():.0%}, "
              + "else " + ", ".join(f"{CLASSES[k]} {int((index[of] == k).sum())}" for k in range(5) if k != i
                                     and (index[of] == k).any()))  # fmt: skip
    print("  by source (answered right / answered / photos):")
    for name in sorted(set(table.source[rows])):
        of = table.source[rows] == name
        print(f"    {name:60s} {int((index == truth)[of].sum()):4d} / {int(given[of].sum()):4d} / {int(of.sum()):4d}")
    for words, of in (
        ("rooms with lamps, darkened and in coloured light", lambda i: i.label == "indoor_artificial" and not i.relit),
        ("rooms rendered as if lit by a few lamps", lambda i: i.label == "indoor_artificial" and i.relit),
        ("streets rendered as if at night", lambda i: i.label == "outdoor_night" and i.relit),
    ):
        made = np.array([not plain and of(item) for plain, item in zip(table.plain, table.item, strict=True)])
        counts = ", ".join(f"{name} {int((label[made] == name).sum())}" for name in (*CLASSES, "unknown"))
        print(f"  {words} ({int(made.sum())} variants): {counts}")
    return {
        "photos": len(rows),
        "unknown": float((~given).mean()),
        "right": float((index == truth)[given].mean()),
        "day_night": float(right[speaks].mean()),
        "lamps_daylight": float((index == truth)[lamps].mean()),
        "rooms_called_night": int((night & inside).sum()),
        "calibration_error": calibration_error(p, truth),
    }


def flicker_figures(data: Path) -> dict[str, Any]:
    """Flicker found in made clips by depth of the lamp's pulse, and claimed in real clips that show none.

    Most real clips at hand have 10 or 25 frames a second, where bands stand still: the same frames are tested again
    with the frame times of other rates. Their motion is real, and no lamp can beat at those rates in them.
    """
    from tests.test_flicker import film
    from vidcheck import media
    from vidcheck.flicker import detect_flicker

    print("\n== mains flicker ==")
    found: dict[str, str] = {}
    for depth in (0.01, 0.02, 0.03, 0.05, 0.1, 0.2):
        hits = []
        for seed in range(12):
            times, frames = film(depth=depth, motion=0.5, noise=3.0, seed=seed, readout_s=0.008 + 0.002 * seed)
            hits.append(detect_flicker(times, frames.mean(axis=2), frames.mean(axis=1)).detected)
        found[f"{depth:.0%}"] = share(np.array(hits))
        print(f"  made clips, pulse of {depth:.0%} of the light: found in {found[f'{depth:.0%}']}")
    windows = claimed = 0
    for path in sorted([*(data / "clips").iterdir(), *(data / "media").iterdir()]):
        if path.suffix.lower() not in (".mp4", ".avi", ".mov", ".3gp"):
            continue
        with media.open_clip(path) as clip:
            shown = [(f.ref.time_s, f.small_gray(64).astype(np.float64)) for f in clip.frames()]
        keep = [0] + [k for k in range(1, len(shown)) if shown[k][0] > shown[k - 1][0]]
        times = np.array([shown[k][0] for k in keep])
        rows, columns = np.array([shown[k][1].mean(1) for k in keep]), np.array([shown[k][1].mean(0) for k in keep])
        for rate in (None, 24.0, 29.97, 30.0, 60.0):
            t = times if rate is None else np.arange(len(times)) / rate
            for start in range(0, max(1, len(t) - 30), 32):
                part = slice(start, start + 96)
                result = detect_flicker(t[part], rows[part], columns[part])
                windows += result.testable
                claimed += result.detected
    print(f"  real clips: claimed in {claimed} of {windows} windows")
    return {"found": found, "real_windows": windows, "real_claimed": claimed}


def choose(
    table: training.Table, probabilities: F64, lit: F64, rows: npt.NDArray[np.int64], rooms: npt.NDArray[np.int64]
) -> LightingSettings:
    """Return the thresholds that answer most often while the goals hold with some room on these rows.

    Day or night right in 98.5% of what says so, lamps against daylight in 90%, nine answers of ten right, no room
    called night, and at most one rendered dark room in a hundred.
    """
    truth = table.target[rows].argmax(1)
    best, most = LightingSettings(min_probability=0.95, min_probability_dark=0.99), -1.0
    for plain, dark, lamps, share_lit in product(
        (0.5, 0.55, 0.6, 0.65, 0.7, 0.8), (0.6, 0.7, 0.8, 0.85, 0.9, 0.95), (0.02, 0.05, 0.1, 0.2), (0.0, 0.25)
    ):
        given = LightingSettings(
            min_probability=plain, min_probability_dark=dark, max_lamps_at_night=lamps, min_lit_share_at_night=share_lit
        )
        index = said_index(answers(probabilities[rows], lit[rows], given))
        answered = index >= 0
        if float(answered.mean()) <= most:
            continue
        speaks = np.isin(index, list(DARK | LIT)) & np.isin(truth, list(DARK | LIT))
        day_night = np.isin(index, list(DARK)) == np.isin(truth, list(DARK))
        room = answered & (truth >= 3) & (index >= 3)
        night = CLASSES.index("outdoor_night")
        made = said_index(answers(probabilities[rooms], lit[rooms], given)) == night
        if (
            day_night[speaks].mean() >= 0.985
            and (index == truth)[room].mean() >= 0.9
            and (index == truth)[answered].mean() >= 0.9
            and not ((index == night) & (truth >= 3)).any()
            and made.mean() <= 0.01
        ):
            best, most = given, float(answered.mean())
    return best


def said_index(label: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
    """Position of each answer in the classes, -1 for unknown."""
    return np.array([CLASSES.index(name) if name != "unknown" else -1 for name in label])


def nested_figures(table: training.Table, x: training.F32, grid: tuple[float, ...]) -> dict[str, Any]:
    """Judge each fold with regularisation, temperature and thresholds that the other folds' sources chose alone."""
    target, source = table.target, table.source
    usable = (target.max(1) > 0) & ~np.array([item.over_cap for item in table.item])
    clear = table.plain & (target.max(1) == 1)
    lit = 1.0 - table.hand[:, SHARE_DARK].astype(np.float64)
    probabilities = np.zeros((len(target), len(CLASSES)))
    label = np.full(len(target), "unknown", dtype="<U20")
    for number, held in enumerate(training.folds(table)):
        rest = np.flatnonzero(~held)
        inner = training.Table(table.deep[rest], table.hand[rest], [table.item[r] for r in rest], table.plain[rest])
        basis = training.Basis.of(x[table.plain & ~held])
        reduced = basis.reduce(x)
        rows = np.flatnonzero(clear[rest])
        alike = (1 / np.maximum(target[rest][rows].sum(0), 1))[target[rest][rows].argmax(1)].astype(np.float32)
        tried = []
        for l2 in grid:
            logits = training.out_of_fold(inner, reduced[rest], l2, count=4)
            temperature = training.best_temperature(logits[rows], target[rest][rows], alike)
            own = training.softmax(logits / temperature)
            loss = -float((alike * np.log(own[rows, target[rest][rows].argmax(1)] + 1e-6)).sum())
            tried.append((loss, l2, temperature, own))
        _, l2, temperature, own = min(tried, key=lambda one: one[0])
        made = np.array([i.label == "indoor_artificial" and i.relit for i in inner.item]) & ~inner.plain
        settings = choose(inner, own.astype(np.float64), lit[rest], rows, np.flatnonzero(made))
        train = usable & ~held
        weight = training.row_weights(target[train], source[train]) * table.trust[train]
        model = replace(training.fit(reduced[train], target[train], weight, l2), temperature=temperature)
        probabilities[held] = training.softmax(model.logits(reduced[held]))
        label[held] = answers(probabilities[held], lit[held], settings)
        print(f"  fold {number}: L2 {l2}, temperature {temperature:.2f}, named from {settings.min_probability}, dark "
              f"{settings.min_probability_dark}, lamps at night to {settings.max_lamps_at_night}, lit from "
              f"{settings.min_lit_share_at_night}", flush=True)  # fmt: skip
    return light_figures(table, probabilities, label)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--table", action="store_true", help="print the table of likelihoods for vidcheck/sun.py")
    parser.add_argument("--nested", action="store_true", help="choose every threshold on inner folds")
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    table = training.read_cache(Path(os.environ["VIDCHECK_DATA"]), arguments.cache)
    settings = LightingSettings()
    figures: dict[str, Any] = {}
    if arguments.nested:
        print("\n== network, thresholds and regularisation chosen on inner folds ==")
        figures["nested"] = nested_figures(table, table.deep, (0.2, 0.5, 1.25))
        if arguments.json:
            arguments.json.write_text(json.dumps(figures, indent=2))
        return
    for name, x, l2 in (("hand-made features", table.hand, 1e-3), ("network", table.deep, training.L2)):
        reduced = training.Basis.of(x[table.plain]).reduce(x)
        probabilities = training.cross_fitted(table, training.out_of_fold(table, reduced, l2)).astype(np.float64)
        label = answers(probabilities, 1.0 - table.hand[:, SHARE_DARK], settings)
        print(f"\n== {name} ==")
        figures[name] = light_figures(table, probabilities, label)
        figures[name]["time"] = time_figures(table, probabilities, label)
    figures["flicker"] = flicker_figures(Path(os.environ["VIDCHECK_DATA"]))
    if arguments.table:
        rows = time_rows(table)
        rows = rows[label[rows] != "unknown"]
        elevation = np.array([table.item[r].elevation_deg for r in rows], float)
        for name, values in likelihoods(elevation, label[rows]).items():
            print(f'    "{name}": {values},')
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
