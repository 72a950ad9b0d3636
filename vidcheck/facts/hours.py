"""Working-hours rules: which hours count on a day at a place, and what an official would object.

Hours come from the local regulation or circular; what it leaves out is filled from the national rule, and the
result says so. Where neither is known the answer is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Any, Literal

from vidcheck.facts import calendar
from vidcheck.facts._files import read_yaml
from vidcheck.facts.places import Place, all_places
from vidcheck.types import OpenException, Words

Week = Literal["five", "six"]
Status = Literal["sourced", "computed", "unverified"]
DayKind = Literal["workday", "weekend", "libur_nasional", "cuti_bersama"]

_JAKARTA = "ID-JK"
_KEYS: dict[str, range | tuple[int, ...]] = {
    "mon_thu": range(4),
    "mon_fri": range(5),
    "fri": (4,),
    "sat": (5,),
    "mon_thu_sat": (0, 1, 2, 3, 5),
}


@dataclass(frozen=True, slots=True)
class DayRule:
    """The hours of one day at one place."""

    id: str
    """Id of the rule, for example ``kota_palembang`` or ``national_normal``."""
    name: Words
    """What rule it is; says so where it is the national fallback."""
    kind: DayKind
    """Whether it is a day of work at all."""
    periods: tuple[tuple[time, time], ...]
    """Stretches of work in local time, the break taken out; empty on a day off."""
    break_: tuple[time, time] | None
    """The break, or None where there is none."""
    break_is_local: bool
    """False where the break was filled from the national rule."""
    hours: str
    """As text, for example ``07:30-16:00 break 12:00-13:00``."""
    status: Status
    """How well it is known."""
    sources: tuple[str, ...]
    """Source keys."""
    notes: tuple[Words, ...]
    """What was filled in or is not confirmed."""


def day_rule(place: Place, day: date, *, week: Week = "five") -> DayRule | None:
    """Return the rule for ``day`` at ``place``, or None where no hours are known.

    Parameters
    ----------
    place:
        Whose employees are asked about: a kota or kabupaten has its own rule, a province another.
    day:
        Local date.
    week:
        Five-day week, or six-day week of units with direct public service.
    """
    notes: list[Words] = []
    if calendar.calendar_status(day.year) == "library_only":
        notes.append(
            Words(
                id=f"Hari libur tahun {day.year} belum dicocokkan dengan SKB.",
                en=f"The holidays of {day.year} were not compared with the decree.",
            )
        )
    off = _day_off(day, week)
    if off is not None:
        return _off_rule(day, *off, tuple(notes))
    in_ramadan = calendar.ramadan(day)
    if in_ramadan is None:
        notes.append(
            Words(
                id=f"Tanggal Ramadan {day.year} tidak ada dalam tabel; dipakai jam biasa.",
                en=f"The dates of Ramadan in {day.year} are not in the table; normal hours were used.",
            )
        )
    period = "ramadan" if in_ramadan else "normal"
    national = _pick("national", None, period, week, day)
    if place.iso == _JAKARTA:  # its kota have no government of their own
        place = next(one for one in all_places() if one.kind == "provinsi" and one.iso == _JAKARTA)
    local = _pick(place.kind, place, period, week, day)
    if place.kind != "provinsi" and (other := _provincial(place, period, week, day)) is not None:
        notes.append(other)
    return _merge(place, local, national, day, notes)


def _provincial(place: Place, period: str, week: Week, day: date) -> Words | None:
    """Name the rule of the province, which binds its own employees at the place."""
    province = next(one for one in all_places() if one.kind == "provinsi" and one.iso == place.iso)
    spec = _spec(_pick("provinsi", province, period, week, day), day.weekday())
    if not spec.get("start") or not spec.get("end"):
        return None
    hours = f"{spec['start']}-{spec['end']}"
    return Words(
        id=f"Pegawai provinsi mengikuti aturan {province.full_name}: {hours.replace(':', '.')}.",
        en=f"Provincial employees follow the rule of {province.full_name}: {hours}.",
    )


def _day_off(day: date, week: Week) -> tuple[DayKind, Words] | None:
    found = calendar.holiday(day)
    if found is not None:
        return found.kind, Words(id=found.name, en=f"{found.name} ({found.kind.replace('_', ' ')})")
    if day.weekday() == 6 or (day.weekday() == 5 and week == "five"):
        return "weekend", Words(id="akhir pekan", en="weekend")
    return None


def _off_rule(day: date, kind: DayKind, why: Words, notes: tuple[Words, ...]) -> DayRule:
    if kind == "cuti_bersama":
        extra = Words(
            id="Unit pelayanan publik dapat tetap bekerja pada cuti bersama.",
            en="Public-service units may work on collective leave.",
        )
        notes = (*notes, extra)
    sources = ("S-54", "S-55") if kind == "weekend" else ("S-142", "S-143", "S-145", "S-146", "S-147")
    return DayRule(
        id="weekend" if kind == "weekend" else "national_holidays",
        name=Words(id=f"Hari libur: {why.id}", en=f"Day off: {why.en}"),
        kind=kind,
        periods=(),
        break_=None,
        break_is_local=False,
        hours="-",
        status="sourced" if not notes or kind == "cuti_bersama" else "unverified",
        sources=sources,
        notes=notes,
    )


@lru_cache(maxsize=1)
def _rules() -> tuple[dict[str, Any], ...]:
    return tuple(read_yaml("hours.yaml")["rules"])


def _pick(scope: str, place: Place | None, period: str, week: Week, day: date) -> dict[str, Any] | None:
    found = []
    for rule in _rules():
        if rule["scope"] != scope or rule["period"] != period or rule.get("week", "five") != week:
            continue
        if place is not None and rule["place"] != place.name:
            continue
        if place is not None and rule.get("province", place.province) != place.province:
            continue
        if rule.get("year", day.year) != day.year:
            continue
        if place is not None and "from" in rule and day < date.fromisoformat(rule["from"]):
            continue
        found.append(rule)
    return max(found, key=lambda rule: (str(rule.get("year", "")), str(rule.get("from", "")))) if found else None


def _spec(rule: dict[str, Any] | None, weekday: int) -> dict[str, str]:
    if rule is None:
        return {}
    for key, spec in rule["days"].items():
        if weekday in _KEYS[key]:
            parts = dict(spec)
            if "hours" in parts:
                parts["start"], parts["end"] = parts.pop("hours").split("-")
            return parts
    return {}


def _merge(
    place: Place, local: dict[str, Any] | None, national: dict[str, Any] | None, day: date, notes: list[Words]
) -> DayRule | None:
    own, fallback = _spec(local, day.weekday()), _spec(national, day.weekday())
    parts = {key: own.get(key) or fallback.get(key) for key in ("start", "end", "break")}
    if not parts["start"] or not parts["end"]:
        return None
    filled = [key for key in ("start", "end", "break") if key not in own and fallback.get(key)]
    if own and filled:
        names_id = {"start": "jam masuk", "end": "jam pulang", "break": "istirahat"}
        names_en = {"start": "start", "end": "end", "break": "break"}
        notes.append(
            Words(
                id=f"Dari aturan nasional, karena tidak ada dalam sumber setempat: "
                f"{', '.join(names_id[k] for k in filled)}.",
                en=f"From the national rule, because the local source leaves it out: "
                f"{', '.join(names_en[k] for k in filled)}.",
            )
        )
    base = local if own else national
    assert base is not None  # start and end came from one of the two
    status: Status = "unverified" if own and {"start", "end"} & set(filled) else base["status"]
    if not own and "from" in base and day < date.fromisoformat(base["from"]):
        status = "unverified"
        notes.append(
            Words(
                id="Peraturan nasional yang berlaku sebelum 12 April 2023 tidak ada dalam tabel; dipakai "
                "jam yang sama.",
                en="The national rule before 12 April 2023 is not in the tables; the same hours were used.",
            )
        )
    start, end = time.fromisoformat(parts["start"]), time.fromisoformat(parts["end"])
    rest = None
    if parts["break"] and parts["break"] != "none":
        low, high = (time.fromisoformat(text) for text in parts["break"].split("-"))
        rest = (low, high) if start < low and high < end else None
    periods = ((start, rest[0]), (rest[1], end)) if rest else ((start, end),)
    hours = f"{parts['start']}-{parts['end']}" + (f" break {parts['break']}" if rest else "")
    return DayRule(
        id=str(base["id"]),
        name=_name(place, base if own else None),
        kind="workday",
        periods=periods,
        break_=rest,
        break_is_local="break" in own,
        hours=hours,
        status=status,
        sources=tuple(base["sources"]),
        notes=tuple(notes),
    )


def _name(place: Place, rule: dict[str, Any] | None) -> Words:
    if rule is None:
        return Words(
            id="Aturan nasional (Perpres 21/2023) sebagai pengganti; "
            f"aturan {place.full_name} untuk hari itu tidak ada dalam tabel",
            en="National rule (Perpres 21/2023) as a fallback; "
            f"the rule of {place.full_name} for that day is not in the tables",
        )
    season_id = " pada bulan Ramadan" if rule["period"] == "ramadan" else ""
    season_en = " in Ramadan" if rule["period"] == "ramadan" else ""
    return Words(id=f"Aturan {place.full_name}{season_id}", en=f"Rule of {place.full_name}{season_en}")


@lru_cache(maxsize=1)
def exceptions() -> tuple[OpenException, ...]:
    """Return the explanations that officials gave in real cases, and the document that settles each."""
    return tuple(
        OpenException(
            id=entry["id"],
            words=Words(id=entry["id_text"], en=entry["en_text"]),
            settled_by=Words(id=entry["id_settled"], en=entry["en_settled"]),
        )
        for entry in read_yaml("exceptions.yaml")
    )
