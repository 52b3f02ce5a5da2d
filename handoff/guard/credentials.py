"""Finding what nobody may learn: cards, passwords, keys. All positions are in the folded text that is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from handoff.guard.draft import Kind
from handoff.guard.found import AFTER, BEFORE, Found, is_number_of_a_thing

_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\d-])", re.ASCII)
_IBAN = re.compile(rf"{BEFORE}[A-Z]{{2}}\d{{2}}(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?{AFTER}")
_TOKENS = re.compile(
    r"(?<![\w-])(?:"
    r"eyJ[\w-]{8,2000}\.[\w-]{8,2000}(?:\.[\w-]{8,2000})?"  # JSON Web Token
    r"|\d{8,10}:[\w-]{34,36}"  # Telegram bot
    r"|[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,45}"  # Discord bot
    r"|(?:sk|pk|rk)[-_](?:live|test|proj)?[-_]?[A-Za-z0-9]{16,200}"
    r"|gh[pousr]_[A-Za-z0-9]{30,200}|github_pat_\w{30,200}|glpat-[\w-]{20,200}"
    r"|xox[abprs]-[\w-]{10,200}"
    r"|AKIA[0-9A-Z]{16}|AIza[\w-]{35}"
    r")"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"
    r"|(?<=://)[^\s:/@]{1,100}:[^\s:/@]{1,100}(?=@)",  # a name and password inside an address
    re.ASCII,
)
_LONG_WORD = re.compile(r"(?<![\w/.+=-])[A-Za-z0-9_+=-]{32,200}(?![\w/.])", re.ASCII)

_SPOKEN_PASSWORD = re.compile(
    r"(?:"
    r"(?:password|passcode|passphrase|pwd|(?<![a-z])pin(?: code)?)(?: (?:to|for|of) \S{1,40})?"
    r"(?:\s{1,3}(?:is|was|will be)\s{1,3}(?:now\s{1,3})?|\s{0,3}[:=]\s{0,3})"
    r"|(?<![a-z])(?<!battle )(?<!season )pass\s{0,3}[:=]\s{0,3}"
    r"|(?:密码|密碼|パスワード|暗証番号)[^\x00-\x7f]{0,4}?(?:[是为為はがを改设設]{1,2}[成为為]?|[:=])\s{0,3}"
    r"|(?:mật khẩu|mat khau|(?<!\w)mk)(?: mới| cũ| tạm| moi| cu)?(?: của \w{1,20})?"
    r"(?:\s{1,3}(?:là|la)\s{1,3}|\s{0,3}[:=]\s{0,3})"
    r"|(?<!\w)pass\s{1,3}(?:là|la)\s{1,3}"
    r")[\"'「『“(]?(?P<value>[\x21-\x7e]{4,})",
    re.IGNORECASE,
)
# What is said about a password in the place where the password itself would stand.
_NOT_A_PASSWORD = re.compile(
    r"(?:wrong|not|incorrect|too|expired|invalid|being|reset|case|never|always|only|asked|changed|hacked|stolen|leaked"
    r"|correct|right|weak|strong|safe|secure|forgotten|lost|gone|required|needed|your|still|already|sent|stored|kept"
    r"|encrypted|hidden|accepted|rejected|refused|empty|longer|shorter|private|secret|personal|what|something|anything"
    r"|missing|known|unknown|visible|optional|that|this|also|ours?|mine|yours|must|should|cannot|please|here|there|thong"
    r"|https?://.*)[.,;:!?\"')]*",
    re.IGNORECASE,
)
_BARE_PASSWORD = re.compile(
    r"(?:temporary|temp|new|old|initial|current|default|my|the) password\s{1,3}"
    r"[\"'(]?(?=[\x21-\x7e]{0,63}\d)(?=[\x21-\x7e]{0,63}[A-Za-z])(?P<value>[\x21-\x7e]{4,})",
    re.IGNORECASE,
)
_SECURITY_CODE = re.compile(
    r"(?:cvv2?|cvc2?|安全码|安全碼|セキュリティコード)\s{0,3}(?:is|là|是|は|为|為)?\s{0,3}[:=]?\s{0,3}(\d{3,4})(?!\d)",
    re.IGNORECASE,
)


def find_tokens(text: str) -> Iterator[Found]:
    """Keys and tokens: known forms, and long words that mix letters and digits as only chance does."""
    for match in _TOKENS.finditer(text):
        yield Found(Kind.TOKEN, *match.span(), match[0])
    for match in _LONG_WORD.finditer(text):
        word = match[0]
        changes = sum(_class_of(a) != _class_of(b) for a, b in pairwise(word))
        if len(set(word)) >= 14 and changes >= len(word) // 3:
            yield Found(Kind.TOKEN, *match.span(), word)


def find_passwords(text: str) -> Iterator[Found]:
    """What is given as a password or as a card's security code: the value alone."""
    for match in _SPOKEN_PASSWORD.finditer(text):
        value = match["value"].rstrip(".,;:!?\"')") or match["value"]
        introduced_by_sign = match[0][: match.start("value") - match.start()].rstrip()[-1:] in (":", "=")
        looks_made = any(not character.isalpha() for character in value) or not value.islower()
        if len(value) < 4 or _NOT_A_PASSWORD.fullmatch(match["value"]):
            continue
        if introduced_by_sign or looks_made or len(value) >= 6:
            yield Found(Kind.PASSWORD, match.start("value"), match.start("value") + len(value), value)
    for match in _BARE_PASSWORD.finditer(text):
        value = match["value"].rstrip(".,;:!?\"')")
        yield Found(Kind.PASSWORD, match.start("value"), match.start("value") + len(value), value)
    for match in _SECURITY_CODE.finditer(text):
        yield Found(Kind.PASSWORD, *match.span(1), match[1])


def find_cards(text: str) -> Iterator[Found]:
    """Payment cards by length, first digits and check digit; bank accounts by IBAN."""
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        is_issued = re.match(r"3|4|5|6|2[2-7]", digits) and len(set(digits)) > 1 and passes_luhn(digits)
        if is_issued and not is_number_of_a_thing(text, match.start()):
            yield Found(Kind.CARD, *match.span(), digits)
    for match in _IBAN.finditer(text):
        compact = match[0].replace(" ", "")
        rearranged = "".join(str(int(character, 36)) for character in compact[4:] + compact[:4])
        if int(rearranged) % 97 == 1:
            yield Found(Kind.CARD, *match.span(), compact)


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812)."""
    total = sum(int(digit) for digit in digits[-1::-2])
    return (total + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0


def _class_of(character: str) -> int:
    return 0 if character.isdigit() else 1 if character.islower() else 2 if character.isupper() else 3
