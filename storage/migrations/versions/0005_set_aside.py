"""What came in and could not be handled is kept until it can."""

import sqlalchemy as sa
from alembic import op

from storage.database import Identifier, Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "set_aside",
        sa.Column("id", Identifier, autoincrement=True, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("kept_at", Moment(), nullable=False),
        sa.Column("due_at", Moment()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside")),
        sa.UniqueConstraint("channel", "chat", "key", name=op.f("uq_set_aside_channel_chat_key")),
    )
