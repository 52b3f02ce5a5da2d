"""Browsing the FAQ (F1): topics as buttons, the entries of one as buttons, a few at a time."""

from __future__ import annotations

from collections.abc import Callable

from bot.decisions.hearing import BROWSE
from bot.effects import Choice, Effect, EntryTitle, Say, Text, TopicTitle, number_in
from bot.situation import Situation
from faq.entry import Faq

# With the button to more of them no more than any network shows at once.
A_FEW = 7


def is_browsing(action: str) -> bool:
    """Whether this button is one of ours."""
    return action.partition(":")[0] in ("topics", "topic", "entries")


def decide_topics(faq: Faq, start: int = 0) -> tuple[Effect, ...]:
    """/topics: what the FAQ knows about."""
    ids = tuple(topic.id for topic in faq.topics.values() if topic.entry_ids)
    return _list(Text("topics_choose"), ids, start, "topic", "topics", TopicTitle)


def decide_browsed(situation: Situation, action: str, faq: Faq) -> tuple[Effect, ...]:
    """A topic was pressed, or the way to more. The same list may be walked again and again."""
    verb, _, rest = action.partition(":")
    number, _, place = rest.partition(":")
    offered = situation.memory.choice(number_in(number) or 0) or ()
    start = number_in(place) or 0
    if verb == "topics":
        return decide_topics(faq, start)
    if verb == "entries":
        known = tuple(each for each in offered if each in faq.entries)
        return _list(Text("suggest"), known, start, "pick", "entries", EntryTitle)
    topic = faq.topics.get(offered[start]) if start < len(offered) else None
    if topic is None:
        return (Say((Text("nothing_more"),), (BROWSE,)),)
    heading = Text("topic_entries", {"topic": (TopicTitle(topic.id),)})
    return _list(heading, topic.entry_ids, 0, "pick", "entries", EntryTitle)


def _list(
    heading: Text,
    ids: tuple[str, ...],
    start: int,
    pressed: str,
    more: str,
    titled: Callable[[str], EntryTitle | TopicTitle],
) -> tuple[Effect, ...]:
    """A few of these as buttons, ``pressed:{n}:place`` each, and ``more:{n}:place`` to those after them."""
    shown = list(enumerate(ids))[start : start + A_FEW]
    if not shown:
        return (Say((Text("nothing_more"),), (BROWSE,)),)
    choices = [Choice(titled(each), f"{pressed}:{{n}}:{place}") for place, each in shown]
    if start + A_FEW < len(ids):
        choices.append(Choice(Text("button_more"), f"{more}:{{n}}:{start + A_FEW}"))
    return (Say((heading,), tuple(choices), offers=ids),)
