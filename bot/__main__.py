"""``python -m bot`` is ``innkeeper``."""

from bot.cli import main

main()
