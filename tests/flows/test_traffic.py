"""What players wrote is left where the FAQ learns from it."""

from __future__ import annotations

from pathlib import Path

from faq.traffic import ENOUGH, Traffic, read_traffic
from tests.flows.house import House


async def test_what_people_had_to_answer_is_kept_for_the_faq(quiet_cottage: House, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    quiet_cottage.with_(faq={"cache": cache})
    await quiet_cottage.begin()
    for number in range(ENOUGH + 2):
        player = quiet_cottage.channel.player(f"Player {number}", language="en")
        await player.writes(f"zqxv wvut plmk {'abcdefghijklmnopqrstuvwxyz'[number] * 3}, i am ann.lee@example.com")
        await player.reads("do not have an answer")
        if number:  # the first one does not go to people
            await player.writes("human")
    assert len(await quiet_cottage.waiting()) == ENOUGH + 1
    assert read_traffic(cache) == Traffic()
    await quiet_cottage.app.traffic.keep()
    kept = read_traffic(cache).handed_on
    assert len(kept) == ENOUGH + 1
    assert not any("aaa" in text or "example.com" in text for text in kept)


async def test_what_players_asked_is_kept_for_the_faq(quiet_cottage: House, tmp_path: Path) -> None:
    """Without what is anybody's own, and apart from what people had to answer."""
    cache = tmp_path / "cache"
    quiet_cottage.with_(faq={"cache": cache})
    await quiet_cottage.begin()
    for number in range(ENOUGH):
        player = quiet_cottage.channel.player(f"Player {number}", language="en")
        words = "abcdefghijklmnopqrstuvwxyz"[number] * 3
        await player.writes(f"how do i beat the goblin {words}, i am ann.lee@example.com")
        await player.reads("silver lamp")
    await quiet_cottage.app.traffic.keep()
    kept = read_traffic(cache)
    assert (len(kept.asked), kept.handed_on) == (ENOUGH, ())
    assert all("goblin" in text and "example.com" not in text for text in kept.asked)
