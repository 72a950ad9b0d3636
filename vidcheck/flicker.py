"""Mains flicker: lamps on alternating current, seen as bands that travel over the picture.

Lamps on 50 Hz mains pulse 100 times a second. A rolling shutter exposes one line after another, so the pulse
is laid over the picture as a few bright and dark bands. From frame to frame they move by the part of a pulse
that the time between frames leaves over: at 30 frames a second 100 / 30 = 3 1/3 pulses, so the pattern comes
back every third frame, a beat of 10 Hz. Seen are bands of that beat, or the beat in the whole picture where
the readout is short.

* Found bands say that lamps on the mains light what is seen, indoors or in a street at night.
* No bands say nothing: phones choose exposures of whole pulses to hide them, many LED lamps do not pulse, and
  messengers smooth them away.
* At 25, 50, 20 and 10 frames a second the bands stand still and cannot be told from the scene: not testable.

The method is a least-squares periodogram at the true frame times, followed by a Fourier transform along the
lines: a travelling wave of the beat frequency stands out against its neighbours in frequency. Pure numpy, no
pixels kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

MIN_FRAMES = 24
"""Fewest frames that are tested."""
MIN_SECONDS = 0.9
"""Shortest stretch that is tested."""
DETECT_SCORE = 20.0
"""Power of the beat over the median power of its neighbours in frequency from which on bands count as
found."""
MIN_MODULATION = 0.008
"""Smallest relative amplitude of brightness (coded values) that counts; coding noise lies below."""
MIN_COHERENCE = 0.45
"""Smallest share of the power at the beat that one travelling wave must explain."""
_MAX_BANDS = 4.0  # a readout of 40 ms under 100 pulses a second; slower sensors do not film
_BAND_STEP = 0.25


@dataclass(frozen=True, slots=True)
class Flicker:
    """Result of the test of one stretch of frames."""

    testable: bool
    """False where frame rate, length or brightness do not allow the test: nothing follows from that."""
    detected: bool
    """True where a travelling pattern of the mains beat stands out."""
    reason: str
    """``bands``, ``none_found``, or why it was not testable: ``too_short``, ``standing_bands``,
    ``too_dark``."""
    frame_rate_hz: float
    """Median frame rate of the stretch."""
    beat_hz: float | None
    """Frequency at which the bands repeat in the clip: the lamp's pulse folded by the frame rate."""
    score: float | None
    """Power at the beat over the median power of the neighbouring frequencies."""
    modulation: float | None
    """Relative amplitude of brightness of the pattern, in coded (gamma) values; about 2.2 times that in
    light."""
    bands: float | None
    """Bands over the picture along ``axis``; 0 where the whole picture pulses."""
    coherence: float | None
    """Share of the power at the beat that the one travelling wave explains, 0..1."""
    axis: str | None
    """``rows`` or ``columns`` (a phone held upright), along which the bands follow one another."""


def folded_hz(pulse_hz: float, frame_rate_hz: float) -> float:
    """Return the frequency, 0 to half the frame rate, at which a pulse appears in frames (aliasing).

    Raises ValueError where the frame rate is not greater than 0.
    """
    if not frame_rate_hz > 0:
        raise ValueError("frame rate must be greater than 0")
    return float(abs(pulse_hz - round(pulse_hz / frame_rate_hz) * frame_rate_hz))


def detect_flicker(times_s: F64, rows: F64, columns: F64 | None = None, *, mains_hz: float = 50.0) -> Flicker:
    """Test consecutive frames for mains flicker.

    Parameters
    ----------
    times_s:
        Presentation times in seconds, increasing, shape (N,).
    rows:
        Mean luma (0..255) of each line of each frame, top to bottom, shape (N, R). Scaled-down frames do: 24
        lines are enough.
    columns:
        The same along columns, shape (N, C), or None.
    mains_hz:
        Mains frequency; 50 in Indonesia.

    Raises
    ------
    ValueError
        Shapes that do not fit, or times that do not increase.
    """
    times = np.asarray(times_s, np.float64)
    profiles = [("rows", np.asarray(rows, np.float64))]
    if columns is not None:
        profiles.append(("columns", np.asarray(columns, np.float64)))
    for _, profile in profiles:
        if times.ndim != 1 or profile.ndim != 2 or len(profile) != len(times):
            raise ValueError("times must be (N,) and profiles (N, lines)")
    steps = np.diff(times)
    if np.any(steps <= 0):
        raise ValueError("frame times must increase")
    rate = float(1 / np.median(steps)) if len(steps) else 0.0
    if len(times) < MIN_FRAMES or times[-1] - times[0] < MIN_SECONDS:
        return _untested("too_short", rate)
    pulse = 2 * mains_hz
    beat = folded_hz(pulse, rate)
    resolution = 1 / float(times[-1] - times[0])
    # Slow movement fills the lowest frequencies; near half the frame rate the neighbours to compare with are
    # missing.
    if beat < max(2.0, 2.5 * resolution):
        return _untested("standing_bands", rate)
    if np.median(profiles[0][1]) < 6:
        return _untested("too_dark", rate)
    found = [_test(axis, times, profile, rate, beat, resolution) for axis, profile in profiles]
    return max(found, key=lambda result: (result.detected, result.score or 0.0))


def _untested(reason: str, rate: float) -> Flicker:
    return Flicker(False, False, reason, rate, None, None, None, None, None, None)


def _test(axis: str, times: F64, profile: F64, rate: float, beat: float, resolution: float) -> Flicker:
    """Compare the power of the best travelling wave at the beat with that at neighbouring frequencies."""
    # Relative changes: a lamp's pulse multiplies. The offset keeps black lines from blowing up their noise.
    signal = _without_trend(np.log(profile + 8.0), times)
    window = np.hanning(len(times) + 2)[1:-1]
    window /= window.sum()
    # Mains and camera clocks are off by a little: 100 Hz within 0.6 Hz, and the clip's nominal rate is not
    # the true one.
    tolerance = max(0.6, resolution)
    half = resolution / 2
    frequencies = np.arange(max(1.5, 2 * resolution), rate / 2 + half, half)
    offset = np.abs(frequencies - beat)
    near = offset <= tolerance
    beside = (offset > tolerance + 1.5 * resolution) & (offset < max(6.0, 8 * resolution))
    if near.sum() < 1 or beside.sum() < 6:
        return _untested("too_short", rate)

    lines = profile.shape[1]
    place = (np.arange(lines) + 0.5) / lines
    waves = np.arange(-_MAX_BANDS, _MAX_BANDS + _BAND_STEP / 2, _BAND_STEP)
    in_time = np.exp(-2j * np.pi * np.outer(frequencies, times)) * window  # (F, N)
    amplitude = in_time @ signal  # (F, R), half of the real amplitude
    along = amplitude @ np.exp(-2j * np.pi * np.outer(place, waves)) / lines  # (F, K)
    power = np.abs(along) ** 2
    strongest = power.max(axis=1)
    neighbours = float(np.median(strongest[beside]))
    index = int(np.flatnonzero(near)[np.argmax(strongest[near])])
    score = float(strongest[index] / max(neighbours, 1e-14))
    wave = int(np.argmax(power[index]))
    total = float(np.mean(np.abs(amplitude[index]) ** 2))
    coherence = float(power[index, wave] / total) if total > 0 else 0.0
    modulation = 2 * float(np.sqrt(power[index, wave]))
    detected = score >= DETECT_SCORE and modulation >= MIN_MODULATION and coherence >= MIN_COHERENCE
    return Flicker(
        True,
        detected,
        "bands" if detected else "none_found",
        rate,
        float(frequencies[index]),
        score,
        modulation,
        float(abs(waves[wave])),
        coherence,
        axis,
    )


def _without_trend(signal: F64, times: F64) -> F64:
    """Take a parabola in time off each line: exposure drifts and slow pans."""
    scaled = (times - times.mean()) / max(float(np.ptp(times)), 1e-9)
    base = np.stack([np.ones_like(scaled), scaled, scaled**2], axis=1)
    fitted, *_ = np.linalg.lstsq(base, signal, rcond=None)
    rest: F64 = signal - base @ fitted
    return rest
