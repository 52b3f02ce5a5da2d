"""``innkeeper faq``, as an admin types it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from bot.commands.faq import faq_group
from bot.commands.faq_tools import TOOLS_KEY, FaqTools
from faq.loader import load_faq
from faq.matcher import MatcherSettings
from faq.missed import Answered, Missed, Reason, write_missed
from faq.publishing import KnowledgeSettings, Status, build, write_status
from storage.problems import Place, Problem
from tests.faq.writing import ACCOUNT, FILES, PAYMENT, VARIABLES, write_faq

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Terminal:
    """Runs commands on one FAQ folder, mounted as the program mounts them."""

    def __init__(self, settings: KnowledgeSettings) -> None:
        self.settings = settings
        self.missed: list[Missed] | None = None
        self.answered: list[Answered] | None = None

    def run(self, *arguments: str) -> Result:
        @click.group()
        @click.pass_context
        def program(context: click.Context) -> None:
            context.meta[TOOLS_KEY] = self._tools

        program.add_command(faq_group)
        result = CliRunner().invoke(program, ["faq", *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def _tools(self) -> FaqTools:
        missed, answered = self.missed, self.answered
        return FaqTools(
            self.settings,
            missed=None if missed is None else lambda: missed,
            answered=None if answered is None else lambda: answered,
            now=lambda: NOW,
        )

    def write(self, name: str, text: str) -> None:
        (self.settings.folder / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which the usual FAQ is built."""
    cache = tmp_path_factory.mktemp("learned")
    build(settings_for(write_faq(tmp_path_factory.mktemp("entries")), cache), NOW)
    return cache


@pytest.fixture
def terminal(tmp_path: Path, learned: Path) -> Terminal:
    shutil.copytree(learned, tmp_path / "cache")
    return Terminal(settings_for(write_faq(tmp_path / "entries"), tmp_path / "cache"))


def settings_for(folder: Path, cache: Path) -> KnowledgeSettings:
    matcher = MatcherSettings(answer_above=0.5, suggest_above=0.1, semantic=False)
    return KnowledgeSettings(folder, cache, VARIABLES, matcher)


def lines(result: Result) -> Sequence[str]:
    return result.output.splitlines()


def test_check_finds_nothing_in_a_sound_faq(terminal: Terminal) -> None:
    result = terminal.run("check", "--quick")
    assert result.exit_code == 0
    assert result.output == "5 entries, 20 phrasings, en: no problems.\n"


def test_check_says_everything_and_fails_on_errors(terminal: Terminal) -> None:
    terminal.write("account.yaml", ACCOUNT.replace("handoff: never", "handof: never"))
    terminal.write("payment.yaml", PAYMENT.replace("owner: Tomas\n", "").replace("of {game}", "of {gmae}"))
    result = terminal.run("check")
    assert result.exit_code == 1
    assert 'error: the entry "password-reset" has no "handof". Did you mean "handoff"?' in result.output
    assert "1 error, 2 warnings." in result.output


def test_check_as_json(terminal: Terminal) -> None:
    terminal.write("account.yaml", ACCOUNT.replace("handoff: never", "handof: never"))
    result = terminal.run("check", "--json")
    assert result.exit_code == 1
    about = json.loads(result.stdout)
    assert about["entries"] == 5
    (problem,) = about["problems"]
    assert (problem["line"], problem["column"], problem["severity"], problem["code"]) == (29, 5, "error", "unknown_key")
    assert problem["hint"] == 'Did you mean "handoff"?'


def test_check_leaves_phrasings_out_and_shows_the_thresholds(terminal: Terminal) -> None:
    stray = PAYMENT.replace("- where is my purchase", "- where is my purchase\n        - i forgot what my password was")
    terminal.write("payment.yaml", stray)
    result = terminal.run("check")
    assert result.exit_code == 0
    assert '"i forgot what my password was" would be answered by "password-reset"' in result.output
    assert "answered from 50% confidence on and suggested from 10%" in result.output


def test_test_passes_and_fails(terminal: Terminal) -> None:
    result = terminal.run("test")
    assert result.exit_code == 0
    assert lines(result)[-1].startswith("3 of 3 tests pass")
    terminal.write("account.yaml", ACCOUNT.replace("[how can i recover my account]", "[i want a refund]"))
    result = terminal.run("test")
    assert result.exit_code == 1
    assert 'account.yaml:17:23: error: test: "i want a refund" should bring "account-recover"' in result.output


def test_test_shows_what_would_change(terminal: Terminal) -> None:
    live = build(terminal.settings, NOW)
    assert live.faq is not None
    write_status(terminal.settings.cache_folder, Status(live.faq.version, live.key, NOW, 5, 20, ("en",)))
    moved = PAYMENT.replace("        - give me my money back\n", "").replace(
        "- i paid and got nothing", "- i paid and got nothing\n        - give me my money back"
    )
    terminal.write("payment.yaml", moved)
    result = terminal.run("test", "--json")
    changes = json.loads(result.stdout)["changes"]
    assert {"question": "give me my money back", "before": ["payment-refund"], "after": ["payment-missing"]} in changes


def test_ask_answers(terminal: Terminal) -> None:
    result = terminal.run("ask", "i want a refund")
    assert result.output == "Purchases of the last 14 days are paid back.\n"


def test_ask_tells_why(terminal: Terminal) -> None:
    result = terminal.run("ask", "i forgot my pasword somehow", "--why")
    assert result.exit_code == 0
    assert "password-reset" in result.output
    assert "confidence" in result.output
    assert "thresholds answer from 50.0%, suggest from 10.0%" in result.output


def test_ask_as_json(terminal: Terminal) -> None:
    about = json.loads(terminal.run("ask", "hello", "--json").stdout)
    assert (about["verdict"], about["entries"]) == ("answer", ["hello"])
    assert about["candidates"][0]["entry"] == "hello"


def test_ask_of_a_broken_faq_says_what_is_broken(terminal: Terminal) -> None:
    terminal.write("payment.yaml", "topic: [x\n")
    result = terminal.run("ask", "hello")
    assert result.exit_code == 1
    assert "payment.yaml:1:8: error:" in result.output
    assert "Traceback" not in result.output


def test_status(terminal: Terminal) -> None:
    result = terminal.run("status")
    assert result.exit_code == 1
    assert "No version has been live" in result.output
    write_status(terminal.settings.cache_folder, Status("abc", "key", NOW, 5, 20, ("en", "vi")))
    result = terminal.run("status")
    assert result.exit_code == 0
    expected = "Version abc is live since 2026-11-22 12:00:00 UTC (5 entries, 20 phrasings, en, vi).\n"
    assert result.output == expected


def test_status_of_a_refused_save(terminal: Terminal) -> None:
    problem = Problem(Place("account.yaml", 3, 7), "the quote is never closed", "Close it.")
    refused = Status("abc", "key", NOW, 5, 20, ("en",), rejected_at=NOW, problems=(problem,))
    write_status(terminal.settings.cache_folder, refused)
    result = terminal.run("status")
    assert result.exit_code == 1
    assert "account.yaml:3:7: error: the quote is never closed. Close it." in result.output
    assert lines(result)[-1] == "What was saved at 2026-11-22 12:00:00 UTC is not live: 1 error, above."
    about = json.loads(terminal.run("status", "--json").stdout)
    assert (about["version"], about["problems"][0]["line"]) == ("abc", 3)


def missed_rows() -> list[Missed]:
    def row(text: str, player: str, reply: str | None = None) -> Missed:
        return Missed(text, NOW, player, Reason.NO_MATCH, "en", reply=reply)

    return [
        row("is there controller support on pc", "a"),
        row("controller support please", "b", "Yes, plug it in first."),
        row("can i play with a controller", "c"),
        Missed("hand my money over again", NOW, "d", Reason.HANDED_OVER, "en", settled_by="payment-refund"),
    ]


def test_unanswered_then_accept_then_saved(terminal: Terminal) -> None:
    terminal.missed = missed_rows()
    result = terminal.run("unanswered")
    assert result.exit_code == 0
    assert lines(result)[0] == "1. 3 players, 3 messages (no match 3×)"
    assert "→ phrasings for payment-refund (I want a refund), 100% sure" in result.output
    before = {path.name: path.read_text() for path in terminal.settings.folder.iterdir()}

    result = terminal.run("accept", "2", "1", "--topic", "payment")
    assert result.exit_code == 0
    faq = load_faq(terminal.settings.folder, VARIABLES)
    (new,) = faq.entries.keys() - {"account-recover", "password-reset", "payment-refund", "payment-missing", "hello"}
    assert faq.entries[new].answers == {"en": "Yes, plug it in first."}
    assert (len(faq.entries[new].phrasings), len(faq.entries[new].tests)) == (2, 1)
    assert "hand my money over again" in [phrasing.text for phrasing in faq.entries["payment-refund"].phrasings]
    assert (terminal.settings.folder / "account.yaml").read_text() == before["account.yaml"]

    later = NOW + timedelta(days=2)
    terminal.answered = [Answered("hand my money over", later, player, "payment-refund") for player in "xyz"]
    result = terminal.run("saved")
    assert "payment-refund: 3 players answered since (3 messages); 1 had asked in vain before" in result.output
    assert lines(result)[-1] == "Together 3 times a player did not have to wait for a human."


def test_accept_into_another_entry(terminal: Terminal) -> None:
    terminal.missed = missed_rows()
    terminal.run("unanswered")
    assert terminal.run("accept", "1", "--entry", "hello").exit_code == 0
    entry = load_faq(terminal.settings.folder, VARIABLES).entries["hello"]
    assert len(entry.phrasings) == 4 + 2
    result = terminal.run("accept", "1", "--entry", "helo")
    assert result.exit_code == 1
    assert result.output == 'there is no entry "helo"; did you mean "hello"?\n'


def test_accept_needs_an_answer_and_a_number_that_is_there(terminal: Terminal) -> None:
    assert "Run  faq unanswered  first" in terminal.run("accept", "1").output
    terminal.missed = [Missed("can i play with a controller", NOW, "c", Reason.NO_MATCH, "en")]
    terminal.run("unanswered")
    assert "no number 7" in terminal.run("accept", "7").output
    assert 'add  --answer "…"' in terminal.run("accept", "1").output
    result = terminal.run(
        "accept", "1", "--id", "controller", "--title", "Controllers", "--answer", "Yes.", "--topic", "pad"
    )
    assert result.exit_code == 0
    faq = load_faq(terminal.settings.folder, VARIABLES)
    assert (faq.entries["controller"].topic, faq.entries["controller"].title) == ("pad", {"en": "Controllers"})


def test_unanswered_reads_an_export(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "missed.jsonl"
    write_missed(missed_rows(), path)
    groups = json.loads(terminal.run("unanswered", "--from", str(path), "--json").stdout)
    assert [group["players"] for group in groups] == [3, 1]
    assert "No database is configured" in terminal.run("unanswered").output


def test_export_and_import_again(terminal: Terminal, tmp_path: Path) -> None:
    table = tmp_path / "faq.csv"
    assert terminal.run("export", "csv", str(table)).exit_code == 0
    table.write_text(table.read_text().replace("i want a refund", "i want a refund\nrefund me now"))
    result = terminal.run("import", "csv", str(table), "--dry-run")
    assert lines(result)[0] == "0 entries and 1 phrasings of known entries would be added, in 1 files:"
    assert (terminal.settings.folder / "payment.yaml").read_text() == FILES["payment.yaml"]
    assert terminal.run("import", "csv", str(table)).exit_code == 0
    entry = load_faq(terminal.settings.folder, VARIABLES).entries["payment-refund"]
    assert "refund me now" in [phrasing.text for phrasing in entry.phrasings]
    terminal.settings.folder.joinpath("payment.yaml").unlink()
    terminal.run("import", "csv", str(table))
    assert len(load_faq(terminal.settings.folder, VARIABLES).entries) == 5


def test_evaluate(tmp_path: Path, terminal: Terminal) -> None:
    phrasings, questions, picture = tmp_path / "phrasings.tsv", tmp_path / "questions.tsv", tmp_path / "picture.png"
    entries = {entry.id: entry for entry in load_faq(terminal.settings.folder, VARIABLES).entries.values()}
    phrasings.write_text(
        "".join(f"{name}\ten\t{row.text}\n" for name, entry in entries.items() for row in entry.phrasings)
    )
    questions.write_text("payment-refund\ten\tgive my money back\n-\ten\tis it raining in paris\nhello\ten\thello\n")
    arguments = ("evaluate", "--phrasings", str(phrasings), "--questions", str(questions), "--no-semantic")
    figures = json.loads(terminal.run(*arguments, "--json", "--plot", str(picture)).stdout)
    assert figures["accuracy"] == 1.0
    assert set(figures) == {
        *("accuracy", "recall_at_3", "auroc", "correct_at_oos_refused_90", "coverage_at_precision"),
        *("calibration_error", "fit_s", "p50_ms", "p99_ms"),
    }
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_every_command_has_a_help_text_worth_reading(terminal: Terminal) -> None:
    for name in ("check", "test", "ask", "status", "evaluate", "unanswered", "accept", "saved", "import", "export"):
        result = terminal.run(name, "--help")
        assert result.exit_code == 0
        assert len(result.output) > 200
