"""Telegram: the Bot API through python-telegram-bot, with our own receiving loop and request layer."""

import os

# The SDK's own switch to its coming form of "retry after"; without it every 429 raises a deprecation warning.
os.environ.setdefault("PTB_TIMEDELTA", "true")
