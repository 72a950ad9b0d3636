"""What the law says, quoted only from the sourced facts tables and marked with how far the source carries.

The tables are written in English notes; the sentences of the report are kept here in both languages, each
tied to the record it restates. A record that is not in the table is not quoted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from vidcheck.facts._files import read_text, read_yaml
from vidcheck.types import Words as W

_SOURCE_LINE = re.compile(r"^(S-\d+[a-z]?)\s+\[([A-Z/]+)(-copy)?\]\s+(.*)$", re.MULTILINE)
_QUALITY: Mapping[str, W] = {
    "O": W("naskah atau situs resmi", "official text or site"),
    "O-copy": W("salinan naskah resmi", "copy of the official text"),
    "P": W("pemberitaan, bukan naskah resmi", "press, not the official text"),
    "V": W("sumber tidak resmi", "unofficial source"),
    "C": W("repositori kode, bukan naskah resmi", "code repository, not the official text"),
    "A": W("karya akademik", "academic work"),
}
_UNVERIFIED = W("BELUM TERVERIFIKASI: tanpa sumber", "UNVERIFIED: no source")
_DESIGN = W("keterangan alat ini, bukan kutipan hukum", "a statement of this tool, not a quotation of law")


@dataclass(frozen=True, slots=True)
class LawView:
    """One line of the basis in law."""

    law: str
    """Which rule."""
    says: str
    """What it says, in the words of this report."""
    status: str
    """Where the quotation comes from, or that it is unverified."""
    verified: bool
    """False where the table marks it unverified."""


@dataclass(frozen=True, slots=True)
class _Quote:
    find: Callable[[Any], Any]
    source_field: str
    law: W
    says: W


def _listed(table: str, field: str, begins: str) -> Callable[[Any], Any]:
    def find(facts: Any) -> Any:
        return next((row for row in facts[table] if str(row.get(field, "")).startswith(begins)), None)

    return find


_QUOTES: tuple[_Quote, ...] = (
    _Quote(
        lambda facts: facts["pp_94_2021"] if facts["pp_94_2021"].get("duty") else None,
        "source",
        W("PP 94/2021 Pasal 4 huruf f", "Government Regulation (PP) 94/2021, Article 4 letter f"),
        W(
            "Kewajiban masuk kerja dan menaati ketentuan jam kerja.",
            "The duty to come to work and to keep working hours.",
        ),
    ),
    _Quote(
        lambda facts: facts["pp_94_2021"] if facts["pp_94_2021"].get("counting") else None,
        "source",
        W("PP 94/2021: cara menghitung", "PP 94/2021: how absence is counted"),
        W(
            "Yang dihitung adalah hari kerja tanpa alasan yang sah, kumulatif dalam satu tahun. Satu klip "
            "menunjukkan menit, bukan hari; dari klip tidak dapat ditetapkan hukuman.",
            "What counts are working days without a valid reason, added up over one year. One clip shows "
            "minutes, not days; no sanction can be derived from it.",
        ),
    ),
    _Quote(
        lambda facts: facts["procedure"] if facts["procedure"].get("trigger") else None,
        "trigger_source",
        W("PP 94/2021 Pasal 26 ayat (1)", "PP 94/2021, Article 26(1)"),
        W(
            "Atasan langsung wajib memanggil dan memeriksa yang bersangkutan.",
            "The direct superior has to summon and examine the person concerned.",
        ),
    ),
    _Quote(
        _listed("electronic_evidence", "law", "UU 11/2008"),
        "source",
        W(
            "UU ITE (UU 11/2008 jo. UU 19/2016 jo. UU 1/2024) Pasal 5 ayat (1)–(2)",
            "Electronic Information Law (UU 11/2008, amended by 19/2016 and 1/2024), Article 5(1)–(2)",
        ),
        W(
            "Informasi dan dokumen elektronik serta hasil cetaknya merupakan alat bukti yang sah dan "
            "perluasan alat bukti menurut hukum acara.",
            "Electronic information and documents and their print-outs are valid evidence and extend the "
            "kinds of evidence of procedural law.",
        ),
    ),
    _Quote(
        _listed("electronic_evidence", "law", "UU ITE Pasal 6"),
        "source",
        W("UU ITE Pasal 6", "Electronic Information Law, Article 6"),
        W(
            "Dianggap sah sepanjang dapat diakses, ditampilkan, dijamin keutuhannya dan dapat "
            "dipertanggungjawabkan. Untuk itu laporan ini memuat hash, metode dan versi.",
            "Valid as far as it can be accessed, displayed, its integrity guaranteed and accounted for. To "
            "that end this report gives hash, method and version.",
        ),
    ),
    _Quote(
        _listed("electronic_evidence", "std", "SNI ISO/IEC 27037"),
        "source",
        W("SNI ISO/IEC 27037:2014", "SNI ISO/IEC 27037:2014"),
        W(
            "Identifikasi, pengumpulan, akuisisi dan pelestarian bukti digital. Mengatur penanganan, bukan kesimpulan.",
            "Identification, collection, acquisition and preservation of digital evidence. It governs "
            "handling, not conclusions.",
        ),
    ),
    _Quote(
        _listed("personal_data", "law", "UU 27/2022 Pasal 4"),
        "source",
        W("UU 27/2022 Pasal 4", "Personal Data Protection Law (UU 27/2022), Article 4"),
        W(
            "Data biometrik adalah data pribadi yang bersifat spesifik. Alat ini tidak melakukan pengenalan wajah.",
            "Biometric data is specific personal data. This tool does no face recognition.",
        ),
    ),
    _Quote(
        _listed("personal_data", "law", "UU 27/2022 Pasal 20"),
        "source",
        W("UU 27/2022 Pasal 17, 20 dan 34", "UU 27/2022, Articles 17, 20 and 34"),
        W(
            "Dasar pemrosesan, penilaian dampak dan kamera pengawas: periksa naskah resmi sebelum dipakai.",
            "Basis of processing, impact assessment and surveillance cameras: check the official text before use.",
        ),
    ),
    _Quote(
        lambda facts: facts["presumption_of_innocence"],
        "source",
        W("Asas praduga tak bersalah", "Presumption of innocence"),
        W(
            "Asas umum (UU 48/2009 Pasal 8 ayat (1) untuk pengadilan). Yang bersangkutan berhak memberi penjelasan.",
            "A general principle (UU 48/2009, Article 8(1), for courts). Those concerned may give their account.",
        ),
    ),
    _Quote(
        _listed("electronic_evidence", "limit", "administrative examiners"),
        "source",
        W("Kedudukan laporan ini", "Standing of this report"),
        W(
            "Pemeriksa administratif bukan penyidik. Laporan ini petunjuk awal yang harus dipastikan "
            "dengan data absensi, surat perintah tugas dan berita acara pemeriksaan.",
            "Administrative examiners are not police investigators. This report is a first lead, to be "
            "confirmed by attendance data, duty orders and the examination record.",
        ),
    ),
)


def basis_in_law(lang: str) -> tuple[LawView, ...]:
    """Return the quotations whose records the facts table holds; empty where the table cannot be read."""
    facts = _discipline()
    views = []
    for quote in _QUOTES:
        try:
            record = quote.find(facts)
        except (KeyError, TypeError, AttributeError):
            record = None
        if not record:
            continue
        sources = record.get(quote.source_field)
        keys = [str(key) for key in sources] if isinstance(sources, list) else [str(sources)] if sources else []
        mark = str(record.get("status", ""))
        unverified = "unverified" in mark or (not keys and mark != "design")
        if unverified:
            status = _UNVERIFIED.get(lang)
        elif not keys:
            status = _DESIGN.get(lang)
        else:
            status = "; ".join(describe_source(key, lang) for key in keys)
        views.append(LawView(quote.law.get(lang), quote.says.get(lang), status, not unverified))
    return tuple(views)


def describe_source(key: str, lang: str) -> str:
    """Return a source key with its address and kind; the key alone where it is not listed."""
    found = _sources().get(key)
    if not found:
        return key
    quality, address = found
    kind = _QUALITY.get(quality) or _QUALITY.get(quality[0])
    return f"{key}: {address} ({kind.get(lang)})" if kind else f"{key}: {address}"


def _discipline() -> Any:
    try:
        return read_yaml("discipline.yaml")
    except OSError:
        return {}


@cache
def _sources() -> dict[str, tuple[str, str]]:
    try:
        listing = read_text("sources.md")
    except OSError:
        return {}
    return {
        key: (quality.split("/")[0] + (copy or ""), address.strip())
        for key, quality, copy, address in _SOURCE_LINE.findall(listing)
    }
