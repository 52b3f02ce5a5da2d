"""The dashboard and the alert rules speak of figures that there are, and every alarm says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.metrics import Metrics

FOLDER = Path(__file__).parents[1] / "docs" / "monitoring"


def rules() -> list[dict[str, Any]]:
    read = YAML(typ="safe").load(FOLDER / "alerts.yaml")
    return [rule for group in read["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    return found


def questions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    for panel in panels():
        yield from (target["expr"] for target in panel["targets"])


def figures() -> dict[str, set[str]]:
    """Every figure as Prometheus asks for it, with its labels."""
    found: dict[str, set[str]] = {}
    for collector in Metrics().registry._collector_to_names:
        labels = set(getattr(collector, "_labelnames", ()))
        (family,) = collector.describe()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        names = [name] if family.type != "histogram" else [f"{name}_{each}" for each in ("bucket", "sum", "count")]
        found |= {each: labels | ({"le"} if each.endswith("_bucket") else set()) for each in names}
    return found


def test_what_is_asked_for_exists() -> None:
    known = figures()
    asked = {name for question in questions() for name in re.findall(r"\binnkeeper_\w+", question)}
    assert asked - set(known) == set()
    # And nothing that says whether players are looked after is left out of sight.
    assert len(asked) > 12


def test_the_labels_exist() -> None:
    known = figures()
    for question in questions():
        asked = set(re.findall(r"\binnkeeper_\w+", question))
        labels = {label for name in asked for label in known[name]}
        grouped = {each.strip() for group in re.findall(r"by \(([^)]*)\)", question) for each in group.split(",")}
        chosen = set(re.findall(r"[{,]\s*(\w+)\s*=~?", question)) - {"job"}
        assert (grouped | chosen) - labels == set(), question
        assert question.count("(") == question.count(")")


def test_every_alarm_says_what_is_wrong_and_what_to_do() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names)) > 8
    for rule in rules():
        assert rule["annotations"].keys() == {"summary", "remedy"}
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_no_two_panels_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
