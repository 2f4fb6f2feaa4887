"""What a city needs to pilot it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kernel.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step further."""
    op.create_table(
        "forgotten",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "day", name=op.f("pk_forgotten")),
    )
    op.create_table(
        "frozen_cohort",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("frozen_at", UtcDateTime(), nullable=False),
        sa.Column(
            "figures", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_cohort")),
        sa.UniqueConstraint("year", "as_of", name=op.f("uq_frozen_cohort_year_as_of")),
    )
    op.create_table(
        "told_task",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "task_id", name=op.f("pk_told_task")),
    )
    op.create_table(
        "batch",
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'making', 'ready', 'cancelled')", name=op.f("ck_batch_state")
        ),
        sa.CheckConstraint("made BETWEEN 0 AND wanted", name=op.f("ck_batch_made")),
        sa.CheckConstraint("wanted BETWEEN 1 AND 50", name=op.f("ck_batch_wanted")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["account.id"], name=op.f("fk_batch_asked_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint(
            "asked_by", "idempotency_key", name=op.f("uq_batch_asked_by_idempotency_key")
        ),
    )
    op.create_index(op.f("ix_batch_state_asked_at"), "batch", ["state", "asked_at"], unique=False)

    op.create_table(
        "letter",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_letter_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint(
            "account_id",
            "kind",
            "about_id",
            "period",
            name=op.f("uq_letter_account_id_kind_about_id_period"),
        ),
    )
    op.create_index(
        op.f("ix_letter_about_id_period"),
        "letter",
        ["about_id", "period"],
        unique=True,
        sqlite_where=sa.text("kind = 'good-news'"),
        postgresql_where=sa.text("kind = 'good-news'"),
    )
    op.create_index(op.f("ix_letter_written_at"), "letter", ["written_at"], unique=False)

    op.create_table(
        "purchase",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("parents_share", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("winding_down_reason", sa.String(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('winding_down', 'ended')) = (winding_down_reason IS NOT NULL)",
            name=op.f("ck_purchase_winding_down"),
        ),
        sa.CheckConstraint(
            "parents_share IN ('provider-keeps', 'deducted', 'city-invoices')",
            name=op.f("ck_purchase_parents_share"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'active', 'suspended', 'winding_down', 'ended', 'cancelled')",
            name=op.f("ck_purchase_state"),
        ),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= begins_on", name=op.f("ck_purchase_period")
        ),
        sa.CheckConstraint("places BETWEEN 1 AND 4", name=op.f("ck_purchase_places")),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_purchase_location_id_location")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["account.id"], name=op.f("fk_purchase_made_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase")),
        sa.UniqueConstraint(
            "made_by", "idempotency_key", name=op.f("uq_purchase_made_by_idempotency_key")
        ),
    )
    op.create_index(
        op.f("ix_purchase_location_id_begins_on"),
        "purchase",
        ["location_id", "begins_on"],
        unique=False,
    )

    op.create_table(
        "sign_in_code",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_sign_in_code_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_code")),
    )
    op.create_index(
        op.f("ix_sign_in_code_account_id_asked_at"),
        "sign_in_code",
        ["account_id", "asked_at"],
        unique=False,
    )

    op.create_table(
        "booklet_extension",
        sa.Column("booklet_id", sa.Uuid(), nullable=False),
        sa.Column("was", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("taken_back_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('trajectory', 'not-for-a-while', 'no-place', 'other')",
            name=op.f("ck_booklet_extension_reason"),
        ),
        sa.CheckConstraint("until > was", name=op.f("ck_booklet_extension_later")),
        sa.ForeignKeyConstraint(
            ["booklet_id"], ["booklet.id"], name=op.f("fk_booklet_extension_booklet_id_booklet")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["account.id"], name=op.f("fk_booklet_extension_made_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booklet_extension")),
    )
    op.create_index(
        op.f("ix_booklet_extension_booklet_id_made_at"),
        "booklet_extension",
        ["booklet_id", "made_at"],
        unique=False,
    )

    op.create_table(
        "bought_place",
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 4", name=op.f("ck_bought_place_number")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_bought_place_period")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_bought_place_location_id_location")
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase.id"], name=op.f("fk_bought_place_purchase_id_purchase")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bought_place")),
    )
    op.create_index(
        op.f("ix_bought_place_location_id_number_valid_from"),
        "bought_place",
        ["location_id", "number", "valid_from"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bought_place_purchase_id"), "bought_place", ["purchase_id"], unique=False
    )

    op.create_table(
        "continuation",
        sa.Column("booklet_id", sa.Uuid(), nullable=False),
        sa.Column("moment", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "answer IN ('here', 'elsewhere', 'no', 'unknown')", name=op.f("ck_continuation_answer")
        ),
        sa.CheckConstraint(
            "moment IN ('eighth', 'tenth', 'one-month', 'three-months')",
            name=op.f("ck_continuation_moment"),
        ),
        sa.CheckConstraint("side IN ('provider', 'referrer')", name=op.f("ck_continuation_side")),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["account.id"], name=op.f("fk_continuation_answered_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["booklet_id"], ["booklet.id"], name=op.f("fk_continuation_booklet_id_booklet")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_continuation")),
        sa.UniqueConstraint(
            "booklet_id", "moment", "side", name=op.f("uq_continuation_booklet_id_moment_side")
        ),
    )
    op.create_table(
        "day_amount",
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('occupied', 'absent', 'empty', 'closed')", name=op.f("ck_day_amount_kind")
        ),
        sa.CheckConstraint("cents >= 0", name=op.f("ck_day_amount_cents")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_day_amount_period")
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase.id"], name=op.f("fk_day_amount_purchase_id_purchase")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_amount")),
    )
    op.create_index(
        op.f("ix_day_amount_purchase_id_kind_valid_from"),
        "day_amount",
        ["purchase_id", "kind", "valid_from"],
        unique=False,
    )

    op.create_table(
        "follow_up",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("booklet_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("barrier", sa.String(), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("line", sa.String(length=80), nullable=True),
        sa.Column("taken_back_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booklet_id"], ["booklet.id"], name=op.f("fk_follow_up_booklet_id_booklet")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["account.id"], name=op.f("fk_follow_up_made_by_account")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_follow_up_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    op.create_index(
        op.f("ix_follow_up_booklet_id_made_at"),
        "follow_up",
        ["booklet_id", "made_at"],
        unique=False,
    )
    op.create_index(op.f("ix_follow_up_task_id"), "follow_up", ["task_id"], unique=False)

    op.create_table(
        "placement",
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("bought_place_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("clock_from", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state <> 'ended' OR (outcome IS NOT NULL AND valid_until IS NOT NULL)",
            name=op.f("ck_placement_ended_whole"),
        ),
        sa.CheckConstraint("state IN ('running', 'ended')", name=op.f("ck_placement_state")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_placement_period")
        ),
        sa.ForeignKeyConstraint(
            ["bought_place_id"],
            ["bought_place.id"],
            name=op.f("fk_placement_bought_place_id_bought_place"),
        ),
        sa.ForeignKeyConstraint(
            ["child_id"], ["child.id"], name=op.f("fk_placement_child_id_child")
        ),
        sa.ForeignKeyConstraint(
            ["family_id"], ["family.id"], name=op.f("fk_placement_family_id_family")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_placement_location_id_location")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["account.id"], name=op.f("fk_placement_made_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement")),
        sa.UniqueConstraint(
            "made_by", "idempotency_key", name=op.f("uq_placement_made_by_idempotency_key")
        ),
    )
    op.create_index(
        op.f("ix_placement_bought_place_id_valid_from"),
        "placement",
        ["bought_place_id", "valid_from"],
        unique=False,
    )
    op.create_index(
        op.f("ix_placement_child_id_valid_from"),
        "placement",
        ["child_id", "valid_from"],
        unique=False,
    )
    op.create_index(op.f("ix_placement_episode_id"), "placement", ["episode_id"], unique=False)
    op.create_index(op.f("ix_placement_family_id"), "placement", ["family_id"], unique=False)
    op.create_index(
        op.f("ix_placement_state_clock_from"), "placement", ["state", "clock_from"], unique=False
    )

    op.create_table(
        "limit_signal",
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("clock_from", sa.Date(), nullable=False),
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("signalled_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["child_id"], ["child.id"], name=op.f("fk_limit_signal_child_id_child")
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["placement.id"], name=op.f("fk_limit_signal_placement_id_placement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_signal")),
        sa.UniqueConstraint(
            "child_id",
            "clock_from",
            "signal",
            name=op.f("uq_limit_signal_child_id_clock_from_signal"),
        ),
    )
    op.create_index(
        op.f("ix_limit_signal_placement_id"), "limit_signal", ["placement_id"], unique=False
    )

    op.add_column("account", sa.Column("invited_at", UtcDateTime(), nullable=True))
    op.add_column("account", sa.Column("seen_at", UtcDateTime(), nullable=True))
    op.add_column(
        "account", sa.Column("mails_tasks", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.add_column(
        "account",
        sa.Column("mails_good_news", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.add_column("account", sa.Column("stand_in_id", sa.Uuid(), nullable=True))
    op.add_column("account", sa.Column("away_from", sa.Date(), nullable=True))
    op.add_column("account", sa.Column("away_until", sa.Date(), nullable=True))
    op.add_column(
        "account", sa.Column("totp_due", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("account", sa.Column("totp_seed", sa.String(length=64), nullable=True))
    op.add_column("account", sa.Column("totp_since", UtcDateTime(), nullable=True))
    op.add_column("account", sa.Column("totp_step", sa.Integer(), nullable=True))
    op.drop_column("account", "absent_until")

    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)

    op.add_column("booklet", sa.Column("batch_id", sa.Uuid(), nullable=True))
    op.add_column("booklet", sa.Column("delivered_on", sa.Date(), nullable=True))
    op.add_column("booklet", sa.Column("holder_id", sa.Uuid(), nullable=True))
    op.add_column("booklet", sa.Column("delivery_id", sa.Uuid(), nullable=True))
    op.add_column("booklet", sa.Column("hand_out_key", sa.String(length=64), nullable=True))
    op.add_column("booklet", sa.Column("hand_out_hash", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_booklet_batch_id"), "booklet", ["batch_id"], unique=False)
    op.create_index(op.f("ix_booklet_delivery_id"), "booklet", ["delivery_id"], unique=False)
    op.create_index(op.f("ix_booklet_holder_id"), "booklet", ["holder_id"], unique=False)
    op.create_index(
        "ix_booklet_in_hand",
        "booklet",
        ["valid_until"],
        unique=False,
        sqlite_where=sa.text("state = 'handed_out'"),
        postgresql_where=sa.text("state = 'handed_out'"),
    )
    op.create_index(
        "ix_booklet_used_up",
        "booklet",
        ["last_used_on"],
        unique=False,
        sqlite_where=sa.text("state = 'handed_out' AND used_count = size"),
        postgresql_where=sa.text("state = 'handed_out' AND used_count = size"),
    )
    op.create_index("ux_booklet_hand_out_key", "booklet", ["hand_out_key"], unique=True)

    op.add_column("family", sa.Column("removed_at", UtcDateTime(), nullable=True))

    op.add_column("location", sa.Column("asked_at", UtcDateTime(), nullable=True))
    op.add_column("location", sa.Column("asked_by", sa.Uuid(), nullable=True))
    op.add_column("location", sa.Column("same_as_id", sa.Uuid(), nullable=True))
    op.add_column("location", sa.Column("joined_at", UtcDateTime(), nullable=True))
    op.add_column("location", sa.Column("declined_at", UtcDateTime(), nullable=True))
    op.add_column("location", sa.Column("declined_because", sa.String(length=200), nullable=True))

    op.add_column("task", sa.Column("came_back_at", UtcDateTime(), nullable=True))

    op.add_column(
        "web_session", sa.Column("stays", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "web_session", sa.Column("device", sa.String(length=60), server_default="", nullable=False)
    )


def downgrade() -> None:
    """Go one step back."""
    op.drop_column("web_session", "device")
    op.drop_column("web_session", "stays")

    op.drop_column("task", "came_back_at")

    op.drop_column("location", "declined_because")
    op.drop_column("location", "declined_at")
    op.drop_column("location", "joined_at")
    op.drop_column("location", "same_as_id")
    op.drop_column("location", "asked_by")
    op.drop_column("location", "asked_at")

    op.drop_column("family", "removed_at")

    op.drop_index("ux_booklet_hand_out_key", table_name="booklet")
    op.drop_index(
        "ix_booklet_used_up",
        table_name="booklet",
        sqlite_where=sa.text("state = 'handed_out' AND used_count = size"),
        postgresql_where=sa.text("state = 'handed_out' AND used_count = size"),
    )
    op.drop_index(
        "ix_booklet_in_hand",
        table_name="booklet",
        sqlite_where=sa.text("state = 'handed_out'"),
        postgresql_where=sa.text("state = 'handed_out'"),
    )
    op.drop_index(op.f("ix_booklet_holder_id"), table_name="booklet")
    op.drop_index(op.f("ix_booklet_delivery_id"), table_name="booklet")
    op.drop_index(op.f("ix_booklet_batch_id"), table_name="booklet")
    op.drop_column("booklet", "hand_out_hash")
    op.drop_column("booklet", "hand_out_key")
    op.drop_column("booklet", "delivery_id")
    op.drop_column("booklet", "holder_id")
    op.drop_column("booklet", "delivered_on")
    op.drop_column("booklet", "batch_id")

    op.drop_index(op.f("ix_audit_at"), table_name="audit")

    op.add_column("account", sa.Column("absent_until", UtcDateTime(), nullable=True))
    op.drop_column("account", "totp_step")
    op.drop_column("account", "totp_since")
    op.drop_column("account", "totp_seed")
    op.drop_column("account", "totp_due")
    op.drop_column("account", "away_until")
    op.drop_column("account", "away_from")
    op.drop_column("account", "stand_in_id")
    op.drop_column("account", "mails_good_news")
    op.drop_column("account", "mails_tasks")
    op.drop_column("account", "seen_at")
    op.drop_column("account", "invited_at")

    op.drop_index(op.f("ix_limit_signal_placement_id"), table_name="limit_signal")

    op.drop_table("limit_signal")
    op.drop_index(op.f("ix_placement_state_clock_from"), table_name="placement")
    op.drop_index(op.f("ix_placement_family_id"), table_name="placement")
    op.drop_index(op.f("ix_placement_episode_id"), table_name="placement")
    op.drop_index(op.f("ix_placement_child_id_valid_from"), table_name="placement")
    op.drop_index(op.f("ix_placement_bought_place_id_valid_from"), table_name="placement")

    op.drop_table("placement")
    op.drop_index(op.f("ix_follow_up_task_id"), table_name="follow_up")
    op.drop_index(op.f("ix_follow_up_booklet_id_made_at"), table_name="follow_up")

    op.drop_table("follow_up")
    op.drop_index(op.f("ix_day_amount_purchase_id_kind_valid_from"), table_name="day_amount")

    op.drop_table("day_amount")
    op.drop_table("continuation")
    op.drop_index(op.f("ix_bought_place_purchase_id"), table_name="bought_place")
    op.drop_index(op.f("ix_bought_place_location_id_number_valid_from"), table_name="bought_place")

    op.drop_table("bought_place")
    op.drop_index(op.f("ix_booklet_extension_booklet_id_made_at"), table_name="booklet_extension")

    op.drop_table("booklet_extension")
    op.drop_index(op.f("ix_sign_in_code_account_id_asked_at"), table_name="sign_in_code")

    op.drop_table("sign_in_code")
    op.drop_index(op.f("ix_purchase_location_id_begins_on"), table_name="purchase")

    op.drop_table("purchase")
    op.drop_index(op.f("ix_letter_written_at"), table_name="letter")
    op.drop_index(
        op.f("ix_letter_about_id_period"),
        table_name="letter",
        sqlite_where=sa.text("kind = 'good-news'"),
        postgresql_where=sa.text("kind = 'good-news'"),
    )

    op.drop_table("letter")
    op.drop_index(op.f("ix_batch_state_asked_at"), table_name="batch")

    op.drop_table("batch")
    op.drop_table("told_task")
    op.drop_table("frozen_cohort")
    op.drop_table("forgotten")
