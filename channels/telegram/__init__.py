"""Telegram: the Bot API through python-telegram-bot, with our own receiving loop and request layer."""
