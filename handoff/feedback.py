"""What players tell of the game and of the service outside of any ticket: feedback, bugs and suggestions (F8)."""

from __future__ import annotations

import sqlalchemy as sa

from storage.database import Identifier, Json, Moment, metadata

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("conversation_id", Identifier, primary_key=True),
    sa.Column("number", Identifier, primary_key=True, autoincrement=False),
    # feedback, bug or suggestion.
    sa.Column("kind", sa.Text, nullable=False),
    # Of bugs: as bad as the player finds it; else empty.
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("data", Json, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index("ix_feedback_kind", "kind", "created_at"),
)
