"""Figures for Prometheus, served at ``/metrics``."""

from __future__ import annotations

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
        self.outbox_age = Gauge(
            "innkeeper_outbox_age_seconds", "Age of the oldest entry that is not sent", registry=self.registry
        )
        self.outbox = Gauge("innkeeper_outbox_entries", "Outbox entries by state", ["state"], registry=self.registry)
        self.channel_up = Gauge(
            "innkeeper_channel_up", "Whether a channel is receiving", ["channel"], registry=self.registry
        )

    def render(self) -> bytes:
        """In the text format of Prometheus."""
        return generate_latest(self.registry)
