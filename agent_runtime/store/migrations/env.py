"""Runs the migrations on the connection, and inside the transaction, that the caller opened."""

from alembic import context

from agent_runtime.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
