"""Taking out of players' words what is theirs alone, before they are shown to admins or become phrasings."""

from __future__ import annotations

import re

_PASSWORD = re.compile(
    r"(?i:\b(?:password|passwort|mật khẩu|pwd)\s*(?:is|:|=|là)\s*(?!wrong|not|invalid|incorrect|expired|there)\S+)"
    r"|(?:密码|密碼|パスワード)\s*(?:是|は|:|：)\s*[\w!-~]+"
)
_NAME = re.compile(
    r"(?i:\b(?:my (?:real |full )?name is|my name's|tên (?:tôi|mình|em) là))\s+[^\W\d_]+(?:\s+[A-ZĐÁÀ][^\W\d_]+){0,3}"
    r"|(?:我叫|我的名字是|我的名字叫)\s*[\w·]{1,8}|(?:私の名前は|名前は)\s*[\w・]{1,12}"
)
_TAKEN_OUT = (
    ("e-mail", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("address", re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)),
    ("ip", re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")),
    ("handle", re.compile(r"(?<![\w@])@\w{3,}|\b\w{2,32}#\d{4}\b")),
    ("code", re.compile(r"\b(?=[A-Z0-9-]{7,})(?=[A-Z-]*\d)(?=[0-9-]*[A-Z])[A-Z0-9]{3,}(?:-[A-Z0-9]{3,})*\b")),
    ("number", re.compile(r"(?<!\w)[+(]?\d(?:[\s().-]?\d){5,}(?!\w)|(?<![^\W\d])\d{6,}")),
    ("password", _PASSWORD),
    ("name", _NAME),
)
_LABEL = (
    r"(?:[\s,;]*\b(?:order|mail|e-?mail|id|uid|player id|number|no|phone|code|user(?:name)?|discord|ip|đơn|số)"
    r"(?:\s+(?:is|id|number|no))?\s*[.:#]?|(?:订单号?|訂單編?號?|邮箱|信箱|电话|手机号?|番号|メール)\s*(?:是|は|[:：])?)?"
)
_PLACEHOLDER = re.compile(
    r"(?i:" + _LABEL + r")\s*\[(?:" + "|".join(re.escape(name) for name, _ in _TAKEN_OUT) + r")\]"
)


def without_personal_data(text: str) -> str:
    """The text with addresses, numbers, codes, handles, passwords and given names replaced by ``[what it was]``."""
    for name, pattern in _TAKEN_OUT:
        text = pattern.sub(f"[{name}]", text)
    return text


def as_phrasing(text: str) -> str:
    """The text as a phrasing: without the placeholders too, on one line."""
    text = _PLACEHOLDER.sub("", without_personal_data(text))
    return re.sub(r"\s+", " ", text).strip(" ,;:-")
