"""Our buttons as Telegram's inline keyboard, and what a press carries back."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from messaging.messages import Button

LONGEST_DATA = 64
_SHORT = 18
"""Two labels up to this long stand side by side on a phone."""


def keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """One below the other, links alone; where all labels are short, two side by side. None without buttons."""
    if not buttons:
        return None
    room = 2 if all(len(button.label) <= _SHORT for button in buttons) else 1
    rows: list[list[Button]] = []
    for button in buttons:
        if rows and len(rows[-1]) < room and button.url is None and rows[-1][0].url is None:
            rows[-1].append(button)
        else:
            rows.append([button])
    return InlineKeyboardMarkup([[_button(button) for button in row] for row in rows])


def _button(button: Button) -> InlineKeyboardButton:
    if button.url is not None:
        return InlineKeyboardButton(button.label, url=button.url)
    action = button.action or ""
    if not 1 <= len(action.encode()) <= LONGEST_DATA:
        raise ValueError(f"a button carries 1 to {LONGEST_DATA} bytes, not {action!r}")
    return InlineKeyboardButton(button.label, callback_data=action)
