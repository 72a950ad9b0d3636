"""Provinces, kabupaten and kota: time zone, coordinates, and the names people use for them."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from vidcheck.errors import UsageError
from vidcheck.facts._files import read_csv

PlaceKind = Literal["provinsi", "kota", "kabupaten"]

ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
"""Keppres 41/1987: the three zones and an IANA zone for each (sources S-84, S-85)."""

INDONESIA_BOX = (-11.1, 95.0, 6.1, 141.1)
"""South, west, north, east in degrees."""

_ALIASES = {
    "jakarta": "dki jakarta", "dk jakarta": "dki jakarta", "dki": "dki jakarta",
    "jabar": "jawa barat", "jateng": "jawa tengah", "jatim": "jawa timur",
    "jogja": "kota yogyakarta", "yogya": "kota yogyakarta", "jogjakarta": "kota yogyakarta",
    "diy": "di yogyakarta", "daerah istimewa yogyakarta": "di yogyakarta", "solo": "kota surakarta",
    "sumut": "sumatera utara", "sumbar": "sumatera barat", "sumsel": "sumatera selatan",
    "sumatra utara": "sumatera utara", "sumatra barat": "sumatera barat", "sumatra selatan": "sumatera "
    "selatan",
    "kepri": "kepulauan riau", "babel": "kepulauan bangka belitung", "bangka belitung": "kepulauan bangka "
    "belitung",
    "kalbar": "kalimantan barat", "kalteng": "kalimantan tengah", "kalsel": "kalimantan selatan",
    "kaltim": "kalimantan timur", "kaltara": "kalimantan utara",
    "sulut": "sulawesi utara", "sulteng": "sulawesi tengah", "sulsel": "sulawesi selatan",
    "sultra": "sulawesi tenggara", "sulbar": "sulawesi barat",
    "ntb": "nusa tenggara barat", "ntt": "nusa tenggara timur", "malut": "maluku utara",
    "ujung pandang": "kota makassar", "siantar": "kota pematangsiantar", "tangsel": "kota tangerang selatan",
    "kukar": "kabupaten kutai kartanegara", "kutim": "kabupaten kutai timur", "kubar": "kabupaten kutai "
    "barat",
    "muba": "kabupaten musi banyuasin", "oki": "kabupaten ogan komering ilir", "oku": "kabupaten ogan "
    "komering ulu",
    "hst": "kabupaten hulu sungai tengah", "hss": "kabupaten hulu sungai selatan", "hsu": "kabupaten hulu "
    "sungai utara",
}  # fmt: skip

_PREFIXES: dict[str, PlaceKind] = {
    "kota administrasi": "kota", "kota adm": "kota", "kotamadya": "kota", "kota": "kota",
    "pemerintah kota": "kota", "pemkot": "kota", "pemko": "kota",
    "kabupaten": "kabupaten", "kab": "kabupaten", "pemerintah kabupaten": "kabupaten", "pemkab": "kabupaten",
    "provinsi": "provinsi", "propinsi": "provinsi", "prov": "provinsi", "pemprov": "provinsi",
    "pemerintah provinsi": "provinsi",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A province, kabupaten or kota."""

    name: str
    """Name without its kind, for example ``Palembang``."""
    kind: PlaceKind
    """What it is; decides whose working hours apply."""
    province: str
    """Name of its province; its own name for a province."""
    iso: str
    """ISO 3166-2 code of the province."""
    zone: Literal["WIB", "WITA", "WIT"]
    """Zone letters."""
    tz: str
    """IANA zone."""
    capital: str
    """Seat of its government."""
    lat: float
    """Latitude in degrees, north positive."""
    lon: float
    """Longitude in degrees, east positive."""
    coordinates: Literal["own_seat", "province_capital"]
    """Whose coordinates they are: sun times of ``province_capital`` can be off by several minutes."""

    @property
    def zoneinfo(self) -> ZoneInfo:
        """The zone as a ``tzinfo``."""
        return ZoneInfo(self.tz)

    @property
    def full_name(self) -> str:
        """Name with its kind, for example ``Kota Palembang``."""
        return f"{self.kind.capitalize()} {self.name}"


@lru_cache(maxsize=1)
def all_places() -> tuple[Place, ...]:
    """Return the 38 provinces and 514 kabupaten and kota (sources S-84, S-156, S-157)."""
    return tuple(
        Place(
            name=row["name"], kind=row["kind"], province=row["province"], iso=row["iso"],  # type: ignore[arg-type]
            zone=row["zone"], tz=row["iana"], capital=row["capital"],  # type: ignore[arg-type]
            lat=float(row["lat"]), lon=float(row["lon"]), coordinates=row["coordinates"],  # type: ignore[arg-type]
        )
        for row in read_csv("places.csv")
    )  # fmt: skip


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.casefold()).strip()


def _tight(text: str) -> str:
    return text.replace(" ", "")


@lru_cache(maxsize=1)
def _index() -> dict[str, tuple[Place, ...]]:
    """Map each normalised name, without spaces, to its places; seats only where no place bears the name."""
    names: dict[str, list[Place]] = {}
    for place in all_places():
        names.setdefault(_tight(_key(place.name)), []).append(place)
    seats: dict[str, list[Place]] = {}
    for place in all_places():
        seat = _tight(_key(place.capital))
        if place.kind == "kabupaten" and seat and seat not in names:
            seats.setdefault(seat, []).append(place)
    return {name: tuple(found) for name, found in {**seats, **names}.items()}


def _split_kind(text: str) -> tuple[str, PlaceKind | None]:
    for prefix in sorted(_PREFIXES, key=len, reverse=True):
        if text.startswith(prefix + " "):
            return text[len(prefix) + 1 :], _PREFIXES[prefix]
    return text, None


def _candidates(text: str) -> tuple[Place, ...]:
    key = _ALIASES.get(text, text)
    key, kind = _split_kind(key)
    key = _ALIASES.get(key, key) if kind else key
    found = _index().get(_tight(key), ())
    return tuple(place for place in found if kind is None or place.kind == kind)


def suggest(text: str, count: int = 5) -> tuple[str, ...]:
    """Return names of places that are spelled like ``text``, likeliest first."""
    name, _ = _split_kind(_key(text))
    names = {_tight(_key(place.name)): place for place in reversed(all_places())}
    close = difflib.get_close_matches(_tight(name), names, n=count, cutoff=0.6)
    return tuple(names[match].full_name for match in close)


def resolve(place: str | None) -> Place | None:
    """Return the place that ``place`` names.

    Accepts names with or without their kind (``Palembang``, ``Kota Palembang``, ``Pemko Banjarmasin``,
    ``Kab. Banjar``), usual short forms (``Kalsel``, ``Jogja``) and a province after a comma
    (``Banjar, Jawa Barat``). Where a kota, a kabupaten and a province share a name and none is said, the kota
    is taken, then the kabupaten.

    Parameters
    ----------
    place:
        The name, or None or blank where no place was given.

    Returns
    -------
    Place | None
        None only where no place was given.

    Raises
    ------
    UsageError
        If no place bears the name, with names that are spelled like it; or if several in different provinces
        do.
    """
    if place is None or not place.strip():
        return None
    head, _, tail = place.partition(",")
    found = _candidates(_key(head))
    if tail.strip():
        provinces = {candidate.iso for candidate in _candidates(_key(tail))}
        if not provinces:
            raise _unknown(tail)
        found = tuple(candidate for candidate in found if candidate.iso in provinces)
    if not found:
        raise _unknown(place)
    rank = {"kota": 0, "kabupaten": 1, "provinsi": 2}
    best = min(rank[candidate.kind] for candidate in found)
    chosen = [candidate for candidate in found if rank[candidate.kind] == best]
    if len({candidate.iso for candidate in found}) > 1:
        options = "; ".join(f"{option.full_name}, {option.province}" for option in found)
        raise UsageError(f"Several places are called {place.strip()!r}: {options}.", "Add the province after a comma.")
    return chosen[0]


def _unknown(text: str) -> UsageError:
    near = suggest(text)
    remedy = f"Did you mean: {', '.join(near)}?" if near else "Give a kota, kabupaten or province of Indonesia."
    return UsageError(f"No place called {text.strip()[:60]!r}.", remedy)


def zones_at(lat: float, lon: float) -> tuple[tzinfo, ...]:
    """Return the zones that a position can be in, earliest local midnight first.

    In Indonesia those of the seats within 150 km (or of the nearest), so that a position near the border of two zones
    keeps both; elsewhere the nautical zone with one hour before and two after, since states choose their own.

    Parameters
    ----------
    lat, lon:
        Degrees, north and east positive.
    """
    south, west, north, east = INDONESIA_BOX
    if south <= lat <= north and west <= lon <= east:
        near = sorted((_distance_km(place, lat, lon), place.tz) for place in all_places())
        names = {tz for distance, tz in near if distance <= 150} or {near[0][1]}
        order = ("Asia/Jayapura", "Asia/Makassar", "Asia/Pontianak", "Asia/Jakarta")
        kept = [name for name in order if name in names]
        if "Asia/Jakarta" in kept and "Asia/Pontianak" in kept:
            kept.remove("Asia/Pontianak")  # the same clock
        return tuple(ZoneInfo(name) for name in kept)
    nautical = round(lon / 15)
    hours = [hour for hour in range(nautical + 2, nautical - 2, -1) if -12 <= hour <= 14]
    return tuple(timezone(timedelta(hours=hour)) for hour in hours)


def _distance_km(place: Place, lat: float, lon: float) -> float:
    return math.hypot((place.lat - lat) * 111.2, (place.lon - lon) * 111.2 * math.cos(math.radians(lat)))


def nearest(lat: float, lon: float, within_km: float = 100.0) -> tuple[Place, float] | None:
    """Return the kota or kabupaten whose seat is nearest and its distance in km, or None where none is near."""
    seats = (place for place in all_places() if place.coordinates == "own_seat")
    best = min(seats, key=lambda place: _distance_km(place, lat, lon))
    distance = _distance_km(best, lat, lon)
    return (best, distance) if distance <= within_km else None


def zone_label(tz: str | None) -> str | None:
    """Return WIB, WITA or WIT for an IANA zone of Indonesia, else None."""
    labels = {"Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
    return labels.get(tz or "")
