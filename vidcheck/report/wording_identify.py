"""Fixed words on fused regions, on where people appear, and on reports without recognisable bystanders."""

from __future__ import annotations

from collections.abc import Mapping

from vidcheck.types import Words as W

TEXT: Mapping[str, W] = {
    "fusions": W("Teks kecil yang digabung dari banyak bingkai", "Small texts fused from many frames"),
    "fusions_note": W(
        "Gambar gabungan adalah rata-rata piksel dari bingkai yang terdaftar tepat; tidak ada bentuk yang dikarang. "
        "Bacalah gambarnya sendiri, jangan hanya bacaan mesin. Teks yang tidak terbaca di bingkai mana pun tidak ada "
        "di sini; tandai sendiri dengan vidcheck enhance.",
        "A fused picture is an average of pixels from frames that were registered exactly; no shape is made up. Read "
        "the picture yourself, not only the machine's reading. Texts that no frame let the machine find are not here; "
        "mark them with vidcheck enhance.",
    ),
    "fusion_of": W("memperbesar teks {text}", "enlarges text {text}"),
    "fusion_original": W("potongan asli", "original crop"),
    "fusion_enlarged": W("diperbesar (bikubik)", "enlarged (bicubic)"),
    "fusion_fused": W("gabungan", "fused"),
    "fusion_reading": W("Bacaan gabungan", "Reading of the fusion"),
    "fusion_single": W("Bacaan satu bingkai terbaik", "Best reading of a single frame"),
    "fusion_nothing": W("tidak terbaca", "nothing read"),
    "fusion_frames": W("{used} bingkai dipakai, {out} tidak", "{used} frames used, {out} left out"),
    "fusion_hash": W("SHA-256 piksel", "SHA-256 of the pixels"),
    "fusion_repeat": W("Ulangi dengan", "Repeat with"),
    "carried_note": W(
        "Barang yang dipakai atau dibawa (tanda nama, tali kartu, lencana, tas, ponsel) tidak dicari mesin; tidak "
        "disebut di sini bukan berarti tidak ada. Lihatlah pada gambar dan catat pada orangnya dengan vidcheck review.",
        "Things worn or carried (a name tag, a lanyard, a pin, a bag, a phone) were not looked for by the machine; not "
        "named here does not mean not there. Look at the pictures and note them at the person with vidcheck review.",
    ),
    "where": W("Letak dalam gambar", "Where in the picture"),
    "sheet": W("Lembar kontak: saat-saat berbeda", "Contact sheet: different moments"),
    "redacted": W("Laporan tanpa wajah", "Report without faces"),
    "redacted_note": W(
        "Kepala dalam semua gambar laporan ini ditutupi, dan klip tidak disertakan. Kepala orang yang tidak ditemukan "
        "mesin tidak tertutup: manusia harus memeriksa setiap gambar sebelum laporan ini dibagikan. Pakaian, tanda "
        "nama, dan tulisan tetap terbaca.",
        "Heads in all pictures of this report are covered, and the clip is not included. Heads of people whom the "
        "machine did not find are not covered: a human must check every picture before this report is shared. "
        "Clothing, name tags and writing stay readable.",
    ),
}
REJECTED: Mapping[str, W] = {
    "lost": W("tidak ditemukan", "not found"),
    "edge": W("terpotong tepi gambar", "cut by the edge"),
    "unaligned": W("tidak dapat didaftarkan", "not registered"),
    "unlike": W("tertutup atau berpaling", "covered or turned away"),
    "blurred": W("buram", "blurred"),
    "repeat": W("ulangan bingkai sebelumnya", "repeats the frame before"),
    "surplus": W("melebihi jumlah terbanyak", "over the largest number"),
}
SIDES: Mapping[str, W] = {
    "left": W("kiri", "left"),
    "centre": W("tengah", "centre"),
    "right": W("kanan", "right"),
    "upper": W("atas", "upper"),
    "middle": W("tengah", "middle"),
    "lower": W("bawah", "lower"),
}
