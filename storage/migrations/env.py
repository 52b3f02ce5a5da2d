"""Run by alembic: always on the connection that storage.migrations hands it."""

from alembic import context

from storage.database import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
