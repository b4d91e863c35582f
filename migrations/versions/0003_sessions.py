"""Sessions are rows; two user names may not differ in case alone."""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False, comment="会话标识的 SHA-256"),
        sa.Column("user_id", sa.Integer(), nullable=False, comment="登录账号"),
        sa.Column(
            "password_tag",
            sa.String(length=24),
            nullable=False,
            comment="登录时密码散列的指纹，改密码后不再相符",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="登录时间"),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), nullable=False, comment="最近使用，至多每分钟记一次"
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="最迟到"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="退出时间"),
        sa.Column("address", sa.String(length=45), nullable=False, comment="登录地址"),
        sa.Column("browser", sa.String(length=60), nullable=False, comment="浏览器和系统"),
        sa.CheckConstraint("expires_at > created_at", name="ck_sign_in_expires"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_sign_in_user_id", "sign_in", ["user_id"])
    op.create_index("uq_ab_user_username_lower", "ab_user", [sa.text("lower(username)")], unique=True)
    # The tag in the cookie is gone, and with it what was counted for it.
    op.drop_column("ab_user", "epoch")


def downgrade():
    op.add_column("ab_user", sa.Column("epoch", sa.Integer(), server_default="0", nullable=False))
    op.drop_index("uq_ab_user_username_lower", "ab_user")
    op.drop_index("ix_sign_in_user_id", "sign_in")
    op.drop_table("sign_in")
