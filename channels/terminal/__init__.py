"""The bot in a terminal, for trying it out without any network."""
