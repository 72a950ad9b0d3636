"""A clip that names other files or addresses opens none: playlists, scripts, references inside MP4 and QuickTime."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import media as make
from vidcheck import encode
from vidcheck.video import DEMUXERS

_PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref")
_EXAMINE = """
import sys
import vidcheck
from vidcheck import media
from vidcheck.errors import VidcheckError
for name in sys.argv[1:]:
    try:
        analysis = vidcheck.analyze(name, vidcheck.Settings(only=("shots", "clues", "credentials")))
        print(name, analysis.source.frames_decoded)
    except VidcheckError as error:
        print(name, "refused", error.exit_code)
"""


class Listener:
    """Notes every connection to a port of this machine."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def with_reference(data: bytes, entry: bytes) -> bytes:
    """Put another data reference into a QuickTime file whose index stands at its end."""
    places, at, end = [], 0, len(data)
    for name in _PARENTS:
        while data[at + 4 : at + 8] != name:
            at += struct.unpack_from(">I", data, at)[0]
            assert at < end
        places.append(at)
        end = at + struct.unpack_from(">I", data, at)[0]
        at += 8
    old = struct.unpack_from(">I", data, places[-1])[0]
    new = struct.pack(">I4sII", 16 + len(entry), b"dref", 0, 1) + entry
    changed = bytearray(data[: places[-1]] + new + data[places[-1] + old :])
    for place in places[:-1]:
        size = struct.unpack_from(">I", changed, place)[0]
        struct.pack_into(">I", changed, place, size + len(new) - old)
    return bytes(changed)


def alias(target: Path) -> bytes:
    """A Macintosh alias record with an absolute path, as data reference."""
    name = os.fsencode(target)
    path = struct.pack(">hH", 2, len(name)) + name + (b"\0" if len(name) % 2 else b"") + struct.pack(">hH", -1, 0)
    record = bytes(10) + bytes([4]) + b"disk".ljust(27, b"\0") + bytes(12) + bytes([6]) + b"secret".ljust(63, b"\0")
    record += bytes(16) + struct.pack(">hh", 0, 1) + bytes(16) + path
    return struct.pack(">I4sI", 12 + len(record), b"alis", 0) + record


def references(folder: Path, secret: Path, port: int) -> list[Path]:
    """Files of every kind that names another file or an address."""
    address = f"http://127.0.0.1:{port}/secret.mp4"
    plain = make.moving_clip(folder / "plain.mov", (12,))
    shutil.copyfile(plain, secret)
    dash = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4">'
        '<Representation id="1" bandwidth="1"><BaseURL>{}</BaseURL></Representation></AdaptationSet></Period></MPD>'
    )
    sdp = (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {} RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    )
    texts = {
        "local.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
        "network.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n",
        "key.m3u8": f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{address}"\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n',
        "script.ffconcat": f"ffconcat version 1.0\nfile '{secret}'\n",
        "script-network.mp4": f"ffconcat version 1.0\nfile '{address}'\n",
        "local.mpd": dash.format(secret),
        "network.mpd": dash.format(address),
        "session.sdp": sdp.format(port),
        "list.pls": f"[playlist]\nFile1={address}\nNumberOfEntries=1\n",
        "stream.asx": f'<asx version="3.0"><entry><ref href="{address}"/></entry></asx>',
        "reference.rm": f"{address}\n",
        "drawing.svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{address}" width="9" height="9"/></svg>',
        "page.mp4": f"<html><video src='{address}'></html>",
    }
    made = []
    for name, text in texts.items():
        (folder / name).write_text(text)
        made.append(folder / name)
    url = address.encode() + b"\0"
    for name, entry in {
        "alias.mov": alias(secret),
        "url.mov": struct.pack(">I4sI", 12 + len(url), b"url ", 0) + url,
        "urn.mov": struct.pack(">I4sI", 12 + len(url), b"urn ", 0) + url,
    }.items():
        (folder / name).write_bytes(with_reference(plain.read_bytes(), entry))
        made.append(folder / name)
    return made


@pytest.mark.parametrize("decoder", ["", "here"])
def test_nothing_else_is_opened(tmp_path: Path, listener: Listener, decoder: str) -> None:
    folder, kept = tmp_path / "clips", tmp_path / "kept"
    folder.mkdir()
    kept.mkdir()
    secret = kept / "secret-of-the-examiner.mp4"
    made = references(folder, secret, listener.port)
    log, strace = tmp_path / "log", shutil.which("strace")
    watched = [strace, "-f", "-o", str(log), "-e", "trace=open,openat,openat2,connect,sendto"] if strace else []
    code = [*watched, sys.executable, "-c", _EXAMINE, *map(str, made)]
    run = subprocess.run(
        code, capture_output=True, text=True, env={**os.environ, "VIDCHECK_DECODER": decoder}, check=False
    )
    assert run.returncode == 0, run.stderr
    outcome = dict(line.removeprefix(f"{folder}/").split(" ", 1) for line in run.stdout.splitlines())
    assert set(outcome) == {path.name for path in made}
    assert all(said == "refused 3" for name, said in outcome.items() if not name.endswith(".mov"))
    assert listener.connections == 0
    if strace:
        said = log.read_text("utf-8", "replace")
        assert str(made[0]) in said  # the log does hold what is opened
        assert secret.name not in said
        assert f"htons({listener.port})" not in said


def test_conversion_for_browsers_opens_nothing_else(tmp_path: Path, listener: Listener) -> None:
    secret = tmp_path / "secret.mp4"
    for path in references(tmp_path, secret, listener.port):
        if path.suffix != ".mov":
            with pytest.raises(OSError, match="ffmpeg"):
                encode.convert_for_browsers(path, tmp_path / "out.mp4", demuxers=DEMUXERS)
    assert listener.connections == 0


def test_no_format_that_leads_to_other_files_is_allowed() -> None:
    leading = {"hls", "applehttp", "dash", "concat", "ffconcat", "sdp", "rtsp", "rtp", "image2", "image2pipe", "lavfi",
               "imf", "xbin", "tty", "vapoursynth", "avisynth", "libopenmpt", "webm_dash_manifest"}  # fmt: skip
    assert not leading & set(DEMUXERS.split(","))
