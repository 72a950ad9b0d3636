"""Parsers of text, names, tags, ids, dates and JSON, with what nobody would write: a result or an error for people."""

from __future__ import annotations

import json
import os
import unicodedata
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.report_example import example_analysis
from vidcheck import case, intake, leads, limits, media, store, terminal, timestamps, timing
from vidcheck.batch import inputs
from vidcheck.clues import examiner, platform, sidecar
from vidcheck.decisions import record
from vidcheck.errors import InputError, UsageError, VidcheckError
from vidcheck.facts import places
from vidcheck.pipeline import Settings
from vidcheck.text_tracking import faithful_text, safe_text
from vidcheck.types import Analysis

# The same cases every time; with a number in VIDCHECK_FUZZ_EXAMPLES, so many new ones.
WISHED = os.environ.get("VIDCHECK_FUZZ_EXAMPLES")
PROFILE = settings(
    deadline=None,
    derandomize=WISHED is None,
    max_examples=int(WISHED or 60),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

WITA = ZoneInfo("Asia/Makassar")
ANY = st.text(st.characters(), max_size=60)
_WORDS = (
    "0 1 7 9 12 24 31 59 60 99 2026 0000 9999 26 10:15 23:59:60 -08 +0800 WIB WITA WIT UTC Z T Sen Senin Kamis Jumat "
    "Januari Jan Feb Mei Agustus Desember Dec AM PM pukul Jam tgl tanggal kemarin VID WA IMG Screenshot tiktok "
    "1767225600 17672256001 7594012345678901234 18446744073709551616 ١٢ ٣٠ 1２ O1 l2 2O26"
)
PIECES = st.sampled_from(_WORDS.split())
SEPARATORS = st.sampled_from(["", " ", "-", "/", ".", ":", "_", ",", "\n", "|", "T", "\u200e", "\u202e", "–"])
DATED = st.lists(st.tuples(PIECES, SEPARATORS), max_size=9).map(lambda parts: "".join(a + b for a, b in parts))
TEXT = st.one_of(ANY, DATED, st.tuples(DATED, ANY).map(" ".join))
TAG_NAMES = st.sampled_from(
    ["creation_time", "com.apple.quicktime.creationdate", "com.apple.quicktime.location.ISO6709", "location", "title",
     "comment", "date", "encoder", "com.android.version", "DateTime", "DateTimeOriginal", "OffsetTimeOriginal",
     "GPSLatitude", "GPSLongitude", "GPSDateStamp", "GPSTimeStamp", "Software", "Make", "Model", "packet"]
)  # fmt: skip
GROUPS = st.sampled_from(["container", "stream:0", "stream:1", "exif", "gps", "xmp", "other"])
NUMBERS = st.one_of(st.floats(allow_nan=True).map(str), st.integers().map(str))
TAGS = st.dictionaries(GROUPS, st.dictionaries(st.one_of(TAG_NAMES, ANY), st.one_of(TEXT, NUMBERS), max_size=5))
INFO_NAMES = st.sampled_from(
    ["timestamp", "upload_date", "release_timestamp", "id", "extractor", "uploader", "title", "description",
     "webpage_url", "modified_timestamp", "epoch"]
)  # fmt: skip
FIELDS = st.sampled_from(
    ["source", "shots", "tracks", "steps", "clues", "time_estimate", "tool", "people_count", "leads", "context"]
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def example() -> Analysis:
    return example_analysis()


@PROFILE
@given(TEXT)
def test_dates_in_texts(text: str) -> None:
    for found in timestamps.find_times(text):
        assert found.text in text or found.text


@PROFILE
@given(text=TEXT, kind=st.sampled_from(["overlay", "scene", "interface"]), name=TEXT, tags=TAGS)
def test_clues_and_leads_of_any_text_name_and_tags(
    example: Analysis, text: str, kind: str, name: str, tags: dict[str, dict[str, str]]
) -> None:
    shown = safe_text(text)
    overlays = tuple(replace(item, text=shown, text_raw=shown, kind=kind) for item in example.overlays[:2])
    # As whoever opens a file gives them: a name of any bytes, and tags that a decoder read.
    name = media.shown_name(name.encode("utf-8", "replace").decode())
    source = replace(example.source, path=name or "x", tags=media.writable_tags(tags))
    chosen = timing.TimeSettings(place="Banjarmasin")
    clues = timing.gather_clues(source, overlays, (), (), chosen, example.shots).value
    estimate = timing.estimate(clues, settings=chosen)
    timing.working_hours(estimate, settings=chosen)
    found = leads.find_leads(overlays, source).value
    whole = replace(example, source=source, overlays=overlays, clues=clues, time_estimate=estimate, leads=found)
    written = store.to_json(whole)
    assert json.loads(written)["clues"] is not None
    assert store.to_json(store.from_json(written)) == written


@PROFILE
@given(st.one_of(st.integers(), st.integers(0, 2**64)), TEXT)
def test_ids_of_platforms(number: int, text: str) -> None:
    times = (
        platform.tiktok_post_time(number),
        platform.x_post_time(number),
        platform.tiktok_vid_time(text),
        platform.instagram_shortcode_time(text),
    )
    assert all(time is None or isinstance(time, datetime) for time in times)


@PROFILE
@given(TEXT)
def test_what_an_examiner_types(text: str) -> None:
    for parse in (
        lambda: examiner.parse_time(text, zone=WITA, option="--posted"),
        lambda: examiner.parse_time(text, zone=None, option="--posted"),
        lambda: places.resolve(text),
        lambda: limits.Limits().raised([text]),
        lambda: timing.check(timing.TimeSettings(place=text, url=text, posted=text, known_not_before=text)),
    ):
        try:
            parse()
        except VidcheckError as error:
            assert error.exit_code in (2, 3) and error.remedy


@PROFILE
@given(st.one_of(JSON, st.dictionaries(INFO_NAMES, st.one_of(JSON, NUMBERS))))
def test_sidecars(tmp_path: Path, value: object) -> None:
    path = tmp_path / "clip.info.json"
    path.write_text(json.dumps(value), "utf-8")
    try:
        read = sidecar.read(path)
        sidecar.clues(json.loads(read) if read else {}, zone=WITA)
    except VidcheckError as error:
        assert error.exit_code in (2, 3) and "\n" not in str(error)


@PROFILE
@given(st.one_of(st.binary(max_size=300), TEXT.map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_files_that_people_write(tmp_path: Path, data: bytes) -> None:
    listed = tmp_path / "list.csv"
    listed.write_bytes(data)
    for parse in (
        lambda: intake.parse(data),
        lambda: record.follow(data, "0" * 64),
        lambda: inputs.entries(listed, Settings(), not_in=tmp_path / "out"),
        lambda: store.from_json(data),
    ):
        try:
            parse()
        except VidcheckError as error:
            assert error.exit_code in (2, 3)


@PROFILE
@given(value=JSON, path=st.lists(FIELDS, max_size=2))
def test_an_analysis_that_somebody_changed(example: Analysis, value: object, path: list[str]) -> None:
    changed = json.loads(store.to_json(example))
    for name in path:
        changed[name] = value
    try:
        again = store.from_json(json.dumps(changed))
    except InputError as error:
        assert error.exit_code == 3 and "\n" not in str(error)
    else:
        assert store.from_json(store.to_json(again)) == again


@PROFILE
@given(st.text(st.characters(categories=("L", "N", "P", "S", "Z", "C")), max_size=300))
def test_names_and_shown_texts(text: str) -> None:
    name = case.folder_name(text)
    assert name and len(name.encode()) <= 120
    assert not set(name) & set('/\\:*?"<>|') and not name.startswith(".") and name not in ("", ".", "..")
    for shown in (safe_text(text), faithful_text(text), terminal.safe(text)):
        assert not [c for c in shown if unicodedata.category(c) == "Cc" and c not in "\n\t"]
        shown.encode()


@PROFILE
@given(st.lists(TEXT, max_size=3))
def test_limits_by_name(given_limits: list[str]) -> None:
    try:
        limits.Limits().raised(given_limits)
    except UsageError as error:
        assert error.exit_code == 2
