"""Tags: what is UTC, what is local, what only bounds the recording."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timecases import source, text
from vidcheck.clues import metadata, provenance
from vidcheck.clues._make import parse_tag_time
from vidcheck.types import Source, TimeClue

WIB = ZoneInfo("Asia/Jakarta")
APPLE = {"com.apple.quicktime.make": "Apple", "com.apple.quicktime.model": "iPhone 13"}
CAMERA = {"Make": "samsung", "Model": "SM-A325F", "ExposureTime": "0.01"}


def clues(clip: Source, zone: ZoneInfo | None = WIB) -> list[TimeClue]:
    found = metadata.clues(clip, provenance.examine(clip), zone=zone)
    return [clue for clue in found if clue.grade != "contextual"]


def container(**tags: str) -> Source:
    return source("IMG_0042.MOV", tags={"container": tags})


def test_creation_time_of_a_camera_with_a_known_place_is_utc() -> None:
    (found,) = clues(container(**APPLE, creation_time="2025-10-14T02:30:00.000000Z"))
    assert (found.kind, found.grade, found.clock) == ("exact", "moderate", "device")
    assert found.earliest and found.latest
    assert found.earliest <= datetime(2025, 10, 14, 2, 30, tzinfo=UTC) <= found.latest
    assert found.latest - found.earliest == timedelta(seconds=60), "the tag can be the start or the end"
    assert found.alternatives == ()


def test_creation_time_without_a_place_keeps_both_readings() -> None:
    (found,) = clues(container(**APPLE, creation_time="2025-10-14T02:30:00.000000Z"), None)
    assert len(found.alternatives) == 3
    assert "UTC" in found.words.en and "if written as local time" in found.words.en


@pytest.mark.parametrize(
    "tags",
    [
        {"creation_time": "2025-10-14T02:30:00.000000Z"},
        {"creation_time": "2025-10-14T02:30:00.000000Z", "com.android.version": "14"},
        {"creation_time": "2025-10-14T02:30:00.000000Z", "encoder": "Lavf60.3.100", **APPLE},
        {
            "creation_time": "2025-10-14T02:30:00.000000Z",
            "comment": "vid:v12044gd0000cohbuanog65ltpj9jdpg",
            **APPLE,
        },
        {"com.apple.quicktime.creationdate": "2025-10-14T09:30:00+0700"},
        {
            "com.apple.quicktime.creationdate": "2025-10-14T09:30:00+0700",
            "com.apple.quicktime.software": "CapCut",
            **APPLE,
        },
        {
            "com.apple.quicktime.creationdate": "2025-10-14T09:30:00+0700",
            "com.apple.quicktime.author": "ReplayKitRecording",
        },
        {"date": "2020-08-28"},
    ],
)
@pytest.mark.parametrize("zone", [WIB, None])
def test_tags_of_copies_and_unknown_writers_only_bound(tags: dict[str, str], zone: ZoneInfo | None) -> None:
    found = clues(container(**tags), zone)
    assert found and {clue.kind for clue in found} == {"not_after"}


def test_an_apps_interface_in_the_picture_takes_the_camera_away() -> None:
    clip = container(**APPLE, creation_time="2025-10-14T02:30:00.000000Z")
    signs = provenance.examine(clip, (text("LIVE 1,2 rb penonton", kind="interface"),))
    found = [clue for clue in metadata.clues(clip, signs, zone=WIB) if clue.grade != "contextual"]
    assert {clue.kind for clue in found} == {"not_after"}


def test_apples_own_tag_states_the_zone() -> None:
    (found,) = clues(container(**APPLE, **{"com.apple.quicktime.creationdate": "2025-10-14T10:30:00+0800"}), None)
    assert found.kind == "exact" and found.alternatives == ()
    assert found.earliest == datetime(2025, 10, 14, 2, 29, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    "empty",
    [
        "1904-01-01T00:00:00.000000Z",
        "1970-01-01T00:00:00Z",
        "0000:00:00 00:00:00",
        "",
        "nonsense",
        "2025-02-30T00:00:00Z",
        "2025-10-14T25:00:00Z",
        "9999-01-01T00:00:00Z",
    ],
)
def test_empty_and_impossible_times_give_nothing(empty: str) -> None:
    assert clues(container(**APPLE, creation_time=empty)) == []
    assert clues(source("a.jpg", kind="image", tags={"exif": {**CAMERA, "DateTimeOriginal": empty}})) == []


def photo(**exif: str) -> Source:
    return source("IMG_0042.jpg", kind="image", tags={"exif": exif})


def test_exif_with_an_offset_is_one_moment() -> None:
    (found,) = clues(photo(**CAMERA, DateTimeOriginal="2025:10:14 09:30:00", OffsetTimeOriginal="+07:00"), None)
    assert found.kind == "exact" and found.earliest == datetime(2025, 10, 14, 2, 30, tzinfo=UTC)
    assert found.latest == found.earliest + timedelta(seconds=1)


def test_a_device_set_to_another_zone_than_the_place_is_said() -> None:
    (found,) = clues(photo(**CAMERA, DateTimeOriginal="2025:10:14 09:30:00", OffsetTimeOriginal="+08:00"), WIB)
    assert any("set to WITA" in caveat.en and "uses WIB" in caveat.en for caveat in found.caveats)


def test_exif_without_an_offset_and_place_is_read_in_three_zones() -> None:
    (found,) = clues(photo(**CAMERA, DateTimeOriginal="2025:10:14 09:30:00"), None)
    assert found.earliest == datetime(2025, 10, 14, 0, 30, tzinfo=UTC)
    assert found.latest == datetime(2025, 10, 14, 2, 30, 1, tzinfo=UTC) and len(found.alternatives) == 3


def test_a_position_in_the_tags_settles_the_zone() -> None:
    exif = {**CAMERA, "DateTimeOriginal": "2025:10:14 09:30:00"}
    inside = {"GPSLatitude": "-3.3167", "GPSLongitude": "114.5901"}  # Banjarmasin, near the border of WIB and WITA
    (found,) = clues(source("a.jpg", kind="image", tags={"exif": exif, "gps": inside}), None)
    assert found.earliest == datetime(2025, 10, 14, 1, 30, tzinfo=UTC) and len(found.alternatives) == 2
    far = {"GPSLatitude": "-2.5337", "GPSLongitude": "140.7181"}  # Jayapura
    (found,) = clues(source("a.jpg", kind="image", tags={"exif": exif, "gps": far}), None)
    assert found.earliest == datetime(2025, 10, 14, 0, 30, tzinfo=UTC) and found.alternatives == ()
    abroad = {"GPSLatitude": "43.467", "GPSLongitude": "11.885"}
    (found,) = clues(source("a.jpg", kind="image", tags={"exif": exif, "gps": abroad}), None)
    assert found.earliest and found.latest
    assert found.earliest <= datetime(2025, 10, 14, 7, 30, tzinfo=UTC) < found.latest, "not read in Indonesia's zones"


def test_exif_without_a_camera_only_bounds() -> None:
    (found,) = clues(photo(DateTimeOriginal="2025:10:14 09:30:00"))
    assert found.kind == "not_after"


def test_exif_without_exposure_is_no_cameras() -> None:
    (found,) = clues(photo(Make="Xiaomi", Model="Redmi Note 12", DateTimeOriginal="2025:10:14 09:30:00"))
    assert found.kind == "not_after", "some phones write make and model into screenshots"


def test_exif_of_a_screenshot_only_bounds() -> None:
    (found,) = clues(photo(**CAMERA, DateTimeOriginal="2025:10:14 09:30:00", UserComment="Screenshot"))
    assert found.kind == "not_after"


def test_exif_change_is_a_bound_beside_the_taking() -> None:
    found = clues(photo(**CAMERA, DateTimeOriginal="2025:10:14 09:30:00", DateTime="2025:10:20 21:00:00"))
    assert [clue.kind for clue in found] == ["exact", "not_after"]


def test_gps_time_is_utc_and_can_be_stale() -> None:
    clip = source(
        "a.jpg",
        kind="image",
        tags={"exif": CAMERA, "gps": {"GPSDateStamp": "2025:10:14", "GPSTimeStamp": "02:29:00"}},
    )
    (found,) = clues(clip)
    assert found.kind == "exact" and found.earliest and found.latest
    assert found.earliest <= datetime(2025, 10, 14, 2, 30, tzinfo=UTC) <= found.latest
    assert any("older than the picture" in caveat.en for caveat in found.caveats)


def test_xmp_packet_only_bounds() -> None:
    packet = '<rdf:Description xmp:ModifyDate="2025-10-20T21:00:00+07:00" xmp:CreateDate="2025-10-14T09:30:00">'
    clip = source("a.jpg", kind="image", tags={"xmp": {"packet": packet}})
    found = clues(clip)
    assert [clue.kind for clue in found] == ["not_after", "not_after"]
    assert found[0].latest == datetime(2025, 10, 20, 14, 0, 1, tzinfo=UTC)


def test_the_signs_of_a_copy_are_said() -> None:
    clip = container(encoder="Lavf58.76.100", comment="vid:v12044gd0000cohbuanog65ltpj9jdpg")
    said = [clue for clue in metadata.clues(clip, provenance.examine(clip), zone=None) if clue.grade == "contextual"]
    assert len(said) == 1 and "encoded again" in said[0].words.en and "copy from a platform" in said[0].words.en


def test_an_original_has_no_signs() -> None:
    signs = provenance.examine(container(**APPLE))
    assert signs.original and signs.signs == () and signs.camera == "Apple iPhone 13"
    assert not provenance.examine(container()).original, "no camera is named"


def test_location() -> None:
    assert metadata.location(container(location="-2.9761+104.7754/")) == (-2.9761, 104.7754)
    assert metadata.location(container(location="+00.0000+000.0000/")) is None, "the empty position"
    clip = source("a.jpg", tags={"gps": {"GPSLatitude": "-3.3", "GPSLongitude": "114.6"}})
    assert metadata.location(clip) == (-3.3, 114.6)
    assert metadata.location(source("a.jpg", tags={"gps": {"GPSLatitude": "x", "GPSLongitude": "y"}})) is None


@given(
    st.dictionaries(st.sampled_from(["creation_time", "date", "comment", "encoder", "location"]), st.text(max_size=60)),
    st.dictionaries(
        st.sampled_from(["DateTimeOriginal", "OffsetTime", "DateTime", "Make", "Model"]), st.text(max_size=40)
    ),
)
def test_any_tags_are_taken(first: dict[str, str], second: dict[str, str]) -> None:
    clip = source(
        "a.mp4",
        tags={
            "container": first,
            "stream:0": first,
            "exif": second,
            "gps": second,
            "xmp": {"packet": str(first)},
        },
    )
    metadata.clues(clip, provenance.examine(clip), zone=None)
    metadata.location(clip)


def test_tag_times() -> None:
    found = parse_tag_time("2025-10-14T09:30:00.123+0700")
    assert found is not None and found[0].utcoffset() == timedelta(hours=7) and found[1] == 1
    assert parse_tag_time("2025:10:14 09:30:00") == (datetime(2025, 10, 14, 9, 30), 1)
    assert parse_tag_time("2025-10-14") == (datetime(2025, 10, 14), 86400)
    assert parse_tag_time("2025-10-14T09:30:00+9900") is None


@pytest.mark.skipif("VIDCHECK_DATA" not in os.environ, reason="needs the data folder")
def test_real_files_with_known_tags() -> None:
    from vidcheck.media import open_clip

    folder = Path(os.environ["VIDCHECK_DATA"]) / "media"
    with open_clip(folder / "exif-samples__IMG_5195.HEIC") as clip:
        found = clues(clip.source, None)
    assert [clue.kind for clue in found] == ["exact"]
    assert found[0].earliest == datetime(2021, 4, 11, 20, 47, 53, tzinfo=UTC)
    with open_clip(folder / "exif-samples__DSCN0010.jpg") as clip:
        kinds = {clue.basis.split("=")[0]: clue.kind for clue in clues(clip.source, ZoneInfo("Europe/Rome"))}
    assert kinds["DateTimeOriginal"] == "exact" and kinds["DateTime"] == "not_after"
    with open_clip(folder / "gps.mp4") as clip:
        assert metadata.location(clip.source) == (51.4169, -0.0806)
        assert {clue.kind for clue in clues(clip.source)} == {"not_after"}, (
            "an Android tag alone can be a screen recorder's"
        )
