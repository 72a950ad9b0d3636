"""What is read and concluded in the report's example: texts, clues, hours, leads, steps. All made up."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from vidcheck.types import (
    Crop,
    FrameRef,
    HoursRule,
    Lead,
    OpenException,
    OverlayText,
    StepRun,
    TextReading,
    TimeClue,
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


def _reading(time_s: float, text: str, score: float) -> TextReading:
    return TextReading(ref(time_s), (30.0, 640.0, 700.0, 690.0), text, score)


def made_texts() -> tuple[OverlayText, ...]:
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


def made_clues() -> tuple[TimeClue, ...]:
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


def made_hours() -> WorkingHoursVerdict:
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


def made_leads() -> tuple[Lead, ...]:
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


def made_steps() -> tuple[StepRun, ...]:
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
            frames_looked_at=73,
            frames_total=438,
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
            frames_total=438,
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
