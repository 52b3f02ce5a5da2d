"""Discord: direct messages, commands and mentions in a guild, private threads opened from a support panel."""
