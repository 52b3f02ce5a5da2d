"""Indexes for what is asked again and again however much there is: what is to be sent, and what may be forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_outbox_unfinished", "outbox")
    _partial_index("ix_outbox_unfinished", ["conversation_id", "number"], "state IN ('waiting', 'sending')")
    _partial_index("ix_outbox_settled", ["finished_at"], "state IN ('sent', 'left')")
    op.create_index(op.f("ix_inbox_received_at"), "inbox", ["received_at"])
    op.create_index("ix_blobs_created_at", "blobs", ["created_at", "sha256"])


def _partial_index(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "outbox", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
