"""Taking the greeting and the thanks off a message, down to what it asks."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from faq.language.folding import has_unspaced

# The last words are searched for thanks no further back than this.
_TAIL = 120


@cache
def _patterns(polite: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What may open and what may close a message, as ``courtesies.txt`` says (there: what its kinds mean)."""
    pairs = [
        ("loose" if kind == "polite" else kind, phrase) for kind, phrase in _phrases() if polite or kind != "polite"
    ]
    openings = [phrase for kind, phrase in pairs if kind == "opening"]
    opening = _either(openings)
    # A bare "hey" before a question does no harm and may be part of it: it goes where a comma or the like follows.
    standing = _either([phrase for phrase in openings if " " in phrase or has_unspaced(phrase)])
    closing = _either([phrase for kind, phrase in pairs if kind in ("closing", "loose")])
    loose = [phrase for kind, phrase in pairs if kind == "loose" or has_unspaced(phrase)]
    # "how do you say thank you" asks something: thanks must stand apart, unless nobody would ask of them.
    apart = rf"[^\w\s]\s*{closing}|\n\s*{closing}|\s*(?<!\w){_either(loose)}"
    return (
        re.compile(rf"\W*(?:(?:{opening}\s+)*(?:{opening}\s*(?:[^\w\s]\W*|\n\s*)|{standing}\W*))+", re.IGNORECASE),
        re.compile(rf"(?:{apart})(?:\W*{closing})*\W*$", re.IGNORECASE),
    )


def _phrases() -> list[tuple[str, str]]:
    """Kinds and phrases of ``courtesies.txt``."""
    lines = files("faq.language").joinpath("courtesies.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(kind, phrase) for kind, phrase in rows]


def _either(phrases: list[str]) -> str:
    """Longest first; a word of a spaced script must end where the phrase ends."""
    ordered = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    parts = (
        re.escape(phrase).replace(r"\ ", r"\s+") + ("ー*" if has_unspaced(phrase) else r"(?!\w)") for phrase in ordered
    )
    return f"(?:{'|'.join(parts)})"


# What ends a conversation without asking for anything, besides the thanks in courtesies.txt.
_ACKNOWLEDGED = (
    *("ok", "okay", "alright", "got it", "i see", "great", "perfect", "bye", "bye bye", "goodbye", "see you"),
    *("好", "好的", "好吧", "嗯", "知道了", "明白了", "明白", "再见", "拜拜", "再見", "掰掰", "瞭解", "了解"),
    *("はい", "わかりました", "分かりました", "承知しました", "了解です", "失礼します", "さようなら"),
    *("vâng", "dạ", "dạ vâng", "được rồi", "mình hiểu rồi", "tạm biệt", "chào bạn"),
)


@cache
def _courtesies() -> re.Pattern[str]:
    thanks = [phrase for kind, phrase in _phrases() if kind != "opening"]
    return re.compile(rf"\W*(?:{_either([*thanks, *_ACKNOWLEDGED])}\W*)+", re.IGNORECASE)


def is_courtesy(text: str) -> bool:
    """Whether it only thanks, says that it was understood, or says goodbye: nobody waits for an answer to that."""
    return _courtesies().fullmatch(text) is not None


def core(text: str, *, polite: bool = True) -> str:
    """``text`` without greetings before and thanks after; all of it where nothing else is left.

    ``polite`` takes a bare "please" off, too, which tells one wish from another now and then ("again please").
    """
    opening, closing = _patterns(polite)
    start = opening.match(text)
    rest = text[start.end() :] if start else text
    head, tail = rest[:-_TAIL], rest[-_TAIL:]
    rest = head + closing.sub("", tail)
    return rest if any(map(str.isalnum, rest)) else text
