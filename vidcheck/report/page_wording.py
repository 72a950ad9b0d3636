"""Fixed words of the parts around the findings: the player, the intake record, error rates, content credentials."""

from __future__ import annotations

from collections.abc import Mapping

from vidcheck.types import Words as W

PAGE_TEXT: Mapping[str, W] = {
    "intake": W("Perkara dan penerimaan berkas", "Case and receipt of the file"),
    "case_group": W("Perkara", "Case"),
    "receipt_group": W("Penerimaan", "Receipt"),
    "copy_group": W("Salinan kerja", "Working copy"),
    "copies": W("salinan kerja", "working copies"),
    "examined_is": W("Berkas yang diperiksa adalah", "The file examined is"),
    "intake_note": W(
        "Bagian ini dicatat oleh pemeriksa (--case). Alat ini hanya membandingkan SHA-256.",
        "The examiner recorded this part (--case). This tool compares nothing but the SHA-256.",
    ),
    "rates": W("Angka galat terukur", "Measured error rates"),
    "rates_note": W(
        "Diukur pada foto dan klip uji yang disebut dalam kartu model, bukan pada klip ini; angka yang mutunya "
        "paling mirip dengan klip ini ditulis lebih dahulu. Penggolongan mutu adalah aturan kasar: nilailah sendiri.",
        "Measured on the test photos and clips named in the model cards, not on this clip; figures of the quality most "
        "like this clip's come first. The grouping by quality is a rule of thumb: judge for yourself.",
    ),
    "rates_fit": W("mutu seperti klip ini", "quality like this clip's"),
    "rates_other": W("mutu lain", "another quality"),
    "rates_unmeasured": W("Tanpa angka terukur", "Without a measured figure"),
    "rate_condition": W("Mutu bahan uji", "Quality of the material"),
    "rate_figure": W("Angka", "Figure"),
    "rate_command": W("Diulang dengan", "Repeated with"),
    "quality_now": W("Mutu klip ini", "This clip's quality"),
    "bits_per_pixel": W("Bit per piksel (seluruh berkas)", "Bits per pixel (whole file)"),
    "mean_brightness": W("Kecerahan rata-rata (0–1)", "Mean brightness (0–1)"),
    "conditions_met": W("Digolongkan sebagai", "Counted as"),
    "step_name": W("Langkah", "Step"),
    "lane_clothing": W("pakaian", "clothing"),
    "lane_clock": W("jam", "clock"),
    "player_note": W(
        "Klik jalur, gambar, atau waktu mana pun untuk menuju bingkainya; kotak digambar dari analisis.",
        "Click any lane, picture or time to go to its frame; the boxes are drawn from the analysis.",
    ),
    "play": W("Putar", "Play"),
    "pause": W("Jeda", "Pause"),
    "frame_back": W("Satu bingkai mundur", "One frame back"),
    "frame_on": W("Satu bingkai maju", "One frame on"),
    "speed": W("Kecepatan", "Speed"),
    "boxes_people": W("Kotak orang", "Boxes of people"),
    "boxes_texts": W("Kotak teks", "Boxes of texts"),
    "open_clip": W("Buka klip", "Open the clip"),
    "clip_prompt": W(
        "Klip tidak ada di sini. Buka salinan Anda: berkas dibaca di peramban ini saja dan tidak dikirim ke mana pun.",
        "The clip is not here. Open your copy: it is read in this browser alone and sent nowhere.",
    ),
    "clip_checking": W("Menghitung SHA-256 …", "Computing the SHA-256 …"),
    "clip_same": W("SHA-256 sama: inilah berkas yang diperiksa.", "Same SHA-256: this is the file that was examined."),
    "clip_other": W(
        "SHA-256 BERBEDA: ini bukan berkas yang diperiksa. Kotak mungkin tidak cocok.",
        "DIFFERENT SHA-256: this is not the file that was examined. The boxes may not fit.",
    ),
    "clip_large": W(
        "Terlalu besar untuk dihitung di peramban; gunakan: vidcheck verify --clip",
        "Too large to hash in the browser; use: vidcheck verify --clip",
    ),
    "clip_no_hash": W(
        "Peramban ini tidak dapat menghitung SHA-256 di sini; gunakan: vidcheck verify --clip",
        "This browser cannot compute the SHA-256 here; use: vidcheck verify --clip",
    ),
    "clip_broken": W(
        "Peramban ini tidak dapat memutar berkas itu. Untuk salinan yang dapat diputar: --with-clip.",
        "This browser cannot play that file. For a copy that plays: --with-clip.",
    ),
    "copy_same": W(
        "Salinan klip di samping laporan ini sama bita demi bita dengan berkas yang diperiksa.",
        "The copy of the clip beside this report is the examined file, byte for byte.",
    ),
    "copy_converted": W(
        "Salinan klip di samping laporan ini diubah ke H.264 agar dapat diputar; pikselnya tidak persis sama dengan "
        "berkas yang diperiksa. Untuk pembuktian, lihat berkas asli.",
        "The copy of the clip beside this report was converted to H.264 so that it plays; its pixels are not exactly "
        "those of the file examined. For proof, look at the original.",
    ),
    "no_still": W("Bingkai ini tidak dimuat dalam laporan.", "This frame is not in the report."),
    "still_shown": W("Gambar diam dari laporan", "Still picture of the report"),
    "undock": W("Tutup", "Close"),
    "go_to": W("Ke", "Go to"),
    "box_rule": W(
        "Garis penuh: kotak terukur pada bingkai ini. Garis putus: kotak terdekat dalam 0,15 s; untuk teks, bacaan "
        "terdekat dalam adegan yang sama.",
        "Solid: box measured in this frame. Dashed: the nearest box within 0.15 s; for texts, the nearest reading in "
        "the same shot.",
    ),
    "boxes_thinned": W(
        "Kotak dimuat tiap {n} saja; semuanya ada di analysis.json.",
        "Only every {n}th box is here; all are in analysis.json.",
    ),
    "credentials": W("Kredensial konten (C2PA)", "Content credentials (C2PA)"),
    "credentials_none": W(
        "tidak ditemukan. Hampir semua klip tidak memuatnya; ini tidak berkata apa pun tentang keaslian.",
        "none found. Almost no clip carries any; this says nothing about whether it is genuine.",
    ),
    "credentials_note": W(
        "Pernyataan yang ditandatangani perangkat atau program, bukan temuan. Siapa pun dapat menjadi penanda tangan.",
        "Statements signed by a device or a program, not findings. Anybody can make a signer.",
    ),
    "credential_active": W("tentang berkas ini", "about this file"),
    "credential_earlier": W("tentang bahan asalnya", "about what it was made from"),
    "credential_state": W("Keadaan", "State"),
    "credential_made_with": W("Dibuat dengan", "Made with"),
    "credential_signer": W("Penanda tangan menurut sertifikat", "Signer by the certificate"),
    "credential_signed_at": W("Waktu tanda tangan", "Time of signing"),
    "credential_actions": W("Tindakan yang dinyatakan", "Actions stated"),
    "credential_ingredients": W("Bahan asal", "Made from"),
    "credential_problem": W("Tidak cocok", "Does not fit"),
    "credentials_unseen": W("tidak diperiksa", "not looked at"),
}
