"""Buttons as Discord's components, and back: pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from messaging.messages import Button

ROW, BUTTON = 1, 2
PRIMARY, SECONDARY, LINK = 1, 2, 5
BUTTONS_IN_A_ROW = 5
LONGEST_LABEL = 80
PANEL = "panel"
Component = dict[str, Any]


def components(buttons: Sequence[Button]) -> list[Component]:
    """Rows of at most five buttons. The custom id is the action with the button's place, so that no two are equal."""
    made = [_component(place, button) for place, button in enumerate(buttons)]
    return [
        {"type": ROW, "components": made[start : start + BUTTONS_IN_A_ROW]}
        for start in range(0, len(made), BUTTONS_IN_A_ROW)
    ]


def _component(place: int, button: Button) -> Component:
    label = button.label if len(button.label) <= LONGEST_LABEL else button.label[: LONGEST_LABEL - 1] + "…"
    if button.url is not None:
        return {"type": BUTTON, "style": LINK, "label": label, "url": button.url}
    return {"type": BUTTON, "style": SECONDARY, "label": label, "custom_id": f"{place}:{button.action}"}


def action_of(custom_id: str) -> str | None:
    """The action that a pressed button carried; None for a component that is not one of ours."""
    place, colon, action = custom_id.partition(":")
    return action if colon and place.isdecimal() else None


def panel_components(label: str) -> list[Component]:
    """The one button of the support panel."""
    button = {"type": BUTTON, "style": PRIMARY, "label": label[:LONGEST_LABEL], "custom_id": PANEL}
    return [{"type": ROW, "components": [button]}]
