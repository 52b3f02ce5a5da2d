"""What kind of file some bytes are, whatever their sender calls them, and which kinds are taken."""

from __future__ import annotations

import codecs
import unicodedata

import filetype

IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""What every browser shows and no browser runs: an SVG or an HTML page is not among them."""

SOUNDS = frozenset({"audio/mpeg", "audio/mp4", "audio/ogg", "audio/x-wav", "audio/aac", "audio/amr"})
VIDEOS = frozenset({"video/mp4", "video/webm", "video/quicktime", "video/3gpp", "video/x-m4v"})
DOCUMENTS = frozenset({"application/pdf", "application/zip", "text/plain"})

ALLOWED = IMAGES | SOUNDS | VIDEOS | DOCUMENTS | {"image/heic"}
"""The content types that are taken unless the owner says otherwise."""

UNKNOWN = "application/octet-stream"
_ENOUGH = 8192
_LONGEST_NAME = 120


def content_type_of(content: bytes) -> str:
    """The content type told from the bytes alone: ``text/plain`` for any UTF-8 text, UNKNOWN where nothing fits."""
    start = content[:_ENOUGH]
    guessed: str | None = filetype.guess_mime(start) if start else None
    if guessed is not None:
        return guessed
    return "text/plain" if _is_text(start) else UNKNOWN


def _is_text(start: bytes) -> bool:
    try:
        # The last character may be cut in two.
        text = codecs.getincrementaldecoder("utf-8")().decode(start, final=False)
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\n\r\f\ufeff" or ord(character) > 0x9F for character in text)


def clean_name(name: str) -> str:
    """A file's name that is only a name: no folders, nothing invisible, not too long (its ending is kept)."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(each for each in unicodedata.normalize("NFC", last) if each.isprintable()).strip(" .")
    if len(shown) > _LONGEST_NAME:
        stem, dot, ending = shown.rpartition(".")
        kept = dot + ending if dot and len(ending) <= 10 else ""
        shown = (stem if kept else shown)[: _LONGEST_NAME - len(kept)] + kept
    return shown or "file"
