"""File names: which event each form tells, and that only a camera's own name speaks about the recording."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timecases import source
from vidcheck.clues import filename, provenance
from vidcheck.types import TimeClue

WIB = ZoneInfo("Asia/Jakarta")


def clues(name: str, zone: ZoneInfo | None = WIB, **tags: str) -> tuple[TimeClue, ...]:
    clip = source(name, tags={"container": tags} if tags else {})
    return filename.clues(clip, provenance.examine(clip), zone=zone)


@pytest.mark.parametrize(
    ("name", "kind", "when"),
    [
        ("VID_20230606_120015.mp4", "recorded", "2023-06-06T12:00:15"),
        ("IMG_20230606_120015_1.jpg", "recorded", "2023-06-06T12:00:15"),
        ("VID20230606120015.mp4", "recorded", "2023-06-06T12:00:15"),
        ("20230606_120015.mp4", "recorded_bare", "2023-06-06T12:00:15"),
        ("20230606_120015(0).mp4", "recorded_bare", "2023-06-06T12:00:15"),
        ("PXL_20230606_050015123.mp4", "recorded", "2023-06-06T05:00:15+00:00"),
        ("PXL_20230606_050015123.TS.mp4", "recorded", "2023-06-06T05:00:15+00:00"),
        ("WIN_20230606_12_00_15_Pro.mp4", "recorded", "2023-06-06T12:00:15"),
        ("TimePhoto_20230606_120015.jpg", "recorded", "2023-06-06T12:00:15"),
        ("DJI_20230606120015_0001_D.MP4", "recorded", "2023-06-06T12:00:15"),
        ("NVR_ch1_main_20230606120000_20230606121500.mp4", "cctv", "2023-06-06T12:00:00"),
        ("VID-20230608-WA0012.mp4", "sent", "2023-06-08T00:00:00"),
        ("IMG-20230608-WA0012.jpg", "sent", "2023-06-08T00:00:00"),
        ("WhatsApp Video 2026-01-12 at 9.08.36 PM.mp4", "sent", "2026-01-12T21:08:36"),
        ("WhatsApp Video 2026-01-12 at 9.08.36\u202fPM.mp4", "sent", "2026-01-12T21:08:36"),
        ("WhatsApp Video 2026-01-12 at 12.08.36 AM (1).mp4", "sent", "2026-01-12T00:08:36"),
        ("WhatsApp Video 2026-01-12 at 21.08.36.mp4", "sent", "2026-01-12T21:08:36"),
        ("Video WhatsApp 2026-01-12 pukul 21.08.36_abc.mp4", "sent", "2026-01-12T21:08:36"),
        ("video_2023-06-08_09-14-00.mp4", "saved", "2023-06-08T09:14:00"),
        ("signal-2023-06-08-09-14-00-123.mp4", "sent", "2023-06-08T09:14:00"),
        ("FB_IMG_1686190440123.jpg", "saved", "2023-06-08T02:14:00+00:00"),
        ("FB_VID_1686190440123.mp4", "saved", "2023-06-08T02:14:00+00:00"),
        ("ssstik.io_@akun.contoh_1686190440123.mp4", "saved", "2023-06-08T02:14:00+00:00"),
        ("Screen_Recording_20230608-091400_TikTok.mp4", "screen", "2023-06-08T09:14:00"),
        ("Screenrecorder-2023-06-08-09-14-00-123.mp4", "screen", "2023-06-08T09:14:00"),
        ("screen-20230608-091400.mp4", "screen", "2023-06-08T09:14:00"),
        ("Record_2023-06-08-09-14-00.mp4", "screen", "2023-06-08T09:14:00"),
        ("XRecorder_08062023_091400.mp4", "screen", "2023-08-06T09:14:00"),
        ("AZ_Recorder_20230608_091400.mp4", "screen", "2023-06-08T09:14:00"),
        ("RPReplay_Final1686190440.mp4", "screen", "2023-06-08T02:14:00+00:00"),
        ("ScreenRecording_06-25-2025 09-14-00_1.MP4", "screen", "2025-06-25T09:14:00"),
        ("Screenshot_20230608-091400_TikTok.jpg", "screenshot", "2023-06-08T09:14:00"),
        (
            "Screenshot_2023-06-08-09-14-00-123_com.zhiliaoapp.musically.jpg",
            "screenshot",
            "2023-06-08T09:14:00",
        ),
        ("Screenshot 2023-06-08 at 9.14.00 PM.png", "screenshot", "2023-06-08T21:14:00"),
        ("Tangkapan Layar 2023-06-08 pukul 21.14.00.png", "screenshot", "2023-06-08T21:14:00"),
        ("InShot_20230608_091400123.mp4", "edited", "2023-06-08T09:14:00"),
        ("lv_0_20230608091400.mp4", "edited", "2023-06-08T09:14:00"),
        ("YouCut_20230608_091400123.mp4", "edited", "2023-06-08T09:14:00"),
    ],
)
def test_forms(name: str, kind: str, when: str) -> None:
    events = filename.decode(name)
    assert events, name
    assert (events[0].kind, events[0].when) == (kind, datetime.fromisoformat(when))


def test_a_chain_keeps_its_order() -> None:
    events = filename.decode("lv_0_20230607201500_VID_20230606_120015.mp4")
    assert [event.kind for event in events] == ["edited", "recorded"]


@pytest.mark.parametrize(
    "name",
    [
        "clip.mp4",
        "IMG_0042.MOV",
        "VID_20231306_120015.mp4",
        "20230631_120015.mp4",
        "WhatsApp Video 2026-01-12 at 19.08.36 PM.mp4",
        "",
        "12345.mp4",
    ],
)
def test_names_without_a_time(name: str) -> None:
    assert [event for event in filename.decode(name) if event.kind != "unknown"] == []


@pytest.mark.parametrize(
    "name",
    [
        "VID-20230608-WA0012.mp4",
        "Screen_Recording_20230608-091400_TikTok.mp4",
        "InShot_20230608_091400123.mp4",
        "video_2023-06-08_09-14-00.mp4",
        "Screenshot_20230608-091400.jpg",
        "ssstik.io_@a_1686190440123.mp4",
    ],
)
@pytest.mark.parametrize("zone", [WIB, ZoneInfo("Asia/Jayapura"), None])
def test_only_a_cameras_name_dates_the_recording(name: str, zone: ZoneInfo | None) -> None:
    (found,) = clues(name, zone)
    assert found.kind == "not_after" and found.earliest is None and found.latest is not None


def test_bounds_use_the_latest_reading_in_indonesia() -> None:
    (found,) = clues("VID-20230608-WA0012.mp4", ZoneInfo("Asia/Jayapura"))
    assert found.latest == datetime(2023, 6, 9, tzinfo=WIB), "the phone that saved it need not be at the place"


def test_a_camera_name_is_read_in_every_zone_where_the_place_is_not_known() -> None:
    (found,) = clues("VID_20230606_120015.mp4", None)
    assert found.earliest == datetime(2023, 6, 6, 3, 0, 15, tzinfo=UTC)
    assert found.latest is not None and found.latest >= datetime(2023, 6, 6, 5, 0, 15, tzinfo=UTC)
    assert len(found.alternatives) == 3


def test_grades_of_camera_names() -> None:
    assert clues("VID_20230606_120015.mp4")[0].grade == "moderate"
    assert clues("VID_20230606_120015.mp4", encoder="Lavf60.3.100")[0].grade == "weak", (
        "a copy kept the name, or took it"
    )
    assert clues("20230606_120015.mp4")[0].grade == "weak", "other programs use bare names, too"
    camera = {"com.android.manufacturer": "samsung", "com.android.model": "SM-A325F"}
    assert clues("20230606_120015.mp4", **camera)[0].grade == "moderate"


def test_a_camera_name_on_a_picture_of_a_screen_dates_the_capture() -> None:
    clip = source("20251128_213005.mp4")
    signs = provenance.Provenance(screen=("21.30",), camera="samsung SM-S911B")
    (found,) = filename.clues(clip, signs, zone=WIB)
    assert found.kind == "not_after" and found.earliest is None


def test_day_and_month_of_a_name_that_can_be_swapped_bound_by_the_later() -> None:
    (found,) = clues("ScreenRecording_06-08-2025 09-14-00_1.MP4")
    assert found.latest is not None and found.latest.date().isoformat() == "2025-08-06"
    assert [other.date().isoformat() for other in found.alternatives] == ["2025-06-08"]


def test_an_unknown_form_is_only_a_hint() -> None:
    (found,) = clues("kegiatan 20230606 120015 final.mp4")
    assert (found.kind, found.grade) == ("date_hint", "contextual")


@given(st.text(max_size=200))
def test_any_name_is_taken(name: str) -> None:
    for clue in clues(name, None):
        assert clue.latest is None or clue.latest.tzinfo is not None


@given(
    st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(["VID_{:%Y%m%d_%H%M%S}.mp4", "IMG{:%Y%m%d%H%M%S}.jpg"]),
)
def test_camera_names_round_trip(moment: datetime, form: str) -> None:
    (event,) = filename.decode(form.format(moment))
    assert event.kind == "recorded" and event.when == moment.replace(microsecond=0)
