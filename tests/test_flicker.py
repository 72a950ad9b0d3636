"""Mains flicker on made clips: a lamp, a rolling shutter, camera noise, motion, and real coding."""

from __future__ import annotations

import io

import numpy as np
import pytest

from vidcheck import flicker


def film(
    *, fps: float = 30.0, seconds: float = 2.0, depth: float = 0.1, readout_s: float = 0.02, pulse_hz: float =
    100.0, exposure_s: float = 0.004, motion: float = 0.0, pan: float = 0.0, noise: float = 2.0, jitter_s:
    float = 0.0, size: tuple[int, int] = (72, 128), seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Film a textured scene under a pulsing lamp with a rolling shutter: times (N,) and luma frames (N, H,
    W).

    The lamp is integrated over each line's exposure: an exposure of a whole pulse hides it, as in a real
    phone.
    """
    rng = np.random.default_rng(seed)
    height, width = size
    scene = rng.uniform(0.08, 0.5, (height // 10 + 2, width // 10 + 30))
    scene = np.kron(scene, np.ones((10, 10)))
    count = int(seconds * fps)
    times = np.arange(count) / fps
    true = times + rng.uniform(-jitter_s, jitter_s, count)
    frames = np.empty((count, height, width))
    start = np.arange(height) / height * readout_s
    phase = rng.uniform(0, 2 * np.pi)
    for k in range(count):
        shift = int(pan * k)
        linear = scene[:height, shift : shift + width].copy()
        if motion:
            x = int((0.5 + 0.4 * np.sin(2 * np.pi * 0.7 * times[k])) * (width - 40))
            linear[16:64, x : x + 40] *= 1 - motion
        t0 = true[k] + start
        omega = 2 * np.pi * pulse_hz
        pulse = (np.sin(omega * (t0 + exposure_s) + phase) - np.sin(omega * t0 + phase)) / (omega * exposure_s)
        linear *= (1 + depth * pulse)[:, None]
        frames[k] = np.clip(linear, 0, 1) ** (1 / 2.2) * 255 + rng.normal(0, noise, linear.shape)
    return times, np.clip(frames, 0, 255)


def test_frames(times, frames):
    return flicker.detect_flicker(times, frames.mean(axis=2), frames.mean(axis=1))


test_frames.__test__ = False


@pytest.mark.parametrize(
    ("pulse", "rate", "beat"),
    [(100, 30, 10), (100, 29.97, 10.09), (100, 25, 0), (100, 60, 20), (100, 24, 4), (120, 30, 0)],
)
def test_beat_frequency(pulse, rate, beat):
    assert flicker.folded_hz(pulse, rate) == pytest.approx(beat, abs=1e-6)


def test_beat_needs_a_frame_rate():
    with pytest.raises(ValueError, match="frame rate"):
        flicker.folded_hz(100, 0)


@pytest.mark.parametrize("fps", [30.0, 29.97, 24.0, 60.0])
@pytest.mark.parametrize("readout", [0.005, 0.015, 0.03])
def test_bands_are_found_and_counted(fps, readout):
    result = test_frames(*film(fps=fps, readout_s=readout))
    assert result.testable and result.detected and result.axis == "rows"
    assert result.beat_hz == pytest.approx(flicker.folded_hz(100, fps), abs=0.6)
    assert result.bands == pytest.approx(100 * readout, abs=0.4)
    assert 0.02 < result.modulation < 0.06  # 10% in light is about 4.5% in coded values


def test_bands_survive_motion_and_weak_lamps():
    assert test_frames(*film(depth=0.03, motion=0.5)).detected


def test_upright_phone_has_bands_along_columns():
    times, frames = film(readout_s=0.02)
    result = test_frames(times, frames.transpose(0, 2, 1))
    assert result.detected and result.axis == "columns"


def test_uneven_frame_times_are_used_as_they_are():
    rng = np.random.default_rng(3)
    times, frames = film(fps=240.0, seconds=2.0)
    keep = np.sort(rng.choice(len(times), 60, replace=False))
    keep = keep[np.insert(np.diff(keep) > 2, 0, True)]
    regular, _ = film(fps=30.0)
    assert len(keep) > 30 and len(regular) == 60
    result = test_frames(times[keep], frames[keep])
    # The median rate of an uneven clip decides where the beat is sought; it must not claim bands elsewhere.
    assert not result.detected or abs(result.beat_hz - flicker.folded_hz(100, result.frame_rate_hz)) < 0.7


@pytest.mark.parametrize("seed", range(6))
def test_daylight_with_motion_and_pan_is_not_called_flicker(seed):
    result = test_frames(*film(depth=0.0, motion=0.6, pan=(seed % 4) * 0.7, noise=1 + seed % 3, seed=seed))
    assert result.testable and not result.detected


def test_exposure_of_a_whole_pulse_hides_the_lamp():
    result = test_frames(*film(exposure_s=0.01))
    assert result.testable and not result.detected


def test_lamp_on_another_mains_is_not_claimed():
    assert not test_frames(*film(pulse_hz=120.0, fps=24.0)).detected
    times, frames = film(pulse_hz=120.0, fps=25.0)
    assert flicker.detect_flicker(times, frames.mean(axis=2), mains_hz=60.0).detected


def test_what_cannot_be_tested_says_so():
    assert test_frames(*film(fps=25.0)).reason == "standing_bands"
    assert test_frames(*film(fps=50.0)).reason == "standing_bands"
    assert test_frames(*film(seconds=0.5)).reason == "too_short"
    times, frames = film()
    assert test_frames(times, frames * 0.02).reason == "too_dark"
    for result in (test_frames(*film(fps=25.0)), test_frames(*film(seconds=0.5))):
        assert not result.testable and not result.detected and result.score is None


def test_bad_input_is_refused():
    times, frames = film(seconds=1.0)
    with pytest.raises(ValueError, match="increase"):
        flicker.detect_flicker(times[::-1].copy(), frames.mean(axis=2))
    with pytest.raises(ValueError, match="lines"):
        flicker.detect_flicker(times, frames.mean(axis=2)[:-1])


def code_and_decode(frames: np.ndarray, fps: int, bitrate: int) -> np.ndarray:
    """Send luma frames through H.264 with B-frames, whose period of three frames is that of the 10 Hz
    beat."""
    av = pytest.importorskip("av")
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream(
            "libx264", rate=fps, options={"bf": "2", "b-adapt": "0", "g": "30", "sc_threshold": "0"}
        )
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
        stream.bit_rate = bitrate
        for frame in frames:
            picture = np.repeat(frame.astype(np.uint8)[..., None], 3, axis=2)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as container:
        return np.stack([f.to_ndarray(format="gray") for f in container.decode(video=0)]).astype(float)


@pytest.mark.parametrize("bitrate", [60_000, 400_000])
def test_coding_with_b_frames_does_not_fake_bands(bitrate):
    times, frames = film(depth=0.0, motion=0.5, size=(180, 320), seed=bitrate % 7)
    coded = code_and_decode(frames, 30, bitrate)
    assert not test_frames(times[: len(coded)], coded).detected


def test_coding_at_a_messengers_rate_leaves_bands():
    times, frames = film(depth=0.10, motion=0.5, size=(180, 320))
    coded = code_and_decode(frames, 30, 400_000)
    assert test_frames(times[: len(coded)], coded).detected
