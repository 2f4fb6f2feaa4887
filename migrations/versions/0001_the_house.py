"""The house as it first stood."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kernel.database import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step further."""
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_account_id_number"), ["account_id", "number"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_audit_subject_id_number"), ["subject_id", "number"], unique=False
        )

    op.create_table(
        "care_moment_price",
        sa.Column("care_moment", sa.String(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("cents >= 0", name=op.f("ck_care_moment_price_cents")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from",
            name=op.f("ck_care_moment_price_period"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_moment_price")),
    )
    with op.batch_alter_table("care_moment_price", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_care_moment_price_care_moment_valid_from"),
            ["care_moment", "valid_from"],
            unique=False,
        )

    op.create_table(
        "dated_rule",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column(
            "value", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_dated_rule_period")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dated_rule")),
    )
    with op.batch_alter_table("dated_rule", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_dated_rule_name_valid_from"), ["name", "valid_from"], unique=False
        )

    op.create_table(
        "district",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_district")),
        sa.UniqueConstraint("name", name=op.f("uq_district_name")),
    )
    op.create_table(
        "event",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column(
            "payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_event")),
        sa.UniqueConstraint("id", name=op.f("uq_event_id")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_event_subject_id_number"), ["subject_id", "number"], unique=False
        )

    op.create_table(
        "job_run",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("job", "day", name=op.f("pk_job_run")),
    )
    op.create_table(
        "organisation",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sort", sa.String(), nullable=True),
        sa.Column("prefix", sa.String(length=6), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("kind", "name", name=op.f("uq_organisation_kind_name")),
    )
    op.create_table(
        "scan_attempt",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("cheque_id", sa.Uuid(), nullable=True),
        sa.Column("code_hash", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_attempt")),
    )
    with op.batch_alter_table("scan_attempt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_scan_attempt_account_id_refusal_at"),
            ["account_id", "refusal", "at"],
            unique=False,
        )

    op.create_table(
        "sign_in_attempt",
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_attempt_address_hash_at"), ["address_hash", "at"], unique=False
        )

    op.create_table(
        "account",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("absent_until", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_account_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    op.create_table(
        "event_delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "event_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("handler", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("parked_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_number"], ["event.number"], name=op.f("fk_event_delivery_event_number_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_delivery")),
        sa.UniqueConstraint(
            "event_number", "handler", name=op.f("uq_event_delivery_event_number_handler")
        ),
    )
    with op.batch_alter_table("event_delivery", schema=None) as batch_op:
        batch_op.create_index(
            "ix_event_delivery_owed",
            ["next_try_at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL AND parked_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND parked_at IS NULL"),
        )

    op.create_table(
        "event_pending",
        sa.Column(
            "event_number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["event_number"], ["event.number"], name=op.f("fk_event_pending_event_number_event")
        ),
        sa.PrimaryKeyConstraint("event_number", name=op.f("pk_event_pending")),
    )
    op.create_table(
        "family",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("phone_hash", sa.String(), nullable=True),
        sa.Column("number_of_children", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "number_of_children BETWEEN 1 AND 20", name=op.f("ck_family_number_of_children")
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name=op.f("fk_family_district_id_district")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_family_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family")),
        sa.UniqueConstraint(
            "organisation_id", "reference", name=op.f("uq_family_organisation_id_reference")
        ),
    )
    with op.batch_alter_table("family", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_family_phone_hash"), ["phone_hash"], unique=False)

    op.create_table(
        "location",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("register_number", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("municipality", sa.String(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("room", sa.String(), nullable=True),
        sa.Column("room_said_at", UtcDateTime(), nullable=True),
        sa.Column("training", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name=op.f("fk_location_district_id_district")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_location_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("register_number", name=op.f("uq_location_register_number")),
    )
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_location_district_id"), ["district_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_location_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "access_token",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_access_token_account_id_account")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_token")),
    )
    with op.batch_alter_table("access_token", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_access_token_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "account_role",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_role_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", "role", name=op.f("pk_account_role")),
    )
    op.create_table(
        "booklet",
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("printed_at", UtcDateTime(), nullable=False),
        sa.Column("printed_by", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("family_id", sa.Uuid(), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=True),
        sa.Column("handed_out_on", sa.Date(), nullable=True),
        sa.Column("handed_out_by", sa.Uuid(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("outer_limit", sa.Date(), nullable=True),
        sa.Column("retroactive", sa.Boolean(), nullable=False),
        sa.Column("good_news_consent", sa.Boolean(), nullable=False),
        sa.Column("training", sa.Boolean(), nullable=False),
        sa.Column("used_count", sa.Integer(), nullable=False),
        sa.Column("first_used_on", sa.Date(), nullable=True),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("body_hash", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state <> 'handed_out' OR (family_id IS NOT NULL AND valid_until IS NOT NULL)",
            name=op.f("ck_booklet_handed_out_whole"),
        ),
        sa.CheckConstraint(
            "state IN ('printed', 'delivered', 'handed_out', 'blocked_lost', 'blocked_error')",
            name=op.f("ck_booklet_state"),
        ),
        sa.CheckConstraint("size BETWEEN 1 AND 10", name=op.f("ck_booklet_size")),
        sa.CheckConstraint("used_count BETWEEN 0 AND size", name=op.f("ck_booklet_used_count")),
        sa.ForeignKeyConstraint(
            ["family_id"], ["family.id"], name=op.f("fk_booklet_family_id_family")
        ),
        sa.ForeignKeyConstraint(
            ["handed_out_by"], ["account.id"], name=op.f("fk_booklet_handed_out_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_booklet_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["booklet.id"], name=op.f("fk_booklet_replaces_id_booklet")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booklet")),
        sa.UniqueConstraint("family_id", "ordinal", name=op.f("uq_booklet_family_id_ordinal")),
        sa.UniqueConstraint("number", name=op.f("uq_booklet_number")),
        sa.UniqueConstraint(
            "printed_by", "idempotency_key", name=op.f("uq_booklet_printed_by_idempotency_key")
        ),
    )
    with op.batch_alter_table("booklet", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_booklet_handed_out_on"), ["handed_out_on"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_booklet_organisation_id_handed_out_on"),
            ["organisation_id", "handed_out_on"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_booklet_origin_id"), ["origin_id"], unique=False)
        batch_op.create_index(
            "ix_booklet_silent",
            ["handed_out_on"],
            unique=False,
            sqlite_where=sa.text("state = 'handed_out' AND used_count = 0"),
            postgresql_where=sa.text("state = 'handed_out' AND used_count = 0"),
        )

    op.create_table(
        "child",
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=True),
        sa.Column("birth_month", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["family_id"], ["family.id"], name=op.f("fk_child_family_id_family")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child")),
    )
    with op.batch_alter_table("child", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_child_family_id"), ["family_id"], unique=False)

    op.create_table(
        "closing_day",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_closing_day_location_id_location")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closing_day")),
        sa.UniqueConstraint("location_id", "day", name=op.f("uq_closing_day_location_id_day")),
    )
    op.create_table(
        "location_standing",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("licensed_places", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "licensed_places > 0", name=op.f("ck_location_standing_licensed_places")
        ),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from",
            name=op.f("ck_location_standing_period"),
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_location_standing_location_id_location")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location_standing")),
    )
    with op.batch_alter_table("location_standing", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_location_standing_location_id_valid_from"),
            ["location_id", "valid_from"],
            unique=False,
        )

    op.create_table(
        "opening_hours",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_opening_hours_period")
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_opening_hours_weekday")),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_opening_hours_location_id_location")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_hours")),
    )
    with op.batch_alter_table("opening_hours", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_opening_hours_location_id_weekday_valid_from"),
            ["location_id", "weekday", "valid_from"],
            unique=False,
        )

    op.create_table(
        "task",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("first_shown_at", UtcDateTime(), nullable=True),
        sa.Column("not_before", sa.Date(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_task_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_task_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint(
            "subject_id", "rule", "period", name=op.f("uq_task_subject_id_rule_period")
        ),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            "ix_task_open",
            ["organisation_id", "due_on"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_web_session_account_id_account")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_session")),
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_session_account_id"), ["account_id"], unique=False)

    op.create_table(
        "appointment",
        sa.Column("booklet_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booklet_id"], ["booklet.id"], name=op.f("fk_appointment_booklet_id_booklet")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_appointment_location_id_location")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_appointment_booklet_id_day"), ["booklet_id", "day"], unique=False
        )

    op.create_table(
        "cheque",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("typed_code", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("booklet_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'used')", name=op.f("ck_cheque_state")),
        sa.CheckConstraint("number BETWEEN 1 AND 10", name=op.f("ck_cheque_number")),
        sa.ForeignKeyConstraint(
            ["booklet_id"], ["booklet.id"], name=op.f("fk_cheque_booklet_id_booklet")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cheque")),
        sa.UniqueConstraint("booklet_id", "number", name=op.f("uq_cheque_booklet_id_number")),
        sa.UniqueConstraint("code", name=op.f("uq_cheque_code")),
        sa.UniqueConstraint("typed_code", name=op.f("uq_cheque_typed_code")),
    )
    op.create_table(
        "drop_off",
        sa.Column("booklet_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("flagged_on", sa.Date(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booklet_id"], ["booklet.id"], name=op.f("fk_drop_off_booklet_id_booklet")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["appointment.id"], name=op.f("fk_drop_off_visit_id_appointment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drop_off")),
        sa.UniqueConstraint(
            "booklet_id", "rule", "period", name=op.f("uq_drop_off_booklet_id_rule_period")
        ),
    )
    op.create_table(
        "redemption",
        sa.Column("cheque_id", sa.Uuid(), nullable=False),
        sa.Column("booklet_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("cheque_number", sa.Integer(), nullable=False),
        sa.Column("used_after", sa.Integer(), nullable=False),
        sa.Column("care_date", sa.Date(), nullable=False),
        sa.Column("care_moment", sa.String(), nullable=False),
        sa.Column("redeemed_at", UtcDateTime(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=True),
        sa.Column("same_day_reason", sa.String(), nullable=True),
        sa.Column("annulled_at", UtcDateTime(), nullable=True),
        sa.Column("annulled_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_redemption_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["booklet_id"], ["booklet.id"], name=op.f("fk_redemption_booklet_id_booklet")
        ),
        sa.ForeignKeyConstraint(
            ["cheque_id"], ["cheque.id"], name=op.f("fk_redemption_cheque_id_cheque")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_redemption_location_id_location")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption")),
        sa.UniqueConstraint(
            "account_id", "idempotency_key", name=op.f("uq_redemption_account_id_idempotency_key")
        ),
    )
    with op.batch_alter_table("redemption", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_redemption_booklet_id_care_date"),
            ["booklet_id", "care_date"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_redemption_location_id_care_date"),
            ["location_id", "care_date"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_redemption_location_id_redeemed_at"),
            ["location_id", "redeemed_at"],
            unique=False,
        )
        batch_op.create_index(
            "ux_redemption_live",
            ["cheque_id"],
            unique=True,
            sqlite_where=sa.text("annulled_at IS NULL"),
            postgresql_where=sa.text("annulled_at IS NULL"),
        )


def downgrade() -> None:
    """Go one step back."""
    with op.batch_alter_table("redemption", schema=None) as batch_op:
        batch_op.drop_index(
            "ux_redemption_live",
            sqlite_where=sa.text("annulled_at IS NULL"),
            postgresql_where=sa.text("annulled_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_redemption_location_id_redeemed_at"))
        batch_op.drop_index(batch_op.f("ix_redemption_location_id_care_date"))
        batch_op.drop_index(batch_op.f("ix_redemption_booklet_id_care_date"))

    op.drop_table("redemption")
    op.drop_table("drop_off")
    op.drop_table("cheque")
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appointment_booklet_id_day"))

    op.drop_table("appointment")
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_web_session_account_id"))

    op.drop_table("web_session")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_task_open",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_task_account_id"))

    op.drop_table("task")
    with op.batch_alter_table("opening_hours", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opening_hours_location_id_weekday_valid_from"))

    op.drop_table("opening_hours")
    with op.batch_alter_table("location_standing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_location_standing_location_id_valid_from"))

    op.drop_table("location_standing")
    op.drop_table("closing_day")
    with op.batch_alter_table("child", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_child_family_id"))

    op.drop_table("child")
    with op.batch_alter_table("booklet", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_booklet_silent",
            sqlite_where=sa.text("state = 'handed_out' AND used_count = 0"),
            postgresql_where=sa.text("state = 'handed_out' AND used_count = 0"),
        )
        batch_op.drop_index(batch_op.f("ix_booklet_origin_id"))
        batch_op.drop_index(batch_op.f("ix_booklet_organisation_id_handed_out_on"))
        batch_op.drop_index(batch_op.f("ix_booklet_handed_out_on"))

    op.drop_table("booklet")
    op.drop_table("account_role")
    with op.batch_alter_table("access_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_token_account_id"))

    op.drop_table("access_token")
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_location_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_location_district_id"))

    op.drop_table("location")
    with op.batch_alter_table("family", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_family_phone_hash"))

    op.drop_table("family")
    op.drop_table("event_pending")
    with op.batch_alter_table("event_delivery", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_event_delivery_owed",
            sqlite_where=sa.text("done_at IS NULL AND parked_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND parked_at IS NULL"),
        )

    op.drop_table("event_delivery")
    op.drop_table("account")
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_attempt_address_hash_at"))

    op.drop_table("sign_in_attempt")
    with op.batch_alter_table("scan_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scan_attempt_account_id_refusal_at"))

    op.drop_table("scan_attempt")
    op.drop_table("organisation")
    op.drop_table("job_run")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_subject_id_number"))

    op.drop_table("event")
    op.drop_table("district")
    with op.batch_alter_table("dated_rule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dated_rule_name_valid_from"))

    op.drop_table("dated_rule")
    with op.batch_alter_table("care_moment_price", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_moment_price_care_moment_valid_from"))

    op.drop_table("care_moment_price")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_subject_id_number"))
        batch_op.drop_index(batch_op.f("ix_audit_account_id_number"))

    op.drop_table("audit")
