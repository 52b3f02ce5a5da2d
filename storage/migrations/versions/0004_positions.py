"""How far each channel has come in what its network tells, so that a quick restart goes on from there."""

import sqlalchemy as sa
from alembic import op

from storage.database import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "positions",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("kept_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_positions")),
    )
