"""Two indexes less: each cost a page or two of every conversation that a message belongs to, for what is asked seldom
and found among one conversation's rows anyway.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_messages_external_id", "messages")
    op.drop_index("ix_outbox_message", "outbox")
