"""Alembic's entry: it knows every table, and is always handed an open connection."""

from alembic import context

import kernel.accounts
import kernel.audit
import kernel.events
import kernel.jobs
import kernel.letters
import kernel.money
import kernel.organisations
import kernel.people
import kernel.rules
import kernel.tasks
import occasioneel.models
import vouchers.models
from kernel.database import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
