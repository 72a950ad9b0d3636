"""Leads: what is found in texts, how it is graded, and what is never claimed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timecases import frame, source, text
from vidcheck.leads import find_leads
from vidcheck.types import Detection, Lead, OverlayText


def leads(*overlays: OverlayText, **more: object) -> list[tuple[str, str]]:
    return [(lead.kind, lead.text) for lead in find_leads(overlays, **more).value]  # type: ignore[arg-type]


def one(content: str, kind: str = "scene", seconds: int = 4, **more: object) -> Lead:
    (lead,) = find_leads([text(content, kind=kind, seconds=seconds)], **more).value  # type: ignore[arg-type]
    return lead


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        ("@akun.contoh_1", "interface", ("handle", "@akun.contoh_1")),
        ("ikuti @akun.contoh.", "overlay", ("handle", "@akun.contoh")),
        ("DINAS PENDIDIKAN KOTA PALEMBANG", "scene", ("agency", "DINAS PENDIDIKAN KOTA PALEMBANG")),
        ("BKPSDA BANGKALAN", "scene", ("agency", "BKPSDA")),
        ("SDN 165 PALEMBANG", "scene", ("agency", "SDN 165 PALEMBANG")),
        ("Jl. Cokroaminoto", "scene", ("place", "Jl. Cokroaminoto")),
        ("banjarmasinkota.go.id", "scene", ("place", "banjarmasinkota.go.id")),
        ("Selamat datang di Banjarmasin", "scene", ("place", "Banjarmasin")),
        ("KOTA BATU", "scene", ("place", "Batu")),
        ("DA 1234 AB", "scene", ("plate", "DA 1234 AB")),
        ("BG 1234 ZZ 08.27", "scene", ("plate", "BG 1234 ZZ")),
        ("Telp. (0711) 350000", "scene", ("place", "(0711) 350000")),
        ("Lat -3.316694, Long 114.590111", "overlay", ("place", "-3.31669, 114.59011")),
        ("NIP. 19800101 200501 1 001", "scene", ("badge", "NIP. 19800101 200501 1 001")),
        ("guru karaoke di jam kerja", "overlay", ("caption", "guru karaoke di jam kerja")),
        ("WARUNG KOPI", "scene", ("sign", "WARUNG KOPI")),
    ],
)
def test_what_is_found(content: str, kind: str, expected: tuple[str, str]) -> None:
    assert expected in leads(text(content, kind=kind, seconds=4))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("surel@contoh.com", "overlay"),
        ("ZZ 1234 AB", "scene"),
        ("DA 0123 AB", "scene"),
        ("10:15:22", "overlay"),
        ("Selasa, 23 Desember 2025 10.15 WITA", "overlay"),
        ("batu bata", "scene"),
        ("08123456789", "scene"),
        ("", "scene"),
    ],
)
def test_what_is_not_a_lead(content: str, kind: str) -> None:
    found = leads(text(content, kind=kind, seconds=4))
    assert [item for item in found if item[0] in ("handle", "plate", "place", "caption")] == []


def test_a_plate_outside_the_scene_is_none() -> None:
    assert leads(text("DA 1234 AB", kind="overlay", seconds=4)) == []


def test_a_plate_says_that_it_tells_the_registration() -> None:
    lead = one("DA 1234 AB")
    assert (
        "registered" in lead.words.en
        and "Kalimantan Selatan" in lead.words.en
        and "not where the clip" in lead.words.en
    )


@pytest.mark.parametrize(
    ("content", "kind", "limit"),
    [
        ("@akun.contoh", "interface", "not who is in the picture"),
        ("#jamkerja", "overlay", "not a fact"),
        ("guru karaoke di jam kerja", "overlay", "not a fact"),
        ("DINAS PENDIDIKAN KOTA PALEMBANG", "scene", "not where the people in the picture work"),
        ("SDN 165 PALEMBANG", "scene", "school hours differ"),
        ("PUSKESMAS PEKAUMAN", "scene", "can be shifts"),
        ("DA 1234 AB", "scene", "not where the clip was taken"),
        ("Jl. Cokroaminoto", "scene", "brought from elsewhere"),
        ("Selamat datang di Banjarmasin", "scene", "the examiner confirms"),
        ("Telp. (0711) 350000", "scene", "can be of another place"),
        ("Lat -3.316694, Long 114.590111", "overlay", "lets anybody type it"),
        ("NIP. 19800101 200501 1 001", "scene", "for people to establish"),
        ("WARUNG KOPI", "scene", "compare it with known places"),
    ],
)
def test_each_kind_words_its_own_limit(content: str, kind: str, limit: str) -> None:
    found = find_leads([text(content, kind=kind, seconds=4)]).value
    assert found and any(limit in lead.words.en for lead in found)
    assert all(lead.words.id and lead.words.id != lead.words.en for lead in found)


def test_one_frame_alone_is_weak_and_many_are_strong() -> None:
    assert one("DA 1234 AB", seconds=1).grade == "weak"
    assert one("DINAS KESEHATAN", seconds=2).grade == "moderate"
    assert one("DINAS KESEHATAN", seconds=5).grade == "strong"


def test_a_photo_is_at_most_moderate() -> None:
    lead = one("DINAS KESEHATAN", seconds=1, source=source("a.jpg", kind="image"))
    assert lead.grade == "moderate"


def test_the_crop_is_the_best_reading_and_frames_are_listed() -> None:
    lead = one("DINAS KESEHATAN", seconds=5)
    assert lead.crop is not None and lead.crop.box_xyxy_px == (20, 40, 320, 70)
    assert [ref.index for ref in lead.frames] == [0, 25, 50, 75, 100]


def test_a_text_on_a_chest_is_a_possible_name_tag() -> None:
    tag = text("CONTOH NAMA", kind="scene", seconds=3, box=(60, 110, 100, 120))
    people = [Detection(frame(float(i)), (40, 50, 140, 350), "person", 0.9) for i in range(3)]
    (lead,) = find_leads([tag], detections=people).value
    assert lead.kind == "name_tag" and lead.grade == "moderate" and "possibly" in lead.words.en
    assert leads(tag) == [("sign", "CONTOH NAMA")], "without a person it is a sign"


def test_a_banner_behind_people_is_no_name_tag() -> None:
    banner = text("RAPAT KERJA", kind="scene", seconds=3, box=(0, 100, 600, 160))
    people = [Detection(frame(float(i)), (200, 50, 300, 350), "person", 0.9) for i in range(3)]
    assert [lead.kind for lead in find_leads([banner], detections=people).value] == ["sign"]


def test_the_same_thing_is_said_once_with_the_better_reading() -> None:
    once = text("@akun.contoh", kind="interface", seconds=1, id_="t1")
    often = text("@akun.contoh", kind="interface", seconds=6, id_="t2")
    (lead,) = find_leads([once, often]).value
    assert lead.grade == "strong"


def test_the_files_own_position_and_account() -> None:
    clip = source("ssstik.io_@akun.contoh_1686190440123.mp4", tags={"container": {"location": "-03.3167+114.5901/"}})
    found = {lead.kind: lead for lead in find_leads([], clip).value}
    assert found["place"].crop is None and "Banjarmasin" in found["place"].words.en
    assert found["handle"].text.startswith("@akun.contoh")


def test_leads_are_numbered_and_counted() -> None:
    result = find_leads(
        [
            text("@satu_akun", kind="interface", seconds=3),
            text("WARUNG KOPI", kind="scene", seconds=3, id_="t2"),
        ]
    )
    assert [lead.id for lead in result.value] == ["l1", "l2"]
    assert result.stats["texts"] == 2 and result.stats["leads"] == 2


def test_no_lead_says_who_somebody_is() -> None:
    texts = [
        "@akun.contoh",
        "DINAS KESEHATAN",
        "DA 1234 AB",
        "NIP. 19800101 200501 1 001",
        "WARUNG KOPI",
        "SDN 1 CONTOH",
    ]
    for lead in find_leads([text(t, kind="scene", seconds=4, id_=f"t{n}") for n, t in enumerate(texts)]).value:
        for words in (lead.words.en, lead.words.id):
            assert " is ASN" not in words and "adalah ASN" not in words


def test_a_flood_of_texts_stays_bounded() -> None:
    many = [text(f"@akun{n}x", kind="interface", seconds=1, id_=f"t{n}") for n in range(1000)]
    many += [text(f"PAPAN NOMOR{'X' * (n % 40)}{n}", kind="scene", seconds=1, id_=f"s{n}") for n in range(200)]
    assert len(find_leads(many).value) <= 200


@given(st.lists(st.tuples(st.text(max_size=300), st.sampled_from(["overlay", "scene", "interface"])), max_size=5))
def test_any_text_is_taken(items: list[tuple[str, str]]) -> None:
    overlays = [text(content.replace("{i}", ""), kind=kind, id_=f"t{n}") for n, (content, kind) in enumerate(items)]
    for lead in find_leads(overlays).value:
        assert len(lead.text) <= 200 and lead.text.strip()


def test_hostile_text_is_kept_as_text() -> None:
    lead = one("<script>alert(1)</script> DINAS KESEHATAN" + "A" * 5000)
    assert len(lead.text) <= 200


@pytest.mark.parametrize(("content", "kind", "seconds", "found"), [
    ("07:15", "scene", 3, True),
    ("07:15:22", "scene", 3, True),
    ("07:15", "scene", 1, False),  # read once: not sure
    ("07:15", "overlay", 3, False),
    ("BUKA 07:15", "scene", 3, False),  # opening hours are no clock
    ("27:15", "scene", 3, False),
])  # fmt: skip
def test_a_time_that_stands_alone_in_the_scene_may_be_a_clock(
    content: str, kind: str, seconds: int, found: bool
) -> None:
    shown = text(content, kind=kind, seconds=seconds, standing=True)
    clocks = [lead for lead in find_leads([shown]).value if lead.kind == "wall_clock"]
    assert [lead.text for lead in clocks] == ([content] if found else [])
    assert all(lead.grade == "weak" and lead.crop is not None and "price" in lead.words.en for lead in clocks)
