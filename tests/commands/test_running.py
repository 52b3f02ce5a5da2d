"""serve and chat as processes of their own: they start, say plainly why they cannot, and end cleanly."""

from __future__ import annotations

import fcntl
import signal
import socket
import subprocess
import urllib.request

from tests.commands.conftest import Owner

PATIENCE = 60


def ended(process: subprocess.Popen[str], words: str = "") -> tuple[int, str]:
    """Its exit code and all that it said; its input is ``words``."""
    output, errors = process.communicate(words, timeout=PATIENCE)
    return process.returncode, output + errors


def until_said(process: subprocess.Popen[str], words: str) -> str:
    """What it said up to these words."""
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it ended, and said: {said} {process.stderr.read() if process.stderr else ''}")


def test_serve_says_where_it_is_and_ctrl_c_ends_it(owner: Owner) -> None:
    """One network cannot be reached: the others are served, and its token is not told."""
    owner.writes("channels: {telegram: {token: '${INN_TOKEN}', api_url: 'http://127.0.0.1:1'}}\n")
    (owner.folder / ".env").write_text("INN_TOKEN=123456:AAVERYSECRETAA\n")
    process = owner.starts("serve")
    try:
        welcome = until_said(process, "Ctrl-C ends it")
        assert f"http://localhost:{owner.port}/chat" in welcome
        assert "with this link" in welcome
        assert "DISCORD_TOKEN" in welcome
        assert "    web       on" in welcome
        assert "    telegram  on" not in welcome
        with urllib.request.urlopen(f"http://127.0.0.1:{owner.port}/healthz", timeout=10) as answer:
            assert answer.status == 200
        # A second one on the same database is told so before it does any harm.
        code, said = ended(owner.starts("serve"))
        assert code == 1
        assert "Another Innkeeper serves" in said
        assert "Traceback" not in said
        process.send_signal(signal.SIGINT)
        code, said = ended(process)
        assert (code, "Ended cleanly" in said) == (0, True)
        assert "Traceback" not in said
        assert "VERYSECRET" not in welcome + said
    finally:
        process.kill()
        process.communicate()


def test_a_port_in_use_is_said_so(owner: Owner) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", owner.port))
        taken.listen()
        code, said = ended(owner.starts("serve"))
    assert code == 1
    assert f"Cannot listen on 127.0.0.1:{owner.port}" in said
    assert "web.port" in said
    assert "Traceback" not in said


def test_what_stops_serving_before_it_starts_is_one_plain_line(owner: Owner) -> None:
    (owner.folder / "data").mkdir()
    with (owner.folder / "data" / "inn.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = owner.types("serve")
    assert (result.exit_code, "Another Innkeeper serves" in result.output) == (1, True)
    owner.config.write_text(owner.config.read_text().replace(f"{owner.folder}/data/", f"{owner.config}/"))
    result = owner.types("serve")
    assert (result.exit_code, "Cannot write to" in result.output) == (1, True)


def test_chat_answers_each_line_of_a_pipe(owner: Owner) -> None:
    code, said = ended(owner.starts("chat"), "how do i beat the goblin\n\nhuman\n")
    assert code == 0, said
    assert "silver lamp" in said
    assert "You are next" in said or "We open next" in said
    assert not (owner.folder / "data").exists()
