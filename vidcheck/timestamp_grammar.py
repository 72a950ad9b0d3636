"""Names, shapes and confusions of printed dates and times; the grammar behind :mod:`vidcheck.timestamps`.

Names follow CLDR 45 (locale ``id``) as in the ``overlay_formats`` facts table, with the older spellings and the
English names that camera firmware prints.
"""

from __future__ import annotations

import re
import unicodedata

MAX_TEXT = 400
"""Characters of one text that are searched; no printed clock is longer, and hostile text is."""

ZONE_OFFSETS_MIN = {"WIB": 420, "WITA": 480, "WIT": 540}
"""Minutes ahead of UTC of the three Indonesian zones (facts table ``provinces_tz``)."""

MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "januari jan january",
        "februari feb pebruari peb february",
        "maret mar march",
        "april apr",
        "mei may",
        "juni jun june",
        "juli jul july",
        "agustus agu agt agus ags aug august",
        "september sep sept",
        "oktober okt october oct",
        "november nov nopember nop",
        "desember des december dec",
    ),
    start=1,
):
    MONTHS.update(dict.fromkeys(_names.split(), _number))

WEEKDAYS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "senin sen monday mon",
        "selasa sel tuesday tue tues",
        "rabu rab wednesday wed",
        "kamis kam kms thursday thu thur thurs",
        "jumat jum'at jum friday fri",
        "sabtu sab saturday sat",
        "minggu min ahad sunday sun",
    )
):
    WEEKDAYS.update(dict.fromkeys(_names.split(), _number))

# Letters that the recogniser prints for digits in clock fonts. One character for one, so spans survive.
FOLD = str.maketrans("OoQDIil|!ZzSsBGbqg", "000011111225586699")
CONFUSABLE_RUN = re.compile(r"[0-9OoQDIil|!ZzSsBGbqg]+")
UNFOLD_NAME = str.maketrans({"0": "o", "1": "i", "|": "l", "5": "s", "8": "b"})

SEP = r"\s?[-/.\u2013\u2014_·年月]\s?"
DAY = r"(?:0[1-9]|[12]\d|3[01]|[1-9])"
MONTH = r"(?:0[1-9]|1[0-2]|[1-9])"
YEAR = r"(?:19[7-9]\d|20\d\d)"
GLUED_TIME = r"\d{1,2}\s?[:;.]\s?\d\d"
YMD = re.compile(rf"(?<!\d)(?P<y>{YEAR}){SEP}(?P<a>{MONTH}){SEP}(?P<b>{DAY})(?:日)?(?:(?!\d)|(?={GLUED_TIME}))")
XXY = re.compile(rf"(?<!\d)(?P<a>\d{{1,2}}){SEP}(?P<b>\d{{1,2}}){SEP}(?P<y>{YEAR})(?:(?!\d)|(?={GLUED_TIME}))")
SHORT = re.compile(
    r"(?<![\d/.:-])(?P<a>\d\d)(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<y>\d\d)(?:(?![\d/:-])|(?=\d\d[:;.]\d\d))"
)
COMPACT = re.compile(
    r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])[ _T-]?([01]\d|2[0-3])([0-5]\d)([0-5]\d)(?!\d)"
)
NAME = r"[A-Za-z0158|]{3,10}"
DAY_NAME_YEAR = re.compile(
    rf"(?<!\d)(?P<d>{DAY})(?:st|nd|rd|th)?[\s.,/-]{{0,3}}(?P<mon>{NAME})(?:[\s.,/'\u2019-]{{0,3}}(?P<y>{YEAR}|(?<=['\u2019/-])\d\d))?"
    rf"(?:(?!\d)|(?={GLUED_TIME}))"
)
NAME_DAY_YEAR = re.compile(
    rf"(?<![A-Za-z])(?P<mon>{NAME})[\s.,/-]{{0,3}}(?P<d>{DAY})(?:st|nd|rd|th)?[\s.,/-]{{1,3}}(?P<y>{YEAR})"
    rf"(?:(?!\d)|(?={GLUED_TIME}))"
)
TIME = re.compile(
    r"(?<![\d:])(?P<h>[01]?\d|2[0-4])(?P<sep>\s?[:;\u2236]\s?|\s?\.\s?)(?P<m>[0-5]\d)"
    r"(?:\s?[:;\u2236.]\s?(?P<s>[0-5]\d)(?:[.,:]\d{1,3})?)?(?!\d|\s?[:;.]\d)"
)
TIME_LOST_COLON = re.compile(
    r"(?<![\d:])(?:(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)[:;.](?P<s>[0-5]\d)|"
    r"(?P<h2>[01]\d|2[0-3])[:;.](?P<m2>[0-5]\d)(?P<s2>[0-5]\d))(?![\d:])"
)
TIME_LOST_SPACE = re.compile(r"(?<![\d:/.-])(?P<h>[01]?\d|2[0-3]) (?P<m>[0-5]\d)[:;.](?P<s>[0-5]\d)(?![\d:;.])")
HOUR_WORD = re.compile(r"(?i)\b(?:jam|pukul|pkl\.?)\s{0,2}(?P<h>[01]?\d|2[0-4])(?![\d:.;])")
LABEL = re.compile(r"(?i)(?:pukul|pkl|jam|at|tgl|tanggal|time|waktu)\s?[.:]?\s{0,2}$")
MERIDIEM = re.compile(r"(?i)^\s{0,2}([ap])\s?\.?\s?m")
PERIOD = re.compile(r"(?i)^\s{0,2}(?:wib|wita|wit)?\s{0,2}(dini\s?hari|pagi|siang|sore|petang|malam)")
PERIOD_HOURS = {
    "dinihari": range(0, 5),
    "pagi": range(0, 12),
    "siang": range(10, 16),
    "sore": range(14, 19),
    "petang": range(15, 20),
    "malam": (*range(18, 24), 0, 1, 2, 3),
}
ZONE = re.compile(
    r"(?i)^[\s(,|-]{0,3}(?:(?P<name>W[I1l|]TA|W[I1l|][B8]|W[I1l|]T)(?![A-Za-z])"
    r"|(?:GMT|UTC)\s?(?P<sign>[+-\u2212])\s?(?P<oh>[01]?\d)(?:[:.]?(?P<om>[0-5]\d))?)"
)
RANGE_LINK = re.compile(
    r"(?i)^\s?(?:wib|wita|wit)?\s?(?:-|\u2013|\u2014|~|s\s?/\s?d\.?|s\.d\.?|sd|sampai|hingga|to|until)\s?$"
)
TIMER_BEFORE = re.compile(r"(?i)(?:\brec\b|●|timer|durasi|[-/])\s?$")
NOT_A_TIME_BEFORE = re.compile(r"(?i)(?:rp\.?|idr|\$|lat|long?|lon|v|ver\.?|no\.?|ayat)\s?[:.]?\s?-?$")
NOT_A_TIME_AFTER = re.compile(r"(?i)^\s?(?:%|°|\u00ba|['\"]|km|kg|gb|mb|rb|ribu|jt|juta|k\b|m\b|fps|mbps|usd|persen)")
JOIN = re.compile(
    r"(?i)^[\s,;|@()\[\]•·T/-]{0,4}(?:[a-z'\u2019.]{2,10}[\s,.]{0,3})?(?:pukul|pkl|jam|at|wib|wita|wit)?[\s.:,@()|-]{0,3}$"
)


def normalise(text: str) -> str:
    """Return the part of the text that is searched, in compatibility form, unprintable characters as spaces."""
    clean = unicodedata.normalize("NFKC", text[:MAX_TEXT])[: 2 * MAX_TEXT]
    return "".join(char if char.isprintable() else " " for char in clean)


def fold_digits(text: str) -> tuple[str, tuple[bool, ...]]:
    """Turn letters that stand for digits into digits, only inside number-like runs; same length."""
    chars = list(text)
    changed = [False] * len(text)
    for match in CONFUSABLE_RUN.finditer(text):
        run, start, end = match.group(), match.start(), match.end()
        if run.isdigit():
            continue
        before, after = text[start - 1 : start], text[end : end + 1]
        if (before.isalpha()) or (after.isalpha() and not text[end : end + 3].upper().startswith(("WI", "AM", "PM"))):
            continue
        in_number = any(char.isdigit() for char in run) and len(run) <= 8
        by_colon = len(run) == 2 and (
            re.match(r"[:;]\d", text[end : end + 2]) or re.search(r"\d[:;]$", text[max(0, start - 2) : start])
        )
        if in_number or by_colon:
            for index in range(start, end):
                if not text[index].isdigit():
                    chars[index] = text[index].translate(FOLD)
                    changed[index] = True
    return "".join(chars), tuple(changed)


def lookup(name: str, table: dict[str, int]) -> tuple[int | None, int]:
    """Return the number for a name and how many characters had to be repaired to find it."""
    word = name.strip(" .,").lower().replace("\u2019", "'").replace("`", "'")
    if word in table:
        return table[word], 0
    unfolded = word.translate(UNFOLD_NAME)
    if unfolded in table:
        return table[unfolded], sum(a != b for a, b in zip(word, unfolded, strict=True))
    if len(unfolded) < 5:
        return None, 0
    near = {number for known, number in table.items() if len(known) >= 5 and one_edit_apart(unfolded, known)}
    return (near.pop(), 1) if len(near) == 1 else (None, 0)


def one_edit_apart(a: str, b: str) -> bool:
    """Whether one character more, less or other makes one name of the other."""
    if abs(len(a) - len(b)) > 1 or a == b:
        return a == b
    prefix = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[prefix:], b[prefix:]
    return rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:]
