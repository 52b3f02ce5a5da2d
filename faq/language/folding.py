"""Folding: the one spelling that a text and its careless twin share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

# Letters that Unicode does not decompose, as people type them on a plain keyboard.
_PLAIN = str.maketrans(
    {"đ": "d", "ð": "d", "ı": "i", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ŧ": "t"}
)
_ASCII = str.maketrans(
    {character: " " for character in map(chr, range(128)) if not character.isalnum() and character != "'"} | {"'": None}
)
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼʹ`´＇"))
_ELONGATED = re.compile(r"([^\W\d])\1{2,}")
# Scripts written without spaces between words: Thai, Lao, Myanmar, Khmer, kana, bopomofo, Han.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3105-\u312f\u31f0-\u31ff\u3400-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_UNSPACED = re.compile(f"[{UNSPACED}]")
_INNER_SPACE = re.compile(f"(?<=[{UNSPACED}]) (?=[{UNSPACED}])")
_MARKS = re.compile("[\u0300-\u036f]+")
# Katakana alone writes a long vowel with a stroke; elsewhere it only draws a word out (こんにちはー).
_DRAWN_OUT = re.compile("(?<![\u30a1-\u30fa])ー+")
_ROUNDS = 4


def has_unspaced(text: str) -> bool:
    """Whether it holds a character of a script without spaces."""
    return not text.isascii() and _UNSPACED.search(text) is not None


@cache
def simplified_characters() -> Mapping[int, str]:
    """OpenCC's table from Traditional to Simplified characters, for ``str.translate`` (0.4 MB in memory).

    Only the character table: the phrase tables matter to a translator, not to a comparison of two folded texts.
    """
    text = files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines() if "\t" in line)
    return {ord(traditional): simplified.split(" ")[0] for traditional, simplified in pairs}


@cache
def only_simplified() -> frozenset[str]:
    """The characters that Simplified Chinese alone writes."""
    text = files("opencc").joinpath("dictionary", "STCharacters.txt").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines() if "\t" in line)
    return frozenset(simplified for simplified, traditional in pairs if simplified not in traditional.split(" "))


def fold(text: str) -> str:
    """``text`` in small letters without diacritics, punctuation, width or variant forms; words part by one space.

    Folding a folded text changes nothing. The result is empty where the text holds no letter, digit or emoji.
    """
    if text.isascii():
        return _shorten(text.lower().translate(_ASCII))
    for _ in range(_ROUNDS):
        folded = _fold_once(text)
        if folded == text:
            break
        text = folded
    return text


def _fold_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)
    text = _MARKS.sub("", unicodedata.normalize("NFD", text)).translate(_PLAIN)
    text = unicodedata.normalize("NFC", text).translate(simplified_characters())
    return _DRAWN_OUT.sub("", _INNER_SPACE.sub("", _shorten("".join(map(_keep, text)))))


def _shorten(text: str) -> str:
    return " ".join(_ELONGATED.sub(r"\1\1", text).split())


@lru_cache(maxsize=8192)
def _keep(character: str) -> str:
    """The character where it bears meaning, a space where it parts words, nothing where it only decorates."""
    category = unicodedata.category(character)
    if category[0] in "LN" or category in ("Mc", "So", "Mn"):
        return "" if _is_decoration(character) else character
    return "" if category in ("Cf", "Cc", "Me", "Sk") and not character.isspace() else " "


def _is_decoration(character: str) -> bool:
    """Variation selectors and the like, which change how an emoji looks and not what it says."""
    code = ord(character)
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or code == 0x20E3


_WORD = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+")


def words(folded: str) -> list[str]:
    """The words of a folded text; a character each where the script has no spaces."""
    return folded.split() if folded.isascii() else _WORD.findall(folded)
