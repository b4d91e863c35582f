"""The tables of the chain, from a unit's registration to a line of the review list."""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    # An outcome refers to its application and the application to its latest outcome: SQLite takes a key to a table
    # that is still to come, PostgreSQL wants it afterwards.
    sqlite = op.get_bind().dialect.name == "sqlite"
    outcome_key = {
        "constraint_name": "fk_application_outcome",
        "source_table": "application",
        "referent_table": "outcome",
    }
    outcome_here = (
        [sa.ForeignKeyConstraint(["outcome_id"], ["outcome.id"], name="fk_application_outcome")]
        if sqlite
        else []
    )
    three_years = "valid_to <= " + (
        "date(valid_from, '+3 years')" if sqlite else "valid_from + interval '3 years'"
    )
    op.create_table(
        "ab_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("label", sa.String(length=150), nullable=True),
        sa.Column("description", sa.String(length=512), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "ab_permission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "ab_register_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("registration_date", sa.DateTime(), nullable=True),
        sa.Column("registration_hash", sa.String(length=256), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sa.UniqueConstraint("username"),
    )
    op.create_table(
        "ab_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "ab_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("last_login", sa.DateTime(), nullable=True),
        sa.Column("login_count", sa.Integer(), nullable=True),
        sa.Column("fail_login_count", sa.Integer(), nullable=True),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("changed_on", sa.DateTime(), nullable=True),
        sa.Column("created_by_fk", sa.Integer(), nullable=True),
        sa.Column("changed_by_fk", sa.Integer(), nullable=True),
        sa.Column(
            "must_change_password",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="首次登录须改密码",
        ),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True, comment="锁定到"),
        sa.Column(
            "epoch", sa.Integer(), server_default="0", nullable=False, comment="退出一次加一，旧会话随之失效"
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_fk"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["created_by_fk"],
            ["ab_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sa.UniqueConstraint("username"),
    )
    op.create_table(
        "ab_view_menu",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False, comment="年份"),
        sa.Column("papers", sa.Text(), nullable=False, comment="国务院办公厅通知"),
        sa.PrimaryKeyConstraint("year"),
    )
    op.create_table(
        "region",
        sa.Column("code", sa.String(length=6), nullable=False, comment="行政区划代码"),
        sa.Column("name", sa.String(length=40), nullable=False, comment="名称"),
        sa.Column("shown", sa.String(length=40), nullable=False, comment="统筹区名称，如 长沙市本级"),
        sa.Column("parent_code", sa.String(length=6), nullable=True, comment="上级"),
        sa.Column(
            "path",
            sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"),
            nullable=False,
            comment="自上而下的代码，如 /430000/430100/",
        ),
        sa.ForeignKeyConstraint(
            ["parent_code"],
            ["region.code"],
        ),
        sa.PrimaryKeyConstraint("code"),
        sa.UniqueConstraint("path"),
    )
    op.create_table(
        "series",
        sa.Column("code", sa.String(length=2), nullable=False, comment="系列代码"),
        sa.Column("name", sa.String(length=40), nullable=False, comment="系列名称"),
        sa.PrimaryKeyConstraint("code"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=60), nullable=False, comment="设置项"),
        sa.Column("value", sa.Text(), nullable=False, comment="值"),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "ab_api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("key_hash", sa.String(length=256), nullable=False),
        sa.Column("lookup_hash", sa.String(length=256), nullable=True),
        sa.Column("key_prefix", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("expires_on", sa.DateTime(), nullable=True),
        sa.Column("revoked_on", sa.DateTime(), nullable=True),
        sa.Column("last_used_on", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("lookup_hash"),
        sa.UniqueConstraint("uuid"),
    )
    with op.batch_alter_table("ab_api_key", schema=None) as batch_op:
        batch_op.create_index("idx_api_key_lookup_hash", ["lookup_hash"], unique=True)
        batch_op.create_index("idx_api_key_prefix", ["key_prefix"], unique=False)
        batch_op.create_index("idx_api_key_user_id", ["user_id"], unique=False)

    op.create_table(
        "ab_group_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["ab_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("group_id", "role_id"),
    )
    with op.batch_alter_table("ab_group_role", schema=None) as batch_op:
        batch_op.create_index("idx_group_id", ["group_id"], unique=False)
        batch_op.create_index("idx_group_role_id", ["role_id"], unique=False)

    op.create_table(
        "ab_permission_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_id", sa.Integer(), nullable=False),
        sa.Column("view_menu_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["permission_id"],
            ["ab_permission.id"],
        ),
        sa.ForeignKeyConstraint(
            ["view_menu_id"],
            ["ab_view_menu.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("permission_id", "view_menu_id"),
    )
    with op.batch_alter_table("ab_permission_view", schema=None) as batch_op:
        batch_op.create_index("idx_permission_id", ["permission_id"], unique=False)
        batch_op.create_index("idx_view_menu_id", ["view_menu_id"], unique=False)

    op.create_table(
        "ab_user_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["ab_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "group_id"),
    )
    with op.batch_alter_table("ab_user_group", schema=None) as batch_op:
        batch_op.create_index("idx_user_group_id", ["group_id"], unique=False)
        batch_op.create_index("idx_user_id", ["user_id"], unique=False)

    op.create_table(
        "ab_user_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "role_id"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="时间"),
        sa.Column("actor_id", sa.Integer(), nullable=True, comment="办理人账号；命令行为空"),
        sa.Column("actor_name", sa.String(length=64), nullable=False, comment="办理人"),
        sa.Column("act", sa.String(length=40), nullable=False, comment="做了什么"),
        sa.Column("details", sa.JSON(), nullable=False, comment="条件和数量"),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["ab_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_act"), ["act"], unique=False)

    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False, comment="日期"),
        sa.Column("works", sa.Boolean(), nullable=False, comment="是否上班"),
        sa.Column("year", sa.Integer(), nullable=False, comment="所属年度通知"),
        sa.ForeignKeyConstraint(
            ["year"],
            ["calendar_year.year"],
        ),
        sa.PrimaryKeyConstraint("day"),
    )
    with op.batch_alter_table("calendar_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calendar_day_year"), ["year"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False, comment="给谁"),
        sa.Column("process", sa.String(length=20), nullable=False, comment="哪个流程"),
        sa.Column("case_id", sa.Integer(), nullable=True, comment="哪一件；一批时为空"),
        sa.Column("text", sa.Text(), nullable=False, comment="内容（语句本身，显示时译出）"),
        sa.Column("params", sa.JSON(), nullable=False, comment="语句中填入的内容"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="时间"),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True, comment="已读时间"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["ab_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("ix_notice_user", ["user_id", "read_at", "id"], unique=False)

    op.create_table(
        "title",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_code", sa.String(length=2), nullable=False, comment="系列"),
        sa.Column("branch", sa.String(length=40), nullable=False, comment="分支，如 医、药、护、技"),
        sa.Column(
            "level", sa.SmallInteger(), nullable=False, comment="级别 1 正高 2 副高 3 中级 4 助理 5 员"
        ),
        sa.Column("name", sa.String(length=40), nullable=False, comment="名称"),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name="ck_title_level"),
        sa.ForeignKeyConstraint(
            ["series_code"],
            ["series.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("series_code", "branch", "level", name="uq_title_series_branch_level"),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False, comment="统一社会信用代码"),
        sa.Column("name", sa.String(length=120), nullable=False, comment="单位名称（全称）"),
        sa.Column(
            "kind",
            sa.Enum(
                "office",
                "city_superior",
                "school",
                "hospital",
                "institution",
                "state_group",
                "state_subsidiary",
                "private",
                "social",
                "agency",
                "sole_trader",
                name="ck_unit_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="单位类型",
        ),
        sa.Column("region_code", sa.String(length=6), nullable=False, comment="统筹区"),
        sa.Column(
            "reporting",
            sa.Enum(
                "undetermined",
                "superior",
                "direct",
                name="ck_unit_reporting",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="上报关系",
        ),
        sa.Column(
            "path",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
            comment="上下级路径，只由上下级关系的步骤写入",
        ),
        sa.Column("contact", sa.String(length=50), nullable=False, comment="单位联系人"),
        sa.Column("telephone", sa.String(length=30), nullable=False, comment="单位联系电话"),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False, comment="启用"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["region.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credit_code"),
    )
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_unit_path"), ["path"], unique=False)
        batch_op.create_index(batch_op.f("ix_unit_region_code"), ["region_code"], unique=False)

    op.create_table(
        "ab_permission_view_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_view_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["permission_view_id"], ["ab_permission_view.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("permission_view_id", "role_id"),
    )
    with op.batch_alter_table("ab_permission_view_role", schema=None) as batch_op:
        batch_op.create_index("idx_permission_view_id", ["permission_view_id"], unique=False)
        batch_op.create_index("idx_role_id", ["role_id"], unique=False)

    op.create_table(
        "applicant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False, comment="登录账号"),
        sa.Column("unit_id", sa.Integer(), nullable=True, comment="现工作单位"),
        sa.Column("birth_sealed", sa.String(length=160), nullable=False, comment="出生日期（密文）"),
        sa.Column(
            "gender",
            sa.Enum(
                "1", "2", name="ck_applicant_gender", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
            comment="性别",
        ),
        sa.Column("department", sa.String(length=60), nullable=False, comment="所在部门"),
        sa.Column(
            "education",
            sa.Enum(
                "11",
                "14",
                "17",
                "21",
                "28",
                "31",
                "41",
                "44",
                "47",
                "61",
                "90",
                name="ck_applicant_education",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
            comment="学历",
        ),
        sa.Column("current_title", sa.String(length=40), nullable=False, comment="现职称"),
        sa.Column("current_title_on", sa.Date(), nullable=True, comment="现职称取得时间"),
        sa.Column(
            "agreed_at", sa.DateTime(timezone=True), nullable=False, comment="同意服务协议和隐私协议的时间"
        ),
        sa.Column("agreed_version", sa.String(length=20), nullable=False, comment="协议版本"),
        sa.Column("seal_id", sa.String(length=32), nullable=False, comment="加密绑定用的随机标识"),
        sa.Column("name", sa.String(length=50), nullable=False, comment="姓名"),
        sa.Column("id_number_sealed", sa.String(length=160), nullable=False, comment="证件号码（密文）"),
        sa.Column("id_number_index", sa.String(length=64), nullable=False, comment="证件号码盲索引"),
        sa.Column("id_number_mask", sa.String(length=18), nullable=False, comment="证件号码（掩码）"),
        sa.Column("phone_sealed", sa.String(length=160), nullable=False, comment="手机号码（密文）"),
        sa.Column("phone_index", sa.String(length=64), nullable=False, comment="手机号码盲索引"),
        sa.Column("phone_mask", sa.String(length=11), nullable=False, comment="手机号码（掩码）"),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["ab_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id_number_index", name="uq_applicant_id_number"),
        sa.UniqueConstraint("phone_index", name="uq_applicant_phone"),
        sa.UniqueConstraint("seal_id"),
        sa.UniqueConstraint("user_id"),
    )
    with op.batch_alter_table("applicant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_applicant_id_number_index"), ["id_number_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_applicant_phone_index"), ["phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_applicant_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "committee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False, comment="评委会名称"),
        sa.Column("series_code", sa.String(length=2), nullable=False, comment="职称系列"),
        sa.Column(
            "level",
            sa.Enum(
                "senior",
                "intermediate",
                "junior",
                name="ck_committee_level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="评审级别",
        ),
        sa.Column("office_id", sa.Integer(), nullable=False, comment="日常工作部门"),
        sa.Column("founder_id", sa.Integer(), nullable=False, comment="组建单位"),
        sa.Column("bureau_id", sa.Integer(), nullable=False, comment="核准备案的主管机构"),
        sa.Column("filing_no", sa.String(length=60), nullable=False, comment="备案文号"),
        sa.Column("filing_date", sa.Date(), nullable=False, comment="备案日期"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="有效期起"),
        sa.Column("valid_to", sa.Date(), nullable=False, comment="有效期止"),
        sa.Column("member_count", sa.SmallInteger(), nullable=False, comment="组成人数（单数）"),
        sa.Column("contact", sa.String(length=50), nullable=False, comment="联系人"),
        sa.Column("telephone", sa.String(length=30), nullable=False, comment="联系电话"),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "suspended",
                "revoked",
                name="ck_committee_status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="状态",
        ),
        sa.CheckConstraint(three_years, name="ck_committee_three_years"),
        sa.CheckConstraint("member_count % 2 = 1 AND member_count > 0", name="ck_committee_odd"),
        sa.CheckConstraint("valid_from <= valid_to", name="ck_committee_validity"),
        sa.ForeignKeyConstraint(
            ["bureau_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["founder_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["office_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["series_code"],
            ["series.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    with op.batch_alter_table("committee", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_committee_bureau_id"), ["bureau_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_committee_office_id"), ["office_id"], unique=False)

    op.create_table(
        "entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("process", sa.String(length=20), nullable=False, comment="哪个流程"),
        sa.Column("case_id", sa.Integer(), nullable=False, comment="哪一件"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="时间"),
        sa.Column("actor_id", sa.Integer(), nullable=True, comment="办理人账号"),
        sa.Column("actor_name", sa.String(length=64), nullable=False, comment="办理人"),
        sa.Column("unit_id", sa.Integer(), nullable=True, comment="办理单位"),
        sa.Column("unit_name", sa.String(length=120), nullable=False, comment="办理单位名称"),
        sa.Column("step", sa.String(length=40), nullable=False, comment="步骤"),
        sa.Column("from_state", sa.String(length=24), nullable=False, comment="办理前"),
        sa.Column("to_state", sa.String(length=24), nullable=False, comment="办理后"),
        sa.Column("reason", sa.Text(), nullable=False, comment="意见"),
        sa.Column("details", sa.JSON(), nullable=False, comment="随步骤填写的内容，不含个人信息"),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index("ix_entry_case", ["process", "case_id", "id"], unique=False)

    op.create_table(
        "handler",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False, comment="单位"),
        sa.Column("user_id", sa.Integer(), nullable=False, comment="登录账号"),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False, comment="启用"),
        sa.Column("seal_id", sa.String(length=32), nullable=False, comment="加密绑定用的随机标识"),
        sa.Column("name", sa.String(length=50), nullable=False, comment="姓名"),
        sa.Column("id_number_sealed", sa.String(length=160), nullable=False, comment="证件号码（密文）"),
        sa.Column("id_number_index", sa.String(length=64), nullable=False, comment="证件号码盲索引"),
        sa.Column("id_number_mask", sa.String(length=18), nullable=False, comment="证件号码（掩码）"),
        sa.Column("phone_sealed", sa.String(length=160), nullable=False, comment="手机号码（密文）"),
        sa.Column("phone_index", sa.String(length=64), nullable=False, comment="手机号码盲索引"),
        sa.Column("phone_mask", sa.String(length=11), nullable=False, comment="手机号码（掩码）"),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["ab_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("seal_id"),
        sa.UniqueConstraint("user_id"),
    )
    with op.batch_alter_table("handler", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handler_id_number_index"), ["id_number_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_handler_phone_index"), ["phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_handler_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "registration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(length=16), nullable=False, comment="受理编号"),
        sa.Column(
            "kind",
            sa.Enum(
                "new",
                "change",
                name="ck_registration_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="注册类型",
        ),
        sa.Column("credit_code", sa.String(length=18), nullable=False, comment="统一社会信用代码"),
        sa.Column("unit_name", sa.String(length=120), nullable=False, comment="单位名称（全称）"),
        sa.Column(
            "unit_kind",
            sa.Enum(
                "office",
                "city_superior",
                "school",
                "hospital",
                "institution",
                "state_group",
                "state_subsidiary",
                "private",
                "social",
                "agency",
                "sole_trader",
                name="ck_registration_unit_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="单位类型",
        ),
        sa.Column("region_code", sa.String(length=6), nullable=False, comment="统筹区"),
        sa.Column("titles", sa.Boolean(), nullable=False, comment="业务类别：专家项目、职称、继续教育"),
        sa.Column("hr_market", sa.Boolean(), nullable=False, comment="业务类别：人力资源（市场）"),
        sa.Column(
            "reviewer",
            sa.Enum(
                "agency",
                "superior",
                name="ck_registration_reviewer",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="审核单位",
        ),
        sa.Column("requested_superior_id", sa.Integer(), nullable=True, comment="申请的主管单位"),
        sa.Column("username", sa.String(length=64), nullable=False, comment="用户名"),
        sa.Column("password", sa.String(length=256), nullable=False, comment="密码（散列）"),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "pending_agency",
                "pending_superior",
                "approved",
                "rejected",
                "withdrawn",
                name="ck_registration_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="状态",
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False, comment="每办一步加一"),
        sa.Column("routed_to_id", sa.Integer(), nullable=True, comment="发给谁审核"),
        sa.Column(
            "routed_business",
            sa.Enum(
                "titles",
                "hr_market",
                name="ck_registration_routed_business",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
            comment="主管机构的哪个科室",
        ),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True, comment="接受告知承诺书的时间"),
        sa.Column("commitment_version", sa.String(length=20), nullable=False, comment="告知承诺书版本"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True, comment="注册时间"),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True, comment="到当前办理处的时间"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True, comment="审核时间"),
        sa.Column("reason", sa.Text(), nullable=False, comment="不通过的原因"),
        sa.Column("reregister_after", sa.DateTime(timezone=True), nullable=True, comment="此后可重新注册"),
        sa.Column("unit_id", sa.Integer(), nullable=True, comment="审核通过后的单位"),
        sa.Column("seal_id", sa.String(length=32), nullable=False, comment="加密绑定用的随机标识"),
        sa.Column("name", sa.String(length=50), nullable=False, comment="姓名"),
        sa.Column("id_number_sealed", sa.String(length=160), nullable=False, comment="证件号码（密文）"),
        sa.Column("id_number_index", sa.String(length=64), nullable=False, comment="证件号码盲索引"),
        sa.Column("id_number_mask", sa.String(length=18), nullable=False, comment="证件号码（掩码）"),
        sa.Column("phone_sealed", sa.String(length=160), nullable=False, comment="手机号码（密文）"),
        sa.Column("phone_index", sa.String(length=64), nullable=False, comment="手机号码盲索引"),
        sa.Column("phone_mask", sa.String(length=11), nullable=False, comment="手机号码（掩码）"),
        sa.CheckConstraint(
            "(reviewer = 'superior') = (requested_superior_id IS NOT NULL)",
            name="ck_registration_superior_named",
        ),
        sa.CheckConstraint("(state = 'approved') = (unit_id IS NOT NULL)", name="ck_registration_unit"),
        sa.CheckConstraint(
            "(state IN ('approved', 'rejected', 'withdrawn')) = (decided_at IS NOT NULL)",
            name="ck_registration_decided",
        ),
        sa.CheckConstraint("state <> 'rejected' OR reason <> ''", name="ck_registration_reason"),
        sa.CheckConstraint("state = 'draft' OR committed_at IS NOT NULL", name="ck_registration_committed"),
        sa.CheckConstraint(
            "state NOT IN ('pending_agency', 'pending_superior') OR (routed_to_id IS NOT NULL AND submitted_at IS NOT NULL)",
            name="ck_registration_routed",
        ),
        sa.CheckConstraint("titles OR hr_market", name="ck_registration_business"),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["region.code"],
        ),
        sa.ForeignKeyConstraint(
            ["requested_superior_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["routed_to_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("receipt"),
        sa.UniqueConstraint("seal_id"),
    )
    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registration_credit_code"), ["credit_code"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_registration_id_number_index"), ["id_number_index"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_registration_phone_index"), ["phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_registration_region_code"), ["region_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_registration_routed_to_id"), ["routed_to_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_registration_state"), ["state"], unique=False)
        batch_op.create_index(
            "uq_registration_pending",
            ["credit_code"],
            unique=True,
            sqlite_where=sa.text("state IN ('pending_agency', 'pending_superior')"),
            postgresql_where=sa.text("state IN ('pending_agency', 'pending_superior')"),
        )

    op.create_table(
        "relation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=False, comment="下级单位"),
        sa.Column("parent_id", sa.Integer(), nullable=False, comment="主管单位"),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "active",
                "refused",
                "ended",
                name="ck_relation_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="状态",
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False, comment="每办一步加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="提出时间"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="解除时间"),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ck_relation_ended"),
        sa.CheckConstraint("child_id <> parent_id", name="ck_relation_not_itself"),
        sa.ForeignKeyConstraint(
            ["child_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("relation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_relation_child_id"), ["child_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_relation_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_relation_active_child",
            ["child_id"],
            unique=True,
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )

    op.create_table(
        "routing",
        sa.Column("process", sa.String(length=20), nullable=False, comment="哪个流程"),
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False, comment="哪一件"),
        sa.Column("unit_id", sa.Integer(), nullable=False, comment="到过的单位"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="最早到达时间"),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("process", "case_id", "unit_id"),
    )
    with op.batch_alter_table("routing", schema=None) as batch_op:
        batch_op.create_index("ix_routing_unit", ["unit_id", "process", "case_id"], unique=False)

    op.create_table(
        "unit_function",
        sa.Column("unit_id", sa.Integer(), nullable=False, comment="单位"),
        sa.Column(
            "function",
            sa.Enum(
                "bureau",
                "superior",
                "employer",
                "committee_office",
                "form_review",
                name="ck_unit_function",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="职能",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("unit_id", "function"),
    )
    with op.batch_alter_table("unit_function", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_function_function"), ["function"], unique=False)

    op.create_table(
        "committee_region",
        sa.Column("committee_id", sa.Integer(), nullable=False, comment="评委会"),
        sa.Column("region_code", sa.String(length=6), nullable=False, comment="评审范围的统筹区（含下级）"),
        sa.ForeignKeyConstraint(
            ["committee_id"],
            ["committee.id"],
        ),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["region.code"],
        ),
        sa.PrimaryKeyConstraint("committee_id", "region_code"),
    )
    op.create_table(
        "committee_specialty",
        sa.Column("committee_id", sa.Integer(), nullable=False, comment="评委会"),
        sa.Column("name", sa.String(length=40), nullable=False, comment="专业"),
        sa.ForeignKeyConstraint(
            ["committee_id"],
            ["committee.id"],
        ),
        sa.PrimaryKeyConstraint("committee_id", "name"),
    )
    op.create_table(
        "handler_business",
        sa.Column("handler_id", sa.Integer(), nullable=False, comment="经办人"),
        sa.Column(
            "business",
            sa.Enum(
                "titles",
                "hr_market",
                name="ck_handler_business",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="业务类别",
        ),
        sa.ForeignKeyConstraint(
            ["handler_id"],
            ["handler.id"],
        ),
        sa.PrimaryKeyConstraint("handler_id", "business"),
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("committee_id", sa.Integer(), nullable=False, comment="评委会"),
        sa.Column("year", sa.SmallInteger(), nullable=False, comment="评审年度"),
        sa.Column("batch", sa.SmallInteger(), nullable=False, comment="批次"),
        sa.Column("name", sa.String(length=120), nullable=False, comment="计划名称"),
        sa.Column("levels", sa.String(length=10), nullable=False, comment="评审级别，如 2,3"),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False, comment="受理开始"),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False, comment="受理截止"),
        sa.Column("unit_deadline", sa.DateTime(timezone=True), nullable=False, comment="单位上报截止"),
        sa.Column("correction_deadline", sa.DateTime(timezone=True), nullable=False, comment="退回补正截止"),
        sa.Column("review_from", sa.Date(), nullable=False, comment="评审开始"),
        sa.Column("review_to", sa.Date(), nullable=False, comment="评审结束"),
        sa.Column("expert_count", sa.SmallInteger(), nullable=False, comment="拟抽取专家数（单数）"),
        sa.Column(
            "offline",
            sa.Enum(
                "none",
                "before_submit",
                "before_formal",
                name="ck_plan_offline",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="线下形式审查",
        ),
        sa.Column("requirements", sa.Text(), nullable=False, comment="申报要求和政策依据"),
        sa.Column("contact", sa.String(length=50), nullable=False, comment="联系人"),
        sa.Column("telephone", sa.String(length=30), nullable=False, comment="联系电话"),
        sa.Column("numbered", sa.Integer(), server_default="0", nullable=False, comment="已分配的受理号个数"),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "returned",
                "approved",
                "published",
                "closed",
                "in_review",
                "completed",
                "rejected",
                "cancelled",
                name="ck_plan_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="状态",
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False, comment="每办一步加一"),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True, comment="到当前办理处的时间"),
        sa.CheckConstraint("levels <> ''", name="ck_plan_levels"),
        sa.CheckConstraint("batch >= 1", name="ck_plan_batch"),
        sa.CheckConstraint("closes_at <= correction_deadline", name="ck_plan_correction"),
        sa.CheckConstraint("expert_count % 2 = 1 AND expert_count > 0", name="ck_plan_odd"),
        sa.CheckConstraint("opens_at < closes_at AND closes_at <= unit_deadline", name="ck_plan_deadlines"),
        sa.CheckConstraint("review_from <= review_to", name="ck_plan_review"),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name="ck_plan_year"),
        sa.ForeignKeyConstraint(
            ["committee_id"],
            ["committee.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("committee_id", "year", "batch", name="uq_plan_committee_year_batch"),
    )
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_committee_id"), ["committee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_year"), ["year"], unique=False)

    op.create_table(
        "application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("applicant_id", sa.Integer(), nullable=False, comment="申报人"),
        sa.Column(
            "id_number_index", sa.String(length=64), nullable=False, comment="证件号码盲索引，用于回避本人"
        ),
        sa.Column("plan_id", sa.Integer(), nullable=False, comment="评审计划"),
        sa.Column("year", sa.SmallInteger(), nullable=False, comment="年度，取自计划"),
        sa.Column("unit_id", sa.Integer(), nullable=False, comment="申报单位"),
        sa.Column("title_id", sa.Integer(), nullable=False, comment="申报职称"),
        sa.Column("specialty", sa.String(length=40), nullable=False, comment="申报专业"),
        sa.Column(
            "way",
            sa.Enum(
                "normal",
                "exceptional",
                "green",
                "transfer",
                "recognition",
                name="ck_application_way",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="申报方式",
        ),
        sa.Column("summary", sa.Text(), nullable=False, comment="业绩成果摘要"),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True, comment="个人承诺时间"),
        sa.Column("applicant_name", sa.String(length=50), nullable=False, comment="姓名（提交时）"),
        sa.Column(
            "gender",
            sa.Enum(
                "1", "2", name="ck_application_gender", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
            comment="性别（提交时）",
        ),
        sa.Column("id_number_mask", sa.String(length=18), nullable=False, comment="证件号码（掩码）"),
        sa.Column("phone_mask", sa.String(length=11), nullable=False, comment="手机号码（掩码）"),
        sa.Column("unit_name", sa.String(length=120), nullable=False, comment="工作单位（提交时）"),
        sa.Column("department", sa.String(length=60), nullable=False, comment="所在部门（提交时）"),
        sa.Column(
            "education",
            sa.Enum(
                "11",
                "14",
                "17",
                "21",
                "28",
                "31",
                "41",
                "44",
                "47",
                "61",
                "90",
                name="ck_application_education",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
            comment="学历（提交时）",
        ),
        sa.Column("current_title", sa.String(length=40), nullable=False, comment="现职称（提交时）"),
        sa.Column("current_title_on", sa.Date(), nullable=True, comment="现职称取得时间（提交时）"),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "pending_unit",
                "returned",
                "unit_rejected",
                "unit_passed",
                "in_publicity",
                "publicity_passed",
                "publicity_failed",
                "pending_superior",
                "superior_rejected",
                "pending_formal",
                "formal_rejected",
                "formal_passed",
                "committee_rejected",
                "accepted",
                "in_review",
                "review_passed",
                "review_failed",
                "result_publicity",
                "objection",
                "confirmed",
                "certified",
                "withdrawn",
                "abandoned",
                "revoked",
                name="ck_application_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="状态",
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False, comment="每办一步加一"),
        sa.Column("holder_unit_id", sa.Integer(), nullable=True, comment="现在在哪个单位"),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=False, comment="从什么时候起"),
        sa.Column(
            "hop", sa.SmallInteger(), server_default="0", nullable=False, comment="走到上报路径的第几站"
        ),
        sa.Column(
            "resume_state",
            sa.Enum(
                "draft",
                "pending_unit",
                "returned",
                "unit_rejected",
                "unit_passed",
                "in_publicity",
                "publicity_passed",
                "publicity_failed",
                "pending_superior",
                "superior_rejected",
                "pending_formal",
                "formal_rejected",
                "formal_passed",
                "committee_rejected",
                "accepted",
                "in_review",
                "review_passed",
                "review_failed",
                "result_publicity",
                "objection",
                "confirmed",
                "certified",
                "withdrawn",
                "abandoned",
                "revoked",
                name="ck_application_resume_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
            comment="补正后回到的状态",
        ),
        sa.Column("resume_unit_id", sa.Integer(), nullable=True, comment="补正后回到的单位"),
        sa.Column("correction_deadline", sa.DateTime(timezone=True), nullable=True, comment="补正截止"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True, comment="提交时间"),
        sa.Column("publicity_from", sa.Date(), nullable=True, comment="单位公示起"),
        sa.Column("publicity_to", sa.Date(), nullable=True, comment="单位公示止"),
        sa.Column("recommended_at", sa.DateTime(timezone=True), nullable=True, comment="推荐上报时间"),
        sa.Column("superior_id", sa.Integer(), nullable=True, comment="推荐上报时的主管单位"),
        sa.Column("formal_passed_at", sa.DateTime(timezone=True), nullable=True, comment="形式审查通过时间"),
        sa.Column("paper_received_at", sa.DateTime(timezone=True), nullable=True, comment="纸质材料已收时间"),
        sa.Column("accept_no", sa.String(length=24), nullable=True, comment="受理号"),
        sa.Column("outcome_id", sa.Integer(), nullable=True, comment="最近一次评审结果"),
        sa.Column("result_from", sa.Date(), nullable=True, comment="结果公示起"),
        sa.Column("result_to", sa.Date(), nullable=True, comment="结果公示止"),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True, comment="备案时间"),
        sa.Column("filing_no", sa.String(length=60), server_default="", nullable=False, comment="备案文号"),
        sa.Column("remark", sa.Text(), server_default="", nullable=False, comment="备注"),
        sa.CheckConstraint(
            "(state = 'returned') = (resume_state IS NOT NULL) AND (state = 'returned') = (resume_unit_id IS NOT NULL) AND (state = 'returned') = (correction_deadline IS NOT NULL)",
            name="ck_application_returned",
        ),
        sa.CheckConstraint(
            "(state IN ('confirmed', 'certified')) <= (filed_at IS NOT NULL)", name="ck_application_filed"
        ),
        sa.CheckConstraint(
            "(state IN ('pending_unit', 'unit_passed', 'in_publicity', 'publicity_passed', 'pending_superior', 'pending_formal', 'formal_passed', 'accepted', 'in_review', 'review_passed', 'result_publicity', 'objection')) = (holder_unit_id IS NOT NULL)",
            name="ck_application_holder",
        ),
        sa.CheckConstraint("state = 'draft' OR submitted_at IS NOT NULL", name="ck_application_submitted"),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'in_review', 'review_passed', 'review_failed', 'result_publicity', 'objection', 'confirmed', 'certified', 'revoked') OR accept_no IS NOT NULL",
            name="ck_application_numbered",
        ),
        sa.CheckConstraint(
            "publicity_to IS NULL OR publicity_from <= publicity_to", name="ck_application_publicity_dates"
        ),
        sa.CheckConstraint(
            "result_to IS NULL OR result_from <= result_to", name="ck_application_result_dates"
        ),
        sa.ForeignKeyConstraint(
            ["applicant_id"],
            ["applicant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["holder_unit_id"],
            ["unit.id"],
        ),
        *outcome_here,
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["plan.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resume_unit_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["superior_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["title_id"],
            ["title.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("accept_no"),
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_applicant_id"), ["applicant_id"], unique=False)
        batch_op.create_index(
            "ix_application_holder_state", ["holder_unit_id", "state", "held_since", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_application_id_number_index"), ["id_number_index"], unique=False)
        batch_op.create_index("ix_application_plan_state", ["plan_id", "state", "accept_no"], unique=False)
        batch_op.create_index("ix_application_state_since", ["state", "held_since", "id"], unique=False)
        batch_op.create_index(
            "ix_application_unit_state", ["unit_id", "state", "held_since", "id"], unique=False
        )
        batch_op.create_index(
            "uq_application_person_year",
            ["applicant_id", "year"],
            unique=True,
            sqlite_where=sa.text("(state NOT IN ('draft', 'withdrawn', 'abandoned'))"),
            postgresql_where=sa.text("(state NOT IN ('draft', 'withdrawn', 'abandoned'))"),
        )

    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False, comment="评审计划"),
        sa.Column("name", sa.String(length=120), nullable=False, comment="会议名称"),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False, comment="时间"),
        sa.Column("place", sa.String(length=120), nullable=False, comment="地点"),
        sa.Column("host", sa.String(length=50), nullable=False, comment="主持人"),
        sa.Column(
            "host_role",
            sa.Enum(
                "chair",
                "deputy",
                name="ck_meeting_host_role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="主持人职务",
        ),
        sa.Column("members", sa.SmallInteger(), nullable=False, comment="组成人数"),
        sa.Column("present", sa.SmallInteger(), nullable=True, comment="出席人数"),
        sa.Column("recorder", sa.String(length=50), nullable=False, comment="记录人"),
        sa.Column("announcer", sa.String(length=50), nullable=False, comment="宣布人"),
        sa.Column("filing_no", sa.String(length=60), nullable=False, comment="备案文号"),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "in_session",
                "voted",
                "announced",
                "publicity",
                "reported",
                "filed",
                "archived",
                "void",
                name="ck_meeting_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="状态",
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False, comment="每办一步加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=False, comment="到当前办理处的时间"),
        sa.CheckConstraint("state <> 'filed' OR filing_no <> ''", name="ck_meeting_filed"),
        sa.CheckConstraint(
            "state IN ('draft', 'void') OR (present IS NOT NULL AND 3 * present >= 2 * members)",
            name="ck_meeting_quorum",
        ),
        sa.CheckConstraint("members % 2 = 1 AND members > 0", name="ck_meeting_odd"),
        sa.CheckConstraint(
            "present IS NULL OR (present > 0 AND present <= members)", name="ck_meeting_present"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["plan.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_state"), ["state"], unique=False)

    op.create_table(
        "offline_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False, comment="评审计划"),
        sa.Column("id_number_index", sa.String(length=64), nullable=False, comment="证件号码盲索引"),
        sa.Column("id_number_mask", sa.String(length=18), nullable=False, comment="证件号码（掩码）"),
        sa.Column("name", sa.String(length=50), nullable=False, comment="姓名"),
        sa.Column(
            "result",
            sa.Enum(
                "pass",
                "fail",
                name="ck_offline_check_result",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="结果",
        ),
        sa.Column("note", sa.Text(), nullable=False, comment="说明"),
        sa.Column("unit_id", sa.Integer(), nullable=False, comment="形式审查机构"),
        sa.Column("by_id", sa.Integer(), nullable=False, comment="经手人"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="时间"),
        sa.ForeignKeyConstraint(
            ["by_id"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["plan.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("plan_id", "id_number_index", name="uq_offline_check_person"),
    )
    with op.batch_alter_table("offline_check", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offline_check_id_number_index"), ["id_number_index"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_offline_check_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "plan_region",
        sa.Column("plan_id", sa.Integer(), nullable=False, comment="评审计划"),
        sa.Column("region_code", sa.String(length=6), nullable=False, comment="评审范围的统筹区（含下级）"),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["plan.id"],
        ),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["region.code"],
        ),
        sa.PrimaryKeyConstraint("plan_id", "region_code"),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=True, comment="申报"),
        sa.Column("registration_id", sa.Integer(), nullable=True, comment="注册申请"),
        sa.Column(
            "material",
            sa.Enum(
                "commitment",
                "certificate",
                "identity",
                "education",
                "title",
                "appointment",
                "training",
                "assessment",
                "insurance",
                "achievement",
                "paper",
                "report",
                "form",
                "other",
                name="ck_attachment_material",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="材料类别",
        ),
        sa.Column("filename", sa.String(length=200), nullable=False, comment="原文件名"),
        sa.Column("key", sa.String(length=80), nullable=False, comment="存放位置（随机）"),
        sa.Column("mime", sa.String(length=40), nullable=False, comment="内容类型，按内容判断"),
        sa.Column("size", sa.Integer(), nullable=False, comment="字节数，至多 10 MB"),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="内容的 SHA-256"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="上传时间"),
        sa.CheckConstraint(
            "(application_id IS NULL) <> (registration_id IS NULL)", name="ck_attachment_one_owner"
        ),
        sa.CheckConstraint("length(sha256) = 64", name="ck_attachment_sha256"),
        sa.CheckConstraint("size > 0 AND size <= 10485760", name="ck_attachment_size"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_application_id"), ["application_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_registration_id"), ["registration_id"], unique=False)

    op.create_table(
        "outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False, comment="会议"),
        sa.Column("application_id", sa.Integer(), nullable=False, comment="评审对象"),
        sa.Column("recused", sa.SmallInteger(), nullable=False, comment="回避人数"),
        sa.Column("present", sa.SmallInteger(), nullable=True, comment="对此人的出席人数（不含回避）"),
        sa.Column("yes", sa.SmallInteger(), nullable=True, comment="同意票"),
        sa.Column("no", sa.SmallInteger(), nullable=True, comment="反对票"),
        sa.Column("abstain", sa.SmallInteger(), nullable=True, comment="弃权票"),
        sa.Column(
            "result",
            sa.Enum(
                "pass", "fail", name="ck_outcome_result", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
            comment="结果",
        ),
        sa.Column("opinion", sa.Text(), nullable=False, comment="评议意见"),
        sa.CheckConstraint(
            "result IS NULL OR (result = 'pass') = (3 * yes >= 2 * present)", name="ck_outcome_two_thirds"
        ),
        sa.CheckConstraint(
            "(result IS NULL AND yes IS NULL AND no IS NULL AND abstain IS NULL AND present IS NULL) OR (result IS NOT NULL AND present > 0 AND yes + no + abstain = present)",
            name="ck_outcome_adds_up",
        ),
        sa.CheckConstraint(
            "recused >= 0 AND yes >= 0 AND no >= 0 AND abstain >= 0", name="ck_outcome_counts"
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meeting.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("meeting_id", "application_id", name="uq_outcome_person"),
    )
    with op.batch_alter_table("outcome", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outcome_application_id"), ["application_id"], unique=False)

    op.create_table(
        "publicity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "unit",
                "result",
                name="ck_publicity_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="公示种类",
        ),
        sa.Column("unit_id", sa.Integer(), nullable=False, comment="公示单位"),
        sa.Column("plan_id", sa.Integer(), nullable=True, comment="评审计划（结果公示）"),
        sa.Column("meeting_id", sa.Integer(), nullable=True, comment="评审会议（结果公示）"),
        sa.Column("year", sa.SmallInteger(), nullable=False, comment="年度"),
        sa.Column("contact", sa.String(length=50), nullable=False, comment="单位联系人"),
        sa.Column("telephone", sa.String(length=30), nullable=False, comment="单位联系电话"),
        sa.Column("starts_on", sa.Date(), nullable=False, comment="公示开始日期"),
        sa.Column("days", sa.SmallInteger(), nullable=False, comment="公示（工作日）天数"),
        sa.Column("ends_on", sa.Date(), nullable=False, comment="公示截止日期"),
        sa.Column("estimated", sa.Boolean(), nullable=False, comment="截止日期为估算（当年放假安排未公布）"),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "expired",
                "objected",
                "passed",
                "failed",
                "cancelled",
                name="ck_publicity_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="状态",
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False, comment="每办一步加一"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="建立时间"),
        sa.CheckConstraint("(kind = 'result') = (plan_id IS NOT NULL)", name="ck_publicity_plan"),
        sa.CheckConstraint("state NOT IN ('expired', 'objected')", name="ck_publicity_derived"),
        sa.CheckConstraint("days >= 5", name="ck_publicity_five_days"),
        sa.CheckConstraint("starts_on <= ends_on", name="ck_publicity_dates"),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meeting.id"],
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["plan.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("publicity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_publicity_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_publicity_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "route_hop",
        sa.Column("application_id", sa.Integer(), nullable=False, comment="申报"),
        sa.Column("seq", sa.SmallInteger(), autoincrement=False, nullable=False, comment="第几站"),
        sa.Column("unit_id", sa.Integer(), nullable=False, comment="单位"),
        sa.Column(
            "stage",
            sa.Enum(
                "superior",
                "formal",
                "office",
                name="ck_route_hop_stage",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
            comment="办什么",
        ),
        sa.CheckConstraint("seq >= 1", name="ck_route_hop_seq"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("application_id", "seq"),
    )
    with op.batch_alter_table("route_hop", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_route_hop_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "publicity_entry",
        sa.Column("publicity_id", sa.Integer(), nullable=False, comment="公示"),
        sa.Column("application_id", sa.Integer(), nullable=False, comment="申报"),
        sa.Column("open", sa.Boolean(), nullable=False, comment="尚无结果；一人同时只在一份公示中"),
        sa.Column(
            "result",
            sa.Enum(
                "pass",
                "fail",
                name="ck_publicity_entry_result",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
            comment="公示结果",
        ),
        sa.Column("objection", sa.Text(), nullable=True, comment="未了结的异议"),
        sa.CheckConstraint("objection IS NULL OR objection <> ''", name="ck_publicity_entry_objection"),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["publicity_id"],
            ["publicity.id"],
        ),
        sa.PrimaryKeyConstraint("publicity_id", "application_id"),
    )
    with op.batch_alter_table("publicity_entry", schema=None) as batch_op:
        batch_op.create_index(
            "uq_publicity_entry_open",
            ["application_id"],
            unique=True,
            sqlite_where=sa.text("open = 1"),
            postgresql_where=sa.text("open = true"),
        )

    if not sqlite:
        op.create_foreign_key(**outcome_key, local_cols=["outcome_id"], remote_cols=["id"])


def downgrade():
    raise NotImplementedError("the first migration is not undone; drop the database instead")
