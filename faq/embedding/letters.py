"""The letters that an embedding is given: small ones, since it reads "Refund" and "refund" as two words."""

from __future__ import annotations

import re

_VIETNAMESE = re.compile("[\u01a0\u01a1\u01af\u01b0\u0110\u0111\u1ea0-\u1ef9]")
_DOTTED = "i\u0307"


def small_letters(text: str) -> str:
    """``text`` as it is embedded, phrasings and questions alike: players seldom type the capitals that phrasings have.

    Vietnamese keeps the capitals of its sentences and names, which measured better; unless all of it is shouted.
    """
    if _VIETNAMESE.search(text) and not _is_shouted(text):
        return text
    return text.lower().replace(_DOTTED, "i")


def _is_shouted(text: str) -> bool:
    """Whether most of it is in capitals."""
    capitals, letters = sum(map(str.isupper, text)), sum(map(str.isalpha, text))
    return 2 * capitals > letters
