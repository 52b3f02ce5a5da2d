"""``python -m tests.crash.launcher ARGUMENTS``: the ``innkeeper`` command, with a step to die at or a planted fault.

``INNKEEPER_CRASH_AT`` names the step, ``INNKEEPER_CRASH_FAULT`` the fault, ``INNKEEPER_CRASH_HEARTBEAT`` the seconds
of a heartbeat, ``INNKEEPER_CRASH_NONCES`` the seconds for which Discord is trusted to know a nonce; nothing else reads
them. Without arguments it has everything imported and forks a process for each line
of orders, which starts in a fraction of the time.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import traceback
from datetime import timedelta
from functools import partial
from typing import Any

CRASH_AT = "INNKEEPER_CRASH_AT"
CRASH_FAULT = "INNKEEPER_CRASH_FAULT"
HEARTBEAT = "INNKEEPER_CRASH_HEARTBEAT"
NONCES = "INNKEEPER_CRASH_NONCES"
END_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def _run(arguments: list[str]) -> None:
    """Be ``innkeeper`` with these arguments; its waits are a tenth and less of what they are."""
    from bot import building
    from bot.cli import main
    from bot.sender import SendRules
    from tests.crash.planted import plant
    from tests.crash.steps import arm

    quick: dict[str, Any] = {
        "first_pause": 0.1,
        "doubt_pause": 0.2,
        "heartbeat": timedelta(seconds=float(os.environ.get(HEARTBEAT, "0.3"))),
        "stranded_after": timedelta(seconds=1),
    }
    setattr(building, "SendRules", partial(SendRules, **quick))  # noqa: B010 - it is only imported there
    if nonces := os.environ.get(NONCES):
        _hurry_discord(float(nonces))
    if step := os.environ.get(CRASH_AT):
        arm(step)
    if fault := os.environ.get(CRASH_FAULT):
        plant(fault)
    main(arguments)


def _hurry_discord(nonces: float) -> None:
    from channels.base import Pace
    from channels.discord import adapter, sending, settings

    quick: dict[str, Any] = {"ready_timeout": 0.05, "identify_pause": 0.1, "resume_within": 2.0, "keep_every": 0.05}
    setattr(settings, "DiscordSettings", partial(settings.DiscordSettings, **quick))  # noqa: B010 - imported where used
    setattr(adapter, "CHAT_PACE", Pace(per_second=20.0, burst=20))  # noqa: B010
    setattr(sending, "NONCE_REMEMBERED", timedelta(seconds=nonces))  # noqa: B010


def _fork_on_orders() -> None:
    import asyncpg  # type: ignore[import-untyped]
    import uvloop

    import bot.commands.agents
    import bot.commands.serve
    import channels.discord.adapter
    import channels.telegram.adapter

    assert asyncpg, uvloop
    assert bot.commands.serve, (channels.telegram.adapter, channels.discord.adapter)
    # Who ends is put away by the system; others learn of it by the process itself.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        process_id = os.fork()
        if process_id == 0:
            _become(order)
        print(process_id, flush=True)


def _become(order: dict[str, Any]) -> None:
    ctypes.CDLL(None).prctl(END_WITH_PARENT, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.update(order["environment"])
    code = 1
    try:
        _run(order["arguments"])
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - the last word of a forked process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    if sys.argv[1:]:
        _run(sys.argv[1:])
    else:
        _fork_on_orders()
