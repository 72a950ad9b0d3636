"""Pictures inside a page: a page that carries its pictures asks nobody for them."""

from __future__ import annotations

import base64


def jpeg_data_uri(jpeg: bytes) -> str:
    """Return the bytes of a JPEG file as a ``data:`` address (RFC 2397)."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
