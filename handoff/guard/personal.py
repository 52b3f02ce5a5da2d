"""Finding personal data by its form. All positions are in the folded text that is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import phonenumbers

from handoff.guard.draft import Kind
from handoff.guard.found import AFTER, BEFORE, Found, is_number_of_a_thing
from handoff.guard.phrases import LATIN

_EMAIL = re.compile(rf"{BEFORE}[A-Za-z0-9][\w.+%-]{{0,63}}@(?:[A-Za-z0-9-]{{1,63}}\.){{1,5}}[A-Za-z]{{2,20}}", re.ASCII)
_SPOKEN_DOT = r"(?:\s?[(\[{]\s?dot\s?[)\]}]\s?|\sdot\s)"
_SPOKEN_EMAIL = re.compile(
    rf"{BEFORE}[A-Za-z0-9][\w+-]{{0,40}}(?:(?:{_SPOKEN_DOT}|\.)[\w+-]{{1,40}}){{0,3}}"
    # A bare "at" is a word of its own: only a spoken "dot" after it makes an address of it.
    rf"(?:\s?[(\[{{]\s?at\s?[)\]}}]\s?[A-Za-z0-9-]{{1,63}}(?:(?:{_SPOKEN_DOT}|\.)[A-Za-z]{{2,20}}){{1,3}}"
    rf"|\sat\s[A-Za-z0-9-]{{1,63}}(?:{_SPOKEN_DOT}[A-Za-z]{{2,20}}){{1,3}}){AFTER}",
    re.IGNORECASE | re.ASCII,
)
_PHONE = re.compile(rf"(?<![{LATIN}A-Z.@/#:-])(?:\+|00)?\(?\d[\d\s().-]{{6,22}}\d(?![{LATIN}A-Z])(?![-.:]\d)")
_DATE = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4}")
_CHINESE_ID = re.compile(r"(?<![\dA-Za-z])\d{17}[\dXx](?![\dA-Za-z])")
_NAMED_ID = re.compile(
    r"(?:social security|ssn|passport|national id|identity card|身份证|身分證|护照|護照|cccd|cmnd|căn cước|hộ chiếu"
    r"|マイナンバー|旅券番号|パスポート)[^\d.!?。\n]{0,25}?([A-Z]{0,2}\d[\d-]{6,13}\d)",
    re.IGNORECASE,
)
_IP = re.compile(r"(?<![\w.])(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?![\w.]*\d)", re.ASCII)
_OWN_NETWORKS = re.compile(r"(?:0|10|127|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.")

_STREET = "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Terrace|Crescent|Close|Square|Highway"
_HAN, _KANA = r"\u4e00-\u9fff", r"\u3040-\u30ff"
_ADDRESSES = (
    re.compile(rf"{BEFORE}\d{{1,5}}[A-Z]?,? (?:[A-Z][\w'.-]{{0,20}} ){{1,4}}(?:{_STREET})\b\.?"),
    re.compile(rf"{BEFORE}[A-ZÄÖÜ][a-zäöüß-]{{1,30}}(?:straße|strasse|weg|platz|allee|gasse) \d{{1,4}}[a-z]?\b"),
    # Chinese: a town or district, then within reach a road and its number. Simplified and Traditional.
    re.compile(
        rf"[{_HAN}]{{1,8}}[市区县區縣镇鎮][{_HAN}\d]{{1,12}}?[路街道巷弄段]\d{{1,5}}[号號](?:[\d{_HAN}-]{{0,12}}[室楼樓])?"
    ),
    # Japanese: prefecture, town, block number; or a postcode.
    re.compile(
        rf"(?:[{_HAN}]{{1,4}}[都道府県])?[{_HAN}{_KANA}]{{1,8}}[市区町村郡][{_HAN}{_KANA}]{{1,10}}"
        r"\d{1,3}(?:丁目|番地?|-\d{1,3})[\d丁目番地号-]{0,12}"
    ),
    re.compile(r"〒\s?\d{3}-\d{4}"),
    # Vietnamese: a number, a street, and a ward, district or city.
    re.compile(
        r"(?:số(?: nhà)? )?\d{1,4}[a-zA-Z]?(?:/\d{1,4}[a-zA-Z]?){0,4},? (?:đường|phố|ngõ|hẻm|ngách|thôn)\s"
        r"[^.!?\n]{2,40}?"
        r"(?:phường|quận|huyện|xã|thành phố|tp\.? ?hcm|tp\b)[^.!?\n,]{0,20}",
        re.IGNORECASE,
    ),
)


def find_emails(text: str) -> Iterator[Found]:
    """Addresses, written plainly or with "at" and "dot"."""
    for match in _EMAIL.finditer(text) if "@" in text else ():
        yield Found(Kind.EMAIL, *match.span(), match[0])
    for match in _SPOKEN_EMAIL.finditer(text):
        yield Found(Kind.EMAIL, *match.span(), match[0])


def find_identity_numbers(text: str) -> Iterator[Found]:
    """Numbers of identity papers: Chinese ones by their check digit, others by the word before them."""
    for match in _CHINESE_ID.finditer(text):
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        total = sum(weight * int(digit) for weight, digit in zip(weights, match[0], strict=False))
        if "10X98765432"[total % 11] == match[0][-1].upper():
            yield Found(Kind.IDENTITY_NUMBER, *match.span(), match[0])
    for match in _NAMED_ID.finditer(text):
        yield Found(Kind.IDENTITY_NUMBER, *match.span(1), match[1])


def find_ip_addresses(text: str) -> Iterator[Found]:
    """Addresses of the internet that are nobody's own network and no version number."""
    for match in _IP.finditer(text):
        octets = [int(octet) for octet in match[1].split(".")]
        if max(octets) > 255 or sum(octet >= 10 for octet in octets) < 2 or _OWN_NETWORKS.match(match[1]):
            continue
        if not is_number_of_a_thing(text, match.start()):
            yield Found(Kind.IP_ADDRESS, *match.span(), match[1])


def find_accounts(text: str, patterns: Sequence[re.Pattern[str]]) -> Iterator[Found]:
    """Account numbers by the owner's patterns."""
    for pattern in patterns:
        for match in pattern.finditer(text):
            yield Found(Kind.ACCOUNT, *match.span(), match[0])


def find_phones(text: str, regions: Sequence[str]) -> Iterator[Found]:
    """Telephone numbers: international ones, and those that are valid in one of the regions."""
    for match in _PHONE.finditer(text):
        number = match[0]
        if sum(map(str.isdigit, number)) < 7 or _DATE.search(number) or is_number_of_a_thing(text, match.start()):
            continue
        wanted = (None,) if number.startswith("+") else regions
        if any(_is_phone(number, region) for region in wanted):
            yield Found(Kind.PHONE, *match.span(), number)


def find_addresses(text: str) -> Iterator[Found]:
    """Postal addresses down to the house: a street and a number, in the order of the language."""
    for pattern in _ADDRESSES:
        for match in pattern.finditer(text):
            yield Found(Kind.ADDRESS, *match.span(), match[0])


def _is_phone(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False
