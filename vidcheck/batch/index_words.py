"""Fixed words of the page over a batch, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from vidcheck.batch.records import Status
from vidcheck.types import Words as W

STATUS: Mapping[Status, W] = {
    "done": W("selesai", "done"),
    "incomplete": W("sebagian tidak diperiksa", "partly not looked at"),
    "failed": W("gagal", "failed"),
    "skipped": W("dilewati", "skipped"),
}
WORKING_HOURS = {
    "inside": W("di dalam jam kerja", "within working hours"),
    "partly": W("sebagian di dalam jam kerja", "partly within working hours"),
    "outside": W("di luar jam kerja", "outside working hours"),
    "unknown": W("jam kerja: tidak diketahui", "working hours: unknown"),
}
WORDS = {
    "title": W("Klip yang diperiksa", "Clips examined"),
    "intro": W(
        "Satu baris untuk setiap berkas. Temuan adalah hasil mesin; manusia yang mengenali orang dan memutuskan. "
        "Pakaian hanya dinyatakan sesuai dengan suatu jenis. Yang gagal atau dilewati tidak diperiksa.",
        "One line for each file. Findings are a machine's; a human identifies people and decides. Clothing is only "
        "said to be consistent with a kind. What failed or was skipped was not looked at.",
    ),
    "clips": W("berkas", "files"),
    "recordings": W("rekaman", "recordings"),
    "people_over_events": W(
        "orang di semua rekaman, minimum – perkiraan", "people over all recordings, minimum – estimate"
    ),
    "clip": W("Klip", "Clip"),
    "people": W("Orang", "People"),
    "people_hint": W("perkiraan terbaik (minimum–maksimum)", "best estimate (minimum–maximum)"),
    "clothing": W("Pakaian sesuai dengan", "Clothing consistent with"),
    "place": W("Tempat", "Place"),
    "when": W("Waktu rekaman", "Time of recording"),
    "copies": W("Salinan", "Copies"),
    "status": W("Status", "Status"),
    "length": W("Durasi", "Length"),
    "search": W("Cari nama, nomor kasus, catatan", "Search name, case number, notes"),
    "any": W("semua", "any"),
    "at_least": W("orang, sedikitnya", "people, at least"),
    "shown": W("baris ditampilkan", "lines shown"),
    "reset": W("Hapus saringan", "Clear filters"),
    "one_each": W("satu per rekaman", "one per recording"),
    "photo": W("foto", "photo"),
    "not_known": W("tidak diketahui", "not known"),
    "not_counted": W("tidak dihitung", "not counted"),
    "not_looked_at": W("tidak diperiksa", "not looked at"),
    "no_later_than": W("paling lambat", "no later than"),
    "no_earlier_than": W("paling awal", "no earlier than"),
    "events": W("Salinan dari rekaman yang sama", "Copies of the same recording"),
    "events_intro": W(
        "Klip yang gambarnya saling cocok dihitung sebagai satu rekaman, sehingga tidak ada orang yang terhitung dua "
        "kali. Skor bukan probabilitas. Periksa bukti sebelum mengandalkannya: rekaman kamera tetap dari waktu lain "
        "dapat tampak sebagai salinan bila tidak ada yang bergerak, juga pada foto.",
        "Clips whose pictures match are taken as one recording, so that nobody is counted twice. The score is no "
        "probability. Check the evidence before you rely on it: a fixed camera at another time can look like a copy "
        "where nothing moves, and in photos.",
    ),
    "event": W("Rekaman", "Recording"),
    "posted_by": W("Direkam", "Recorded"),
    "best_copy": W("salinan terbaik", "best copy"),
    "same_bytes": W("berkas yang sama persis", "the very same file"),
    "through_another": W("cocok melalui salinan lain", "matches through another copy"),
    "score": W("skor", "score"),
    "mirrored": W("dicerminkan", "mirrored"),
    "shows_part": W("menampilkan sebagian gambar:", "shows part of the picture:"),
    "lacks": W("tidak memuat", "lacks"),
    "adds": W("menambahkan", "adds"),
    "no_sound": W("tanpa suara", "without sound"),
    "evidence": W("bukti: saat di salinan = saat di salinan terbaik (kecocokan)",
                  "evidence: time in the copy = time in the best copy (agreement)"),
    "no_pictures": W(
        "Halaman ini tanpa gambar karena jumlah klip terlalu banyak.", "This page has no pictures: too many clips."
    ),
    "tables": W("Tabel", "Tables"),
    "no_script": W(
        "Tanpa skrip, tabel tidak dapat diurutkan dan disaring.", "Without script the table does not sort or filter."
    ),
}  # fmt: skip
