"""Fixed words on human decisions, in Bahasa Indonesia and English."""

from __future__ import annotations

from collections.abc import Mapping

from vidcheck.types import Words as W

DECISION: Mapping[str, W] = {
    "merge": W("digabung menjadi satu orang", "merged into one person"),
    "split": W("dipisah menjadi dua orang", "split into two people"),
    "drop": W("dikeluarkan: bukan orang tersendiri", "taken out: not a person of its own"),
    "confirm": W("dibenarkan", "confirmed"),
    "reject": W("ditolak", "rejected"),
    "correct": W("dikoreksi", "corrected"),
    "name": W("diberi nama", "named"),
    "note": W("catatan", "note"),
    "worn": W("dipakai atau dibawa menurut pemeriksa", "worn or carried, as the examiner sees it"),
    "revoke": W("mencabut keputusan", "withdrew a decision"),
}
DECISION_STATUS: Mapping[str, W] = {
    "applied": W("diterapkan", "applied"),
    "matched": W("diterapkan setelah dicocokkan", "applied after matching"),
    "not_applied": W("TIDAK DITERAPKAN", "NOT APPLIED"),
    "withdrawn": W("dicabut", "withdrawn"),
}
DROP_REASON: Mapping[str, W] = {
    "picture": W("gambar, poster atau layar", "a picture, poster or screen"),
    "reflection": W("pantulan", "a reflection"),
    "double": W("kotak kedua pada orang yang sama", "a second box on the same person"),
    "nobody": W("bukan orang", "nobody"),
}
TARGET: Mapping[str, W] = {
    "person": W("sosok", "person"),
    "clothing": W("pakaian", "clothing of"),
    "text": W("teks", "text"),
    "lead": W("petunjuk penelusuran", "lead"),
    "clue": W("petunjuk waktu", "time clue"),
    "light": W("cahaya adegan", "light of shot"),
    "frame": W("bingkai pada", "frame at"),
    "clip": W("seluruh klip", "the whole clip"),
    "decision": W("keputusan", "decision"),
}
EXAMINER_FROM: Mapping[str, W] = {
    "option": W("nama disebutkan", "name given"),
    "environment": W("nama dari setelan komputer", "name from the computer's settings"),
    "login": W("hanya nama akun komputer", "login name of the computer only"),
}

TEXT: Mapping[str, W] = {
    "decisions": W("Keputusan pemeriksa", "Human decisions"),
    "decisions_note": W(
        "Keputusan manusia berdiri di samping temuan mesin dan tidak mengubahnya. Tidak ada yang dihapus: keputusan "
        "dicabut dengan keputusan baru. Waktu menurut jam komputer pemeriksa.",
        "Human decisions stand beside the machine's findings and do not change them. Nothing is erased: a decision is "
        "withdrawn by a new one. Times are by the clock of the examiner's computer.",
    ),
    "decisions_none": W("Tidak ada keputusan manusia yang tercatat.", "No human decision is on record."),
    "chain": W("Rantai hash", "Chain of hashes"),
    "chain_ok": W("utuh: {n} keputusan, hash terakhir {head}", "intact: {n} decisions, last hash {head}"),
    "chain_broken": W("Rantai keputusan terputus", "The chain of decisions is broken"),
    "chain_broken_note": W(
        "{where} Tidak satu keputusan pun diterapkan. Kembalilah ke salinan yang belum diubah.",
        "{where} No decision is applied. Go back to an untouched copy.",
    ),
    "not_applied_title": W("Keputusan yang tidak diterapkan: {n}", "Decisions not applied: {n}"),
    "not_applied_note": W(
        "Temuan telah berubah sejak keputusan dibuat. Keputusan ini tidak mengubah angka apa pun; periksa lagi.",
        "The findings have changed since these were made. They change no figure; examine again.",
    ),
    "judged_by": W("pemeriksa", "examiner"),
    "judged_everyone": W("Semua orang, menurut pemeriksa", "Everyone, according to the examiner"),
    "judged_label": W("{label}, menurut pemeriksa", "{label}, according to the examiner"),
    "judged_none": W("tidak ada lagi", "none left"),
    "judged_summary": W(
        "Menurut pemeriksa: paling sedikit {minimum}, perkiraan terbaik {best}, paling banyak {maximum}.",
        "According to the examiner: at least {minimum}, best estimate {best}, at most {maximum}.",
    ),
    "judged_clothing": W("Menurut pemeriksa: {kinds}.", "According to the examiner: {kinds}."),
    "judged_time": W(
        "Pemeriksa menolak petunjuk waktu {ids}; perkiraan mesin masih memuatnya.",
        "The examiner rejected time clues {ids}; the machine's estimate still holds them.",
    ),
    "judged_time_without": W(
        "Pemeriksa menolak petunjuk waktu {ids}. Tanpa itu: {words}",
        "The examiner rejected time clues {ids}. Without them: {words}",
    ),
    "judged_time_label": W("Waktu, menurut pemeriksa", "Time, according to the examiner"),
    "judged_hours_label": W("Jam kerja, menurut pemeriksa", "Working hours, according to the examiner"),
    "when": W("Kapan", "When"),
    "who": W("Siapa", "Who"),
    "what": W("Keputusan", "Decision"),
    "why": W("Alasan dan catatan", "Reason and note"),
    "result": W("Hasil", "Result"),
    "no_reason": W("tanpa alasan", "no reason given"),
}
