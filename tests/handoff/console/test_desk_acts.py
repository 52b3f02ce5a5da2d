from __future__ import annotations

from typing import Any

import pytest

from handoff.acts import Claim, Close, Declined, LeaveIt, Note, Release, Reopen, Reply, Resend, StoredFile
from handoff.guard.draft import Finding, Kind, Severity
from handoff.tickets import TicketKey
from storage.errors import DatabaseUnreachable
from tests.handoff.console.world import World

TICKET = "/console/tickets/7-12"
ACT = {"act_id": "0123456789abcdef"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


async def upload(world: World, content: bytes = PNG, name: str = "screen.png") -> dict[str, Any]:
    response = await world.client.post(
        "/console/files", params={"name": name}, data=content, headers={"Origin": world.origin}
    )
    assert response.status == 201, await response.text()
    stored: dict[str, Any] = await response.json()
    return stored


@pytest.mark.parametrize(
    ("name", "body", "kind", "told"),
    [
        ("claim", {}, Claim, {}),
        ("release", {}, Release, {}),
        ("reply", {"text": "Hello"}, Reply, {"text": "Hello", "files": ()}),
        ("note", {"text": "psst"}, Note, {"text": "psst", "files": ()}),
        ("close", {}, Close, {}),
        ("reopen", {}, Reopen, {}),
        ("resend", {"message": 9}, Resend, {"message": 9}),
        ("leave", {"message": 9}, LeaveIt, {"message": 9}),
    ],
)
async def test_each_act_reaches_the_pipeline_as_itself(
    world: World, name: str, body: dict[str, Any], kind: type, told: dict[str, Any]
) -> None:
    agent = await world.sign_in()
    response = await world.post(f"{TICKET}/{name}", ACT | body)
    assert response.status == 200
    [act] = world.performer.acts
    assert act == kind(
        ticket=TicketKey(7, 12),
        act_id=f"console:{agent.id}:0123456789abcdef",
        agent_id=agent.id,
        desk_name="Mira",
        done_at=world.clock(),
        **told,
    )


async def test_a_note_and_a_reply_cannot_be_taken_for_each_other(world: World) -> None:
    await world.sign_in()
    await world.post(f"{TICKET}/note", ACT | {"text": "the player is lying", "kind": "reply", "type": "Reply"})
    await world.post(f"{TICKET}/reply", ACT | {"text": "Hello", "kind": "note"})
    assert [type(act) for act in world.performer.acts] == [Note, Reply]


async def test_a_declined_act_says_why(world: World) -> None:
    await world.sign_in()
    world.performer.answer = Declined("taken", "Tom took it first.")
    response = await world.post(f"{TICKET}/claim", ACT)
    assert response.status == 409
    assert await response.json() == {"code": "taken", "reason": "Tom took it first."}


async def test_a_database_that_is_away_means_try_again(world: World) -> None:
    await world.sign_in()
    world.performer.answer = DatabaseUnreachable("database is locked")
    response = await world.post(f"{TICKET}/reply", ACT | {"text": "Hello"})
    assert response.status == 503
    assert (await response.json())["code"] == "storage"


async def test_acts_of_two_agents_never_share_an_id(world: World) -> None:
    await world.sign_in("mira")
    await world.post(f"{TICKET}/claim", ACT)
    await world.sign_in("tom")
    await world.post(f"{TICKET}/claim", ACT)
    assert len({act.act_id for act in world.performer.acts}) == 2


async def test_files_go_along_as_they_are_stored_whatever_the_page_claims(world: World) -> None:
    await world.sign_in()
    stored = await upload(world)
    claimed = {"sha256": stored["sha256"], "name": "../../proof.png", "content_type": "text/html", "size": 1}
    response = await world.post(f"{TICKET}/reply", ACT | {"text": "", "files": [claimed]})
    assert response.status == 200
    [act] = world.performer.acts
    assert isinstance(act, Reply)
    assert act.files == (StoredFile(stored["sha256"], "proof.png", "image/png", len(PNG)),)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("7-12/reply", {"text": "  \n "}, 400),
        ("7-12/reply", {"text": "x" * 20_001}, 400),
        ("7-12/reply", {"text": ["x"]}, 400),
        ("7-12/reply", {"text": "x", "files": "all"}, 400),
        ("7-12/reply", {"text": "x", "files": [{"sha256": "0" * 64, "name": "a"}]}, 400),
        ("7-12/reply", {"text": "x", "files": [{"sha256": "0" * 64, "name": "a"}] * 11}, 400),
        ("7-12/reply", {"text": "x", "act_id": ""}, 400),
        ("7-12/reply", {"text": "x", "act_id": "short"}, 400),
        ("7-12/reply", {"text": "x", "act_id": "sql'; --0000"}, 400),
        ("7-12/resend", {}, 400),
        ("7-12/resend", {"message": [9]}, 400),
        ("7-12/resend", {"message": 2**63}, 400),
        ("7-12/leave", {"message": True}, 400),
        ("seven/claim", {}, 404),
        ("7/claim", {}, 404),
        ("99999999999999999999-1/claim", {}, 404),
    ],
)
async def test_what_makes_no_sense_never_reaches_the_pipeline(
    world: World, path: str, body: dict[str, Any], status: int
) -> None:
    await world.sign_in()
    response = await world.post(f"/console/tickets/{path}", ACT | body)
    assert response.status == status
    assert (await response.json())["reason"]
    assert world.performer.acts == []


async def test_what_no_database_keeps_is_taken_out_of_a_text(world: World) -> None:
    await world.sign_in()
    await world.post(f"{TICKET}/reply", ACT | {"text": "a\x00b \ud800 \U0001f600\n\tc"})
    [act] = world.performer.acts
    assert isinstance(act, Reply)
    assert act.text == "ab ? \U0001f600\n\tc"


async def test_nobody_acts_without_signing_in_or_from_another_site(world: World) -> None:
    assert (await world.post(f"{TICKET}/reply", ACT | {"text": "Hello"})).status == 401
    await world.sign_in()
    elsewhere = await world.post(f"{TICKET}/reply", ACT | {"text": "Hello"}, origin="https://evil.example")
    assert elsewhere.status == 403
    assert "web.public_url" in (await elsewhere.json())["reason"]
    assert world.performer.acts == []


async def test_what_the_guard_found_is_told_with_the_text_that_it_read(world: World) -> None:
    await world.sign_in()
    key = await world.ticket()
    finding = Finding(Kind.FORBIDDEN, Severity.WARN, 2, 11, "It makes it worse.", "Say what you will do.")
    world.performer.answer = Declined("guard", "Please look at this once more.", (finding,))
    response = await world.post(f"/console/tickets/{key}/reply", {"act_id": "reply-0001", "text": " 😀 calm down "})
    assert response.status == 409
    assert await response.json() == {
        "code": "guard",
        "reason": "Please look at this once more.",
        "text": "😀 calm down",
        "findings": [
            {
                "kind": "forbidden",
                "code": "G6",
                "severity": "warn",
                "span": [2, 11],
                "reason": "It makes it worse.",
                "suggestion": "Say what you will do.",
            }
        ],
    }


async def test_a_reply_carries_the_reason_for_which_it_is_sent_all_the_same(world: World) -> None:
    await world.sign_in()
    key = await world.ticket()
    path = f"/console/tickets/{key}/reply"
    body = {"act_id": "reply-0001", "text": "calm down", "override_reason": " a quote "}
    assert (await world.post(path, body)).status == 200
    (act,) = world.performer.acts
    assert isinstance(act, Reply)
    assert act.override_reason == "a quote"
    assert (await world.post(path, body | {"override_reason": "x" * 501})).status == 400
