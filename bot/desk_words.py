"""Which of the bot's own texts agents may pick as templates, and what they are called at the desk."""

from __future__ import annotations

from collections.abc import Sequence

from bot.texts import Texts
from handoff.snippets import Snippet

# The rule that each serves, its key in bot/texts, and its name in the picker.
TEMPLATES = (
    ("W10", "agent_greeting", "Greet by name"),
    ("W11", "thanks_for_waiting", "Thanks for waiting"),
    ("W7", "hold", "One moment, please"),
    ("W7", "hold_back", "Back again"),
    ("W15", "promise", "We tell you as soon as we know"),
    ("H10", "on_its_way", "The answer is on its way"),
    ("W16", "call_back", "The result of what you told us"),
    ("W3", "criticism_reply", "Criticism of the service"),
    ("W4", "stability_reply", "Doubts about stability"),
    ("W12", "praise_reply", "Praise"),
    ("W6", "correction", "A message sent by mistake"),
    ("W14", "confirm_understood", "Did I understand you?"),
    ("W13", "solved", "A friendly end"),
)


def desk_templates(texts: Texts) -> Sequence[Snippet]:
    """The templates in every language of the service, with the variables that their writer fills in still in braces."""
    made = []
    for code, key, title in TEMPLATES:
        by_language = {tag: language.texts[key] for tag, language in texts.languages.items()}
        words = {tag: text.strip() for tag, text in by_language.items() if isinstance(text, str)}
        made.append(Snippet(f"template:{key}", dict.fromkeys(words, title), words, code=code))
    return tuple(made)
