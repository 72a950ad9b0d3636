"""The pictures of the report's example: drawn shapes, nobody real."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw


def draw_figure(size: tuple[int, int], shirt: str, pattern: str = "") -> Image.Image:
    """Draw a faceless figure: a head, a torso with a plain or dotted shirt."""
    width, height = size
    image = Image.new("RGB", size, "#8d8476")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, height * 0.8, width, height), fill="#5d5346")
    pen.ellipse((width * 0.36, height * 0.05, width * 0.64, height * 0.28), fill="#3c3a38")
    pen.rounded_rectangle((width * 0.22, height * 0.28, width * 0.78, height * 0.78), width * 0.1, fill=shirt)
    if pattern:
        for x in range(int(width * 0.26), int(width * 0.74), max(width // 12, 4)):
            for y in range(int(height * 0.32), int(height * 0.74), max(width // 12, 4)):
                pen.ellipse((x, y, x + width // 24 + 1, y + width // 24 + 1), fill=pattern)
    return image


def draw_scene(boxes: tuple[tuple[int, int, int, int], ...], caption: str = "") -> Image.Image:
    """Draw a room with figures and, where wanted, the boxes that were counted."""
    image = Image.new("RGB", (1280, 720), "#6f6a62")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 480, 1280, 720), fill="#4a443c")
    for number, (x1, y1, x2, y2) in enumerate(boxes):
        shirt = ("#12449a", "#12449a", "#a3835a", "#dfe3e6")[number % 4]
        image.paste(draw_figure((x2 - x1, y2 - y1), shirt, "#cc9834" if number % 4 < 2 else ""), (x1, y1))
        pen.rectangle((x1, y1, x2, y2), outline="#ffffff", width=4)
        pen.text((x1 + 8, y1 + 6), f"p{number + 1}", fill="#ffffff", font_size=28)
    if caption:
        pen.text((30, 640), caption, fill="#ffffff", font_size=34)
    return image


def example_pictures(folder: Path) -> None:
    """Save the pictures of the example; ``media/p3-2.jpg`` is left out on purpose."""
    media = folder / "media"
    media.mkdir(parents=True, exist_ok=True)
    boxes = ((90, 150, 330, 660), (360, 170, 590, 660), (620, 140, 860, 660), (900, 190, 1130, 660))
    draw_scene(boxes).save(media / "count-minimum.jpg")
    draw_scene(boxes[:2]).save(media / "count-korpri_batik.jpg")
    draw_scene(boxes[2:3]).save(media / "count-pdh_khaki.jpg")
    draw_scene(boxes[:2], "Selasa, 14 Oktober 2025 10.15.07 WIB").save(media / "shot-0.jpg")
    draw_scene(boxes[1:4]).save(media / "shot-1.jpg")
    draw_scene((), "VIRAL!!! jam kerja malah karaoke").save(media / "shot-2.jpg")
    looks = {
        "p1": ("#12449a", "#cc9834"),
        "p2": ("#12449a", "#cc9834"),
        "p3": ("#a3835a", ""),
        "p4": ("#dfe3e6", ""),
        "p5": ("#55504a", "#6f6a62"),
    }
    for person, (shirt, pattern) in looks.items():
        for number in (1, 2):
            if (person, number) != ("p3", 2):
                draw_figure((240, 520), shirt, pattern).save(media / f"{person}-{number}.jpg")
            draw_figure((200, 240), shirt, pattern).crop((30, 60, 170, 190)).save(
                media / f"{person}-clothing-{number}.jpg"
            )
    for name, words in {
        "t1": "Selasa, 14 Oktober 2025 10.15.07 WIB",
        "t2": "VIRAL!!!",
        "t3": "@akun_contoh",
        "l1": "DINAS CONTOH",
        "l2": "@akun_contoh",
    }.items():
        strip = Image.new("RGB", (60 + 15 * len(words), 60), "#333333")
        ImageDraw.Draw(strip).text((20, 10), words, fill="#ffffff", font_size=28)
        strip.save(media / f"{name}.jpg")
