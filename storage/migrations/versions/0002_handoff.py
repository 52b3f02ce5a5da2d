"""What the handoff runs on: the queue's order, clocks, promises, presence, players' tiers, a record of every act."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.database import EPOCH, Identifier, Json, Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TICKETS: tuple[sa.Column[Any], ...] = (
    sa.Column("tier", sa.Text(), nullable=False, server_default="standard"),
    sa.Column("queue_at", Moment(), nullable=False, server_default=sa.literal(EPOCH, Moment())),
    sa.Column("wanted_agent_id", Identifier, nullable=True),
    sa.Column("wanted_since", Moment(), nullable=True),
    sa.Column("team", sa.Text(), nullable=False, server_default=""),
    sa.Column("level", sa.Text(), nullable=False, server_default="agent"),
    sa.Column("brief", sa.Text(), nullable=False, server_default=""),
    sa.Column("transfers", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("snoozed_until", Moment(), nullable=True),
    sa.Column("held_since", Moment(), nullable=True),
    sa.Column("due_at", Moment(), nullable=True),
    sa.Column("clocks", Json, nullable=False, server_default="{}"),
    sa.Column("warned", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("silent_since", Moment(), nullable=True),
    sa.Column("silence", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("promise_due_at", Moment(), nullable=True),
    sa.Column("promises", Json, nullable=False, server_default="[]"),
    sa.Column("category", sa.Text(), nullable=False, server_default=""),
    sa.Column("confirmation", Json, nullable=False, server_default="{}"),
    sa.Column("form", Json, nullable=False, server_default="{}"),
    sa.Column("survey", Json, nullable=False, server_default="{}"),
    sa.Column("follows", sa.Text(), nullable=False, server_default=""),
    sa.Column("merged_into", sa.Text(), nullable=False, server_default=""),
    sa.Column("call_back_at", Moment(), nullable=True),
    sa.Column("asked_lead_at", Moment(), nullable=True),
)
AGENTS: tuple[sa.Column[Any], ...] = (
    sa.Column("skills", Json, nullable=False, server_default="[]"),
    sa.Column("team", sa.Text(), nullable=False, server_default=""),
    sa.Column("capacity", sa.Integer(), nullable=False, server_default="5"),
    sa.Column("presence", sa.Text(), nullable=False, server_default="offline"),
    sa.Column("presence_said", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("presence_since", Moment(), nullable=True),
    sa.Column("last_seen_at", Moment(), nullable=True),
    sa.Column("last_ticket_at", Moment(), nullable=True),
)
PLAYERS: tuple[sa.Column[Any], ...] = (
    sa.Column("tier", sa.Text(), nullable=False, server_default="standard"),
    sa.Column("memo", sa.Text(), nullable=False, server_default=""),
    sa.Column("muted_until", Moment(), nullable=True),
    sa.Column("opted_out", sa.Boolean(), nullable=False, server_default=sa.false()),
)

CONVERSATIONS: tuple[sa.Column[Any], ...] = (
    sa.Column("last_incoming_number", Identifier, nullable=True),
    sa.Column("last_reply_number", Identifier, nullable=True),
    sa.Column("unanswered_since", Moment(), nullable=True),
)


def upgrade() -> None:
    _add("tickets", TICKETS)
    _add("agents", AGENTS)
    _add("players", PLAYERS)
    _add("holders", (sa.Column("receives", Json, nullable=False, server_default="[]"),))
    _add("conversations", CONVERSATIONS)
    op.execute("UPDATE tickets SET queue_at = waiting_since")
    _keep_in_hand()
    op.drop_index("ix_tickets_queue", "tickets")
    _partial_index("ix_tickets_queue", ["queue_at"], "state = 'waiting'")
    _partial_index("ix_tickets_in_hand", ["agent_id"], "state = 'assigned'")
    _partial_index("ix_tickets_snoozed", ["snoozed_until"], "state = 'snoozed'")
    _partial_index("ix_conversations_unanswered", ["unanswered_since"], "unanswered_since IS NOT NULL", "conversations")
    _partial_index("ix_tickets_warned", ["due_at"], "warned > 0")
    _partial_index("ix_tickets_asked_lead", ["asked_lead_at"], "asked_lead_at IS NOT NULL")
    _partial_index("ix_tickets_promise", ["promise_due_at"], "promise_due_at IS NOT NULL")
    op.create_table(
        "ticket_events",
        sa.Column("conversation_id", Identifier, nullable=False),
        sa.Column("number", Identifier, autoincrement=False, nullable=False),
        sa.Column("ticket_number", Identifier, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agent_id", Identifier, nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.Column("happened_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "number", name=op.f("pk_ticket_events")),
    )
    op.create_index("ix_ticket_events_kind", "ticket_events", ["kind", "happened_at"])
    op.create_table(
        "feedback",
        sa.Column("conversation_id", Identifier, nullable=False),
        sa.Column("number", Identifier, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "number", name=op.f("pk_feedback")),
    )
    op.create_index("ix_feedback_kind", "feedback", ["kind", "created_at"])
    op.create_table(
        "absences",
        sa.Column("agent_id", Identifier, autoincrement=False, nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("agent_id", "began_at", name=op.f("pk_absences")),
    )


def _keep_in_hand() -> None:
    """Whoever has tickets counts as there, and has the usual time to show it: else they would lose them at once."""
    agents = sa.table(
        "agents",
        sa.column("id"),
        sa.column("presence"),
        sa.column("last_seen_at", Moment()),
        sa.column("presence_since", Moment()),
    )
    tickets = sa.table("tickets", sa.column("agent_id"), sa.column("state"))
    holders = sa.select(tickets.c.agent_id).where(tickets.c.state == "assigned")
    now = datetime.now(UTC)
    op.execute(
        sa.update(agents)
        .where(agents.c.id.in_(holders))
        .values(presence="online", presence_since=now, last_seen_at=now)
    )


def _add(table: str, columns: Iterable[sa.Column[Any]]) -> None:
    for column in columns:
        op.add_column(table, column)


def _partial_index(name: str, columns: list[str], where: str, table: str = "tickets") -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
