"""Makes the clips and photos that the tests look at. Everything is rendered; nobody is in them.

| resource | what it is for |
|---|---|
| ``scene`` | a textured picture with a marked top left corner: orientation, sharpness |
| ``moving_clip`` | camera movement and cuts at known frames |
| ``slideshow`` | slides with swipes, one shown twice |
| ``variable_rate`` | frame times that no constant rate explains |
| ``rotated`` | a clip whose display matrix turns it |
| ``sound_only`` | no picture |
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from vidcheck import media

FPS = 25


def scene(seed: int, size: tuple[int, int] = (320, 180), *, mark: bool = False) -> media.U8:
    """A picture of coloured rectangles, different for each seed; ``mark`` paints the top left corner red."""
    rng = np.random.default_rng(seed)
    width, height = size
    picture = np.full((height, width, 3), rng.integers(40, 200, 3), dtype=np.uint8)
    for _ in range(40):
        x, y = rng.integers(0, width), rng.integers(0, height)
        w, h = rng.integers(8, width // 3), rng.integers(8, height // 3)
        cv2.rectangle(picture, (int(x), int(y)), (int(x + w), int(y + h)), rng.integers(0, 255, 3).tolist(), -1)
    if mark:
        picture[: height // 4, : width // 4] = (0, 0, 255)
    return picture


def pan(seed: int, count: int, size: tuple[int, int] = (320, 180)) -> Iterator[media.U8]:
    """Frames of a camera that moves over a larger picture, with a hand's shake."""
    width, height = size
    wide = scene(seed, (width * 2, height * 2))
    shake = np.random.default_rng(seed).integers(-2, 3, size=(count, 2))
    for i in range(count):
        x = int(np.clip(4 + i * 2 + shake[i, 0], 0, width))
        y = int(np.clip(6 + shake[i, 1], 0, height))
        yield wide[y : y + height, x : x + width].copy()


def moving_clip(path: Path, lengths: tuple[int, ...] = (50, 40, 30), **kwargs: object) -> Path:
    """A clip of moving shots with cuts after ``lengths`` frames."""

    def frames() -> Iterator[media.U8]:
        for seed, length in enumerate(lengths):
            yield from pan(seed, length)

    media.write_video(path, frames(), fps=FPS, **kwargs)  # type: ignore[arg-type]
    return path


def slideshow(path: Path, order: tuple[int, ...] = (1, 2, 3, 1), hold: int = 50, swipe: int = 6) -> Path:
    """Slides that are held and swiped away sideways, as slide-show apps do."""
    slides = {seed: scene(seed + 100) for seed in order}

    def frames() -> Iterator[media.U8]:
        for number, seed in enumerate(order):
            yield from (slides[seed] for _ in range(hold))
            if number + 1 < len(order):
                both = np.concatenate((slides[seed], slides[order[number + 1]]), axis=1)
                width = slides[seed].shape[1]
                for step in range(1, swipe + 1):
                    x = width * step // (swipe + 1)
                    yield both[:, x : x + width].copy()

    media.write_video(path, frames(), fps=FPS)
    return path


def variable_rate(path: Path, times_ms: tuple[int, ...]) -> Path:
    """A clip whose frames are shown at the given times, in milliseconds."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "veryfast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        from fractions import Fraction

        stream.codec_context.time_base = Fraction(1, 1000)
        stream.time_base = Fraction(1, 1000)
        for number, time_ms in enumerate(times_ms):
            frame = av.VideoFrame.from_ndarray(scene(number), format="bgr24")
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def rotated(path: Path, plain: Path, degrees: int) -> Path:
    """A copy of ``plain`` whose display matrix asks for a clockwise turn of ``degrees``."""
    import ffmpeg

    # ffmpeg's option counts counter-clockwise
    source = ffmpeg.input(str(plain), display_rotation=-degrees)
    ffmpeg.output(source, str(path), c="copy").global_args("-loglevel", "error").run(cmd=media.ffmpeg_binary())
    return path


def sound_only(path: Path) -> Path:
    """A second of tone without a picture."""
    import ffmpeg

    tone = ffmpeg.input("sine=frequency=440:duration=1", f="lavfi")
    ffmpeg.output(tone, str(path)).global_args("-loglevel", "error").run(cmd=media.ffmpeg_binary())
    return path
