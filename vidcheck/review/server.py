"""The server of the review page: for this machine, this address and this browser alone.

It listens on 127.0.0.1. The address carries a random token that is exchanged for a cookie, without which nothing is
shown. The ``Host`` header must name the address itself, so that no other site's name can be pointed here (DNS
rebinding), and whatever changes something must come from the page itself (``Origin``). Of the case folder only what
the manifest lists is handed out.
"""

from __future__ import annotations

import contextlib
import mimetypes
import secrets
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from vidcheck import case_decisions, clip_copy, decisions, media, report, store
from vidcheck.decisions.record import Action, DropReason, TargetKind
from vidcheck.errors import InputError, OutputError, UsageError, VidcheckError
from vidcheck.review.state import page_state

if TYPE_CHECKING:
    from vidcheck.case_decisions import Decided

PAGE = Path(__file__).parent / "page"
_STATIC = {"/": "review.html", "/review.js": "review.js", "/review.css": "review.css"}
_LONGEST_BODY = 64_000
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A report is shown in an origin of its own: whatever somebody wrote into it cannot decide anything here.
_REPORT_POLICY = "sandbox allow-scripts; frame-ancestors 'none'"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the page asks for."""

    head: str
    """Hash of the last decision that the examiner saw."""
    action: Action
    kind: TargetKind
    ids: list[str]
    at_s: float | None = None
    value: str = ""
    reason: DropReason = ""
    note: str = ""


class Review:
    """One case folder under review."""

    def __init__(
        self, folder: Path, who: decisions.Examiner, *, lang: str | None = None, clip: Path | None = None
    ) -> None:
        self.folder = folder.resolve()
        self.who = who
        self.lang = lang or report.language_of(self.folder)
        self._clip = clip
        self._playable: Path | None = None
        self._lock = threading.Lock()  # one decision at a time; other processes are kept out by the folder's lock
        self.check()

    def check(self) -> None:
        """Refuse a folder, or a clip, that is not what it should be.

        Raises
        ------
        InputError
            Where the folder is not what its manifest says, the chain is broken, or the clip is another one.
        """
        if differences := store.verify(self.folder):
            first = differences[0]
            raise InputError(
                f"{self.folder} is not what its manifest says ({first.what}: {first.path}).",
                "Go back to an untouched copy.",
            )
        found = case_decisions.read(self.folder)
        if self._clip is None:
            return
        media.check_file(self._clip)
        if media.sha256_of(self._clip) != found.analysis.source.sha256:
            raise InputError(f"{self._clip} is not the clip of this case.", "Name the file that was analysed.")

    def prepare(self, temporary: Path) -> None:
        """Find what the browser can play: the clip itself, the copy in the folder, or a conversion."""
        source = case_decisions.read(self.folder).analysis.source
        if source.kind == "image":
            return
        if self._clip is None:
            self._playable = clip_copy.find_clip(self.folder)
        elif clip_copy.playable_ending(source):
            self._playable = self._clip.resolve()
        else:
            self._playable = clip_copy.save_clip(self._clip, source, temporary)

    @property
    def playable(self) -> Path | None:
        """What is played, or None."""
        return self._playable

    def state(self) -> dict[str, Any]:
        """Return what the page shows."""
        with self._lock:
            return self._state(case_decisions.read(self.folder))

    def _state(self, decided: Decided) -> dict[str, Any]:
        missing = len(decided.record.decisions) - report.decisions_in(self.folder)
        clip = "clip" if self._playable else None
        return page_state(decided, self.folder, self.lang, self.who, clip=clip, not_in_report=max(missing, 0))

    def decide(self, wish: Wish) -> dict[str, Any]:
        """Add one decision, and return what the page shows then."""
        with self._lock:
            decided = case_decisions.decide(
                self.folder,
                [
                    lambda analysis, judged: decisions.draft(
                        analysis, judged, wish.action, wish.kind, wish.ids,
                        at_s=wish.at_s, value=wish.value, reason=wish.reason, note=wish.note,
                    )
                ],
                self.who,
                with_report=False,
                head=wish.head,
            )  # fmt: skip
            return self._state(decided)

    def write_report(self) -> dict[str, Any]:
        """Write the report anew, with every decision, and return what the page shows then."""
        with self._lock:
            decided = case_decisions.decide(self.folder, [], self.who, clip_path=self._clip)
            return self._state(decided)

    def finish(self) -> bool:
        """Write the report if it lacks decisions; return whether that was needed."""
        found = case_decisions.read(self.folder)
        if report.decisions_in(self.folder) >= len(found.record.decisions):
            return False
        self.write_report()
        return True


def make_app(review: Review, port: int, token: str) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Return the application.

    Parameters
    ----------
    review:
        The case folder.
    port:
        On which it listens.
    token:
        What the address must carry once.
    """
    cookie_name = f"vidcheck-{port}"  # cookies do not know ports
    session = secrets.token_urlsafe(32)

    unused = [token]  # whoever finds the address later, in a history or a log, gets nothing for it

    def start(request: Request) -> Response:
        if not secrets.compare_digest(request.query_params.get("token", "").encode(), token.encode()):
            return _refused()
        if secrets.compare_digest(request.cookies.get(cookie_name, "").encode(), session.encode()):
            return RedirectResponse("/", status_code=303)
        try:
            unused.remove(token)  # in one step: of two that come at once, one is too late
        except ValueError:
            return _used()
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(cookie_name, session, httponly=True, samesite="strict", path="/")
        return answer

    def page(request: Request) -> Response:
        return FileResponse(PAGE / _STATIC[request.url.path])

    def state(request: Request) -> Response:
        return JSONResponse(review.state())

    async def decide(request: Request) -> Response:
        body = await _body(request)
        try:
            wish: Wish = store.adapter(Wish).validate_json(body)
        except ValidationError as error:
            return _error(f"This is no decision: {error.errors()[0]['msg']}.", 400)
        return JSONResponse(await run_in_threadpool(review.decide, wish))

    async def renew(request: Request) -> Response:
        await _body(request)
        return JSONResponse(await run_in_threadpool(review.write_report))

    def file(request: Request) -> Response:
        name = request.path_params["path"]
        listed = {str(item["path"]) for item in store.read_manifest(review.folder)["files"]}
        path = review.folder / name
        if name not in listed or not path.resolve().is_relative_to(review.folder) or not path.is_file():
            return _error("There is no such file in the manifest.", 404)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if kind in ("text/html", "image/svg+xml"):
            return FileResponse(path, media_type=kind, headers={"Content-Security-Policy": _REPORT_POLICY})
        return FileResponse(path, media_type=kind)

    def clip(request: Request) -> Response:
        if review.playable is None:
            return _error("No clip was given.", 404)
        return FileResponse(review.playable)  # answers requests for ranges, so that the browser can seek

    routes = [
        Route("/start", start),
        *(Route(path, page) for path in _STATIC),
        Route("/state", state),
        Route("/decisions", decide, methods=["POST"]),
        Route("/report", renew, methods=["POST"]),
        Route("/files/{path:path}", file),
        Route("/clip", clip),
    ]
    app = Starlette(routes=routes, exception_handlers={VidcheckError: _told})
    hosts = (f"127.0.0.1:{port}", f"localhost:{port}")

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        answer = _gate(request, hosts, cookie_name, session)
        await (answer or app)(scope, receive, _with_headers(send))

    return guarded


def _gate(request: Request, hosts: tuple[str, ...], cookie_name: str, session: str) -> Response | None:
    """Return a refusal, or None where the request may pass."""
    host = request.headers.get("host", "")
    if host not in hosts:
        return PlainTextResponse("This address is not known here.", 421)
    origin = request.headers.get("origin")
    if request.method not in ("GET", "HEAD") and origin != f"http://{host}":
        return PlainTextResponse("This request does not come from the review page.", 403)
    if origin is not None and origin != f"http://{host}":
        return PlainTextResponse("This request comes from another page.", 403)
    if request.url.path == "/start":
        return None
    if not secrets.compare_digest(request.cookies.get(cookie_name, "").encode(), session.encode()):
        return _refused()
    return None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            have = {name.lower() for name, _ in message["headers"]}
            more = {"Content-Security-Policy": _POLICY, **_HEADERS}
            message["headers"] = [
                *message["headers"],
                *((k.lower().encode(), v.encode()) for k, v in more.items() if k.lower().encode() not in have),
            ]
        await send(message)

    return sending


async def _body(request: Request) -> bytes:
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > _LONGEST_BODY:
        raise UsageError("The request is too long.", "Shorten the note.")
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise UsageError("The request is no JSON.")
    return await request.body()


def _told(request: Request, error: Exception) -> Response:
    return _error(str(error), 409 if isinstance(error, UsageError) else 500)


def _error(words: str, status: int) -> Response:
    return JSONResponse({"error": words}, status)


def _refused() -> Response:
    return PlainTextResponse("Open the whole address that vidcheck review has printed, with its token.", 403)


def _used() -> Response:
    return PlainTextResponse(
        "This address was opened before, and counts once. For another browser, end vidcheck review (Ctrl-C) and start "
        "it again; if it was not you who opened it, somebody else on this machine did.",
        403,
    )


def serve(
    review: Review, *, port: int = 0, open_browser: bool = True, announce: Callable[[str], None] = lambda address: None
) -> None:
    """Serve the review page until interrupted; then write the report if it lacks decisions.

    Parameters
    ----------
    review:
        The case folder.
    port:
        Port on 127.0.0.1; 0 takes a free one.
    open_browser:
        Whether to open the page.
    announce:
        Called with the address when the server listens.

    Raises
    ------
    OutputError
        Where the port is taken.
    """
    import uvicorn

    with socket.socket() as listener, tempfile.TemporaryDirectory(prefix="vidcheck-review-") as temporary:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise OutputError(f"Port {port} cannot be used ({error.strerror}).", "Leave out --port.") from error
        listener.listen()
        review.prepare(Path(temporary))
        port = listener.getsockname()[1]
        token = secrets.token_urlsafe(32)
        address = f"http://127.0.0.1:{port}/start?token={token}"
        announce(address)
        if open_browser:
            webbrowser.open(address)
        app: Any = make_app(review, port, token)
        config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", ws="none", http="h11")
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
    review.finish()
