"""The review page: over real HTTP, and in a real Chromium."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import media as make
from tests.review_case import make_case
from vidcheck import case_decisions, decisions, report, store
from vidcheck.decisions import Examiner
from vidcheck.errors import InputError, OutputError
from vidcheck.review.server import PAGE, Review, serve
from vidcheck.review.wording import TEXT

WHO = Examiner("Ibu Pemeriksa", "option")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip as long as the example says, 14.6 s; it plays in a browser."""
    return make.moving_clip(tmp_path_factory.mktemp("review") / "clip.mp4", (130, 145, 90))


@pytest.fixture(scope="module")
def master(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case folder with the example's findings, said to be of the clip."""
    return make_case(clip, tmp_path_factory.mktemp("master") / "clip", "en")


@pytest.fixture
def folder(master: Path, tmp_path: Path) -> Path:
    """A case folder of its own."""
    return Path(shutil.copytree(master, tmp_path / "out" / "clip"))


@contextmanager
def serving(folder: Path, *more: str | Path) -> Iterator[str]:
    """The page's address while the command runs in a process of its own; it must end without an error."""
    command = [sys.executable, "-m", "vidcheck.cli", "review", folder, "--no-browser", "--examiner", WHO.name, *more]
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=180)
    assert process.returncode == 0
    assert said.strip().endswith("report.html")


class Client:
    """A browser that can be told to misbehave."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        assert parts.hostname == "127.0.0.1" and parts.port
        self.port = parts.port
        self.start = f"{parts.path}?{parts.query}"
        self.cookie = ""

    def ask(
        self, path: str, *, method: str = "GET", body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = {"Host": f"127.0.0.1:{self.port}", **({"Cookie": self.cookie} if self.cookie else {})}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        # putrequest normalises nothing: the path goes out as it is
        connection.putrequest(method, path, skip_host=True)
        for name, value in sent.items():
            if value:
                connection.putheader(name, value)
        if data is not None:
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        answer = connection.getresponse()
        found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def enter(self) -> Client:
        status, headers, _ = self.ask(self.start)
        assert (status, headers["location"]) == (303, "/")
        cookie = headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=strict" in cookie
        self.cookie = cookie.partition(";")[0]
        return self

    def post(self, body: Any, path: str = "/decisions", **headers: str) -> tuple[int, dict[str, Any]]:
        own = {"Origin": f"http://127.0.0.1:{self.port}", "Content_Type": "application/json", **headers}
        status, answer, data = self.ask(path, method="POST", body=body, **own)
        return status, json.loads(data) if answer.get("content-type") == "application/json" else {}

    def state(self) -> dict[str, Any]:
        status, _, data = self.ask("/state")
        assert status == 200, data
        return json.loads(data)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- over HTTP


@pytest.fixture(scope="module")
def served(master: Path, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Path]]:
    """One server for the tests that only look, and for decisions that do not get in each other's way."""
    folder = Path(shutil.copytree(master, tmp_path_factory.mktemp("served") / "clip"))
    with serving(folder, "--clip", clip) as address:
        yield Client(address).enter(), folder


def test_nothing_is_shown_without_the_token(served: tuple[Client, Path]) -> None:
    known, _ = served
    stranger = Client(f"http://127.0.0.1:{known.port}{known.start}")
    for path in ("/", "/state", "/files/report.html", "/files/analysis.json", "/clip", "/review.js"):
        status, headers, body = stranger.ask(path)
        assert status == 403, path
        assert b"token" in body and "set-cookie" not in headers
    assert stranger.ask("/start?token=wrong")[0] == 403
    status, headers, body = stranger.ask(stranger.start)  # the right one, but it counts once
    assert status == 403 and b"opened before" in body and "set-cookie" not in headers
    status, headers, _ = known.ask(known.start)  # the browser that has it may open the address again
    assert (status, headers["location"]) == (303, "/")
    assert stranger.ask("/start")[0] == 403
    stranger.cookie = f"vidcheck-{known.port}=guess"
    assert stranger.ask("/state")[0] == 403
    assert stranger.post({})[0] == 403


def test_other_names_and_other_origins_are_refused(served: tuple[Client, Path]) -> None:
    known, folder = served
    for host in ("evil.example", f"evil.example:{known.port}", "127.0.0.1", "127.0.0.1:1", "[::1]"):
        assert known.ask("/state", Host=host)[0] == 421, host
    assert known.ask(known.start, Host=f"rebound.example:{known.port}")[0] == 421
    wish = {"head": known.state()["head"], "action": "note", "kind": "clip", "ids": [], "note": "x"}
    for origin in (
        "http://evil.example",
        "null",
        f"http://localhost:{known.port}",
        f"https://127.0.0.1:{known.port}",
        "",
    ):
        assert known.post(wish, Origin=origin)[0] == 403, origin
    assert known.ask("/state", Origin="http://evil.example")[0] == 403
    assert known.post(wish, Content_Type="text/plain")[0] == 409  # a form of another page cannot send JSON
    assert known.ask("/state", Host=f"localhost:{known.port}")[0] == 200
    assert not (folder / decisions.FILE).exists()


def test_every_answer_forbids_what_it_can(served: tuple[Client, Path]) -> None:
    known, _ = served
    for path in ("/", "/state", "/files/media/p1-1.jpg", "/nothing"):
        _, headers, _ = known.ask(path)
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
    _, headers, _ = known.ask("/files/report.html")
    assert headers["content-security-policy"].startswith("sandbox")
    assert "allow-same-origin" not in headers["content-security-policy"]
    page = (PAGE / "review.html").read_text("utf-8")
    assert not re.search(r"<script(?! src=\"/review\.js\" defer>)|\son\w+=|style=|https?://", page)
    assert "innerHTML" not in (PAGE / "review.js").read_text("utf-8")


@pytest.mark.parametrize(
    "path",
    [
        "../../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd", "..%2f..%2fetc/passwd", "/etc/passwd", "media/../../secret.txt",
        "manifest.json", "secret.txt", "media/link.jpg", "media", "", "media/p1-1.jpg%00", "media\\p1-1.jpg",
    ],
)  # fmt: skip
def test_only_what_the_manifest_lists_is_handed_out(served: tuple[Client, Path], path: str) -> None:
    known, folder = served
    (folder.parent / "secret.txt").write_text("secret")
    assert known.ask(f"/files/{path}")[0] == 404
    status, headers, data = known.ask("/files/media/p1-1.jpg")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    assert data == (folder / "media" / "p1-1.jpg").read_bytes()


def test_the_clip_is_served_in_ranges(served: tuple[Client, Path], clip: Path) -> None:
    known, _ = served
    status, headers, data = known.ask("/clip", Range="bytes=100-299")
    assert status == 206
    assert headers["content-range"] == f"bytes 100-299/{clip.stat().st_size}"
    assert data == clip.read_bytes()[100:300]


def test_bad_requests_are_told(served: tuple[Client, Path]) -> None:
    known, _ = served
    head = known.state()["head"]
    wish = {"head": head, "action": "note", "kind": "clip", "ids": [], "note": "x"}
    assert known.post(b"no json")[0] == 400
    assert known.post({**wish, "action": "delete"})[0] == 400
    assert known.post({**wish, "head": "00"})[0] == 409
    assert known.post({**wish, "note": ""})[0] == 409
    assert known.post({**wish, "note": "x" * 70_000})[0] == 409
    status, said = known.post({**wish, "action": "merge", "kind": "person", "ids": ["p3", "p4"]})
    assert status == 409 and "both seen in frame" in said["error"]
    assert known.ask("/decisions")[0] == 405
    assert known.ask("/nothing")[0] == 404
    assert known.state()["head"] == head


def test_decisions_over_http(folder: Path) -> None:
    with serving(folder) as address:
        known = Client(address).enter()
        state = known.state()
        assert (state["clip"], state["examiner"]["name"]) == (None, "Ibu Pemeriksa")
        assert [f["id"] for f in state["figures"]] == ["p1", "p2", "p3", "p4", "p5"]
        assert state["counts"][0]["machine"] == state["counts"][0]["human"]
        status, state = known.post(
            {"head": state["head"], "action": "merge", "kind": "person", "ids": ["p2", "p3"], "note": "lengan"}
        )
        assert status == 200
        assert [f["id"] for f in state["figures"]] == ["p1", "p2+p3", "p4", "p5"]
        assert state["counts"][0]["human"][1] == state["counts"][0]["machine"][1] - 1
        assert state["not_in_report"] == 1
        assert case_decisions.read(folder).record.decisions[0].note == "lengan"
        assert store.verify(folder) == ()
        # Somebody decides on the command line meanwhile: the page must look first.
        case_decisions.decide(
            folder, [lambda a, j: decisions.draft(a, j, "note", "clip", [], note="x")], WHO, with_report=False
        )
        wish = {"head": state["head"], "action": "drop", "kind": "person", "ids": ["p5"], "reason": "reflection"}
        status, said = known.post(wish)
        assert status == 409 and "added meanwhile" in said["error"]
        status, state = known.post({**wish, "head": known.state()["head"]})
        assert status == 200 and [f["id"] for f in state["dropped"]] == ["p5"]
        status, state = known.post({}, "/report")
        assert (status, state["not_in_report"]) == (200, 0)
        known.post({"head": state["head"], "action": "note", "kind": "frame", "ids": [], "at_s": 2.4, "note": "meja"})
    # Stopping brought the report up to date.
    assert report.decisions_in(folder) == 4
    assert "meja" in (folder / "report.html").read_text("utf-8")
    assert store.verify(folder) == ()


def test_tampering_is_refused_at_the_door_and_later(folder: Path, clip: Path, tmp_path: Path) -> None:
    review = Review(folder, WHO, lang="id", clip=clip)
    assert review.state()["lang"] == "id"
    with pytest.raises(InputError, match="is not the clip of this case"):
        Review(folder, WHO, clip=make.moving_clip(tmp_path / "other.mp4", (5,)))
    case_decisions.decide(
        folder, [lambda a, j: decisions.draft(a, j, "note", "clip", [], note="salah")], WHO, with_report=False
    )
    path = folder / decisions.FILE
    path.write_bytes(path.read_bytes().replace(b"salah", b"benar"))
    with pytest.raises(InputError, match="not what the manifest says"):
        review.state()
    with pytest.raises(InputError, match=r"altered: decisions\.jsonl"):
        Review(folder, WHO)
    with pytest.raises(InputError, match=r"no readable manifest|no case folder"):
        Review(tmp_path, WHO)


def test_a_taken_port_is_told(folder: Path, served: tuple[Client, Path]) -> None:
    with pytest.raises(OutputError, match=f"Port {served[0].port} cannot be used"):
        serve(Review(folder, WHO), port=served[0].port, open_browser=False)


def test_every_word_of_the_page_is_there_in_both_languages() -> None:
    script = (PAGE / "review.js").read_text("utf-8")
    used = set(re.findall(r'\bw\("(\w+)"', script)) | {"text", "lead", "clue", "light", "all", "people", "findings"}
    assert used <= set(TEXT)
    unused = set(TEXT) - used - {"decisions"}
    assert not unused
    for key, words in TEXT.items():
        assert words.id and words.en
        assert set(re.findall(r"{\w+}", words.id)) == set(re.findall(r"{\w+}", words.en)), key


# ---------------------------------------------------------------- in a browser

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium of the system."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install .[test])")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield running
        running.close()


def until(page: Any, condition: str | Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for a condition in the page. Playwright's own way needs eval, which the page forbids."""
    end = time.monotonic() + seconds
    while not (page.evaluate(condition) if isinstance(condition, str) else condition()):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(50)


def test_an_examiner_reviews_a_case(browser: Any, folder: Path, clip: Path) -> None:
    with serving(folder, "--clip", clip) as address:
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        context.set_default_timeout(120_000)  # a busy machine is slow, not wrong
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        foreign: list[str] = []
        origin = address.partition("/start")[0]
        page.on("request", lambda r: None if r.url.startswith((origin, "data:")) else foreign.append(r.url))

        # open: the token leaves the address
        page.goto(address)
        page.wait_for_selector("#figure-p5")
        assert page.url == f"{origin}/"
        assert page.locator("#head strong").inner_text() == WHO.name
        until(page, "document.querySelector('video').readyState >= 2")

        # seek by click, and see the boxes of that moment
        page.locator("#figure-p3 [data-seek]").first.click()
        until(page, "Math.abs(document.querySelector('video').currentTime - 8.1) < 0.05")
        until(page, "[...document.querySelectorAll('#boxes text')].some(t => t.textContent === 'p3')")
        chart = page.locator("#timeline svg").bounding_box()
        page.mouse.click(chart["x"] + chart["width"] * 0.535, chart["y"] + 10)
        until(page, "Math.abs(document.querySelector('video').currentTime - 7.3) < 0.2")

        # reject a finding, with a reason, by keyboard
        page.locator("#tab-findings").click()
        page.locator("#lead-l1 [data-key=reject-lead-l1]").focus()
        page.keyboard.press("Enter")
        page.keyboard.type("salah baca <b>tebal</b>")
        page.locator("#ask button.main").click()
        page.wait_for_selector("#lead-l1.verdict-reject")
        assert "salah baca <b>tebal</b>" in page.locator("#lead-l1 .judged").inner_text()
        assert page.locator("#lead-l1 b").count() == 0
        assert page.evaluate("document.activeElement.dataset.key") == "reject-lead-l1"

        # merge two persons
        page.locator("#tab-people").click()
        page.locator("[data-key=pick-p2]").check()
        assert page.locator("[data-key=merge]").is_disabled()
        page.locator("[data-key=pick-p3]").check()
        page.locator("[data-key=merge]").click()
        page.locator("#ask button.main").click()
        page.wait_for_selector("[id='figure-p2+p3']")
        assert page.locator("#figure-p2").count() == 0
        assert page.locator("#panel table tr").nth(1).locator("td").nth(2).inner_text().startswith("4 / 4 / ")
        until(page, lambda: len(case_decisions.read(folder).record.decisions) == 2)

        # people who are seen together cannot be one
        page.locator("[data-key=pick-p4]").check()
        page.locator("[data-key=pick-p5]").check()
        page.locator("[data-key=merge]").click()
        page.locator("#ask button.main").click()
        page.wait_for_selector("#say.bad")
        assert "both seen in frame" in page.locator("#say").inner_text()
        page.keyboard.press("Escape")

        # reload: the state is still there
        page.reload()
        page.wait_for_selector("[id='figure-p2+p3']")
        assert "2" in page.locator("#tab-decisions").inner_text()

        # the report is written anew and shows both
        assert "2 decisions" in page.locator("#reportstate").inner_text()
        page.locator("#update").click()
        page.wait_for_selector("#reportstate.fresh")
        with context.expect_page() as opened:
            page.get_by_text("Open the report").click()
        shown = opened.value
        shown.wait_for_selector("#decision-d2")
        assert "salah baca <b>tebal</b>" in shown.locator("#decision-d1").inner_text()
        assert "According to the examiner: at least 4" in shown.locator("#summary").inner_text()
        assert shown.evaluate("window.origin") == "null"  # it can do nothing here
        shown.close()

        # withdraw
        page.locator("#tab-decisions").click()
        page.locator("[data-key=revoke-d2]").click()
        page.locator("#ask button.main").click()
        page.wait_for_selector("#decision-d2.withdrawn-row")
        assert "Orang" not in page.locator("#tabs").inner_text() and "People (5)" in page.locator("#tabs").inner_text()

        # somebody alters the file: nothing more is shown or written
        assert [p for p in problems if "409" not in p] == []
        assert foreign == []
        path = folder / decisions.FILE
        good = path.read_bytes()
        path.write_bytes(good.replace(b"salah baca", b"benar baca"))
        page.reload()
        page.wait_for_selector("#say.bad")
        assert "does not follow from line 1" in page.locator("#say").inner_text()
        path.write_bytes(good)
        context.close()


def test_the_page_fits_a_phone_and_speaks_indonesian(browser: Any, folder: Path) -> None:
    with serving(folder, "--lang", "id") as address:
        context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector("#figure-p1")
        assert page.evaluate("document.documentElement.lang") == "id"
        assert "Tinjauan pemeriksa" in page.locator("h1").inner_text()
        for tab in ("people", "findings", "decisions"):
            page.locator(f"#tab-{tab}").tap()
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, tab
        page.locator("#tab-people").tap()
        # No clip was given: the saved pictures stand in.
        page.locator("#figure-p2 [data-seek]").first.tap()
        until(page, "document.querySelector('#frame img').src.endsWith('/files/media/p2-1.jpg')")
        context.close()
