"""How well the time of recording is stated: generated cases with a known truth.

A case is a recording at a drawn time and place, and the way its file took from there: kept as the camera
wrote it, sent through a messenger, edited, uploaded and downloaded, recorded off a screen. Tags, names,
identifiers, stamps and light are made as those steps write them; what the examiner says is true. In the
second run one clock in ten is wrong, by amounts that clocks go wrong by: among 576 photos whose clock could
be checked, 59 were wrong.

    python -m benchmarks.timing [--cases 1500] [--seed 7] [--json FILE]
    python -m benchmarks.timing --cases 2000 --coverage vidcheck/facts/data/coverage.yaml

Reported: the share of cases with the truth inside the stated interval, the width of the intervals, how
often a time of uploading, sending or capturing was stated as the time of recording, and how often a
working-hours answer was wrong. The cases are made up by rule: the figures measure the reasoning, not the
world. ``--coverage`` counts, for the run with wrong clocks, how often an interval of each kind held the truth, and
writes the table that the estimate states it from.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from vidcheck import coverage, sun, timing
from vidcheck.facts import places, prayer
from vidcheck.facts.places import Place
from vidcheck.types import (
    Box,
    FrameRef,
    LightingObservation,
    OverlayKind,
    OverlayText,
    Source,
    TextReading,
    TimeEstimate,
)

WRONG_CLOCK_SHARE = 0.1
ZONES = [ZoneInfo(name) for name in places.ZONES.values()]
BOX = (20.0, 40.0, 320.0, 70.0)


@dataclass
class Case:
    """One recording, its file, and what really happened when."""

    way: str
    truth: datetime
    place: Place
    given_place: bool
    duration_s: float
    name: str = "clip.mp4"
    kind: str = "video"
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    overlays: list[OverlayText] = field(default_factory=list)
    lighting: list[LightingObservation] = field(default_factory=list)
    copied: list[datetime] = field(default_factory=list)
    """Times of uploading, sending, saving or capturing: never the recording."""
    clock_error: timedelta = timedelta(0)

    @property
    def local(self) -> datetime:
        """The recording by the clock of the place."""
        return self.truth.astimezone(self.place.zoneinfo)

    @property
    def device(self) -> datetime:
        """The recording by the clock of the device."""
        return self.local + self.clock_error

    def source(self) -> Source:
        """The file as the pipeline would hand it over."""
        length = 0.0 if self.kind == "image" else self.duration_s
        return Source(
            path=self.name,
            sha256="0" * 64,
            size_bytes=1,
            kind="image" if self.kind == "image" else "video",
            container="mov",
            codec="h264",
            width_px=720,
            height_px=1280,
            rotation_deg=0,
            time_base="1/25000",
            start_pts=0,
            duration_s=length,
            duration_declared_s=length,
            frames_decoded=100,
            pts_origin="container",
            has_audio=True,
            tags=self.tags,
        )


def text(content: list[str], kind: OverlayKind = "overlay", id_: str = "t1", box: Box = BOX) -> OverlayText:
    """A text read once a second."""
    readings = tuple(
        TextReading(FrameRef(i * 25, i * 25000, float(i)), box, one, 0.97) for i, one in enumerate(content)
    )
    return OverlayText(
        id_,
        readings[0].frame,
        readings[-1].frame,
        box,
        content[0],
        content[0],
        0.97,
        kind,
        len(set(content)) > 1,
        readings,
    )


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def offset(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S%z")


def phone(rng: random.Random) -> ZoneInfo:
    """The zone of somebody else's phone."""
    return rng.choice(ZONES)


def later(rng: random.Random, moment: datetime) -> datetime:
    """A time after ``moment``: minutes, days, or years when an old clip is posted again."""
    scale_h = rng.choice([0.2, 2.0, 24.0, 24.0 * 14, 24.0 * 500])
    return moment + timedelta(hours=rng.expovariate(1 / scale_h)) + timedelta(seconds=5)


def android(case: Case, rng: random.Random) -> None:
    end = case.device + timedelta(seconds=case.duration_s + rng.uniform(0, 3))
    case.tags = {
        "container": {
            "com.android.version": "13",
            "creation_time": utc(end),
            "com.android.manufacturer": "samsung",
            "com.android.model": "SM-A325F",
        }
    }
    case.name = case.device.strftime(rng.choice(["%Y%m%d_%H%M%S.mp4", "VID_%Y%m%d_%H%M%S.mp4"]))


def android_bare(case: Case, rng: random.Random) -> None:
    end = case.device + timedelta(seconds=case.duration_s + rng.uniform(0, 3))
    case.tags = {"container": {"com.android.version": "12", "creation_time": utc(end)}}
    case.name = case.device.strftime("VID%Y%m%d%H%M%S.mp4")


def pixel(case: Case, rng: random.Random) -> None:
    case.name = case.device.astimezone(UTC).strftime("PXL_%Y%m%d_%H%M%S123.mp4")


def iphone(case: Case, rng: random.Random) -> None:
    case.name = f"IMG_{rng.randint(1, 9999):04d}.MOV"
    case.tags = {
        "container": {
            "com.apple.quicktime.make": "Apple",
            "com.apple.quicktime.model": "iPhone 13",
            "com.apple.quicktime.creationdate": offset(case.device),
            "creation_time": utc(case.device),
        }
    }


def iphone_utc_only(case: Case, rng: random.Random) -> None:
    iphone(case, rng)
    del case.tags["container"]["com.apple.quicktime.creationdate"]


def camera_local_as_utc(case: Case, rng: random.Random) -> None:
    """A camera that writes local time where UTC belongs."""
    case.name = f"MVI_{rng.randint(1, 9999):04d}.MP4"
    case.tags = {
        "container": {
            "make": "Canon",
            "model": "EOS M50",
            "creation_time": case.device.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    }


def photo(case: Case, rng: random.Random) -> None:
    case.kind, case.name = "image", f"IMG_{rng.randint(1, 9999):04d}.jpg"
    exif = {"Make": "Xiaomi", "Model": "Redmi Note 12", "ExposureTime": "0.01"}
    exif["DateTimeOriginal"] = case.device.strftime("%Y:%m:%d %H:%M:%S")
    if rng.random() < 0.5:
        exif["OffsetTimeOriginal"] = case.device.strftime("%z")[:3] + ":00"
    case.tags = {"exif": exif}
    if rng.random() < 0.3:
        fix = case.truth - timedelta(minutes=rng.expovariate(0.5))
        case.tags["gps"] = {
            "GPSDateStamp": fix.strftime("%Y:%m:%d"),
            "GPSTimeStamp": fix.strftime("%H:%M:%S"),
        }


def whatsapp(case: Case, rng: random.Random) -> None:
    sent = later(rng, case.truth + timedelta(seconds=case.duration_s)).astimezone(phone(rng))
    case.copied.append(sent)
    form = rng.choice(["VID-%Y%m%d-WA0007.mp4", "WhatsApp Video %Y-%m-%d at %H.%M.%S.mp4", "12h"])
    if form == "12h":
        half = "PM" if sent.hour >= 12 else "AM"
        case.name = f"WhatsApp Video {sent:%Y-%m-%d} at {sent.hour % 12 or 12}.{sent:%M.%S} {half}.mp4"
    else:
        case.name = sent.strftime(form)


def telegram(case: Case, rng: random.Random) -> None:
    saved = later(rng, case.truth + timedelta(seconds=case.duration_s)).astimezone(phone(rng))
    case.copied.append(saved)
    case.name = saved.strftime("video_%Y-%m-%d_%H-%M-%S.mp4")


def edited(case: Case, rng: random.Random) -> None:
    done = later(rng, case.truth + timedelta(seconds=case.duration_s)).astimezone(phone(rng))
    case.copied.append(done)
    case.name = done.strftime(rng.choice(["InShot_%Y%m%d_%H%M%S123.mp4", "lv_0_%Y%m%d%H%M%S.mp4"]))
    case.tags = {"container": {"encoder": "Lavf58.76.100", "creation_time": utc(done)}}


def xid(moment: datetime, rng: random.Random) -> str:
    number, digits = (int(moment.timestamp()) << 68) | rng.getrandbits(68), ""
    for _ in range(20):
        number, digit = divmod(number, 32)
        digits = "0123456789abcdefghijklmnopqrstuv"[digit] + digits
    return f"v0f025gc0000{digits}"


def tiktok(case: Case, rng: random.Random) -> None:
    uploaded = later(rng, case.truth + timedelta(seconds=case.duration_s))
    posted = uploaded + timedelta(seconds=rng.uniform(1, 90))
    fetched = later(rng, posted)
    post = (int(posted.timestamp()) << 32) | rng.getrandbits(32)
    case.copied += [uploaded, posted, fetched]
    case.tags = {"container": {"encoder": "Lavf58.76.100", "comment": f"vid:{xid(uploaded, rng)}"}}
    case.name = rng.choice([f"{post}.mp4", f"ssstik.io_@akun.contoh_{int(fetched.timestamp() * 1000)}.mp4", "clip.mp4"])
    if rng.random() < 0.5:
        case.settings["url"] = f"https://www.tiktok.com/@akun.contoh/video/{post}"
    if rng.random() < 0.3:
        case.settings["sidecar_info"] = json.dumps(
            {"timestamp": int(posted.timestamp()), "epoch": int(fetched.timestamp())}
        )


def screen_recording(case: Case, rng: random.Random) -> None:
    captured = later(rng, case.truth + timedelta(seconds=case.duration_s)).astimezone(phone(rng))
    case.copied.append(captured)
    case.tags = {
        "container": {
            "com.android.version": "14",
            "com.android.manufacturer": "samsung",
            "com.android.model": "SM-S911B",
            "creation_time": utc(captured + timedelta(seconds=case.duration_s)),
        }
    }
    case.name = rng.choice(
        [
            "Screen_Recording_{:%Y%m%d-%H%M%S}_TikTok.mp4",
            "screen-{:%Y%m%d-%H%M%S}.mp4",
            "{:%Y%m%d_%H%M%S}.mp4",
        ]
    )
    case.name = case.name.format(captured)
    if rng.random() < 0.7 or case.name[:2] == "20":
        case.overlays.append(text([captured.strftime("%H.%M")] * 12, "interface"))


def screen_recording_renamed(case: Case, rng: random.Random) -> None:
    captured = later(rng, case.truth + timedelta(seconds=case.duration_s)).astimezone(phone(rng))
    case.copied.append(captured)
    case.tags = {"container": {"com.android.version": "14", "creation_time": utc(captured)}}


def filmed_screen(case: Case, rng: random.Random) -> None:
    """A phone films another screen: its tags are a camera's and date the filming."""
    filmed = later(rng, case.truth + timedelta(seconds=case.duration_s)).astimezone(phone(rng))
    case.copied.append(filmed)
    case.tags = {
        "container": {
            "com.apple.quicktime.make": "Apple",
            "com.apple.quicktime.model": "iPhone 13",
            "com.apple.quicktime.creationdate": offset(filmed),
        }
    }


def filmed_screen_with_interface(case: Case, rng: random.Random) -> None:
    """The same, with the app's own words on the filmed screen."""
    filmed_screen(case, rng)
    case.overlays.append(text(["Tambahkan komentar..."] * 6, "scene"))


def cctv(case: Case, rng: random.Random) -> None:
    case.name = "clip.mp4"
    steps = range(int(min(20, case.duration_s)))
    case.overlays.append(text([(case.device + timedelta(seconds=i)).strftime("%Y-%m-%d %H:%M:%S") for i in steps]))
    case.overlays.append(text(["Camera 01"] * len(steps), id_="t2", box=(20.0, 600.0, 160.0, 630.0)))


def stamped_photo(case: Case, rng: random.Random) -> None:
    case.kind = "image"
    case.overlays.append(text([f"{case.device:%d/%m/%Y %H:%M:%S} {case.place.zone}"]))
    case.overlays.append(text(["GPS Map Camera"], id_="t2", box=(20.0, 90.0, 200.0, 110.0)))


WAYS: tuple[Callable[[Case, random.Random], None], ...] = (
    *(android, android_bare, pixel, iphone, iphone_utc_only, camera_local_as_utc, photo, whatsapp, telegram),
    *(edited, tiktok, screen_recording, screen_recording_renamed, filmed_screen_with_interface),
    *(cctv, stamped_photo),
)
KNOWN_LIMITS = (filmed_screen,)


def wrong_by(rng: random.Random) -> timedelta:
    """How far a wrong clock is off: drift, a zone not set, the other half of the day, a date never set."""
    return rng.choice(
        [
            timedelta(minutes=rng.uniform(-20, 20)),
            timedelta(hours=rng.choice([-2, -1, 1, 2])),
            timedelta(hours=12),
            timedelta(days=rng.randint(-400, 400)),
        ]
    )


def make_case(
    rng: random.Random,
    *,
    wrong_clocks: bool,
    ways: tuple[Callable[[Case, random.Random], None], ...] = WAYS,
) -> Case:
    """Draw one case."""
    place = rng.choice([p for p in places.all_places() if p.kind != "provinsi"])
    hour = rng.choices(range(24), weights=[1] * 6 + [4] * 17 + [2])[0]
    local = datetime(2019, 1, 1, tzinfo=place.zoneinfo) + timedelta(days=rng.randrange(2800))
    local = local.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60))
    way = rng.choice(ways)
    case = Case(way.__name__, local.astimezone(UTC), place, rng.random() < 0.7, rng.uniform(6, 60))
    if wrong_clocks and rng.random() < WRONG_CLOCK_SHARE:
        case.clock_error = wrong_by(rng)
    way(case, rng)
    if case.given_place:
        case.settings["place"] = f"{place.full_name}, {place.province}"
    if rng.random() < 0.4:
        shown = later(rng, max([case.truth, *case.copied])).astimezone(place.zoneinfo)
        case.copied.append(shown)
        case.settings["posted"] = shown.strftime("%Y-%m-%d %H:%M") + f" {place.zone}"
    if rng.random() < 0.2:
        case.settings["known_not_before"] = (local - timedelta(days=rng.randrange(1, 90))).strftime("%Y-%m-%d")
    if rng.random() < 0.6:
        height = sun.sun_elevation_deg(case.truth, place.lat, place.lon)
        label = "outdoor_day" if height > 4 else "outdoor_night" if height < -8 else "twilight"
        case.lighting.append(LightingObservation(0, label, 0.95, {label: 0.95, "unknown": 0.05}))  # type: ignore[arg-type]
    for name in prayer.PRAYERS:
        begins = prayer.prayer_time(name, place.lat, place.lon, local.date())
        if case.given_place and timedelta(0) <= case.truth - begins < timedelta(minutes=4):
            case.settings["heard_adzan"] = name
    return case


def judge(case: Case) -> dict[str, object]:
    """Run one case and compare with the truth."""
    settings = timing.TimeSettings(**case.settings)  # type: ignore[arg-type]
    clues = timing.gather_clues(case.source(), case.overlays, case.lighting, (), settings).value
    found = timing.estimate(clues, settings=settings)
    verdict = timing.working_hours(found, settings=settings)
    held = (found.earliest is None or found.earliest <= case.truth) and (
        found.latest is None or case.truth <= found.latest
    )
    width = (found.latest - found.earliest).total_seconds() if found.earliest and found.latest else None
    exact = TimeEstimate(case.truth, case.truth, None, None, None, None, (), (), found.words)
    right = timing.working_hours(exact, place=case.place).answer
    return {
        "way": case.way,
        "kind": coverage.kind_of([clue for clue in clues if clue.id in found.clues_used], found.conflicts),
        "condition": found.condition is not None,
        "held": held,
        "width_s": width,
        "bounded": width is not None,
        "open": found.earliest is None and found.latest is None,
        "best": found.best is not None,
        "best_error_s": abs((found.best - case.truth).total_seconds()) if found.best else None,
        "conflict": bool(found.conflicts),
        "clock_wrong": bool(case.clock_error),
        "copy_as_recording": copy_as_recording(case, found),
        "answer": verdict.answer,
        "answer_wrong": verdict.answer in ("inside", "outside")
        and right in ("inside", "outside")
        and verdict.answer != right,
    }


def copy_as_recording(case: Case, found: TimeEstimate) -> bool:
    """Whether a time of uploading, sending or capturing is stated where the truth is not.

    True where a best time, or an interval of at most a day, holds such a time and not the recording.
    """
    for copied in case.copied:
        if found.best and abs(found.best - copied) < timedelta(minutes=2) < abs(found.best - case.truth):
            return True
        if found.earliest and found.latest and found.latest - found.earliest <= timedelta(days=1):
            holds_copy = found.earliest - timedelta(minutes=2) <= copied <= found.latest + timedelta(minutes=2)
            if holds_copy and not found.earliest <= case.truth <= found.latest:
                return True
    return False


def summary(rows: list[dict[str, object]]) -> dict[str, object]:
    """Figures over rows."""
    widths = sorted(float(row["width_s"]) for row in rows if row["width_s"] is not None)  # type: ignore[arg-type]
    errors = [float(row["best_error_s"]) for row in rows if row["best_error_s"] is not None]  # type: ignore[arg-type]
    answered = [row for row in rows if row["answer"] in ("inside", "outside")]

    def share(name: str) -> float:
        return round(sum(bool(row[name]) for row in rows) / len(rows), 4)

    return {
        "cases": len(rows),
        "held": share("held"),
        "bounded_both_sides": share("bounded"),
        "nothing_known": share("open"),
        "best_time_stated": share("best"),
        "conflict_shown": share("conflict"),
        "width_median_s": round(statistics.median(widths), 1) if widths else None,
        "width_p90_s": round(widths[int(0.9 * (len(widths) - 1))], 1) if widths else None,
        "best_error_median_s": round(statistics.median(errors), 1) if errors else None,
        "copy_stated_as_recording": sum(bool(row["copy_as_recording"]) for row in rows),
        "the_same_without_a_condition": sum(bool(row["copy_as_recording"]) and not row["condition"] for row in rows),
        "hours_answered": round(len(answered) / len(rows), 4),
        "hours_answered_wrong": sum(bool(row["answer_wrong"]) for row in rows),
    }


def write_coverage(path: Path, rows: list[dict[str, object]], arguments: argparse.Namespace) -> None:
    """Write how often each kind of interval held the truth."""
    lines = [
        "# Share of generated cases whose interval held the true time, by what the interval rests on; one clock in",
        "# ten is wrong, as counted on photographs. It measures the reasoning, not the world.",
        f"# python -m benchmarks.timing --cases {arguments.cases} --seed {arguments.seed} --coverage {path}",
        "kinds:",
    ]
    for kind in sorted({str(row["kind"]) for row in rows if row["kind"]}):
        of = [row for row in rows if row["kind"] == kind]
        lines.append(f"  {kind}: {{cases: {len(of)}, held: {sum(bool(row['held']) for row in of)}}}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Run both regimes and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--coverage", type=Path, help="write the table of coverage there")
    arguments = parser.parse_args()
    report: dict[str, object] = {"seed": arguments.seed}
    for regime, wrong in (("clocks_right", False), ("clocks_wrong_in_one_of_ten", True)):
        rng = random.Random(arguments.seed)
        rows = [judge(make_case(rng, wrong_clocks=wrong)) for _ in range(arguments.cases)]
        if wrong and arguments.coverage:
            write_coverage(arguments.coverage, rows, arguments)
        names = sorted({str(row["way"]) for row in rows})
        by_way = {name: summary([row for row in rows if row["way"] == name]) for name in names}
        report[regime] = {"all": summary(rows), "by_way": by_way}
        print(f"\n{regime}")
        for name, value in summary(rows).items():
            print(f"  {name:<26} {value}")
        print(f"  {'way':<26} {'held':>7} {'bounded':>8} {'p50 s':>10} {'p90 s':>10} {'copy':>5} {'wrong':>6}")
        for way, figures in by_way.items():
            shown = [f"  {way:<26} {figures['held']:>7} {figures['bounded_both_sides']:>8}"]
            shown.append(f"{figures['width_median_s']!s:>10} {figures['width_p90_s']!s:>10}")
            shown.append(f"{figures['copy_stated_as_recording']:>5} {figures['hours_answered_wrong']:>6}")
            print(" ".join(shown))
    rng = random.Random(arguments.seed)
    rows = [judge(make_case(rng, wrong_clocks=False, ways=KNOWN_LIMITS)) for _ in range(arguments.cases // 10)]
    filmed = report["known_limits"] = summary(rows)
    print("\nknown limit, not in the figures above: a phone films another screen, and nothing in the file tells")
    print(
        f"  held {filmed['held']}, a copy dated as the recording in {filmed['copy_stated_as_recording']} of {len(rows)}"
        f", without saying the condition in {filmed['the_same_without_a_condition']}"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
