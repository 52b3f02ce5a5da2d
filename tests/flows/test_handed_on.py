"""What went to people is left where the FAQ learns from it (issue: a class "none of these")."""

from __future__ import annotations

from pathlib import Path

from faq.handed_on import ENOUGH, read_handed_on
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
    assert read_handed_on(cache) == ()
    await quiet_cottage.app.handing_over.keep()
    kept = read_handed_on(cache)
    assert len(kept) == ENOUGH + 1
    assert not any("aaa" in text or "example.com" in text for text in kept)
