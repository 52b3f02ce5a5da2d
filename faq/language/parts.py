"""Several questions in one message, and short messages that lean on the one before."""

from __future__ import annotations

import re

from faq.language.folding import words

_MOST_PARTS = 6
_FEWEST_WORDS = 2
_FOLLOW_UP_WORDS = 5
_SENTENCE = re.compile(r"[?？!！。；;\n]+|\.(?=\s|$)")
# "... and how do I", "另外", "còn": a second question without a full stop before it.
_JOINED = re.compile(
    r",?\s+(?:and(?:\s+also)?|also|plus)\s+(?=(?:how|what|where|when|why|can|could|do|does|is|are|who|which)\b)"
    r"|[,，]?\s*(?:另外|还有|還有|それと|それから|あと、)"
    r"|,?\s+(?:và|ngoài ra)\s+(?=(?:làm|sao|khi|ở|có|tại)\b)",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"\W*(?:and|or|but|what about|how about|also|then|so|same|còn|con|thế còn|vậy|und|oder"
    r"|ve|peki|ya|dan|kalau|y|et|e|и|а)(?!\w)|\W*(?:那|如果|还有|還有|では|じゃ|それ)",
    re.IGNORECASE,
)


def split(text: str) -> list[str]:
    """The sentences or joined questions of a message, where there are several worth asking alone; else nothing."""
    parts = [part.strip() for sentence in _SENTENCE.split(text) for part in _JOINED.split(sentence)]
    long_enough = [part for part in parts if len(words(part)) >= _FEWEST_WORDS]
    return long_enough[:_MOST_PARTS] if len(long_enough) > 1 else []


def leans_on_previous(text: str, folded: str) -> bool:
    """Whether a message is too short to stand alone, or opens like a follow-up ("and on mobile?")."""
    count = len(words(folded))
    return count <= _FOLLOW_UP_WORDS or (count <= 2 * _FOLLOW_UP_WORDS and _LEANS.match(text) is not None)
