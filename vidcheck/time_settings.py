"""Settings of the time steps: what the examiner said about the clip, and the limits of the answer."""

from __future__ import annotations

from dataclasses import dataclass

from vidcheck.types import Context


@dataclass(frozen=True, slots=True)
class TimeSettings:
    """Settings of the clues, the estimate and the working-hours answer."""

    place: str | None = None
    """Place of the recording as given: kota, kabupaten or province."""
    url: str | None = None
    """Address the clip was taken from."""
    posted: str | None = None
    """Time of posting as given."""
    sidecar: str | None = None
    """Name of the downloader's info file."""
    sidecar_info: str = ""
    """Its useful content as compact JSON, from :func:`vidcheck.clues.sidecar.read`."""
    heard_adzan: str = ""
    """Calls to prayer that the examiner heard, names separated by commas."""
    shadow_height: float | None = None
    """Height of an upright object that the examiner marked; same unit as ``shadow_length``."""
    shadow_length: float | None = None
    """Length of its shadow on level ground."""
    known_not_before: str = ""
    """Time before which the clip cannot have been recorded, as the examiner knows."""
    shows_screen: bool = False
    """The examiner sees that the picture films a screen or another photo: then no tag dates the recording."""
    six_day_week: bool = False
    """Apply the six-day week of units with direct public service."""
    best_within_min: float = 15.0
    """A single best time is stated only where the interval is at most this wide, in minutes."""
    day_part_beyond_h: float = 3.0
    """Hour weights are reported where the interval is open or wider than this, in hours."""
    decide_within_h: float = 36.0
    """Intervals wider than this give no answer on working hours unless none of them is a working hour."""

    @property
    def context(self) -> Context:
        """What the examiner said, for the analysis."""
        return Context(place=self.place, url=self.url, posted=self.posted, sidecar=self.sidecar)
