"""The finders: what in a text, or in a file's tags and name, is worth a human's look, and its limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vidcheck.clues.metadata import location
from vidcheck.facts import places, texts
from vidcheck.facts.wording import DAYS_EN, DAYS_ID
from vidcheck.timestamps import find_times
from vidcheck.types import Box, Grade, LeadKind, OverlayText, Source, Words

_HANDLE = re.compile(r"(?<![\w.])@([A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_]))")
_FILE_HANDLE = re.compile(r"(?:^|[^A-Za-z0-9.])@([A-Za-z0-9_.]{2,60})")
_HASHTAG = re.compile(r"(?<![\w&])#(\w{2,50})")
_PLATE = re.compile(r"^\W*([A-Z]{1,2})[\s.·-]?([1-9]\d{0,3})[\s.·-]?([A-Z]{1,3})\W*(?:\d\d[.·\s]?\d\d)?\W*$")
_NIP = re.compile(r"(?<!\d)(?:(?:19[4-9]|20[0-2])\d{5})\s?(?:(?:19|20)\d{4})\s?[12]\s?\d{3}(?!\d)")
_BADGE = re.compile(
    r"\b(NIP|NIPPPK|NI\s?PPPK|KARTU\s+(?:TANDA\s+)?(?:PEGAWAI|PENGENAL)|ID\s*CARD|TANDA\s+PENGENAL)\b", re.I
)
_PHONE = re.compile(r"(?<!\d)\(?(0[2-79]\d{1,2})\)?[\s.-]?\d{5,8}(?!\d)")
_GPS = re.compile(
    r"(-?\d{1,2}\.\d{3,8})\s*°?\s*([NSUL]{0,2})\s*,?\s*(?:long?\w*)?\s*(9[5-9]\.\d{3,8}|1[0-4]\d\.\d{3,8})",
    re.I,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_MARKED = re.compile(
    r"\b(?:kota|kabupaten|kab\.?|pemkot|pemko|pemkab|pemprov|provinsi|prov\.?|"
    r"pemerintah\s+(?:kota|kabupaten|provinsi))\s+"
    r"([A-Za-z][A-Za-z ]{2,40})",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Find:
    """Something found in a text, before it is graded and numbered."""

    kind: LeadKind
    text: str
    words: Words
    cap: Grade = "strong"


def find_in_text(text: OverlayText) -> Iterator[Find]:
    """Yield what one text holds, except captions, signs and name tags."""
    content = text.text[:1000]
    for finder in (_handles, _hashtags, _badges, _plates, _agencies, _named_places, _positions, _phones):
        yield from finder(content, text)


def _handles(content: str, text: OverlayText) -> Iterator[Find]:
    for match in _HANDLE.finditer(content):
        yield Find(
            "handle", f"@{match.group(1)}",
            Words(
                id="Nama akun. Menunjukkan akun yang mengunggah atau ditandai, bukan siapa yang terekam.",
                en="Account name. It shows the account that posted or is tagged, not who is in the picture.",
            ),
        )  # fmt: skip


def _hashtags(content: str, text: OverlayText) -> Iterator[Find]:
    for match in _HASHTAG.finditer(content):
        yield Find(
            "hashtag", f"#{match.group(1)}",
            Words(
                id="Tagar yang ditulis pengunggah: pernyataan atau pancingan, bukan fakta.",
                en="Hashtag that the poster wrote: a claim or a lure, not a fact.",
            ),
            "moderate",
        )  # fmt: skip


def _badges(content: str, text: OverlayText) -> Iterator[Find]:
    if _NIP.search(content) or (_BADGE.search(content) and text.kind != "interface"):
        yield Find(
            "badge", content.strip(),
            Words(
                id="Teks kartu atau tanda pengenal. Data pribadi: pemakainya harus dipastikan manusia, "
                "bukan alat ini.",
                en="Text of a card or badge. Personal data: who wears it is for people to establish, not "
                "for this tool.",
            ),
        )  # fmt: skip


def _plates(content: str, text: OverlayText) -> Iterator[Find]:
    match = _PLATE.match(content.upper())
    area = texts.plate_areas().get(match.group(1)) if match else None
    if match is None or area is None or text.kind != "scene":
        return
    unsure_id = " (belum diverifikasi)" if area.status != "sourced" else ""
    unsure_en = " (unverified)" if area.status != "sourced" else ""
    yield Find(
        "plate", f"{match.group(1)} {match.group(2)} {match.group(3)}",
        Words(
            id=f"Pelat nomor; awalan {area.prefix} terdaftar di {area.province}: {area.area}{unsure_id}. "
            "Menunjukkan tempat "
            "pendaftaran kendaraan, bukan tempat perekaman. Data pribadi.",
            en=f"Number plate; prefix {area.prefix} is registered in {area.province}: "
            f"{area.area}{unsure_en}. It shows where "
            "a vehicle is registered, not where the clip was taken. Personal data.",
        ),
        "strong" if len(text.readings) >= 2 else "weak",
    )  # fmt: skip


_GROUPS: dict[texts.TextClass, tuple[LeadKind, Words]] = {
    "agency": ("agency", Words(
        id="Nama instansi. Menunjukkan apa yang tertulis, bukan tempat kerja orang yang terekam.",
        en="Name of an agency. It shows what is written, not where the people in the picture work.")),
    "health": ("agency", Words(
        id="Nama fasilitas kesehatan yang tertulis; jam kerjanya dapat berupa sif.",
        en="Name of a health facility as written; its hours can be shifts.")),
    "school": ("agency", Words(
        id="Nama sekolah yang tertulis; jam sekolah berbeda dari jam kantor.",
        en="Name of a school as written; school hours differ from office hours.")),
    "address": ("place", Words(
        id="Alamat atau petunjuk tempat yang tertulis; dapat tertulis pada barang yang dibawa dari tempat "
        "lain.",
        en="Address or sign of place as written; it can be on something brought from elsewhere.")),
}  # fmt: skip


def _agencies(content: str, text: OverlayText) -> Iterator[Find]:
    seen: set[str] = set()
    for pattern in texts.patterns():
        for match in pattern.regex.finditer(content):
            written = re.sub(r"\s+", " ", match.group(0)).strip(" .,-")
            if pattern.id == "phone" or len(written) < 3 or written in seen:
                continue
            if (
                pattern.group in ("school", "health")
                and not _WORD.search(written[2:])
                and not re.search(r"\d", written)
            ):
                continue
            seen.add(written)
            kind, words = _GROUPS[pattern.group]
            yield Find(kind, written, words)


def _named_places(content: str, text: OverlayText) -> Iterator[Find]:
    lowered = f" {re.sub(r'[^a-z]+', ' ', content.casefold())} "
    marked = {_first_place(match.group(1)) for match in _MARKED.finditer(content)}
    seen: set[str] = set()
    for place in places.all_places():
        name = place.name.casefold()
        if name in seen or f" {name} " not in lowered:
            continue
        if (len(name) < 6 or name in texts.common_place_words()) and name not in marked:
            continue
        longer = any(other != name and name in other for other in seen)
        seen.add(name)
        if longer:
            continue
        yield Find(
            "place", place.name,
            Words(
                id=f"Nama daerah yang tertulis ({place.full_name}, {place.province}, {place.zone}). Saran "
                "untuk --place; "
                "pemeriksa yang memastikan.",
                en=f"Name of a region as written ({place.full_name}, {place.province}, {place.zone}). A "
                "suggestion for "
                "--place; the examiner confirms.",
            ),
        )  # fmt: skip


def _first_place(text: str) -> str | None:
    words = text.casefold().split()
    names = {place.name.casefold() for place in places.all_places()}
    for count in (3, 2, 1):
        if (name := " ".join(words[:count])) in names:
            return name
    return None


def _positions(content: str, text: OverlayText) -> Iterator[Find]:
    for match in _GPS.finditer(content):
        lat = float(match.group(1))
        if match.group(2).upper() in ("S", "LS") and lat > 0:
            lat = -lat
        yield _position(lat, float(match.group(3)), burned=True)


def _position(lat: float, lon: float, *, burned: bool) -> Find:
    near = places.nearest(lat, lon)
    at_id = f" Kira-kira {near[1]:.0f} km dari {near[0].capital}, {near[0].full_name}." if near else ""
    at_en = f" About {near[1]:.0f} km from {near[0].capital}, {near[0].full_name}." if near else ""
    if burned:
        said = Words(
            id=f"Koordinat yang tertera pada gambar; dapat diketik bebas di aplikasi.{at_id}",
            en=f"Position printed in the picture; an app lets anybody type it.{at_en}",
        )
    else:
        said = Words(
            id=f"Koordinat dari tag berkas; tag dapat diubah.{at_id}",
            en=f"Position from the file's tags; tags can be changed.{at_en}",
        )
    return Find("place", f"{lat:.5f}, {lon:.5f}", said)


def _phones(content: str, text: OverlayText) -> Iterator[Find]:
    for match in _PHONE.finditer(content):
        digits = match.group(1)
        code = next((c for c in (digits[:4], digits[:3]) if c in texts.area_codes()), None)
        if code is None:
            continue
        area = texts.area_codes()[code]
        unsure_id, unsure_en = (" (belum diverifikasi)", " (unverified)") if area.status != "sourced" else ("", "")
        yield Find(
            "place", match.group(0).strip(),
            Words(
                id=f"Nomor telepon dengan kode wilayah {code}: {area.area}, {area.province}{unsure_id}. Nomor pada "
                "barang atau iklan dapat berasal dari tempat lain.",
                en=f"Telephone number with area code {code}: {area.area}, {area.province}{unsure_en}. A number on "
                "a thing or an advertisement can be of another place.",
            ),
            "moderate",
        )  # fmt: skip


def name_tag(text: OverlayText, people: dict[int, list[Box]]) -> Find | None:
    """Take a short text on a person's chest, in most frames in which it was read, as a possible name tag."""
    words = _WORD.findall(text.text)
    if text.kind != "scene" or not 1 <= len(words) <= 4 or re.search(r"\d", text.text) or len(text.text.strip()) < 3:
        return None
    on_chest = sum(
        any(_on_chest(reading.box_xyxy_px, box) for box in people.get(reading.frame.index, ()))
        for reading in text.readings
    )
    if on_chest == 0 or on_chest * 2 < len(text.readings):
        return None
    return Find(
        "name_tag", text.text.strip(),
        Words(
            id="Teks pendek di dada seseorang, mungkin papan nama. Bacaan ini harus dibandingkan dengan "
            "gambarnya oleh manusia.",
            en="Short text on a person's chest, possibly a name tag. People must compare the reading with "
            "its picture.",
        ),
        "moderate",
    )  # fmt: skip


def _on_chest(text: Box, person: Box) -> bool:
    width, height = person[2] - person[0], person[3] - person[1]
    x, y = (text[0] + text[2]) / 2, (text[1] + text[3]) / 2
    inside = person[0] <= x <= person[2] and person[1] + 0.12 * height <= y <= person[1] + 0.6 * height
    return inside and (text[2] - text[0]) <= 0.6 * width


def _is_time(text: str) -> bool:
    return bool(find_times(text)) or any(day.casefold() in text.casefold() for day in (*DAYS_ID, *DAYS_EN))


def is_caption(text: OverlayText) -> bool:
    """Say whether a text was added to the clip as a sentence."""
    words = [word for word in text.text.split() if _WORD.search(word)]
    return text.kind == "overlay" and len(words) >= 3 and len(text.text) >= 12 and not _is_time(text.text)


def caption(text: OverlayText) -> Find:
    """Return a caption as a find."""
    return Find(
        "caption", text.text.strip(),
        Words(
            id="Teks yang ditambahkan pada klip: pernyataan pengunggah, bukan fakta.",
            en="Text added to the clip: the poster's claim, not a fact.",
        ),
        "moderate",
    )  # fmt: skip


_BARE_CLOCK = re.compile(r"^\s*(?:[01]?\d|2[0-3])\s?[:.]\s?[0-5]\d(?:\s?[:.]\s?[0-5]\d)?(?:\s?[AaPp][Mm])?\s*$")


def scene_clock(text: OverlayText) -> Find | None:
    """Take a time of day that stands alone in the scene, read well more than once, as a possible digital clock."""
    surely = sum(
        reading.confidence >= 0.9 and reading.text_raw.strip() == text.text.strip() for reading in text.readings
    )
    if text.kind != "scene" or not _BARE_CLOCK.match(text.text) or (surely < 2 and not text.changes):
        return None
    return Find(
        "wall_clock", text.text.strip(),
        Words(
            id="Angka seperti jam digital di tempat kejadian. Dapat juga harga atau skor; jam dapat mati atau "
            "salah setel. Periksa potongan gambarnya.",
            en="Figures like those of a digital clock in the scene. They can be a price or a score; a clock can be "
            "dead or wrong. Look at the crop.",
        ),
        "weak",
    )  # fmt: skip


def clock_face(score: float) -> Find:
    """Return something like a clock face as a find; its hands are for a person to read."""
    share = f"{score:.2f}"
    return Find(
        "wall_clock", "",
        Words(
            id=f"Sesuatu yang mirip jam berjarum (skor {share.replace('.', ',')}, bukan peluang). Alat ini tidak "
            "membaca jarumnya: bacalah sendiri pada potongan gambar. Jam dapat mati, salah setel, atau sekadar gambar "
            "jam.",
            en=f"Something like a clock with hands (score {share}, not a probability). This tool does not read the "
            "hands: read them yourself on the crop. A clock can be dead, wrong, or only a picture of a clock.",
        ),
        "contextual",
    )  # fmt: skip


def is_sign(text: OverlayText) -> bool:
    """Say whether a text is plain writing in the scene, well enough read."""
    letters = sum(character.isalpha() for character in text.text)
    return text.kind == "scene" and letters >= 4 and text.confidence >= 0.8 and not _is_time(text.text)


def sign(text: OverlayText) -> Find:
    """Return a sign as a find."""
    return Find(
        "sign", text.text.strip(),
        Words(
            id="Tulisan di tempat kejadian; bandingkan dengan tempat yang dikenal.",
            en="Writing in the scene; compare it with known places.",
        ),
    )  # fmt: skip


def find_in_file(source: Source) -> Iterator[Find]:
    """Yield the position in the tags and accounts in the file name."""
    position = location(source)
    if position is not None:
        yield _position(*position, burned=False)
    for match in _FILE_HANDLE.finditer(source.path):
        account = re.sub(r"(?:_\d{10,13})?(?:\.[A-Za-z0-9]{2,4})?$", "", match.group(1))
        if len(account) < 2:
            continue
        yield Find(
            "handle", f"@{account}",
            Words(
                id="Nama akun dalam nama berkas; nama berkas dapat diubah.",
                en="Account name in the file name; anybody can change a file name.",
            ),
            "moderate",
        )  # fmt: skip
