"""Figures for Prometheus, served at ``/metrics``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """Every figure that the service gives of itself, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = Counter(
            "innkeeper_messages_received", "Events that networks delivered", ["channel"], registry=self.registry
        )
        self.sends = Counter(
            "innkeeper_sends",
            "Attempts to send by outcome: sent, retried, hidden, refused",
            ["channel", "outcome"],
            registry=self.registry,
        )
        self.verdicts = Counter(
            "innkeeper_verdicts", "What the FAQ made of questions", ["verdict"], registry=self.registry
        )
        self.batch_seconds = Histogram(
            "innkeeper_batch_seconds",
            "From the first event of a batch to its commit",
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
            registry=self.registry,
        )
        self.queue_length = Gauge("innkeeper_queue_length", "Tickets that wait for an agent", registry=self.registry)
        self.oldest_wait = Gauge(
            "innkeeper_oldest_wait_seconds", "How long the first in the queue has waited", registry=self.registry
        )
        self.agents = Gauge("innkeeper_agents", "Agents by presence", ["presence"], registry=self.registry)
        self.assigned = Counter(
            "innkeeper_tickets_assigned", "Tickets that the queue gave to an agent by itself", registry=self.registry
        )
        self.taken_back = Counter(
            "innkeeper_tickets_taken_back",
            "Tickets that the queue took back from an agent who is not there",
            registry=self.registry,
        )
        self.outbox_age = Gauge(
            "innkeeper_outbox_age_seconds", "Age of the oldest entry that is not sent", registry=self.registry
        )
        self.outbox = Gauge("innkeeper_outbox_entries", "Outbox entries by state", ["state"], registry=self.registry)
        self.channel_up = Gauge(
            "innkeeper_channel_up", "Whether a channel is receiving", ["channel"], registry=self.registry
        )

        self._add_clocks()

    def _add_clocks(self) -> None:
        """What the clocks of service and promises say."""
        self.sla_warnings = Counter(
            "innkeeper_sla_warnings",
            "Warnings of service clocks by what they measure and the percentage used up",
            ["duty", "percent"],
            registry=self.registry,
        )
        self.sla_tickets = Gauge(
            "innkeeper_sla_tickets", "Tickets near their target or past it", ["state"], registry=self.registry
        )
        self.promises = Counter(
            "innkeeper_promises",
            "Promises to players by what became of them: made, kept, late, missed, dropped",
            ["outcome"],
            registry=self.registry,
        )
        self.promises_open = Gauge(
            "innkeeper_promises_open", "Promises that are due soon or were missed", ["state"], registry=self.registry
        )
        self.players_unanswered = Gauge(
            "innkeeper_players_unanswered", "Players without an answer or a ticket", registry=self.registry
        )
        self.room = Gauge("innkeeper_disk_free_bytes", "Room on the disk of a SQLite database", registry=self.registry)
        self.set_aside = Gauge(
            "innkeeper_events_set_aside", "What came in, failed inside, and is kept", registry=self.registry
        )
        self.players_unreached = Gauge(
            "innkeeper_players_unreached", "Players whose ticket nobody has taken for long", registry=self.registry
        )

    def count_record(self, kind: str, data: Mapping[str, Any]) -> None:
        """Count what was recorded of a ticket, where there is a figure of it."""
        if kind == "sla_warning":
            self.sla_warnings.labels(data["duty"], str(data["percent"])).inc()
        elif kind.startswith("promise_") and kind != "promise_warning":
            late = kind == "promise_kept" and not data["in_time"]
            self.promises.labels("late" if late else kind.removeprefix("promise_")).inc()

    def render(self) -> bytes:
        """In the text format of Prometheus."""
        return generate_latest(self.registry)
