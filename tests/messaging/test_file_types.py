from __future__ import annotations

import pytest

from messaging.file_types import ALLOWED, UNKNOWN, content_type_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(32), "image/jpeg"),
        (b"GIF89a" + bytes(32), "image/gif"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"PK\x03\x04" + bytes(40), "application/zip"),
        (b"MZ" + bytes(64), "application/x-msdownload"),
        ("plain words, tiếng Việt, 日本語\n".encode(), "text/plain"),
        ("字".encode() * 5000, "text/plain"),
        (b"<script>alert(1)</script>", "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain"),
        (b"\x00\x01\x02\x03", UNKNOWN),
        (b"\xff\xfe\xfd", UNKNOWN),
    ],
)
def test_a_file_is_what_its_bytes_say(content: bytes, expected: str) -> None:
    assert content_type_of(content) == expected


def test_programs_and_pages_are_not_taken() -> None:
    assert content_type_of(b"MZ" + bytes(64)) not in ALLOWED
    assert "text/html" not in ALLOWED
    assert "image/svg+xml" not in ALLOWED
