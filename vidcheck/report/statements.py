"""The report's standing statements: what it does not show, and what its words mean.

These hold for every clip. They are written once, in both languages, and no result changes them.
"""

from __future__ import annotations

from vidcheck.types import Words as W

CAUTION = W(
    "Laporan ini menyatakan apa yang terlihat dalam satu berkas. Laporan ini tidak menyatakan siapa orang "
    "yang terlihat, tidak menyatakan bahwa seseorang ASN, dan tidak menyatakan bahwa pelanggaran terjadi. "
    "Manusia yang mengenali, memeriksa dan memutuskan.",
    "This report states what can be seen in one file. It does not state who the people are, that anyone is "
    "a civil servant, or that a breach took place. Humans identify, examine and decide.",
)

LIMITS: tuple[tuple[W, W], ...] = (
    (
        W("Identitas", "Identity"),
        W(
            "Tidak ada pengenalan wajah, tidak ada templat wajah, dan tidak ada tebakan jenis kelamin, "
            "usia, agama atau etnis. Kode p1, p2, … hanya menunjuk sosok di dalam gambar.",
            "There is no face recognition, no face template, and no guess of sex, age, religion or "
            "ethnicity. The codes p1, p2, … only point at people in the picture.",
        ),
    ),
    (
        W("Status kepegawaian", "Employment"),
        W(
            "Pakaian yang sesuai dengan seragam dinas dapat dipakai siapa saja. Status pegawai hanya dapat "
            "dipastikan dari data kepegawaian.",
            "Clothing consistent with a service uniform can be worn by anybody. Only personnel records "
            "settle who is employed.",
        ),
    ),
    (
        W("Yang berada di luar gambar", "What lies outside the picture"),
        W(
            "Orang, pakaian, tempat dan kejadian sebelum, sesudah dan di luar bidang gambar tidak "
            "diketahui. Hitungan hanya berlaku untuk bingkai yang diperiksa.",
            "People, clothes, place and events before, after and beyond the picture are not known. Counts "
            "hold only for the frames that were looked at.",
        ),
    ),
    (
        W("Yang tidak diperiksa", "What was not looked at"),
        W(
            "Langkah yang dilewati atau gagal dan bagian berkas yang tidak terbaca tidak diperiksa. “Tidak "
            "ditemukan” tidak sama dengan “tidak ada”.",
            "Steps that were skipped or failed, and parts of the file that could not be decoded, were not "
            "looked at. “Not found” is not the same as “not there”.",
        ),
    ),
    (
        W("Keaslian", "Authenticity"),
        W(
            "Hash membuktikan berkas mana yang diperiksa dan bahwa berkas itu tidak berubah sejak itu. "
            "Hash tidak membuktikan bahwa isinya asli, tidak dipotong, tidak disunting, tidak diperankan, tidak "
            "dibuat dengan perangkat lunak dan tidak diunggah ulang.",
            "The hash proves which file was examined and that it has not changed since. It does not prove "
            "that the contents are genuine, uncut, unedited, not staged, not made by software or not a re-upload.",
        ),
    ),
    (
        W("Waktu", "Time"),
        W(
            "Jam yang tertulis pada gambar, metadata dan nama berkas adalah pernyataan sebuah jam yang "
            "dapat salah setel atau disunting. Waktu unggah bukan waktu perekaman.",
            "Clocks shown in the picture, metadata and file names are statements of a clock that can be "
            "set wrong or edited. The time of posting is not the time of recording.",
        ),
    ),
    (
        W("Suara", "Sound"),
        W("Suara tidak didengarkan dan tidak dinilai.", "Sound was not listened to and not assessed."),
    ),
    (
        W("Pelanggaran", "Breach"),
        W(
            "Satu klip menunjukkan beberapa detik atau menit. Klip hanya dapat memulai pertanyaan; yang "
            "menjawab adalah absensi, surat tugas, jadwal unit dan keterangan orang yang bersangkutan.",
            "One clip shows seconds or minutes. It can only start a question; attendance records, duty "
            "orders, the unit's timetable and the account of those concerned answer it.",
        ),
    ),
    (
        W("Angka galat", "Error rates"),
        W(
            "Angka galat metode diukur pada bahan uji yang disebut dalam kartu model, bukan pada klip ini; bagian "
            "“Angka galat terukur” memuatnya, dan menyebut langkah yang belum diukur. Skor mesin bukan peluang; "
            "hanya angka yang disebut “terkalibrasi” atau “terukur” yang dibandingkan dengan kenyataan.",
            "The error rates of the methods were measured on the test material named in the model cards, not on this "
            "clip; the section “Measured error rates” gives them and names the steps without one. Engine scores are "
            "not probabilities; only figures called “calibrated” or “measured” were compared with the truth.",
        ),
    ),
)

TERMS: tuple[tuple[W, W], ...] = (
    (
        W("Paling sedikit", "At least"),
        W(
            "Jumlah orang terbanyak yang terlihat serentak dalam satu bingkai. Dapat diperiksa dari bingkai itu saja: "
            "pastikan tidak ada dua kotak pada satu orang.",
            "The most people seen at once in one frame. It can be checked from that frame alone: make sure that no "
            "two boxes are on one person.",
        ),
    ),
    (
        W("Perkiraan terbaik", "Best estimate"),
        W(
            "Jumlah sosok setelah jejak yang diduga orang yang sama digabungkan. Sebuah perkiraan.",
            "The number of people after tracks taken to be the same person were joined. An estimate.",
        ),
    ),
    (
        W("Paling banyak", "At most"),
        W(
            "Jumlah bila hanya jejak yang hampir pasti orang yang sama digabungkan. Orang yang selalu tertutup "
            "orang lain, atau hampir tidak terlihat, tidak masuk dalam angka mana pun.",
            "The number if only tracks that are nearly certainly one person are joined. Whoever is always behind "
            "somebody else, or hardly in the picture, is in none of the figures.",
        ),
    ),
    (
        W("Sesuai dengan", "Consistent with"),
        W(
            "Tampilan pakaian cocok dengan jenis itu menurut warna, corak dan potongan. Penjelasan lain "
            "tetap mungkin dan disebut di sampingnya.",
            "The clothing's appearance fits that kind by colour, pattern and cut. Other explanations "
            "remain possible and are named beside it.",
        ),
    ),
    (
        W("Skor", "Score"),
        W(
            "Angka mentah dari sebuah mesin, 0 sampai 1. Berguna untuk mengurutkan, bukan peluang.",
            "A raw figure of an engine, 0 to 1. Good for ranking, not a probability.",
        ),
    ),
    (
        W("Peluang terkalibrasi", "Calibrated probability"),
        W(
            "Pada bahan uji, dari semua kasus dengan angka itu kira-kira sebagian itu yang benar. Berlaku "
            "sejauh klip ini serupa dengan bahan uji.",
            "On the test material, about that share of all cases with this figure were right. It holds as "
            "far as this clip is like the test material.",
        ),
    ),
    (
        W("Tingkat petunjuk waktu: kuat", "Grade of a time clue: strong"),
        W(
            "Jam yang berjalan seirama dengan klip, atau waktu yang dicatat platform sendiri. Jam itu "
            "tetap dapat salah setel.",
            "A clock that runs in step with the clip, or a time that a platform recorded itself. The clock "
            "can still be set wrong.",
        ),
    ),
    (
        W("Tingkat petunjuk waktu: sedang", "Grade of a time clue: moderate"),
        W(
            "Jam atau catatan yang terbaca jelas, tetapi tidak dapat diuji dengan jalannya klip atau mudah "
            "ditulis ulang.",
            "A clock or record that is clearly read but cannot be tested against the running clip or is "
            "easily rewritten.",
        ),
    ),
    (
        W("Tingkat petunjuk waktu: lemah", "Grade of a time clue: weak"),
        W(
            "Dapat dibaca lebih dari satu cara, atau sering keliru bila berdiri sendiri. Tidak pernah "
            "mempersempit rentang waktu, berapa pun banyaknya.",
            "Can be read in more than one way, or is often wrong on its own. Never narrows the interval, "
            "however many there are.",
        ),
    ),
    (
        W("Tingkat petunjuk waktu: konteks saja", "Grade of a time clue: context only"),
        W(
            "Ditampilkan untuk pemeriksa; tidak ikut diperhitungkan.",
            "Shown to the examiner; does not count.",
        ),
    ),
    (
        W("Bacaan kuat, sedang, lemah", "Reading strong, moderate, weak"),
        W(
            "Pada petunjuk penelusuran: seberapa baik teksnya terbaca, menurut banyaknya bingkai yang "
            "sependapat. Bukan seberapa berarti petunjuk itu.",
            "For leads: how well the text was read, by how many frames agree on it. Not how much the lead means.",
        ),
    ),
    (
        W("Bingkai (frame)", "Frame"),
        W(
            "Satu gambar diam dari klip. Ditulis dengan waktu tampilnya dan nomor urutnya, mulai dari 0.",
            "One still picture of the clip. Written with its presentation time and its ordinal, starting at 0.",
        ),
    ),
    (
        W("Adegan (shot)", "Shot"),
        W(
            "Rangkaian bingkai tanpa potongan. Slide dan gambar yang membeku juga dihitung sebagai adegan.",
            "A run of frames without a cut. A slide and a frozen picture count as shots too.",
        ),
    ),
    (
        W("Tidak diperiksa", "Not looked at"),
        W(
            "Langkahnya dilewati atau gagal. Tidak ada kesimpulan apa pun, juga bukan “tidak ada”.",
            "The step was skipped or failed. Nothing follows from it, not even “not there”.",
        ),
    ),
)
