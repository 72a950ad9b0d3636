"""A made-up analysis for the report's tests: every kind of finding, failure and hostile text; nobody real.

Figures are drawn shapes. Values are invented and fit together; none is a measurement.
"""

from __future__ import annotations

from dataclasses import replace

from tests.report_example_parts import (
    CJK,
    HOSTILE,
    RTL,
    at,
    made_clues,
    made_hours,
    made_leads,
    made_steps,
    made_texts,
    ref,
)
from tests.report_pictures import example_pictures
from vidcheck.types import (
    Analysis,
    ClothingObservation,
    Conflict,
    Context,
    Crop,
    DecodeError,
    Detection,
    LightingObservation,
    PeopleCount,
    Person,
    Shot,
    Source,
    StepRun,
    TimeEstimate,
    Track,
    Words,
)

__all__ = [
    "CJK",
    "HOSTILE",
    "RTL",
    "at",
    "example_analysis",
    "example_pictures",
    "ref",
    "unseen_analysis",
    "with_lighting",
]


def example_analysis() -> Analysis:
    """Return the made-up analysis."""
    shots = (
        Shot(0, ref(0), ref(5.2), "moving", 0.0, ref(2.4), 184.0, 0.42),
        Shot(1, ref(5.2), ref(11.0), "moving", 0.83, ref(8.1), 96.5, 0.31),
        Shot(2, ref(11.0), ref(14.0), "still", 0.61, ref(11.5), 240.0, 0.55, 0),
        Shot(3, ref(14.0), ref(14.6), "black", 0.94, ref(14.2), 0.4, 0.02),
    )
    detections, tracks = _people()
    persons = (
        Person(
            "p1",
            ("s0-t1", "s1-t2"),
            _crops("p1", 2.4, 8.1),
            Words(
                "Warna dan corak pakaian serupa di kedua adegan; dugaan, periksa dengan mata.",
                "Colour and pattern of the clothing are alike in both shots; an assumption, check by eye.",
            ),
        ),
        Person("p2", ("s0-t2",), _crops("p2", 2.5, 3.0), None),
        Person("p3", ("s1-t1",), _crops("p3", 8.1, 9.0), None),
        Person("p4", ("s1-t3",), _crops("p4", 8.2, 8.9), None),
        Person("p5", ("s1-t4",), (), None),
    )
    return Analysis(
        schema_version="1.0",
        tool={"vidcheck": "0.1.0", "av": "18.1.0", "openvino": "2026.4.1", "rapidocr": "3.10.0"},
        source=_source(),
        context=Context(
            place="Kota Pontianak", url="https://video.example/@akun_contoh/7561", posted=None, sidecar=None
        ),
        shots=shots,
        detections=detections,
        tracks=tracks,
        persons=persons,
        people_count=PeopleCount(4, 5, 6, (ref(8.1), ref(8.2))),
        clothing=_clothing(),
        clothing_counts={
            "korpri_batik": PeopleCount(2, 2, 3, (ref(2.4),)),
            "pdh_khaki": PeopleCount(1, 1, 1, (ref(8.1),)),
            "pdh_white": PeopleCount(0, 0, 0, ()),
            "civilian": PeopleCount(1, 1, 1, (ref(8.2),)),
            "unclear": PeopleCount(1, 1, 1, (ref(8.2),)),
        },
        overlays=made_texts(),
        lighting=(),
        clues=made_clues(),
        time_estimate=TimeEstimate(
            earliest=at(10, 13),
            latest=at(10, 17, 20),
            best=at(10, 15, 7),
            zone="Asia/Pontianak",
            coverage=None,
            hour_weights=None,
            clues_used=("c1", "c6"),
            conflicts=(
                Conflict(
                    ("c1", "c5"),
                    Words(
                        "Jam tertulis pada gambar (14 Oktober 2025) dan nama berkas (15 Oktober 2025) "
                        "menyebut hari yang berbeda.",
                        "The clock in the picture (14 October 2025) and the file name (15 October 2025) "
                        "name different days.",
                    ),
                ),
            ),
            words=Words(
                "Menurut jam yang tertulis pada gambar, klip direkam pada Selasa, 14 Oktober 2025, sekitar "
                "pukul 10.15 WIB.",
                "By the clock burned into the picture, the clip was recorded on Tuesday 14 October 2025 at "
                "about 10:15 WIB.",
            ),
        ),
        working_hours=made_hours(),
        leads=made_leads(),
        steps=made_steps(),
    )


def _source() -> Source:
    return Source(
        path="VID-20251015-WA0007 <b>tebal</b>.mp4",
        sha256="3f1c" * 16,
        size_bytes=4_812_337,
        kind="video",
        container="mov,mp4,m4a,3gp,3g2,mj2",
        codec="h264",
        width_px=1280,
        height_px=720,
        rotation_deg=90,
        time_base="1/15360",
        start_pts=0,
        duration_s=14.6,
        duration_declared_s=21.033,
        frames_decoded=438,
        pts_origin="container",
        has_audio=True,
        decode_errors=(
            DecodeError(14.6, "Invalid data found when processing input"),
            DecodeError(None, "moov atom ends early <img src=x onerror=alert(1)>"),
        ),
        tags={
            "container": {
                "major_brand": "mp42",
                "creation_time": "2025-10-15T01:22:40.000000Z",
                "encoder": "Lavf61.7.100",
                "comment": HOSTILE,
            },
            "stream:0": {"handler_name": "VideoHandle", "title": RTL},
            "exif": {},
        },
    )


def _people() -> tuple[tuple[Detection, ...], tuple[Track, ...]]:
    plan = {
        "s0-t1": (0, 0.2, 5.0),
        "s0-t2": (0, 1.0, 4.8),
        "s1-t1": (1, 5.4, 10.8),
        "s1-t2": (1, 5.4, 10.0),
        "s1-t3": (1, 6.0, 10.8),
        "s1-t4": (1, 7.0, 9.4),
    }
    detections: list[Detection] = []
    tracks = []
    for column, (name, (shot, start, end)) in enumerate(plan.items()):
        places = []
        for step in range(int((end - start) * 5) + 1):
            places.append(len(detections))
            left = 90.0 + 200 * column
            detections.append(Detection(ref(start + step / 5), (left, 150.0, left + 230, 660.0), "person", 0.81))
        tracks.append(Track(name, shot, tuple(places)))
    return tuple(detections), tuple(tracks)


def _crops(person: str, *seconds: float, kind: str = "") -> tuple[Crop, ...]:
    return tuple(
        Crop(ref(time_s), (90.0, 150.0, 330.0, 660.0), f"media/{person}-{kind}{number}.jpg", 212.0)
        for number, time_s in enumerate(seconds, start=1)
    )


def _clothing() -> tuple[ClothingObservation, ...]:
    def crops(person: str) -> tuple[Crop, ...]:
        return _crops(person, 2.4, 8.1, kind="clothing-")

    return (
        ClothingObservation(
            "p1",
            "korpri_batik",
            0.91,
            {"korpri_batik": 0.91, "batik_other": 0.07, "civilian": 0.02},
            crops("p1"),
            False,
        ),
        ClothingObservation(
            "p2",
            "korpri_batik",
            0.74,
            {"korpri_batik": 0.74, "batik_other": 0.21, "civilian": 0.05},
            crops("p2"),
            False,
        ),
        ClothingObservation(
            "p3",
            "pdh_khaki",
            0.88,
            {"pdh_khaki": 0.88, "other_uniform": 0.08, "civilian": 0.04},
            crops("p3"),
            False,
        ),
        ClothingObservation(
            "p4",
            "civilian",
            0.69,
            {"civilian": 0.69, "pdh_white": 0.27, "other_uniform": 0.04},
            crops("p4"),
            False,
        ),
        ClothingObservation(
            "p5",
            "unclear",
            0.41,
            {"batik_other": 0.41, "korpri_batik": 0.36, "civilian": 0.23},
            crops("p5"),
            True,
            Words("Gambar terlalu kecil dan buram.", "The picture is too small and blurred."),
        ),
    )


def unseen_analysis() -> Analysis:
    """Return the example as it would be if nothing but the shots had been looked at."""
    full = example_analysis()
    why = Words("tidak diminta", "not asked for")
    steps = tuple(
        run if run.step == "shots" else StepRun(run.step, "skipped", "", "1", None, {}, {}, 0.0, why)
        for run in full.steps
    )
    return replace(
        full,
        detections=(),
        tracks=(),
        persons=(),
        people_count=None,
        clothing=(),
        clothing_counts={},
        overlays=(),
        lighting=(),
        clues=(),
        time_estimate=None,
        working_hours=None,
        leads=(),
        steps=steps,
    )


def with_lighting(analysis: Analysis) -> Analysis:
    """Return the analysis with its lighting step done: one clear shot, one that does not tell."""
    lighting = (
        LightingObservation(
            0, "indoor_daylight", 0.78, {"indoor_daylight": 0.78, "indoor_artificial": 0.22}, (ref(2.4),)
        ),
        LightingObservation(
            1,
            "unknown",
            0.44,
            {"indoor_artificial": 0.44, "twilight": 0.33, "outdoor_night": 0.23},
            (ref(8.1), ref(9.0)),
        ),
    )
    steps = tuple(replace(run, status="ok", error=None) if run.step == "lighting" else run for run in analysis.steps)
    return replace(analysis, lighting=lighting, steps=steps)
