"""What the builders of the report's sections share: the analysis, the language, the pictures, the notices."""

from __future__ import annotations

from dataclasses import dataclass

from vidcheck.decisions import Judged, Record
from vidcheck.report.format import Formatter
from vidcheck.report.parts import Notice
from vidcheck.report.pictures import Album, Picture
from vidcheck.report.wording import STEP, label, text
from vidcheck.types import Analysis, Crop, StepRun

_NO_RECORD = {
    "id": "Tidak ada catatan bahwa langkah ini dijalankan. Tidak ada kesimpulan yang dapat ditarik.",
    "en": "There is no record that this step was run. Nothing follows from its absence.",
}
_NOT_LOOKED = {
    "id": "Bagian ini tidak diperiksa. Itu tidak berarti tidak ada.",
    "en": "This was not looked at. That does not mean that there is nothing.",
}
_NO_CLUES_FROM = {
    "id": "Petunjuk waktu dari langkah ini tidak dicari.",
    "en": "Clues about the time were not sought there.",
}


def sentence(words: str) -> str:
    """Return ``words`` as a sentence: a capital first letter and a full stop."""
    words = words.strip()
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?", "”")) or not words else ".")


@dataclass(frozen=True, slots=True)
class Draft:
    """The shared material of one report."""

    analysis: Analysis
    """What is reported."""
    fmt: Formatter
    """Writes numbers, times and frames."""
    album: Album
    """Loads pictures."""
    judged: Judged
    """The findings after the human decisions."""
    record: Record
    """The human decisions as they lie in the folder."""

    @property
    def lang(self) -> str:
        """Language of the report."""
        return self.fmt.lang

    def t(self, key: str, **values: object) -> str:
        """Return fixed words in the report's language."""
        return text(key, self.lang, **values)

    def run_of(self, *names: str) -> StepRun | None:
        """Return the first step run that has one of ``names``."""
        return next((run for name in names if (run := self.analysis.step(name))), None)

    def notices(self, *names: str, has_result: bool) -> tuple[Notice, ...]:
        """Return a notice for each named step that was not done, and one where no step is on record at all.

        Parameters
        ----------
        names:
            Steps that the section rests on.
        has_result:
            Whether the analysis holds findings of the section; then a missing record alone is no alarm.
        """
        runs = [run for name in names if (run := self.analysis.step(name))]
        notices = [self.notice(run) for run in runs if run.status != "ok"]
        if not runs and not has_result:
            title = f"{self.t('not_looked')}: {label(STEP, names[0], self.lang)}"
            notices.append(Notice("skipped", title, _NO_RECORD[self.lang]))
        return tuple(notices)

    def notice(self, run: StepRun, *, for_clues: bool = False) -> Notice:
        """Return the notice for a step that was skipped or failed.

        Parameters
        ----------
        run:
            The step.
        for_clues:
            Whether the notice stands among the clues about time, which the step would have fed.
        """
        why = sentence(run.error.get(self.lang)) if run.error else ""
        title = f"{self.t('not_looked')}: {label(STEP, run.step, self.lang)}"
        follows = _NO_CLUES_FROM if for_clues else _NOT_LOOKED
        return Notice(run.status, title, f"{why} {follows[self.lang]}".strip())

    def short(self, words: str, limit: int = 600) -> str:
        """Return ``words`` cut to ``limit`` characters, saying how many analysis.json has."""
        return words if len(words) <= limit else self.t("cut", words=words[:limit], n=self.fmt.number(len(words)))

    def crop(self, crop: Crop, *, max_side_px: int, alt: str, caption: str = "") -> Picture:
        """Return the picture of a crop with the frame it was taken from."""
        frame = self.fmt.frame(crop.frame)
        return self.album.picture(crop.media, max_side_px=max_side_px, alt=alt, caption=caption, frame=frame)
