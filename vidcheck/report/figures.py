"""The report's charts as plain SVG: the clip's lanes, the clues on a time line and on the hours of a day.

Charts use attributes only (no style sheet, no script), so that the same SVG stands in the HTML under a strict
content policy and in the PDF. Shades differ in lightness, so a black-and-white print can still be read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from vidcheck.report.format import Formatter
from vidcheck.report.glyphs import visible

WIDTH = 760
_LEFT, _RIGHT = 172, 12
_ROW = 26
_HOLDS_S = 0.3
_MOST_SPANS = 300  # of a lane, each drawn for itself
_SHORT = 2.0  # units of width, of which no eye tells several apart
INK, MUTED, RULE, PAPER = "#1d2733", "#5b6775", "#d5dbe1", "#f4f6f8"
ACCENT, ACCENT_PALE, WARN = "#1f4e79", "#b9cfe2", "#a4340f"
GRADE_FILL = {"strong": "#16395a", "moderate": "#4c7ba6", "weak": "#a9c3da", "contextual": "none"}
CLOTHES, CLOCK, NIGHT = "#8c7a4f", "#2b6242", "#3a4653"
_DARK = frozenset({ACCENT, GRADE_FILL["strong"], GRADE_FILL["moderate"], CLOTHES, CLOCK, NIGHT})
_STEPS = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=7),
    timedelta(days=14),
    timedelta(days=30),
    timedelta(days=90),
    timedelta(days=182),
    timedelta(days=365),
    timedelta(days=1826),
    timedelta(days=3652),
    timedelta(days=7305),
    timedelta(days=18262),
)


@dataclass(slots=True)
class Canvas:
    """Collects SVG elements; every text is escaped here and nowhere else."""

    height: float
    """Height in user units; the width is :data:`WIDTH`."""
    label: str
    """What the chart shows, for screen readers."""
    parts: list[str] = field(default_factory=list)
    """Elements so far."""
    attributes: str = ""
    """More attributes of the chart, for the page's script."""

    def rect(self, x: float, y: float, width: float, height: float, fill: str, **more: str) -> None:
        """Draw a rectangle."""
        attributes = "".join(f" {name.replace('_', '-')}={quoteattr(value)}" for name, value in more.items())
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" '
            f'fill="{fill}"{attributes}/>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1, dash: str = "") -> None:
        """Draw a line."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" '
            f'stroke-width="{width}"{dashed}/>'
        )

    def polygon(self, points: list[tuple[float, float]], fill: str) -> None:
        """Draw a filled polygon."""
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polygon points="{joined}" fill="{fill}"/>')

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 12,
        fill: str = INK,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Write one line of text."""
        weight = ' font-weight="600"' if bold else ""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}"{weight}>'
            f"{escape(visible(words))}</text>"
        )

    def svg(self) -> str:
        """Return the finished chart."""
        label = quoteattr(visible(self.label))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height:.0f}" role="img" '
            f"aria-label={label}{self.attributes}>{''.join(self.parts)}</svg>"
        )


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch on a lane of the clip."""

    start_s: float
    """Start, seconds of clip time."""
    end_s: float
    """End, seconds of clip time."""
    fill: str
    """Colour."""
    label: str = ""
    """Written inside where there is room."""
    of: str = ""
    """Id of the finding that the stretch belongs to; empty for none."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the clip's chart."""

    name: str
    """What it shows."""
    spans: tuple[Span, ...] = ()
    """Stretches."""
    heights: tuple[tuple[float, int], ...] = ()
    """``(time_s, value)`` pairs in order of time, drawn as columns instead of stretches.

    A column reaches to the next where that comes within 0.3 s: longer gaps were not looked at, or showed nobody.
    """
    unseen: str = ""
    """Why nothing was looked at; drawn instead of an empty row."""


def clip_chart(lanes: tuple[Lane, ...], duration_s: float, label: str, fmt: Formatter) -> str:
    """Draw the lanes of a clip over its time, seconds from the first frame."""
    duration = max(duration_s, 0.001)
    top, rows = 6.0, [46.0 if lane.heights else float(_ROW) for lane in lanes]
    ends = f' data-left="{_LEFT}" data-right="{WIDTH - _RIGHT}"'
    canvas = Canvas(top + sum(rows) + 26, label, attributes=ends)
    scale = (WIDTH - _LEFT - _RIGHT) / duration
    y = top
    for lane, height in zip(lanes, rows, strict=True):
        canvas.rect(_LEFT, y + 3, WIDTH - _LEFT - _RIGHT, height - 6, PAPER)
        canvas.text(_LEFT - 10, y + height / 2 + 4, _short(lane.name, 22), anchor="end", fill=MUTED)
        if lane.unseen:
            _hatch(canvas, _LEFT, y + 3, WIDTH - _LEFT - _RIGHT, height - 6)
            canvas.rect(_LEFT + 8, y + 5, 7.0 * len(lane.unseen) + 12, height - 10, "#ffffff")
            canvas.text(_LEFT + 14, y + height / 2 + 4, lane.unseen, fill=WARN, bold=True)
        for span in _apart(lane.spans, scale):
            x, width = _LEFT + span.start_s * scale, max((span.end_s - span.start_s) * scale, 2)
            x = min(x, WIDTH - _RIGHT - 2)
            width = min(width, WIDTH - _RIGHT - x)
            name = f"{lane.name} {span.label}".strip()
            place = {"data_t": f"{span.start_s:.3f}", "data_of": span.of, "data_name": visible(name)}
            canvas.rect(x, y + 3, max(width - 1, 1.5), height - 6, span.fill, **place)
            if span.label and width > 7.2 * len(span.label) + 8:
                fill = "#ffffff" if span.fill in _DARK else INK
                canvas.text(x + 5, y + height / 2 + 4, span.label, size=11, fill=fill)
        _columns(canvas, lane, y, height, scale)
        y += height
    _clip_axis(canvas, y, duration, scale, fmt)
    return canvas.svg()


def _apart(spans: tuple[Span, ...], scale: float) -> tuple[Span, ...]:
    """Of more stretches than can be told apart, draw those as one that are too short to be seen for themselves."""
    if len(spans) <= _MOST_SPANS:
        return spans
    found: list[Span] = []
    was_short = False
    for span in sorted(spans, key=lambda span: span.start_s):
        last, is_short = found[-1] if found else span, (span.end_s - span.start_s) * scale < _SHORT
        near = (span.start_s - last.end_s) * scale < 1.0
        if found and is_short and was_short and near and last.fill == span.fill:
            label, of = (last.label if last.label == span.label else ""), (last.of if last.of == span.of else "")
            found[-1] = replace(last, end_s=max(last.end_s, span.end_s), label=label, of=of)
        else:
            found.append(span)
        was_short = is_short
    return tuple(found)


def _columns(canvas: Canvas, lane: Lane, y: float, height: float, scale: float) -> None:
    """Draw counts as columns, at most one each two units, the highest where several fall together."""
    if not lane.heights:
        return
    top = max(value for _, value in lane.heights) or 1
    columns: dict[int, int] = {}
    following = [time_s for time_s, _ in lane.heights[1:]] + [math.inf]
    for (time_s, value), next_s in zip(lane.heights, following, strict=True):
        place = int(time_s * scale / 2)
        stop = int(next_s * scale / 2) if next_s - time_s <= _HOLDS_S else place
        for column in range(place, max(place + 1, stop)):
            columns[column] = max(columns.get(column, 0), value)
    for place, value in sorted(columns.items()):
        tall = (height - 10) * value / top
        x = min(_LEFT + place * 2.0, WIDTH - _RIGHT - 2.0)
        canvas.rect(x, y + height - 3 - tall, 2, tall, ACCENT)
    canvas.text(_LEFT - 10, y + height / 2 + 17, f"max {top}", size=10, anchor="end", fill=MUTED)


def _clip_axis(canvas: Canvas, y: float, duration: float, scale: float, fmt: Formatter) -> None:
    step = next(
        (s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600) if duration / s <= 9),
        7200.0,
    )
    for number in range(int(duration / step + 1e-9) + 1):
        x = _LEFT + number * step * scale
        canvas.line(x, y, x, y + 5, MUTED)
        canvas.text(x, y + 18, _axis_time(number * step, step, fmt), size=10.5, anchor="middle", fill=MUTED)


def _axis_time(time_s: float, step: float, fmt: Formatter) -> str:
    full = fmt.clip_time(time_s)
    return full[:-2] if step < 1 else full[:-4]


def _hatch(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    for number in range(int(width // 12)):
        start = x + number * 12
        canvas.line(start, y + height, start + min(height, 12), y, "#e2b8a8")


@dataclass(frozen=True, slots=True)
class ClueBar:
    """One clue on the time line."""

    id: str
    """Clue id."""
    name: str
    """Where it comes from."""
    grade: str
    """Grade code, which sets the shade."""
    earliest: datetime | None
    """Start, zone aware, or None where open."""
    latest: datetime | None
    """End, zone aware, or None where open."""
    used: bool
    """Whether it set the interval."""


def clue_chart(
    bars: tuple[ClueBar, ...],
    earliest: datetime | None,
    latest: datetime | None,
    result: str,
    label: str,
    fmt: Formatter,
) -> str:
    """Draw clues as bars on a time line, the resulting interval as a band over all of them.

    The axis covers the clues that set the interval; a clue that lies outside is drawn as an arrow at the edge
    with its date. Returns an empty string where no clue and no result has a bound.
    """
    dated = [bar for bar in bars if bar.earliest or bar.latest]
    chosen = [bar for bar in dated if bar.used] or dated
    bounds = [end for bar in chosen for end in (bar.earliest, bar.latest) if end]
    bounds += [end for end in (earliest, latest) if end]
    if not bounds:
        return ""
    low, high = min(bounds), max(bounds)
    pad = max((high - low) * 0.12, timedelta(minutes=2))
    axis = _Axis(low - pad, high + pad, _LEFT, WIDTH - _RIGHT)
    canvas = Canvas(_ROW * (len(dated) + 1) + 56, label)
    bottom = 8 + _ROW * (len(dated) + 1) + 4
    _time_ticks(canvas, axis, 4, bottom, fmt)
    if earliest or latest:
        x1 = axis.x(earliest) if earliest else axis.left
        x2 = axis.x(latest) if latest else axis.right
        canvas.rect(x1 - 1, 4, max(x2 - x1, 0) + 2, bottom - 4, ACCENT, fill_opacity="0.10")
        _bar(canvas, axis, earliest, latest, 8, ACCENT, "none", fmt)
        canvas.text(_LEFT - 10, 8 + 16, result, anchor="end", bold=True, fill=ACCENT)
    for row, bar in enumerate(dated, start=1):
        y = 8 + _ROW * row
        canvas.text(
            _LEFT - 10,
            y + 16,
            _short(f"{bar.id} {bar.name}", 23),
            anchor="end",
            fill=INK if bar.used else MUTED,
        )
        fill = GRADE_FILL.get(bar.grade, "#cccccc")
        _bar(canvas, axis, bar.earliest, bar.latest, y, fill, GRADE_FILL["moderate"], fmt)
    return canvas.svg()


@dataclass(frozen=True, slots=True)
class _Axis:
    low: datetime
    high: datetime
    left: float
    right: float

    def x(self, moment: datetime) -> float:
        share = (moment - self.low) / (self.high - self.low)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)


def _bar(
    canvas: Canvas,
    axis: _Axis,
    earliest: datetime | None,
    latest: datetime | None,
    y: float,
    fill: str,
    edge: str,
    fmt: Formatter,
) -> None:
    """Draw one bar; open ends fade into an arrow, ends outside the axis into an arrow with the date."""
    if (earliest and earliest > axis.high) or (latest and latest < axis.low):
        after = bool(earliest and earliest > axis.high)
        moment = earliest if after else latest
        assert moment is not None
        x, turn = (axis.right - 3, -1) if after else (axis.left + 3, 1)
        canvas.polygon([(x, y + 13), (x + 8 * turn, y + 8), (x + 8 * turn, y + 18)], GRADE_FILL["moderate"])
        canvas.text(
            x + 14 * turn,
            y + 17,
            fmt.short_date(fmt.local(moment), year=True),
            size=10.5,
            fill=MUTED,
            anchor="end" if after else "start",
        )
        return
    open_left, open_right = earliest is None or earliest < axis.low, latest is None or latest > axis.high
    x1 = axis.left if earliest is None else axis.x(earliest)
    x2 = axis.right if latest is None else axis.x(latest)
    if x2 - x1 < 4:
        middle = min((x1 + x2) / 2, axis.right - 2)
        x1, x2 = middle - 2.5, middle + 2.5
    inner1, inner2 = x1 + (9 if open_left else 0), x2 - (9 if open_right else 0)
    outline = {} if fill != "none" else {"stroke": edge, "stroke_dasharray": "3 2"}
    tall = 12 if fill != "none" else 10
    canvas.rect(inner1, y + 13 - tall / 2, inner2 - inner1, tall, fill, **outline)
    tip = edge if fill == "none" else fill
    if open_left:
        canvas.polygon([(x1, y + 13), (inner1, y + 7), (inner1, y + 19)], tip)
    if open_right:
        canvas.polygon([(x2, y + 13), (inner2, y + 7), (inner2, y + 19)], tip)


def _time_ticks(canvas: Canvas, axis: _Axis, top: float, bottom: float, fmt: Formatter) -> None:
    span = axis.high - axis.low
    step = next((step for step in _STEPS if span / step <= 6), _STEPS[-1])
    low = fmt.local(axis.low)
    midnight = low.replace(hour=0, minute=0, second=0, microsecond=0)
    tick = midnight + step * math.ceil((low - midnight) / step) if step < timedelta(days=1) else midnight + step
    previous = None
    while tick <= axis.high:
        x = axis.x(tick)
        canvas.line(x, top, x, bottom, RULE)
        day = fmt.short_date(tick, year=step >= timedelta(days=60))
        if step < timedelta(days=1):
            canvas.text(
                x,
                bottom + 14,
                fmt.clock(tick, seconds=step < timedelta(minutes=1)),
                size=10.5,
                anchor="middle",
                fill=MUTED,
            )
            if tick.date() != previous:
                canvas.text(x, bottom + 28, fmt.short_date(tick, year=True), size=10.5, anchor="middle", fill=MUTED)
        else:
            canvas.text(x, bottom + 14, day, size=10.5, anchor="middle", fill=MUTED)
            if step < timedelta(days=60) and tick.year != previous:
                canvas.text(x, bottom + 28, str(tick.year), size=10.5, anchor="middle", fill=MUTED)
        previous = tick.date() if step < timedelta(days=1) else tick.year
        tick += step
    canvas.line(axis.left, bottom, axis.right, bottom, MUTED)


@dataclass(frozen=True, slots=True)
class DayLane:
    """One row of the chart of a day."""

    name: str
    """What it shows."""
    weights: tuple[float, ...] = ()
    """24 weights by local hour, largest 1, drawn as shade."""
    spans: tuple[tuple[float, float], ...] = ()
    """Stretches in hours of the day."""
    fill: str = ACCENT
    """Colour."""


def day_chart(lanes: tuple[DayLane, ...], label: str, fmt: Formatter) -> str:
    """Draw lanes over the 24 hours of a day, local time; empty where there is no lane."""
    if not lanes:
        return ""
    canvas = Canvas(_ROW * len(lanes) + 32, label)
    scale = (WIDTH - _LEFT - _RIGHT) / 24
    bottom = 6.0 + _ROW * len(lanes)
    for row, lane in enumerate(lanes):
        y = 6.0 + _ROW * row
        canvas.rect(_LEFT, y + 3, 24 * scale, _ROW - 6, PAPER)
        canvas.text(_LEFT - 10, y + 17, _short(lane.name, 23), anchor="end", fill=MUTED)
        top = max(lane.weights, default=0.0)
        for hour, weight in enumerate(lane.weights[:24]):
            if top > 0 and weight > 0:
                tall = (_ROW - 6) * weight / top
                canvas.rect(_LEFT + hour * scale + 0.5, y + _ROW - 3 - tall, scale - 1, tall, lane.fill)
        for start, end in lane.spans:
            canvas.rect(_LEFT + start * scale, y + 3, max((end - start) * scale, 3), _ROW - 6, lane.fill)
    for hour in range(0, 25, 3):
        x = _LEFT + hour * scale
        canvas.line(x, 6, x, bottom, RULE, 0.6)
        separator = "." if fmt.lang == "id" else ":"
        canvas.text(
            x,
            bottom + 16,
            f"{hour:02d}{separator}00",
            size=10.5,
            anchor="end" if hour == 24 else "middle",
            fill=MUTED,
        )
    return canvas.svg()


def _short(words: str, limit: int) -> str:
    return words if len(words) <= limit else words[: limit - 1] + "…"
