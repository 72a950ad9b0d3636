"""Upload times in identifiers: known pairs, the forms of addresses, and what must never be read as one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timecases import source
from vidcheck.clues import platform, sidecar
from vidcheck.errors import NotFound, UsageError
from vidcheck.types import Context, TimeClue


def bounds(context: Context, path: str = "clip.mp4", **tags: str) -> tuple[TimeClue, ...]:
    return platform.clues(source(path, tags={"container": tags} if tags else {}), context, zone=None)


@pytest.mark.parametrize(
    ("vid", "post", "apart_s"),
    [
        ("v0f025gc0000cdf0cpbc77u9dod0h9hg", 7160167493275847962, 1),
        ("v12044gd0000cohbuanog65ltpj9jdpg", 7359655005701311786, 18),
        ("v0d00fg10000d8uh6fvog65rjb8fs100", 7655296504243981990, 93),
    ],
)
def test_tiktok_file_tag_and_post_id_agree(vid: str, post: int, apart_s: int) -> None:
    uploaded, posted = platform.tiktok_vid_time(vid), platform.tiktok_post_time(post)
    assert uploaded is not None and posted is not None
    assert posted - uploaded == timedelta(seconds=apart_s)


def test_tiktok_post_id_with_a_page_of_known_time() -> None:
    assert platform.tiktok_post_time(6854717870488702213) == datetime(2020, 7, 29, 2, 6, 13, tzinfo=UTC)


def test_instagram_shortcode_with_a_known_time() -> None:
    media_id, code = 2384288897814875714, ""
    rest = media_id
    while rest:
        rest, digit = divmod(rest, 64)
        code = platform._ALPHABET[digit] + code
    found = platform.instagram_shortcode_time(code)
    assert found is not None and found.replace(microsecond=0) == datetime(2020, 8, 26, 13, 43, 27, tzinfo=UTC)
    assert platform.instagram_shortcode_time(code + "A" * 28) == found, "private accounts append to it"


def test_x_epoch() -> None:
    made = (1_700_000_000_000 - platform.X_EPOCH_MS) << 22
    assert platform.x_post_time(made) == datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.tiktok.com/@akun.contoh/video/7359655005701311786?is_from_webapp=1",
        "https://m.tiktok.com/v/7359655005701311786.html",
        "tiktok.com/@x/photo/7359655005701311786",
        "https://x.com/akun/status/1846111111111111111",
        "https://mobile.twitter.com/akun/status/1846111111111111111/video/1",
        "https://www.instagram.com/reel/CEWoJMMhvHC/",
        "https://instagram.com/p/CEWoJMMhvHC/?igsh=abc",
    ],
)
def test_addresses_give_one_strong_bound(url: str) -> None:
    (found,) = bounds(Context(url=url))
    assert (found.kind, found.grade, found.clock) == ("not_after", "strong", "platform")
    assert found.latest is not None and found.earliest is None and found.caveats


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://www.facebook.com/watch/?v=1234567890123456",
        "https://vt.tiktok.com/ZSabcdefg/",
        "https://example.org/video/7359655005701311786",
        "https://eviltiktok.com/video/7359655005701311786",
        "https://www.tiktok.com/@x/video/1111111111111111111",
        "not a url",
        "https://[",
        "",
    ],
)
def test_addresses_without_a_time_give_nothing(url: str) -> None:
    try:
        assert bounds(Context(url=url)) == ()
    except ValueError:
        pytest.fail("a bad address is no crash")


def test_tag_and_name_and_address_are_said_once_each() -> None:
    found = bounds(
        Context(url="https://www.tiktok.com/@x/video/7359655005701311786"),
        "7359655005701311786.mp4",
        comment="vid:v12044gd0000cohbuanog65ltpj9jdpg",
    )
    assert [clue.kind for clue in found] == ["not_after", "not_after"]


def test_a_number_in_a_name_is_a_weaker_basis() -> None:
    (found,) = bounds(Context(), "7359655005701311786.mp4")
    assert found.grade == "moderate" and len(found.caveats) == 2


def test_a_downloaders_name_for_instagram() -> None:
    (found,) = bounds(Context(), "Video by akun.contoh [CEWoJMMhvHC].mp4")
    assert found.kind == "not_after" and found.grade == "moderate" and "Instagram" in found.words.en
    assert bounds(Context(), "Some video [dQw4w9WgXcQ].mp4") == (), "eleven characters in brackets can be YouTube's"


def test_an_x_id_in_a_name_counts_where_x_is_named_and_is_only_shown_elsewhere() -> None:
    (named,) = bounds(Context(), "twitter_1796201846163886080.mp4")
    assert named.grade == "moderate" and named.latest is not None
    assert named.latest.isoformat() == "2024-05-30T15:27:47+00:00"
    (bare,) = bounds(Context(), "1796201846163886080.mp4")
    assert bare.grade == "contextual" and bare.latest == named.latest
    assert bounds(Context(), "17962018461638860801.mp4") == ()


@pytest.mark.parametrize("name", ["IMG_20230606_120015.mp4", "123456789012345678901234.mp4", "8888888888888888888.mp4"])
def test_other_numbers_in_names_are_no_post_ids(name: str) -> None:
    assert bounds(Context(), name) == ()


@given(st.text(max_size=80))
def test_any_tag_and_any_address_give_clues_or_nothing(text: str) -> None:
    for clue in bounds(Context(url=text), text, comment=text):
        assert clue.kind == "not_after" and clue.latest is not None


@given(st.integers(0, 2**70))
def test_any_number_gives_a_plausible_time_or_none(number: int) -> None:
    for found in (platform.tiktok_post_time(number), platform.x_post_time(number)):
        assert found is None or 2010 <= found.year < 2038


def test_sidecar_times_are_bounds(tmp_path: Path) -> None:
    file = tmp_path / "clip.info.json"
    info = {
        "extractor_key": "TikTok",
        "timestamp": 1686190440,
        "epoch": 1686290440,
        "formats": [1, 2],
        "cookies": "secret",
        "upload_date": "20230608",
        "live_status": "was_live",
        "release_timestamp": 1686190000,
    }
    file.write_text(json.dumps(info), encoding="utf-8")
    kept = sidecar.read(file)
    assert "secret" not in kept and "formats" not in kept
    found = sidecar.clues(json.loads(kept), zone=None)
    assert [(clue.kind, clue.grade) for clue in found] == [
        ("not_after", "strong"),
        ("not_after", "moderate"),
        ("date_hint", "contextual"),
    ]
    assert found[0].latest == datetime.fromtimestamp(1686190441, UTC)


def test_sidecar_with_a_date_alone_bounds_by_its_last_moment() -> None:
    (found,) = sidecar.clues({"upload_date": "20230608"}, zone=None)
    assert found.latest == datetime(2023, 6, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"timestamp": "soon"},
        {"timestamp": True},
        {"timestamp": -5},
        {"upload_date": "8 Juni"},
        {"timestamp": 1e300},
        {"epoch": float("nan")},
    ],
)
def test_unusable_sidecars_give_nothing(info: dict[str, object]) -> None:
    assert sidecar.clues(info, zone=None) == ()


def test_sidecars_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        sidecar.read(tmp_path / "none.json")
    broken = tmp_path / "broken.json"
    broken.write_bytes(b"\xff\xfe{")
    with pytest.raises(UsageError, match="not JSON"):
        sidecar.read(broken)
    broken.write_text("[1]", encoding="utf-8")
    with pytest.raises(UsageError, match="no object"):
        sidecar.read(broken)
    broken.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(UsageError, match="not JSON"):
        sidecar.read(broken)
