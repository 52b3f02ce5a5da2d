"""A small FAQ to test with, and a folder to keep it in."""

from __future__ import annotations

from pathlib import Path

from faq.entry import Faq
from faq.loader import Loaded, load_documents
from storage.problems import Problem
from storage.yaml_file import parse_yaml

VARIABLES = {"game": "Emberfall", "site": "https://emberfall.example"}

ACCOUNT = """topic: account
title: {en: Account, de: Konto}
owner: Mira
entries:
  - id: account-recover
    title: {en: Get my account back}
    phrasings:
      en:
        - how do i get my account back
        - i lost my account
        - recover my old account
        - my account is gone after i changed phones
    answer:
      en: Open [the recovery page]({site}/recover) and follow the steps.
    related: [password-reset]
    tests:
      positive: {en: [how can i recover my account]}
      negative: {en: [i forgot my password]}
  - id: password-reset
    title: {en: Reset my password}
    phrasings:
      en:
        - i forgot my password
        - how do i change my password
        - reset password
        - my password does not work any more
    answer:
      en: Choose **Forgot password** at the sign-in of {game}.
    handoff: never
"""

PAYMENT = """topic: payment
title: {en: Payment}
owner: Tomas
entries:
  - id: payment-refund
    title: {en: I want a refund}
    phrasings:
      en:
        - i want a refund
        - can i get my money back
        - give me my money back
        - refund my purchase please
    answer:
      en: Purchases of the last 14 days are paid back.
    handoff: always
    class: special
    queue_topic: payment
  - id: payment-missing
    title: {en: My purchase did not arrive}
    phrasings:
      en:
        - i paid and got nothing
        - my gems did not arrive
        - where is my purchase
        - bought a pack but it is not in my inventory
    answer:
      en: Most purchases arrive within ten minutes. Please restart {game} once.
"""

SMALL_TALK = """topic: small-talk
title: {en: Small talk}
owner: Mira
entries:
  - id: hello
    title: {en: Hello}
    kind: small_talk
    phrasings:
      en: [hello, hi there, good morning, hey bot]
    answer: {en: Hello! What can I do for you?}
unanswerable:
  en: [which planet is the largest]
"""

FILES = {"account.yaml": ACCOUNT, "payment.yaml": PAYMENT, "small-talk.yaml": SMALL_TALK}


def write_faq(folder: Path, files: dict[str, str] | None = None) -> Path:
    """The folder with these files in it, or the usual ones."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (FILES if files is None else files).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def loaded(*texts: str) -> Loaded:
    """What the loader makes of files with these texts: a.yaml, b.yaml, …"""
    documents = [parse_yaml(text.encode(), f"{chr(97 + place)}.yaml") for place, text in enumerate(texts)]
    return load_documents(documents, VARIABLES)


def faq_of(*texts: str) -> Faq:
    """The FAQ of these texts, which must be without errors."""
    result = loaded(*texts)
    assert result.errors == ()
    return result.faq


def said(problems: tuple[Problem, ...] | list[Problem]) -> list[str]:
    return [str(problem) for problem in problems]
