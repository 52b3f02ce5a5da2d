"""The slash commands as Discord wants them registered: pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from messaging.commands import COMMANDS, WORDED

CHAT_INPUT, STRING = 1, 3
IN_GUILD, IN_BOT_DM = 0, 1
ASK, QUESTION, WORDS = "ask", "question", "words"
# Discord greets by itself whoever opens a chat: /start is only understood where it is typed.
NAMES = (ASK, *(name for name in COMMANDS if name != "start"))
# A slash command's option takes up to 6,000 characters; the pipeline cuts what is too long, and says so.
LONGEST_QUESTION = 6000
LONGEST_DESCRIPTION = 100

# Our languages as Discord names its locales (those it has; https://discord.com/developers/docs/reference#locales).
LOCALES = {
    "zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "en": "en-US", "es": "es-ES", "pt": "pt-BR", "sv": "sv-SE",
    **{same: same for same in (
        "bg", "cs", "da", "de", "el", "fi", "fr", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "nl", "no", "pl",
        "ro", "ru", "th", "tr", "uk", "vi",
    )},
}  # fmt: skip
LANGUAGES = {locale: language for language, locale in LOCALES.items()} | {"en-GB": "en", "es-419": "es"}

Texts = Callable[[str, str], str]


def payload(texts: Texts, languages: Sequence[str]) -> list[dict[str, Any]]:
    """All commands, described in every language that Discord has too; the first language is the default."""
    return [_command(name, texts, languages) for name in NAMES]


def _command(name: str, texts: Texts, languages: Sequence[str]) -> dict[str, Any]:
    command: dict[str, Any] = {
        "name": name,
        "type": CHAT_INPUT,
        **_described(f"command_{name}", texts, languages),
        "contexts": [IN_GUILD, IN_BOT_DM],
        "integration_types": [0],
        "options": [],
    }
    if name == ASK:
        described = _described("command_ask_question", texts, languages)
        command["options"] = [
            {"name": QUESTION, "type": STRING, "required": True, "max_length": LONGEST_QUESTION, **described}
        ]
    elif name in WORDED:
        described = _described("command_words", texts, languages)
        command["options"] = [
            {"name": WORDS, "type": STRING, "required": False, "max_length": LONGEST_QUESTION, **described}
        ]
    return command


def _described(key: str, texts: Texts, languages: Sequence[str]) -> dict[str, Any]:
    localized = {
        LOCALES[language]: texts(key, language).strip()[:LONGEST_DESCRIPTION]
        for language in languages
        if language in LOCALES
    }
    return {
        "description": texts(key, languages[0]).strip()[:LONGEST_DESCRIPTION],
        "description_localizations": localized,
    }


def same(ours: Sequence[dict[str, Any]], registered: Sequence[dict[str, Any]]) -> bool:
    """Whether what is registered already says the same, so that it need not be sent again."""
    return sorted(map(_essence, ours)) == sorted(map(_essence, registered))


def _essence(command: dict[str, Any]) -> str:
    options = [
        (option["name"], option["description"], sorted((option.get("description_localizations") or {}).items()))
        for option in command.get("options") or []
    ]
    localized = sorted((command.get("description_localizations") or {}).items())
    return repr((command["name"], command["description"], localized, options))
