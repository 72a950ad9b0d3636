"""The report's fixed words in Bahasa Indonesia and English: headings, labels, column names.

Longer statements (limits, definitions, law) live in :mod:`vidcheck.report.statements`. Nothing here depends
on a clip; a code that is not in a catalogue is shown as it is, so a new label never disappears from a report.
"""

from __future__ import annotations

from collections.abc import Mapping

from vidcheck.report.page_wording import PAGE_TEXT
from vidcheck.report.wording_identify import TEXT as _IDENTIFY
from vidcheck.report.wording_judged import TEXT as _JUDGED
from vidcheck.types import Words as W

MONTHS = {
    "id": ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
           "November", "Desember"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
}  # fmt: skip
MONTHS_SHORT = {
    "id": ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
WEEKDAYS = {
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
ZONES = {"Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}

CLOTHING: Mapping[str, W] = {
    "korpri_batik": W("pakaian sesuai dengan batik Korpri", "clothing consistent with Korpri batik"),
    "pdh_khaki": W("pakaian sesuai dengan PDH khaki", "clothing consistent with the khaki service uniform (PDH)"),
    "pdh_white": W(
        "pakaian sesuai dengan PDH kemeja putih",
        "clothing consistent with the white-shirt service uniform (PDH)",
    ),
    "batik_other": W(
        "pakaian sesuai dengan batik selain motif Korpri", "clothing consistent with batik other than Korpri"
    ),
    "other_uniform": W("pakaian sesuai dengan seragam lain", "clothing consistent with another uniform"),
    "civilian": W("pakaian sesuai dengan pakaian bebas", "clothing consistent with everyday clothes"),
    "unclear": W("pakaian tidak dapat ditentukan", "clothing not determined"),
}
CLOTHING_SHORT: Mapping[str, W] = {
    "korpri_batik": W("batik Korpri", "Korpri batik"),
    "pdh_khaki": W("PDH khaki", "khaki PDH"),
    "pdh_white": W("PDH kemeja putih", "white-shirt PDH"),
    "batik_other": W("batik lain", "other batik"),
    "other_uniform": W("seragam lain", "other uniform"),
    "civilian": W("pakaian bebas", "everyday clothes"),
    "unclear": W("tidak dapat ditentukan", "not determined"),
}
LIGHTING: Mapping[str, W] = {
    "outdoor_day": W("luar ruang, siang hari", "outdoors, daylight"),
    "twilight": W("senja atau fajar", "dusk or dawn"),
    "outdoor_night": W("luar ruang, malam hari", "outdoors, night"),
    "indoor_daylight": W("dalam ruang dengan cahaya siang", "indoors with daylight"),
    "indoor_artificial": W("dalam ruang, cahaya buatan saja", "indoors, artificial light only"),
    "unknown": W("tidak dapat ditentukan", "not determined"),
}
SHOT_KIND: Mapping[str, W] = {
    "moving": W("gambar bergerak", "moving picture"),
    "still": W("gambar diam (slide atau beku)", "still picture (slide or freeze)"),
    "black": W("tanpa gambar (hitam)", "no picture (black)"),
}
OVERLAY_KIND: Mapping[str, W] = {
    "overlay": W("teks ditempel pada gambar", "text burned into the picture"),
    "scene": W("teks di tempat kejadian", "text in the scene"),
    "interface": W("tampilan aplikasi", "interface of an app"),
}
CLUE_KIND: Mapping[str, W] = {
    "exact": W("menyebut waktu", "states a time"),
    "not_before": W("paling awal", "not before"),
    "not_after": W("paling lambat", "not after"),
    "day_part": W("bagian hari", "part of the day"),
    "date_hint": W("petunjuk tanggal", "hint at the date"),
}
CLUE_SOURCE: Mapping[str, W] = {
    "overlay": W("teks dalam gambar", "text in the picture"),
    "metadata": W("metadata berkas", "file metadata"),
    "filename": W("nama berkas", "file name"),
    "platform": W("platform", "platform"),
    "sidecar": W("berkas pengunduh", "downloader's file"),
    "lighting": W("pencahayaan", "lighting"),
    "clothing": W("jadwal pakaian dinas", "dress calendar"),
    "examiner": W("keterangan pemeriksa", "examiner's statement"),
}
CLOCK: Mapping[str, W] = {
    "device": W("jam perangkat perekam", "clock of the recording device"),
    "cctv": W("jam kamera CCTV", "clock of the CCTV camera"),
    "timestamp_app": W("jam aplikasi penanda waktu", "clock of a timestamp app"),
    "wall_clock": W("jam di tempat kejadian", "clock in the scene"),
    "screen": W("jam pada layar yang terekam", "clock on a recorded screen"),
    "platform": W("jam platform", "clock of the platform"),
    "editor": W("jam perangkat penyunting", "clock of the editing device"),
    "sun": W("matahari", "the sun"),
    "dress_calendar": W("jadwal pakaian dinas", "dress calendar"),
    "examiner": W("keterangan pemeriksa", "examiner's statement"),
    "unknown": W("tidak diketahui", "not known"),
}
GRADE: Mapping[str, W] = {
    "strong": W("kuat", "strong"),
    "moderate": W("sedang", "moderate"),
    "weak": W("lemah", "weak"),
    "contextual": W("konteks saja", "context only"),
}
LEAD_KIND: Mapping[str, W] = {
    "name_tag": W("papan nama", "name tag"),
    "badge": W("tanda pengenal atau lencana", "badge"),
    "sign": W("papan atau plang", "sign"),
    "plate": W("pelat nomor kendaraan", "vehicle plate"),
    "handle": W("nama akun", "account name"),
    "hashtag": W("tagar", "hashtag"),
    "place": W("nama tempat", "place name"),
    "agency": W("nama instansi", "name of an agency"),
    "caption": W("takarir", "caption"),
    "wall_clock": W("mirip jam dinding", "something like a clock"),
}
ANSWER: Mapping[str, W] = {
    "inside": W("Di dalam jam kerja", "Within working hours"),
    "outside": W("Di luar jam kerja", "Outside working hours"),
    "partly": W("Sebagian di dalam jam kerja", "Partly within working hours"),
    "unknown": W("Tidak dapat ditentukan", "Cannot be determined"),
}
STATUS: Mapping[str, W] = {
    "ok": W("dijalankan", "done"),
    "skipped": W("DILEWATI: tidak diperiksa", "SKIPPED: not looked at"),
    "failed": W("GAGAL: tidak diperiksa", "FAILED: not looked at"),
}
RULE_STATUS: Mapping[str, W] = {
    "sourced": W("bersumber", "sourced"),
    "computed": W("dihitung dari aturan bersumber", "computed from a sourced rule"),
    "unverified": W("BELUM TERVERIFIKASI", "UNVERIFIED"),
}
STEP: Mapping[str, W] = {
    "source": W("pembacaan berkas", "reading the file"),
    "shots": W("pemisahan adegan", "shots and slides"),
    "people": W("penemuan orang", "finding people"),
    "camera": W("gerak kamera", "movement of the camera"),
    "traps": W("cermin, layar, poster", "mirrors, screens, posters"),
    "tracks": W("pengikutan orang dalam adegan", "following people within a shot"),
    "persons": W("penggabungan jejak menjadi orang", "joining tracks into persons"),
    "counts": W("penghitungan orang", "counting people"),
    "clothing": W("pengamatan pakaian", "clothing"),
    "overlays": W("pembacaan teks", "reading text"),
    "lighting": W("pengamatan cahaya", "lighting"),
    "wall_clocks": W("pencarian jam dinding", "looking for clock faces"),
    "clues": W("pengumpulan petunjuk waktu", "clues about time"),
    "time": W("perkiraan waktu perekaman", "time of recording"),
    "leads": W("pengumpulan petunjuk penelusuran", "leads"),
    "enhanced": W("penggabungan teks kecil", "fusing small texts"),
    "credentials": W("pembacaan kredensial konten", "content credentials"),
}
PTS_ORIGIN: Mapping[str, W] = {
    "container": W("dari berkas (waktu tampil tiap bingkai)", "from the file (presentation time of each frame)"),
    "assumed_rate": W(
        "ANDAIAN: berkas tidak memuat waktu bingkai, laju bingkai diandaikan",
        "ASSUMED: the file has no frame times, a frame rate was assumed",
    ),
    "photo": W("foto: satu bingkai pada waktu 0", "photo: one frame at time 0"),
}

TEXT: Mapping[str, W] = {
    **_IDENTIFY,
    **_JUDGED,
    **PAGE_TEXT,
    "title": W("Laporan Pemeriksaan Klip", "Clip Examination Report"),
    "subtitle": W(
        "Apa yang terlihat, seberapa pasti, pada bingkai mana, dan apa yang tidak ditunjukkan",
        "What can be seen, how sure that is, on which frames it rests, and what it does not show",
    ),
    "skip": W("Langsung ke ringkasan", "Skip to the summary"),
    "contents": W("Isi", "Contents"),
    "summary": W("Ringkasan", "Summary"),
    "file": W("Berkas yang diperiksa", "The file examined"),
    "people": W("Orang yang terlihat", "People seen"),
    "clothing": W("Pakaian", "Clothing"),
    "texts": W("Teks dalam gambar", "Text in the picture"),
    "time": W("Waktu perekaman", "Time of recording"),
    "hours": W("Jam kerja", "Working hours"),
    "leads": W("Petunjuk untuk penelusuran", "Leads"),
    "shots": W("Susunan klip", "Make-up of the clip"),
    "method": W("Metode dan langkah", "Method and steps"),
    "limits": W("Yang tidak ditunjukkan laporan ini", "What this report does not show"),
    "scale": W("Arti istilah", "What the words mean"),
    "law": W("Dasar hukum", "Basis in law"),
    "examiner": W("Penilaian pemeriksa", "The examiner's judgement"),
    "machine": W("Temuan mesin", "Machine finding"),
    "human": W("Penilaian manusia", "Human judgement"),
    "from_human": W("Dari manusia", "From a human"),
    "given": W("Keterangan pemeriksa", "Stated by the examiner"),
    "not_looked": W("Tidak diperiksa", "Not looked at"),
    "incomplete": W("Pemeriksaan ini tidak lengkap", "This examination is incomplete"),
    "name": W("Nama berkas", "File name"),
    "sha256": W("SHA-256", "SHA-256"),
    "rechecked": W("Pemeriksaan ulang hash", "Hash checked again"),
    "rechecked_ok": W(
        "sama: berkas dibaca ulang saat laporan ini ditulis",
        "same: the file was read again as this report was written",
    ),
    "rechecked_no": W("tidak dilakukan: berkas asli tidak diberikan", "not done: the original file was not given"),
    "size": W("Ukuran", "Size"),
    "bytes": W("bita", "bytes"),
    "file_kind": W("Jenis", "Kind"),
    "video": W("video", "video"),
    "image": W("foto", "photo"),
    "container": W("Wadah dan kodek", "Container and codec"),
    "picture_size": W("Ukuran gambar", "Picture size"),
    "rotated": W("diputar {deg}° untuk tampilan", "rotated {deg}° for display"),
    "duration": W("Durasi terbaca", "Duration decoded"),
    "duration_declared": W("Durasi menurut kepala berkas", "Duration stated in the header"),
    "duration_differs": W("berbeda dari yang terbaca", "differs from what was decoded"),
    "frames": W("Bingkai terbaca", "Frames decoded"),
    "pts_origin": W("Asal waktu bingkai", "Where frame times come from"),
    "time_base": W("Satuan waktu", "Time base"),
    "start_pts": W("waktu tampil pertama", "first timestamp"),
    "audio": W("Suara", "Sound"),
    "audio_yes": W("ada; tidak didengarkan oleh alat ini", "present; this tool does not listen to it"),
    "audio_no": W("tidak ada", "none"),
    "url": W("Alamat asal", "Address it was taken from"),
    "posted": W("Waktu unggah yang disebutkan", "Time of posting as stated"),
    "place_given": W("Tempat yang disebutkan", "Place as stated"),
    "sidecar": W("Berkas keterangan pengunduh", "Downloader's info file"),
    "missing": W("belum diisi", "not filled in"),
    "none_stated": W("tidak disebutkan", "not stated"),
    "losses": W("Bagian yang tidak terbaca", "Parts that could not be decoded"),
    "losses_note": W(
        "Yang tidak terbaca tidak diperiksa. Tidak ada temuan apa pun tentang bagian ini.",
        "What was not decoded was not looked at. Nothing is found or excluded there.",
    ),
    "after": W("setelah {t}", "after {t}"),
    "position_unknown": W("letak tidak diketahui", "position not known"),
    "tags": W("Semua metadata, apa adanya", "All metadata, as found"),
    "tags_note": W(
        "Metadata dapat ditulis ulang oleh siapa pun; isinya pernyataan, bukan bukti.",
        "Metadata can be rewritten by anyone; it is a statement, not proof.",
    ),
    "tags_none": W("Berkas tidak memuat metadata.", "The file carries no metadata."),
    "everyone": W("Semua orang", "Everyone"),
    "consistent": W("sesuai dengan {kinds}", "consistent with {kinds}"),
    "minimum_basis": W(
        "{n} terlihat serentak dalam satu bingkai: {frames}.", "{n} seen at once in one frame: {frames}."
    ),
    "looked_at": W("Diperiksa {n} dari {total} bingkai.", "{n} of {total} frames were looked at."),
    "read_in": W(
        "Teks dibaca pada {n} dari {total} bingkai. Teks yang tampil kurang dari setengah detik dapat terlewat.",
        "Text was read in {n} of {total} frames. Text shown for less than half a second can be missed.",
    ),
    "none_found": W("Tidak ditemukan", "None found"),
    "minimum": W("Paling sedikit", "At least"),
    "best": W("Perkiraan terbaik", "Best estimate"),
    "maximum": W("Paling banyak", "At most"),
    "minimum_what": W("terlihat serentak dalam satu bingkai", "seen at once in one frame"),
    "best_what": W(
        "setelah jejak digabungkan menurut tempat, waktu dan warna pakaian",
        "after joining tracks by place, time and colours of clothing",
    ),
    "maximum_what": W(
        "hanya penggabungan yang hampir pasti; yang disisihkan ikut dihitung",
        "only joins that are nearly certain; what was set aside counts",
    ),
    "persons": W("orang", "people"),
    "person_code": W("Sosok", "Person"),
    "basis_frames": W("Bingkai dasar", "Basis frames"),
    "basis_caption": W("Bingkai dasar hitungan paling sedikit", "The frame that shows the least count"),
    "nobody": W("Tidak ditemukan orang dalam bingkai yang diperiksa.", "No person was found in the frames looked at."),
    "figures_note": W(
        "Kode p1, p2, … menandai sosok dalam gambar, bukan identitas. Penggabungan antar-adegan adalah "
        "dugaan mesin yang perlu diperiksa dengan mata.",
        "The codes p1, p2, … point at people in the picture; they are no identities. Joining across shots "
        "is the machine's assumption and has to be checked by eye.",
    ),
    "seen": W("Terlihat", "Seen"),
    "joined": W("Alasan digabungkan", "Why joined"),
    "one_track": W("satu jejak, tidak digabungkan", "one track, nothing joined"),
    "boxes": W("{n} kotak terukur", "{n} measured boxes"),
    "no_best_shot": W("Tidak ada gambar terbaik untuk sosok ini.", "There is no best shot of this person."),
    "picture_missing": W("Gambar tidak tersedia", "Picture not available"),
    "picture_unsaved": W("tidak disimpan", "none was saved"),
    "picture_absent": W("berkas {file} tidak ada", "file {file} is not there"),
    "picture_unreadable": W("berkas {file} tidak terbaca", "file {file} cannot be read"),
    "picture_budget": W(
        "tidak dimuat agar laporan tetap ringan; lihat {file}",
        "left out to keep the report small; see {file}",
    ),
    "clothing_note": W(
        "“Sesuai dengan” berarti tampilannya cocok, tidak lebih. Pakaian tidak membuktikan bahwa seseorang "
        "ASN; siapa pun dapat memakainya.",
        "“Consistent with” means that the appearance fits, no more. Clothing does not prove that anyone is "
        "a civil servant; anybody can wear it.",
    ),
    "clothing_count_note": W(
        "“Paling banyak” juga memuat sosok yang pakaiannya tidak dapat ditentukan.",
        "“At most” also holds people whose clothing was not determined.",
    ),
    "count_by_clothing": W("Jumlah menurut pakaian", "Number by clothing"),
    "per_person": W("Pengamatan per sosok", "Observation by person"),
    "calibrated": W("peluang terkalibrasi", "calibrated probability"),
    "leading": W("kelas terdepan: {label}", "leading class: {label}"),
    "alternatives": W("Kemungkinan lain", "Alternatives"),
    "abstained": W("Mesin tidak memutuskan", "The machine abstained"),
    "not_observed": W("tanpa pengamatan pakaian, {n} sosok: {ids}", "without a clothing observation, {n}: {ids}"),
    "text": W("Teks", "Text"),
    "raw": W("pembacaan mentah", "raw reading"),
    "kind": W("Jenis", "Kind"),
    "span": W("Terbaca pada", "Read at"),
    "engine_score": W("skor mesin baca", "engine score"),
    "score_note": W(
        "Skor mesin baca adalah angka mentah 0 sampai 1, bukan peluang bahwa teks itu benar.",
        "The engine score is a raw figure from 0 to 1, not the probability that the text is right.",
    ),
    "runs": W("berjalan (jam atau penghitung)", "runs (clock or counter)"),
    "readings": W("jumlah pembacaan: {n}", "readings: {n}"),
    "no_texts": W("Tidak terbaca teks dalam bingkai yang diperiksa.", "No text was read in the frames looked at."),
    "estimate": W("Perkiraan", "Estimate"),
    "earliest": W("Paling awal", "Earliest"),
    "latest": W("Paling lambat", "Latest"),
    "best_time": W("Titik waktu terbaik", "Best single time"),
    "zone": W("Zona waktu", "Time zone"),
    "zone_unknown": W("tidak diketahui (tempat belum diketahui)", "not known (the place is not known)"),
    "open": W("tidak terbatas", "open"),
    "not_before": W("paling awal {t}", "not before {t}"),
    "not_after": W("paling lambat {t}", "not after {t}"),
    "whole_day": W("sepanjang hari", "the whole day"),
    "no_best_time": W("tidak ada: tidak ada petunjuk yang cukup tajam", "none: no clue is sharp enough"),
    "ticks": W("Uji jalan jam dalam gambar", "Do the clocks in the picture run with the clip?"),
    "ticks_none": W(
        "Tidak ada jam yang terbaca dalam gambar; tidak ada yang diuji.",
        "No clock was read in the picture; nothing was tested.",
    ),
    "coverage": W("Cakupan terukur", "Measured coverage"),
    "coverage_none": W(
        "belum diukur: tidak ada angka peluang untuk rentang ini",
        "not measured: there is no probability figure for this interval",
    ),
    "coverage_text": W(
        "{p} dari kasus buatan sejenis, dengan satu dari sepuluh jam salah, memuat waktu sebenarnya; angka ini "
        "mengukur cara menyimpulkan, bukan klip ini",
        "{p} of made cases of this kind, one clock in ten being wrong, held the true time; that measures the "
        "reasoning, not this clip",
    ),
    "clues_used": W("Petunjuk yang menentukan", "Clues that set it"),
    "ledger": W("Daftar petunjuk waktu", "Ledger of time clues"),
    "ledger_figure": W("Petunjuk pada garis waktu", "The clues on a time line"),
    "day_figure": W("Petunjuk pada jam dalam sehari (waktu setempat)", "The clues on the hours of a day (local time)"),
    "used": W("dipakai", "used"),
    "not_used": W("tidak dipakai", "not used"),
    "clue_basis": W("Dasar", "Rests on"),
    "clock": W("Jam milik", "Whose clock"),
    "grade": W("Tingkat", "Grade"),
    "caveats": W("Yang dapat membuatnya keliru", "What could make it wrong"),
    "other_readings": W("Bacaan lain yang belum tersingkir", "Other readings not excluded"),
    "no_clues": W("Tidak ada petunjuk waktu.", "There is no clue about the time."),
    "conflicts": W("Pertentangan", "Conflicts"),
    "no_conflicts": W("Tidak ada petunjuk yang saling bertentangan.", "No clues contradict each other."),
    "lighting": W("Cahaya per adegan", "Light by shot"),
    "light": W("Cahaya", "Light"),
    "score_or_probability": W("Peluang", "Probability"),
    "not_from_picture": W("tidak berasal dari gambar", "does not come from the picture"),
    "overlap": W("Bagian rentang di dalam jam kerja", "Share of the interval within working hours"),
    "overlap_unknown": W("tidak diketahui", "not known"),
    "rule": W("Aturan yang dipakai", "Rule applied"),
    "rule_none": W("tidak ada yang dapat dipakai", "none could be applied"),
    "rule_hours": W("Jam pada hari itu", "Hours on that day"),
    "break": W("istirahat", "break"),
    "rule_place": W("Tempat", "Place"),
    "rule_status": W("Status aturan", "Status of the rule"),
    "sources": W("Sumber", "Sources"),
    "exceptions": W("Yang harus disingkirkan lebih dahulu", "What has to be ruled out first"),
    "exceptions_note": W(
        "Penjelasan wajar berikut masih terbuka. Alat ini tidak dapat menyingkirkannya; dokumenlah yang dapat.",
        "These ordinary explanations are open. This tool cannot rule them out; documents can.",
    ),
    "exception": W("Penjelasan", "Explanation"),
    "settled_by": W("Disingkirkan dengan", "Settled by"),
    "no_exceptions": W("Tidak ada daftar penjelasan yang dihasilkan.", "No list of explanations was produced."),
    "leads_note": W(
        "Petunjuk membantu manusia menelusuri; tidak satu pun menetapkan identitas atau tempat.",
        "Leads help a human to look further; none of them establishes an identity or a place.",
    ),
    "reading": W("Bacaan", "Reading"),
    "no_leads": W("Tidak ada petunjuk penelusuran.", "There are no leads."),
    "clip_figure": W("Klip sekilas", "The clip at a glance"),
    "lane_shots": W("adegan", "shots"),
    "lane_people": W("orang per bingkai", "people per frame"),
    "lane_light": W("cahaya", "light"),
    "lane_texts": W("teks", "texts"),
    "lane_more": W("… dan {n} lagi", "… and {n} more"),
    "shot": W("Adegan", "Shot"),
    "start": W("Mulai", "Start"),
    "end": W("Akhir (di luar rentang)", "End (exclusive)"),
    "length": W("Durasi", "Length"),
    "start_end": W("Mulai – akhir (di luar rentang)", "Start – end (exclusive)"),
    "transition": W("Skor peralihan", "Transition score"),
    "best_frame": W("Bingkai terbaik", "Best frame"),
    "quality": W(
        "ketajaman {sharpness}, kecerahan {brightness} (angka relatif)",
        "sharpness {sharpness}, brightness {brightness} (relative figures)",
    ),
    "repeats": W("gambar sama dengan adegan {n}", "same picture as shot {n}"),
    "no_shots": W("Tidak ada adegan.", "There are no shots."),
    "more_tracks": W(
        "dan {n} jejak lain (semuanya ada di analysis.json)", "and {n} more of its tracks (all are in analysis.json)"
    ),
    "not_listed": W(
        "{n} baris lain tidak dimuat di sini; semuanya ada di analysis.json.",
        "{n} more rows are not shown here; all of them are in analysis.json.",
    ),
    "cut": W(
        "{words}… (dipotong; {n} huruf ada di analysis.json)",
        "{words}… (cut; {n} characters are in analysis.json)",
    ),
    "tool": W("Alat dan versinya", "Tool and versions"),
    "status": W("Status", "Status"),
    "weights": W("SHA-256 model", "SHA-256 of the model"),
    "settings": W("Setelan", "Settings"),
    "stats": W("Yang diperiksa", "What was looked at"),
    "reason": W("Sebab", "Reason"),
    "no_steps": W("Tidak ada catatan langkah.", "There is no record of any step."),
    "seconds_note": W(
        "Lama proses tidak dimuat agar analisis yang sama menghasilkan laporan yang sama, bita demi bita; "
        "catatannya ada di analysis.json.",
        "Run times are left out so that the same analysis gives the same report, byte for byte; they are in "
        "analysis.json.",
    ),
    "law_rule": W("Aturan", "Rule"),
    "law_says": W("Isi dan sumber kutipan", "What it says, and the source of the quotation"),
    "law_none": W(
        "Tabel dasar hukum tidak tersedia dalam pemasangan ini; bagian ini kosong.",
        "The table of legal facts is not available in this installation; this part is empty.",
    ),
    "examiner_note": W(
        "Bagian ini diisi manusia. Mesin tidak menulis apa pun di sini. Penilaian ditulis di samping "
        "temuan mesin dan tidak mengubahnya.",
        "This part is filled in by a human. The machine writes nothing here. Judgement stands beside the "
        "machine's findings and does not change them.",
    ),
    "examiner_name": W("Pemeriksa", "Examiner"),
    "judge_people": W("Orang dan pakaian: penilaian", "People and clothing: judgement"),
    "judge_time": W("Waktu dan tempat: penilaian", "Time and place: judgement"),
    "judge_excluded": W("Penjelasan yang sudah disingkirkan, dengan dokumen", "Explanations ruled out, by document"),
    "judge_other": W("Catatan lain", "Other notes"),
    "place_date": W("Tempat, tanggal", "Place, date"),
    "signature": W("Nama dan tanda tangan", "Name and signature"),
    "page": W("Halaman", "Page"),
    "of": W("dari", "of"),
    "frame": W("bingkai", "frame"),
    "shown_escaped": W(
        "Huruf yang tidak dimiliki fon PDF dan tanda kendali ditulis sebagai kode, misalnya ⟨U+4E2D⟩; "
        "bentuk aslinya ada di report.html dan analysis.json.",
        "Characters that the PDF's fonts lack, and control characters, are written as codes, for example "
        "⟨U+4E2D⟩; report.html and analysis.json have the originals.",
    ),
    "date_note": W(
        "Laporan tidak memuat tanggal pembuatan agar dapat dibuat ulang sama persis; tanggal 1 Januari "
        "1970 pada properti PDF hanya pengisi yang diwajibkan PDF/A.",
        "The report carries no date of making so that it can be made again exactly; the date 1 January "
        "1970 in the PDF's properties is only the filler that PDF/A requires.",
    ),
}


def text(key: str, lang: str, **values: object) -> str:
    """Return the fixed words ``key`` in ``lang`` with ``values`` filled in.

    Raises
    ------
    KeyError
        If there is no such key: a mistake in the report's code.
    """
    words = TEXT[key].get(lang)
    return words.format(**values) if values else words


def label(catalogue: Mapping[str, W], code: str, lang: str) -> str:
    """Return the words for ``code``, or the code itself where the catalogue does not know it."""
    words = catalogue.get(code)
    return words.get(lang) if words else code


def all_text(lang: str) -> dict[str, str]:
    """Return every fixed word in ``lang``, for the templates."""
    return {key: words.get(lang) for key, words in TEXT.items()}
