"""Write docs/licences.md: every library that an installation brings along, with its licence.

    python docs/make_licences.py [--check]

Read from the metadata of what is installed, starting from pyproject.toml. ``--check`` writes nothing and ends with
exit code 1 where an installed library is not listed, or is listed with another licence.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"
EXTRAS = ("credentials", "dask")
HEAD = """# Licences of the libraries

vidcheck itself is AGPL-3.0-or-later. This is what an installation brings along (with the extras `credentials` and
`dask`), as the libraries' own metadata state it; written by `python docs/make_licences.py`, compared by a test. Those
marked proprietary are CUDA libraries that the default build of PyTorch for Linux asks for. vidcheck does not use them,
and a PyTorch built for the processor alone comes without them.

Native code inside the packages: `av` carries FFmpeg, which states LGPL-3.0-or-later, beside x264 and x265
(GPL-2.0-or-later); `imageio-ffmpeg` carries an FFmpeg program under GPL-3.0-or-later; `pillow-heif` carries libheif and
libde265 (LGPL-3.0-or-later) and x265; `opencv-python-headless` carries OpenCV (Apache-2.0) and FFmpeg (LGPL). Where the
models come from, and under which terms, is in their cards in `models/`.

| Library | Licence | Asked for by |
|---|---|---|
"""


def licence_of(name: str) -> str:
    """Return the licence of an installed library in one line: the expression, the classifiers, or the first line."""
    data = importlib.metadata.metadata(name)
    if expression := data.get("License-Expression"):
        return expression
    classes = [c.split(" :: ")[-1] for c in data.get_all("Classifier") or () if c.startswith("License ::")]
    said = next((line.strip() for line in (data.get("License") or "").splitlines() if line.strip()), "")
    if classes and classes != ["OSI Approved"]:
        return ", ".join(sorted(set(classes)))
    return (said or "not stated")[:60]


def libraries() -> dict[str, tuple[str, str]]:
    """Return canonical name to (licence, who asks for it) for everything that vidcheck needs and is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = project["dependencies"] + [item for extra in EXTRAS for item in project["optional-dependencies"][extra]]
    queue = [(Requirement(item), "vidcheck") for item in asked]
    found: dict[str, tuple[str, str]] = {}
    while queue:
        requirement, by = queue.pop(0)
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not _holds(requirement)):
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found[name] = (licence_of(name), by)
        for item in distribution.requires or ():
            more = Requirement(item)
            if more.marker is None or _holds(more, requirement.extras):
                queue.append((more, name))
    return dict(sorted(found.items()))


def _holds(requirement: Requirement, extras: set[str] | frozenset[str] = frozenset()) -> bool:
    assert requirement.marker is not None
    return any(requirement.marker.evaluate({"extra": extra}) for extra in (*extras, ""))


def listed() -> dict[str, str]:
    """Return what the page says: canonical name to licence."""
    rows = re.findall(r"^\| ([a-z0-9-]+) \| (.+?) \| \S+ \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return dict(rows)


def main() -> None:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    found = libraries()
    if parser.parse_args().check:
        page = listed()
        wrong = [name for name, (licence, _) in found.items() if page.get(name) != licence]
        if wrong:
            sys.exit(f"docs/licences.md does not list: {', '.join(wrong)}. Run: python docs/make_licences.py")
        return
    rows = [f"| {name} | {licence} | {by} |" for name, (licence, by) in found.items()]
    PAGE.write_text(HEAD + "\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main()
