"""Files of labelled questions as strangers have them, and ``faq evaluate`` run anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from faq.evaluate import LabelledFileError, evaluate, read_labelled, unknown_entries

PHRASINGS = (
    "pay\ten\thow do i pay\npay\ten\tcard payment\npay\ten\tcan i use my card\n"
    "order\ten\twhere is my order\norder\ten\ttrack my parcel\norder\ten\thas it been sent\n"
)


def write(folder: Path, content: bytes, name: str = "q.tsv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"pay\ten\tone\n-\tvi\ttwo\n",
        b"\xef\xbb\xbfpay\ten\tone\n-\tvi\ttwo\n",
        b"pay\ten\tone\r\n-\tvi\ttwo\r\n",
        b"entry\tlanguage\ttext\npay\ten\tone\n\n-\tvi\ttwo",
        b"Entry\tLanguage\tText\r\npay\ten\t one \r\n-\tvi\ttwo",
    ],
)
def test_files_of_other_programs_are_read_alike(tmp_path: Path, content: bytes) -> None:
    rows = read_labelled(write(tmp_path, content))
    assert [(row.entry, row.language, row.text) for row in rows] == [("pay", "en", "one"), (None, "vi", "two")]


def test_only_line_feeds_part_rows(tmp_path: Path) -> None:
    (row,) = read_labelled(write(tmp_path, "pay\ten\tone\u2028two\u0085three\x0bfour\tfive\n".encode()))
    assert row.text == "one\u2028two\u0085three\x0bfour\tfive"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", ["q.tsv:1: no rows"]),
        (b"pay\ten\tx\npay en x\nb\ten\n", ["q.tsv:2: want entry, language", "q.tsv:3: want entry, language"]),
        (b"pay\ten\t \n\ten\tx\nb\t\tx\n", ["q.tsv:1: the text is", "q.tsv:2: the entry", "q.tsv:3: the language"]),
        (b"pay\ten\tx\npay\ten\tcaf\xe9\n", ["q.tsv:2: this is not UTF-8"]),
    ],
)
def test_every_line_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, says: list[str]) -> None:
    with pytest.raises(LabelledFileError) as raised:
        read_labelled(write(tmp_path, content))
    lines = str(raised.value).splitlines()
    assert len(lines) == len(says)
    assert all(wanted in line for wanted, line in zip(says, lines, strict=True))


def test_a_file_of_another_kind_is_not_listed_line_by_line(tmp_path: Path) -> None:
    with pytest.raises(LabelledFileError) as raised:
        read_labelled(write(tmp_path, b"a,en,b\n" * 500))
    assert str(raised.value).splitlines()[20:] == [f"{tmp_path / 'q.tsv'}: and 480 more lines like these"]


def test_phrasings_that_no_entry_fits_are_no_entry(tmp_path: Path) -> None:
    strangers = "".join(f"-\ten\tsing me song number {number}\n" for number in range(25))
    phrasings = write(tmp_path, (PHRASINGS + strangers).encode(), "p.tsv")
    questions = write(tmp_path, b"pay\ten\thow do i pay\n-\ten\tsing me a song\n")
    report = evaluate(phrasings, questions, semantic=False)
    assert report.accuracy == 1.0
    assert report.auroc == 1.0
    only_strangers = write(tmp_path, strangers.encode(), "s.tsv")
    with pytest.raises(LabelledFileError, match="no row names an entry"):
        evaluate(only_strangers, questions, semantic=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["faq", "evaluate", *arguments])


def test_it_runs_without_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever only wants to measure needs no config.yaml; unknown entries of the questions are said, and are wrong."""
    monkeypatch.chdir(tmp_path)
    phrasings = write(tmp_path, PHRASINGS.encode(), "p.tsv")
    questions = write(tmp_path, b"pay\ten\thow do i pay\nrefund\ten\tmoney back\n")
    result = run("--phrasings", "p.tsv", "--questions", "q.tsv", "--json", "--no-semantic")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["accuracy"] == 0.5
    assert "auroc" not in figures
    assert "correct_at_oos_refused_90" not in figures
    assert "refund (1)" in result.stderr
    assert unknown_entries(phrasings, questions) == {"refund": 1}
    assert not (tmp_path / "evaluation.png").exists()


def test_a_picture_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, PHRASINGS.encode(), "p.tsv")
    write(tmp_path, b"pay\ten\thow do i pay\n-\ten\tthe moon\n")
    result = run("--phrasings", "p.tsv", "--questions", "q.tsv", "--no-semantic")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "evaluation.png").read_bytes().startswith(b"\x89PNG")


def test_a_wrong_file_is_one_line_and_exit_code_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, PHRASINGS.encode(), "p.tsv")
    write(tmp_path, b"pay en how\n")
    result = run("--phrasings", "p.tsv", "--questions", "q.tsv")
    assert result.exit_code == 1
    assert result.stderr == "q.tsv:1: want entry, language and text, parted by tabs; there are 1\n"
    assert run("--phrasings", "p.tsv", "--questions", "none.tsv").exit_code == 2


def test_questions_asked_before_are_learned_from_too(tmp_path: Path) -> None:
    """One a line, and nobody says whose they are."""
    phrasings = write(tmp_path, PHRASINGS.encode(), "p.tsv")
    questions = write(tmp_path, b"pay\ten\thow do i pay\n")
    before = write(tmp_path, "\n".join(f"how do i pay {number}" for number in range(30)).encode(), "asked.txt")
    given = ("--phrasings", str(phrasings), "--questions", str(questions), "--json", "--no-semantic")
    result = run(*given, "--asked", str(before))
    assert (result.exit_code, json.loads(result.stdout)["accuracy"]) == (0, 1.0)
    before.write_bytes(b"\xff\xfe")
    wrong = run(*given, "--asked", str(before))
    assert (wrong.exit_code, "asked.txt:1: this is not UTF-8" in wrong.stderr) == (1, True)
