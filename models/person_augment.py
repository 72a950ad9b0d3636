"""Domain augmentation for the person detector: makes clean photos look like frames of viral video.

Everything works on BGR uint8 arrays (height, width, 3) and boxes of shape (n, 4) in pixels, (x1, y1, x2,
y2). The geometric functions return a new image with its boxes, the photometric ones only an image.
Randomness comes from the numpy generator passed in, so a case can be replayed from its seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

Image = Any  # OpenCV's and numpy's array types do not agree with each other
Boxes = Any
Sample = tuple[Image, Boxes]

_LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 !?@#.:"))


def clip_boxes(boxes: Boxes, width: int, height: int, kept_share: float = 0.35) -> Boxes:
    """Clip boxes to the picture and drop those of which less than `kept_share` of the area remains
    visible.
    """
    if not len(boxes):
        return boxes.reshape(0, 4).astype(np.float32)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    clipped = boxes.astype(np.float32).copy()
    clipped[:, 0::2] = clipped[:, 0::2].clip(0, width)
    clipped[:, 1::2] = clipped[:, 1::2].clip(0, height)
    visible = (clipped[:, 2] - clipped[:, 0]) * (clipped[:, 3] - clipped[:, 1])
    return clipped[(visible > kept_share * area) & (visible > 9)]


def covered_share(boxes: Boxes, cover: Boxes) -> Image:
    """Share (0..1) of each box's area that lies inside the `cover` rectangle (x1, y1, x2, y2)."""
    wide = np.minimum(boxes[:, 2], cover[2]) - np.maximum(boxes[:, 0], cover[0])
    high = np.minimum(boxes[:, 3], cover[3]) - np.maximum(boxes[:, 1], cover[1])
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return wide.clip(0) * high.clip(0) / np.maximum(area, 1e-6)


def zoom_on_people(image: Image, boxes: Boxes, rng: np.random.Generator) -> Sample:
    """Crop around one person with some surroundings, as when a clip is filmed from the next table."""
    if not len(boxes):
        return image, boxes
    height, width = image.shape[:2]
    x1, y1, x2, y2 = boxes[rng.integers(len(boxes))]
    side = max(x2 - x1, y2 - y1) * rng.uniform(0.9, 3.0)
    side = float(np.clip(side, 0.3 * min(width, height), max(width, height)))
    aspect = np.exp(rng.uniform(-0.5, 0.5))
    crop_w, crop_h = min(width, side * aspect), min(height, side / aspect)
    centre_x = (x1 + x2) / 2 + rng.uniform(-0.3, 0.3) * crop_w
    # Aim above the middle of the person: frames cut off legs far more often than heads.
    centre_y = y1 + (y2 - y1) * rng.uniform(0.15, 0.6)
    left = int(np.clip(centre_x - crop_w / 2, 0, width - crop_w))
    top = int(np.clip(centre_y - crop_h / 2, 0, height - crop_h))
    right, bottom = int(left + crop_w), int(top + crop_h)
    if right - left < 32 or bottom - top < 32:
        return image, boxes
    moved = boxes - np.array([left, top, left, top], np.float32)
    # A leg or an arm at the crop's edge is not worth a label: a quarter of the box must be left.
    return _resize_long(
        image[top:bottom, left:right], clip_boxes(moved, right - left, bottom - top, 0.25), max(height, width)
    )


def _resize_long(image: Image, boxes: Boxes, long_side: int) -> Sample:
    height, width = image.shape[:2]
    scale = long_side / max(height, width)
    size = max(2, round(width * scale)), max(2, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), (boxes * scale).astype(np.float32)


def letterbox_bars(image: Image, boxes: Boxes, rng: np.random.Generator) -> Sample:
    """Put the picture between bars, black or a blurred blow-up of itself, as portrait re-uploads show."""
    height, width = image.shape[:2]
    if rng.random() < 0.5:
        canvas_h, canvas_w = height, int(width * rng.uniform(1.2, 2.2))
    else:
        canvas_h, canvas_w = int(height * rng.uniform(1.2, 2.2)), width
    if rng.random() < 0.5:
        canvas = np.full((canvas_h, canvas_w, 3), rng.integers(0, 40), np.uint8)
    else:
        small = cv2.resize(image, (max(2, canvas_w // 16), max(2, canvas_h // 16)), interpolation=cv2.INTER_AREA)
        canvas = cv2.resize(small, (canvas_w, canvas_h), interpolation=cv2.INTER_CUBIC)
    left, top = (canvas_w - width) // 2, (canvas_h - height) // 2
    canvas[top : top + height, left : left + width] = image
    moved = boxes + np.array([left, top, left, top], np.float32)
    return _resize_long(canvas, moved, max(height, width))


def screen_in_screen(inner: Sample, outer: Sample, rng: np.random.Generator) -> Sample:
    """Paste one picture, seen at an angle, into another: a phone filming a television, or a reaction
    video.
    """
    image, boxes = inner
    background, behind = outer[0].copy(), outer[1]
    height, width = background.shape[:2]
    inner_h, inner_w = image.shape[:2]
    scale = min(width / inner_w, height / inner_h) * rng.uniform(0.5, 0.95)
    wide, high = inner_w * scale, inner_h * scale
    left, top = rng.uniform(0, width - wide), rng.uniform(0, height - high)
    corners = np.array([[left, top], [left + wide, top], [left + wide, top + high], [left, top + high]], np.float32)
    corners += rng.uniform(-0.07, 0.07, (4, 2)).astype(np.float32) * np.array([wide, high], np.float32)
    source = np.array([[0, 0], [inner_w, 0], [inner_w, inner_h], [0, inner_h]], np.float32)
    warp = cv2.getPerspectiveTransform(source, corners)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, corners.astype(np.int32), 255)
    frame = int(rng.integers(0, 8))
    if frame:  # the bezel of the screen
        cv2.polylines(background, [corners.astype(np.int32)], True, (15, 15, 15), 2 * frame)
    warped = cv2.warpPerspective(image, warp, (width, height), flags=cv2.INTER_LINEAR)
    background[mask > 0] = warped[mask > 0]
    cover = np.concatenate([corners.min(0), corners.max(0)])
    if len(behind):
        behind = behind[covered_share(behind, cover) < 0.5]
    if len(boxes):
        points = np.stack([boxes[:, [0, 1]], boxes[:, [2, 1]], boxes[:, [2, 3]], boxes[:, [0, 3]]], 1)
        points = cv2.perspectiveTransform(points.reshape(-1, 1, 2).astype(np.float32), warp).reshape(-1, 4, 2)
        boxes = np.concatenate([points.min(1), points.max(1)], 1)
    both = np.concatenate([behind.reshape(-1, 4), boxes.reshape(-1, 4)]).astype(np.float32)
    return background, clip_boxes(both, width, height)


def copy_paste(target: Sample, source: Sample, rng: np.random.Generator) -> Sample:
    """Paste up to three people of `source` into `target` under a soft oval mask (the data has no
    outlines).
    """
    image, boxes = target[0].copy(), target[1]
    height, width = image.shape[:2]
    for index in rng.permutation(len(source[1]))[: int(rng.integers(1, 4))]:
        x1, y1, x2, y2 = source[1][index].round().astype(int)
        patch = source[0][max(0, y1) : y2, max(0, x1) : x2]
        if min(patch.shape[:2]) < 20:
            continue
        scale = min(rng.uniform(0.6, 1.4), 0.8 * height / patch.shape[0], 0.6 * width / patch.shape[1])
        patch = cv2.resize(patch, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        high, wide = patch.shape[:2]
        if min(high, wide) < 16:
            continue
        if rng.random() < 0.5:
            patch = patch[:, ::-1]
        left, top = int(rng.integers(0, width - wide + 1)), int(rng.integers(0, height - high + 1))
        row, column = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j]
        alpha = np.clip((1.25 - (np.abs(column) ** 4 + np.abs(row) ** 6)) * 4, 0, 1)[..., None].astype(np.float32)
        region = image[top : top + high, left : left + wide]
        region[:] = (patch * alpha + region * (1 - alpha)).astype(np.uint8)
        pasted = np.array([left, top, left + wide, top + high], np.float32)
        if len(boxes):
            boxes = boxes[covered_share(boxes, pasted) < 0.6]
        boxes = np.concatenate([boxes.reshape(-1, 4), pasted[None]])
    return image, boxes.astype(np.float32)


def video_compression(image: Image, rng: np.random.Generator) -> Image:
    """Imitate low-bitrate video: coarse block quantisation at reduced size, then a deblocking blur.

    A real H.264 encoder costs a hundred times more; the loss of detail, the flat blocks and the smeared
    chroma are what the detector has to get used to.
    """
    height, width = image.shape[:2]
    scale = rng.uniform(0.35, 1.0)
    small = cv2.resize(image, (max(16, int(width * scale)), max(16, int(height * scale))), interpolation=cv2.INTER_AREA)
    quality = int(rng.integers(8, 45))
    ok, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        return image
    small = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    if rng.random() < 0.5:
        small = cv2.medianBlur(small, 3)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def jpeg(image: Image, rng: np.random.Generator) -> Image:
    """One JPEG generation at quality 10 to 60."""
    ok, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(10, 60))])
    return cv2.imdecode(coded, cv2.IMREAD_COLOR) if ok else image


def low_light(image: Image, rng: np.random.Generator) -> Image:
    """Darken, tint as coloured room light does, and add sensor noise that grows with the gain."""
    gain = rng.uniform(0.15, 0.7)
    tint = 1 + rng.uniform(-0.25, 0.25, 3) * (rng.random() < 0.6)
    table = (np.arange(256) / 255) ** rng.uniform(1.0, 1.6) * gain * 255
    dark = cv2.LUT(image, table.astype(np.float32)[:, None]) * tint.astype(np.float32)
    noise = rng.standard_normal(image.shape, np.float32) * np.float32(rng.uniform(2, 12))
    return np.clip(dark + noise, 0, 255).astype(np.uint8)


def motion_blur(image: Image, rng: np.random.Generator) -> Image:
    """Blur along a straight line of 3 to 13 pixels in any direction."""
    length = int(rng.integers(3, 14)) | 1
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
    middle = (length - 1) / 2
    start, end = np.round(middle - reach).astype(int), np.round(middle + reach).astype(int)
    cv2.line(kernel, tuple(int(v) for v in start), tuple(int(v) for v in end), 1.0)
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def overlays(image: Image, rng: np.random.Generator) -> Image:
    """Captions, watermarks and flat stickers, as editing apps add them; each covers a small part of the
    picture.
    """
    image = image.copy()
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(1, 5))):
        colour = tuple(int(v) for v in (rng.integers(0, 256, 3) if rng.random() < 0.5 else [255, 255, 255]))
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        if rng.random() < 0.65:
            text = "".join(rng.choice(_LETTERS, int(rng.integers(3, 22))))
            size = rng.uniform(0.35, 1.3) * max(height, width) / 416
            thick = int(rng.integers(1, 4))
            (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, thick)
            x = int(rng.integers(-wide // 4, max(1, width - wide // 2)))
            if rng.random() < 0.4:
                box_colour = tuple(int(v) for v in rng.integers(0, 256, 3))
                cv2.rectangle(image, (x - 3, y - high - 3), (x + wide + 3, y + 4), box_colour, -1)
            elif rng.random() < 0.6:
                cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), thick + 2, cv2.LINE_AA)
            cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick, cv2.LINE_AA)
        else:
            radius = int(rng.uniform(0.02, 0.08) * max(height, width))
            cv2.ellipse(image, (x, y), (radius, int(radius * rng.uniform(0.6, 1.4))), 0, 0, 360, colour, -1)
            cv2.circle(image, (x - radius // 3, y - radius // 4), max(1, radius // 6), (0, 0, 0), -1)
            cv2.circle(image, (x + radius // 3, y - radius // 4), max(1, radius // 6), (0, 0, 0), -1)
    return image


def degrade(image: Image, rng: np.random.Generator) -> Image:
    """Apply the photometric steps in the order a clip meets them: light, motion, editing, compression.

    About half of all pictures pass unharmed, so that clean photos stay well detected.
    """
    if rng.random() < 0.5:
        return image
    if rng.random() < 0.3:
        image = low_light(image, rng)
    if rng.random() < 0.25:
        image = motion_blur(image, rng)
    if rng.random() < 0.3:
        image = overlays(image, rng)
    if rng.random() < 0.4:
        image = video_compression(image, rng)
    if rng.random() < 0.4:
        image = jpeg(image, rng)
    return image


def rearrange(sample: Sample, other: Callable[[], Sample], rng: np.random.Generator) -> Sample:
    """Apply at most a few geometric steps to a sample; `other` returns another random sample when one is
    needed.
    """
    image, boxes = sample
    if rng.random() < 0.3:
        image, boxes = zoom_on_people(image, boxes, rng)
    if rng.random() < 0.12:
        image, boxes = copy_paste((image, boxes), other(), rng)
    chance = rng.random()
    if chance < 0.06:
        image, boxes = screen_in_screen((image, boxes), other(), rng)
    elif chance < 0.14:
        image, boxes = letterbox_bars(image, boxes, rng)
    return image, boxes
