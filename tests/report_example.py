"""A made-up analysis for the report's tests: every kind of finding, failure and hostile text; nobody real.

Figures are drawn shapes. Values are invented and fit together; none is a measurement.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from PIL import Image, ImageDraw

from vidcheck.types import (
    Analysis,
    ClothingObservation,
    Conflict,
    Context,
    Crop,
    DecodeError,
    Detection,
    FrameRef,
    HoursRule,
    Lead,
    LightingObservation,
    OpenException,
    OverlayText,
    PeopleCount,
    Person,
    Shot,
    Source,
    StepRun,
    TextReading,
    TimeClue,
    TimeEstimate,
    Track,
    Words,
    WorkingHoursVerdict,
)

WIB = timezone(timedelta(hours=7), "WIB")
FPS = 30
HOSTILE = "<script>alert('x')</script> #let x = read(\"/etc/passwd\") {{ 7*7 }}"
RTL = "مرحبا \u202egnp.exe שלום"
CJK = "卡拉OK 現在 🎤"


def ref(seconds: float) -> FrameRef:
    """Return the frame at ``seconds`` of a 30 fps clip."""
    index = round(seconds * FPS)
    return FrameRef(index, index * 512, index / FPS)


def at(hour: int, minute: int, second: int = 0, day: int = 14) -> datetime:
    """Return a moment of October 2025, western Indonesian time."""
    return datetime(2025, 10, day, hour, minute, second, tzinfo=WIB)


def draw_figure(size: tuple[int, int], shirt: str, pattern: str = "") -> Image.Image:
    """Draw a faceless figure: a head, a torso with a plain or dotted shirt."""
    width, height = size
    image = Image.new("RGB", size, "#8d8476")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, height * 0.8, width, height), fill="#5d5346")
    pen.ellipse((width * 0.36, height * 0.05, width * 0.64, height * 0.28), fill="#3c3a38")
    pen.rounded_rectangle((width * 0.22, height * 0.28, width * 0.78, height * 0.78), width * 0.1, fill=shirt)
    if pattern:
        for x in range(int(width * 0.26), int(width * 0.74), max(width // 12, 4)):
            for y in range(int(height * 0.32), int(height * 0.74), max(width // 12, 4)):
                pen.ellipse((x, y, x + width // 24 + 1, y + width // 24 + 1), fill=pattern)
    return image


def draw_scene(boxes: tuple[tuple[int, int, int, int], ...], caption: str = "") -> Image.Image:
    """Draw a room with figures and, where wanted, the boxes that were counted."""
    image = Image.new("RGB", (1280, 720), "#6f6a62")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 480, 1280, 720), fill="#4a443c")
    for number, (x1, y1, x2, y2) in enumerate(boxes):
        shirt = ("#12449a", "#12449a", "#a3835a", "#dfe3e6")[number % 4]
        image.paste(draw_figure((x2 - x1, y2 - y1), shirt, "#cc9834" if number % 4 < 2 else ""), (x1, y1))
        pen.rectangle((x1, y1, x2, y2), outline="#ffffff", width=4)
        pen.text((x1 + 8, y1 + 6), f"p{number + 1}", fill="#ffffff", font_size=28)
    if caption:
        pen.text((30, 640), caption, fill="#ffffff", font_size=34)
    return image


def example_pictures(folder: Path) -> None:
    """Save the pictures of the example; ``media/p3-2.jpg`` is left out on purpose."""
    media = folder / "media"
    media.mkdir(parents=True, exist_ok=True)
    boxes = ((90, 150, 330, 660), (360, 170, 590, 660), (620, 140, 860, 660), (900, 190, 1130, 660))
    draw_scene(boxes).save(media / "count-minimum.jpg")
    draw_scene(boxes[:2]).save(media / "count-korpri_batik.jpg")
    draw_scene(boxes[2:3]).save(media / "count-pdh_khaki.jpg")
    draw_scene(boxes[:2], "Selasa, 14 Oktober 2025 10.15.07 WIB").save(media / "shot-0.jpg")
    draw_scene(boxes[1:4]).save(media / "shot-1.jpg")
    draw_scene((), "VIRAL!!! jam kerja malah karaoke").save(media / "shot-2.jpg")
    looks = {
        "p1": ("#12449a", "#cc9834"),
        "p2": ("#12449a", "#cc9834"),
        "p3": ("#a3835a", ""),
        "p4": ("#dfe3e6", ""),
        "p5": ("#55504a", "#6f6a62"),
    }
    for person, (shirt, pattern) in looks.items():
        for number in (1, 2):
            if (person, number) != ("p3", 2):
                draw_figure((240, 520), shirt, pattern).save(media / f"{person}-{number}.jpg")
            draw_figure((200, 240), shirt, pattern).crop((30, 60, 170, 190)).save(
                media / f"{person}-clothing-{number}.jpg"
            )
    for name, words in {
        "t1": "Selasa, 14 Oktober 2025 10.15.07 WIB",
        "t2": "VIRAL!!!",
        "t3": "@akun_contoh",
        "l1": "DINAS CONTOH",
        "l2": "@akun_contoh",
    }.items():
        strip = Image.new("RGB", (60 + 15 * len(words), 60), "#333333")
        ImageDraw.Draw(strip).text((20, 10), words, fill="#ffffff", font_size=28)
        strip.save(media / f"{name}.jpg")


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
        overlays=_texts(),
        lighting=(),
        clues=_clues(),
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
        working_hours=_hours(),
        leads=_leads(),
        steps=_steps(),
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
            detections.append(
                Detection(ref(start + step / 5), (left, 150.0, left + 230, 660.0), "person", 0.81)
            )
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


def _reading(time_s: float, text: str, score: float) -> TextReading:
    return TextReading(ref(time_s), (30.0, 640.0, 700.0, 690.0), text, score)


def _texts() -> tuple[OverlayText, ...]:
    box = (30.0, 640.0, 700.0, 690.0)
    clock = "Selasa, 14 Oktober 2025 10.15.07 WIB"
    return (
        OverlayText(
            "t1",
            ref(0),
            ref(13.9),
            box,
            "Selasa, 14 0ktober 2025 10.15.07 WlB",
            clock,
            0.93,
            "overlay",
            True,
            (_reading(0, "Selasa, 14 0ktober 2025 10.15.07 WlB", 0.91), _reading(2.4, clock, 0.97)),
        ),
        OverlayText(
            "t2",
            ref(11.0),
            ref(13.9),
            box,
            "VIRAL!!! jam kerja malah karaoke",
            "VIRAL!!! jam kerja malah karaoke",
            0.98,
            "overlay",
            False,
            (_reading(11.5, "VIRAL!!! jam kerja malah karaoke", 0.98),),
        ),
        OverlayText(
            "t3",
            ref(0),
            ref(13.9),
            box,
            "@akun_contoh",
            "@akun_contoh",
            0.88,
            "interface",
            False,
            (_reading(8.1, "@akun_contoh", 0.88),),
        ),
        OverlayText(
            "t4",
            ref(5.4),
            ref(5.4),
            box,
            HOSTILE,
            HOSTILE,
            0.52,
            "scene",
            False,
            (_reading(5.4, HOSTILE, 0.52),),
        ),
        OverlayText("t5", ref(6.0), ref(7.0), box, RTL, RTL, 0.41, "scene", False),
        OverlayText("t6", ref(6.0), ref(7.0), box, CJK, CJK, 0.63, "scene", False),
    )


def _clues() -> tuple[TimeClue, ...]:
    day = tuple([0.0] * 6 + [0.3, 0.8] + [1.0] * 8 + [0.8, 0.4] + [0.0] * 6)
    return (
        TimeClue(
            "c1",
            "exact",
            "overlay",
            "timestamp_app",
            "moderate",
            at(10, 15, 7),
            at(10, 15, 21),
            None,
            "Selasa, 14 Oktober 2025 10.15.07 WIB",
            (ref(0), ref(13.9)),
            Words(
                "Jam berjalan pada gambar menyebut Selasa, 14 Oktober 2025, 10.15.07 WIB.",
                "A running clock in the picture says Tuesday 14 October 2025, 10:15:07 WIB.",
            ),
            (
                Words("Jam aplikasi dapat diatur pengguna.", "The user can set the app's clock."),
                Words("Teks dapat ditempel saat penyuntingan.", "The text can be added in editing."),
            ),
        ),
        TimeClue(
            "c2",
            "not_after",
            "metadata",
            "editor",
            "weak",
            None,
            at(8, 22, 40, day=15),
            None,
            "creation_time=2025-10-15T01:22:40Z",
            (),
            Words(
                "Metadata menyebut penyuntingan pada 15 Oktober 2025.",
                "The metadata names an edit on 15 October 2025.",
            ),
            (Words("Ditulis perangkat penyunting.", "Written by the editing device."),),
        ),
        TimeClue(
            "c3",
            "date_hint",
            "clothing",
            "dress_calendar",
            "contextual",
            at(0, 0, day=17),
            at(23, 59, day=17),
            None,
            "korpri_batik",
            (ref(2.4), ref(8.1)),
            Words("Batik Korpri lazim dipakai pada tanggal 17.", "Korpri batik is usual on the 17th."),
            (Words("Aturan daerah berbeda-beda.", "Local rules differ."),),
        ),
        TimeClue(
            "c4",
            "day_part",
            "overlay",
            "unknown",
            "weak",
            None,
            None,
            day,
            "siang bolong",
            (ref(11.5),),
            Words("Takarir menyebut siang hari.", "The caption speaks of daytime."),
            (),
        ),
        TimeClue(
            "c5",
            "date_hint",
            "filename",
            "platform",
            "weak",
            at(0, 0, day=15),
            at(23, 59, 59, day=15),
            None,
            "VID-20251015-WA0007",
            (),
            Words(
                "Nama berkas memuat tanggal simpan atau kirim, bukan tanggal rekam.",
                "The file name holds the date of saving or sending, not of recording.",
            ),
            (),
        ),
        TimeClue(
            "c6",
            "not_after",
            "platform",
            "platform",
            "strong",
            None,
            at(9, 1, 10, day=16),
            None,
            "7561203344556677889",
            (),
            Words(
                "Nomor video di platform menunjukkan unggahan pada 16 Oktober 2025, 09.01.10 WIB.",
                "The platform's video number shows an upload on 16 October 2025, 09:01:10 WIB.",
            ),
            (),
            (at(9, 1, 10, day=16), at(21, 1, 10, day=16)),
        ),
        TimeClue(
            "c7",
            "not_before",
            "examiner",
            "examiner",
            "contextual",
            at(0, 0, day=1),
            None,
            None,
            "surat pengaduan",
            (),
            Words("Pengadu menyebut bulan Oktober.", "The complaint names October."),
            (),
        ),
    )


def _hours() -> WorkingHoursVerdict:
    return WorkingHoursVerdict(
        answer="inside",
        overlap=1.0,
        place="Kota Pontianak",
        rule=HoursRule(
            "national_normal",
            Words(
                "Perpres 21/2023, aturan nasional sebagai cadangan: jam kerja setempat tidak ada dalam tabel",
                "Perpres 21/2023, the national rule as a fallback: the local hours are not in the table",
            ),
            "07:30-16:00 break 12:00-13:00",
            ("S-54", "S-60"),
            "computed",
        ),
        exceptions=(
            OpenException(
                "makan_siang",
                Words("Jam istirahat atau makan siang.", "Lunch or break time."),
                Words(
                    "Waktu rekaman di luar jam istirahat setempat.",
                    "A recording time outside the local break.",
                ),
            ),
            OpenException(
                "dinas_luar",
                Words("Tugas luar kantor dengan surat tugas.", "Duty outside the office under an order."),
                Words("SPT atau SPPD dan catatan presensi.", "The order and the attendance record."),
            ),
            OpenException(
                "klip_lama",
                Words("Klip lama yang diunggah ulang.", "An old clip that was posted again."),
                Words("Berkas asli.", "The original file."),
            ),
        ),
        words=Words(
            "Rentang waktu itu seluruhnya di dalam jam kerja menurut aturan yang dipakai.",
            "By the rule applied, the whole interval lies within working hours.",
        ),
    )


def _leads() -> tuple[Lead, ...]:
    return (
        Lead(
            "l1",
            "sign",
            "DINAS CONTOH",
            Crop(ref(8.1), (40.0, 40.0, 300.0, 90.0), "media/l1.jpg", 300.0),
            (ref(8.1),),
            "moderate",
            Words(
                "Papan terbaca di latar; belum tentu tempat kejadian.",
                "A sign read in the background; not necessarily where this happened.",
            ),
        ),
        Lead(
            "l2",
            "handle",
            "@akun_contoh",
            Crop(ref(8.1), (40.0, 40.0, 300.0, 90.0), "media/l2.jpg", None),
            (ref(0), ref(8.1)),
            "weak",
            Words(
                "Nama akun pada gambar; bisa pengunggah ulang.",
                "An account name in the picture; it may be a re-uploader.",
            ),
        ),
        Lead("l3", "caption", HOSTILE, None, (), "contextual", Words("Takarir.", "A caption.")),
    )


def _steps() -> tuple[StepRun, ...]:
    def ok(step: str, method: str, weights: str | None = None, **stats: int | float | str) -> StepRun:
        return StepRun(
            step,
            "ok",
            method,
            "1",
            weights,
            {"sample_fps": 5.0, "model": "yolo11n", "inner": {"a": 1, "b": None}},
            dict(stats),
            1.25,
        )

    return (
        ok("shots", "luma histogram and block difference", frames=438),
        ok(
            "people",
            "person detector at 5 frames a second",
            "9ab0" * 16,
            frames_read=73,
            frames=438,
            confidence=0.35,
        ),
        ok("tracks", "association by overlap within shots", tracks=6),
        ok("persons", "clothing colour across shots", persons=5),
        ok("clothing", "torso classifier, temperature scaled", "77cd" * 16, crops=10),
        ok("counts", "most in one frame; persons; tracks", persons=5),
        ok(
            "overlays",
            "text detector and recogniser on changed frames",
            "51ee" * 16,
            frames_read=24,
            frames=438,
        ),
        StepRun(
            "lighting",
            "failed",
            "",
            "1",
            None,
            {"min_score": 0.5},
            {},
            0.4,
            Words("gagal: ValueError: <svg onload=alert(1)>", "failed: ValueError: <svg onload=alert(1)>"),
        ),
        ok("clues", "clues from text, tags, names", clues=7),
        ok("time", "intersection of intervals by grade", clues=7),
        ok("leads", "patterns in the texts that were read", leads=3),
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
    steps = tuple(
        replace(run, status="ok", error=None) if run.step == "lighting" else run for run in analysis.steps
    )
    return replace(analysis, lighting=lighting, steps=steps)
