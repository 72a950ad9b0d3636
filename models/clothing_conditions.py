"""Conditions of the clothing tests: as found, a 240-line repost, H.264 at 300 kbit/s, a dim room."""

from __future__ import annotations

import io

import cv2
import numpy as np
from clothing_pictures import U8, Rng, to_u8


def at_240p(picture: U8, rng: Rng) -> U8:
    """A person 144 px tall in a 240-line repost: the torso about 50 px high, JPEG quality 60."""
    h, w = picture.shape[:2]
    k = min(1.0, 50 / h)
    small = cv2.resize(picture, (max(8, round(w * k)), max(8, round(h * k))), interpolation=cv2.INTER_AREA)
    return cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], 1)


def dim(picture: U8, rng: Rng) -> U8:
    """A dim room: an eighth to a quarter of the light, sensor noise, warm light, gain partly restored, 100
    px, JPEG 50.
    """
    k = min(1.0, 100 / max(picture.shape[:2]))
    x = cv2.resize(picture, None, fx=k, fy=k, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    x = x * rng.uniform(0.12, 0.25) * np.array([0.75, 0.95, 1.15], np.float32)
    x = (x + rng.normal(0, 0.012, x.shape)) * 2.5
    return cv2.imdecode(cv2.imencode(".jpg", to_u8(x * 255), [cv2.IMWRITE_JPEG_QUALITY, 50])[1], 1)


def through_h264(pictures: list[U8], rng: Rng, kbit_s: int = 300) -> list[U8]:
    """Return the torsos after real H.264: six at a time in a moving 640 x 360 picture, frame 20 of 24 at 25
    frames/s.
    """
    out: list[U8] = []
    for start in range(0, len(pictures), 6):
        out += _h264_six(pictures[start : start + 6], rng, kbit_s)
    return out


def _h264_six(pictures: list[U8], rng: Rng, kbit_s: int) -> list[U8]:
    import av

    canvas = cv2.resize(cv2.GaussianBlur(pictures[0], (0, 0), 5), (760, 440), interpolation=cv2.INTER_CUBIC)
    canvas = to_u8(canvas * 0.7 + rng.normal(0, 3, canvas.shape))
    spots = []
    for i, picture in enumerate(pictures):
        k = min(1.0, 150 / picture.shape[0], 190 / picture.shape[1])
        small = cv2.resize(picture, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
        x, y = 70 + (i % 3) * 210, 60 + (i // 3) * 170
        canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
        spots.append((x, y, small.shape[1], small.shape[0]))
    file = io.BytesIO()
    moves = []
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 640, 360, "yuv420p", kbit_s * 1000
        speed = rng.uniform(-1.2, 1.2, 2)
        for t in range(24):  # a hand-held camera: drift and shake
            move = (60 + speed * t + rng.normal(0, 0.7, 2)).round().astype(int).clip(0, 78)
            moves.append(move)
            shown = canvas[move[1] : move[1] + 360, move[0] : move[0] + 640]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="bgr24")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file) as container:
        frame = list(container.decode(video=0))[20].to_ndarray(format="bgr24")
    out = []
    for x, y, w, h in spots:
        x0, y0 = max(0, x - int(moves[20][0])), max(0, y - int(moves[20][1]))
        out.append(np.ascontiguousarray(frame[y0 : y0 + h, x0 : x0 + w]))
    return out


def tests(crops: list[U8]) -> dict[str, list[U8]]:
    """Every real crop, clean and degraded, each condition with its own fixed seed."""
    rng = np.random.default_rng(7)
    return {
        "clean": crops,
        "240p": [at_240p(c, rng) for c in crops],
        "h264_300k": through_h264(crops, rng),
        "dim": [dim(c, rng) for c in crops],
    }
