"""Facts for the time tests: a source, texts and observations from short descriptions."""

from __future__ import annotations

from typing import Any

from vidcheck.types import (
    ClothingObservation,
    Crop,
    FrameRef,
    LightingObservation,
    OverlayText,
    Source,
    TextReading,
)


def frame(time_s: float) -> FrameRef:
    """Return a frame of a clip with 25 frames and 25000 ticks a second."""
    return FrameRef(round(time_s * 25), round(time_s * 25000), time_s)


def source(
    path: str = "clip.mp4",
    *,
    tags: dict[str, dict[str, str]] | None = None,
    duration_s: float = 20.0,
    kind: str = "video",
) -> Source:
    """Return a file with this name and these tags."""
    return Source(
        path=path,
        sha256="0" * 64,
        size_bytes=1000,
        kind=kind,
        container="mov",
        codec="h264",  # type: ignore[arg-type]
        width_px=720,
        height_px=1280,
        rotation_deg=0,
        time_base="1/25000",
        start_pts=0,
        duration_s=0.0 if kind == "image" else duration_s,
        duration_declared_s=duration_s,
        frames_decoded=500,
        pts_origin="photo" if kind == "image" else "container",
        has_audio=True,
        tags=tags or {},
    )


def text(
    content: str,
    *,
    kind: str = "overlay",
    start: int = 0,
    seconds: int = 1,
    standing: bool = False,
    id_: str = "t1",
    confidence: float = 0.97,
    box: tuple[float, float, float, float] = (20, 40, 320, 70),
) -> OverlayText:
    """Return a text read once a second; ``{i}`` counts seconds from ``start`` on."""
    readings = tuple(
        TextReading(frame(float(i)), box, content.replace("{i}", f"{start + i:02d}"), confidence)
        for i in range(max(1, seconds))
    )
    return OverlayText(
        id=id_,
        first=readings[0].frame,
        last=readings[-1].frame,
        box_xyxy_px=box,
        text_raw=readings[0].text_raw,
        text=readings[0].text_raw,
        confidence=confidence,
        kind=kind,  # type: ignore[arg-type]
        changes="{i}" in content and not standing,
        readings=readings,
    )


def light(label: str, probability: float, shot: int = 0) -> LightingObservation:
    """Return what one shot shows."""
    return LightingObservation(shot, label, probability, {}, (frame(0.0),))  # type: ignore[arg-type]


def garment(label: str, probability: float, person: str = "p1") -> ClothingObservation:
    """Return what one person's clothing is consistent with."""
    crop = Crop(frame(1.0), (10, 10, 60, 90))
    return ClothingObservation(person, label, probability, {label: probability}, (crop,), False)  # type: ignore[arg-type]


def scenario_facts(data: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of one scenario, as :func:`vidcheck.timing.gather_clues` takes them."""
    described = data["source"]
    clip = source(
        described["path"],
        tags=described.get("tags"),
        duration_s=described.get("duration_s", 20.0),
        kind=described.get("kind", "video"),
    )
    texts = []
    for number, entry in enumerate(data.get("overlays", ()), start=1):
        box = (20.0, 40.0 * number, 320.0, 40.0 * number + 30)
        texts.append(
            text(
                entry["text"],
                kind=entry["kind"],
                start=entry.get("start", 0),
                seconds=entry.get("seconds", 1),
                standing=entry.get("standing", False),
                id_=f"t{number}",
                box=box,
            )
        )
    return {
        "source": clip,
        "overlays": tuple(texts),
        "lighting": tuple(light(e["label"], e["probability"], n) for n, e in enumerate(data.get("lighting", ()))),
        "clothing": tuple(garment(e["label"], e["probability"]) for e in data.get("clothing", ())),
    }
