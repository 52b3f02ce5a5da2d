from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from handoff.errors import AgentRefused
from handoff.passwords import Passwords


def cheap(time_cost: int = 1) -> PasswordHasher:
    return PasswordHasher(time_cost=time_cost, memory_cost=8, parallelism=1)


async def test_the_right_password_is_right_and_a_wrong_one_wrong() -> None:
    passwords = Passwords(cheap())
    stored = await passwords.hash("correct horse battery", name="mira")
    assert stored.startswith("$argon2id$")
    assert (await passwords.verify(stored, "correct horse battery")).right
    assert not (await passwords.verify(stored, "correct horse batterx")).right
    assert not (await passwords.verify(stored, "")).right
    assert not (await passwords.verify(stored, "x" * 100_000)).right


async def test_where_nothing_is_stored_nothing_is_right() -> None:
    passwords = Passwords(cheap())
    assert not (await passwords.verify(None, "nobody's password")).right
    assert not (await passwords.verify("not a hash", "whatever it is")).right


async def test_changed_parameters_renew_the_hash() -> None:
    stored = await Passwords(cheap(1)).hash("correct horse battery", name="mira")
    stronger = Passwords(cheap(2))
    verified = await stronger.verify(stored, "correct horse battery")
    assert verified.right
    assert verified.renewed is not None
    assert verified.renewed != stored
    assert (await stronger.verify(verified.renewed, "correct horse battery")).renewed is None
    assert (await stronger.verify(stored, "wrong password")).renewed is None


@pytest.mark.parametrize("password", ["short", "x" * 1025, "mira.the.agent", "Mira.The.Agent", "aaaaaaaaaaaa"])
async def test_passwords_that_are_easily_guessed_are_refused(password: str) -> None:
    with pytest.raises(AgentRefused, match="password"):
        await Passwords(cheap()).hash(password, name="mira.the.agent")


async def test_the_event_loop_goes_on_while_a_password_is_verified() -> None:
    passwords = Passwords(PasswordHasher(time_cost=4, memory_cost=32 * 1024, parallelism=1))
    turns = 0
    task = asyncio.create_task(passwords.verify(None, "some password"))
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    # A loop that stands still meanwhile takes two or three.
    assert turns > 10
