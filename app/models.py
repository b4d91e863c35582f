"""The tables, in the order in which a case lives; what is nonsense, the database refuses.

Reference data first, then who there is (units, people, accounts), the registration that makes them, committees and
plans, the application with its materials and its way, publicity, meeting, and last what is written about all of them:
entries, routings, notices, audit. States are written by `app.process.perform` alone.
"""

from datetime import date, datetime
from uuid import uuid4

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import clock
from app.db import Moment, binary_text, one_of
from app.states import (
    HELD,
    NOT_COUNTED,
    NUMBERED,
    ApplicationState,
    Business,
    CommitteeLevel,
    CommitteeStatus,
    Education,
    Function,
    Gender,
    HostRole,
    Level,
    Material,
    MeetingState,
    OfflinePolicy,
    PlanState,
    PublicityKind,
    PublicityState,
    RegistrationKind,
    RegistrationState,
    RelationState,
    Reporting,
    Reviewer,
    Stage,
    UnitKind,
    Verdict,
    Way,
)


def listed(states: tuple[str, ...]) -> str:
    """Write states as an SQL list for a CHECK or a partial index."""
    return "(" + ", ".join(f"'{state}'" for state in states) + ")"


# ---- reference data -----------------------------------------------------------------------------------------------


class Region(Model):
    """统筹区, GB/T 2260; management districts without a code of their own may be added."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(String(6), primary_key=True, comment="行政区划代码")
    name: Mapped[str] = mapped_column(String(40), comment="名称")
    shown: Mapped[str] = mapped_column(String(40), comment="统筹区名称，如 长沙市本级")
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"), comment="上级")
    path: Mapped[str] = mapped_column(
        binary_text(40), unique=True, comment="自上而下的代码，如 /430000/430100/"
    )

    def __str__(self) -> str:
        """Show the name people know."""
        return self.shown


class Series(Model):
    """职称系列: the 27 of the ministry's list."""

    __tablename__ = "series"

    code: Mapped[str] = mapped_column(String(2), primary_key=True, comment="系列代码")
    name: Mapped[str] = mapped_column(String(40), unique=True, comment="系列名称")

    def __str__(self) -> str:
        """Show the name."""
        return self.name


class Title(Model):
    """职称名称: one title of a series, branch and level."""

    __tablename__ = "title"
    __table_args__ = (
        UniqueConstraint("series_code", "branch", "level", name="uq_title_series_branch_level"),
        CheckConstraint("level BETWEEN 1 AND 5", name="ck_title_level"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    series_code: Mapped[str] = mapped_column(ForeignKey("series.code"), comment="系列")
    branch: Mapped[str] = mapped_column(String(40), default="", comment="分支，如 医、药、护、技")
    level: Mapped[int] = mapped_column(SmallInteger, comment="级别 1 正高 2 副高 3 中级 4 助理 5 员")
    name: Mapped[str] = mapped_column(String(40), comment="名称")
    series: Mapped[Series] = relationship(lazy="selectin")

    def __str__(self) -> str:
        """Show the name."""
        return self.name

    @property
    def level_label(self) -> str:
        """The level in words."""
        return Level(self.level).label


class CalendarYear(Model):
    """A year whose holiday notice is published; only such years decide when a publicity ends (domain 4)."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="年份")
    papers: Mapped[str] = mapped_column(Text, default="", comment="国务院办公厅通知")


class CalendarDay(Model):
    """A day on which the notice differs from the week: a holiday or a make-up working day."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True, comment="日期")
    works: Mapped[bool] = mapped_column(Boolean, comment="是否上班")
    year: Mapped[int] = mapped_column(ForeignKey("calendar_year.year"), index=True, comment="所属年度通知")


class Setting(Model):
    """A policy the sources leave open, with the sources' behaviour as its default (`app.settings`)."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(60), primary_key=True, comment="设置项")
    value: Mapped[str] = mapped_column(Text, comment="值")


# ---- who there is -------------------------------------------------------------------------------------------------


class Unit(Model):
    """单位: any organisation with a credit code; what it may do are its functions."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    credit_code: Mapped[str] = mapped_column(String(18), unique=True, comment="统一社会信用代码")
    name: Mapped[str] = mapped_column(String(120), index=True, comment="单位名称（全称）")
    kind: Mapped[UnitKind] = mapped_column(one_of(UnitKind, "ck_unit_kind"), comment="单位类型")
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"), index=True, comment="统筹区")
    reporting: Mapped[Reporting] = mapped_column(
        one_of(Reporting, "ck_unit_reporting"), default=Reporting.UNDETERMINED, comment="上报关系"
    )
    path: Mapped[str] = mapped_column(
        binary_text(200), default="", index=True, comment="上下级路径，只由上下级关系的步骤写入"
    )
    contact: Mapped[str] = mapped_column(String(50), default="", comment="单位联系人")
    telephone: Mapped[str] = mapped_column(String(30), default="", comment="单位联系电话")
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true(), comment="启用")
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now, comment="建立时间")
    region: Mapped[Region] = relationship(lazy="selectin")
    functions: Mapped[list["UnitFunction"]] = relationship(lazy="selectin", cascade="all, delete-orphan")

    def __str__(self) -> str:
        """Show the full name."""
        return self.name

    @property
    def function_set(self) -> frozenset[Function]:
        """The functions as a set."""
        return frozenset(row.function for row in self.functions)


class UnitFunction(Model):
    """One function of a unit."""

    __tablename__ = "unit_function"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True, comment="单位")
    function: Mapped[Function] = mapped_column(
        one_of(Function, "ck_unit_function"), primary_key=True, index=True, comment="职能"
    )


class UnitName(Model):
    """The name of a unit, for everybody who sees a case that mentions it; nothing else of the unit."""

    __table__ = Unit.__table__
    __mapper_args__ = {"include_properties": ["id", "name"], "primary_key": [Unit.__table__.c.id]}

    def __str__(self) -> str:
        """Show the full name."""
        return self.name


class Account(User):
    """登录: Flask-AppBuilder's user. The whole name stands in `first_name`; roles say what a person may do."""

    __tablename__ = "ab_user"

    must_change_password: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default=false(), comment="首次登录须改密码"
    )
    locked_until: Mapped[datetime | None] = mapped_column(Moment, comment="锁定到")

    def __str__(self) -> str:
        """Show the person's name."""
        return self.first_name or self.username


# Two names that differ in case alone would lock each other out: people type either (security A16).
Index("uq_ab_user_username_lower", func.lower(Account.__table__.c.username), unique=True)


class Personal:
    """Personal data at rest: sealed to its row, findable by a keyed index, shown by its mask (`app.people`)."""

    seal_id: Mapped[str] = mapped_column(
        String(32), unique=True, default=lambda: uuid4().hex, comment="加密绑定用的随机标识"
    )
    name: Mapped[str] = mapped_column(String(50), comment="姓名")
    id_number_sealed: Mapped[str] = mapped_column(String(160), comment="证件号码（密文）")
    id_number_index: Mapped[str] = mapped_column(String(64), index=True, comment="证件号码盲索引")
    id_number_mask: Mapped[str] = mapped_column(String(18), comment="证件号码（掩码）")
    phone_sealed: Mapped[str] = mapped_column(String(160), comment="手机号码（密文）")
    phone_index: Mapped[str] = mapped_column(String(64), index=True, comment="手机号码盲索引")
    phone_mask: Mapped[str] = mapped_column(String(11), comment="手机号码（掩码）")


class Handler(Personal, Model):
    """经办人: a person behind one account of one unit. A successor gets a new login."""

    __tablename__ = "handler"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True, comment="单位")
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), unique=True, comment="登录账号")
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true(), comment="启用")
    unit: Mapped[UnitName] = relationship(
        lazy="selectin", viewonly=True, primaryjoin="foreign(Handler.unit_id) == UnitName.id"
    )
    user: Mapped[Account] = relationship(lazy="selectin")
    businesses: Mapped[list["HandlerBusiness"]] = relationship(lazy="selectin", cascade="all, delete-orphan")

    def __str__(self) -> str:
        """Show the name."""
        return self.name


class HandlerBusiness(Model):
    """A business permission of a handler: whoever approves, both are granted (seed 002, R7)."""

    __tablename__ = "handler_business"

    handler_id: Mapped[int] = mapped_column(ForeignKey("handler.id"), primary_key=True, comment="经办人")
    business: Mapped[Business] = mapped_column(
        one_of(Business, "ck_handler_business"), primary_key=True, comment="业务类别"
    )


class Applicant(Personal, Model):
    """申报人 with the archive that applications are filled from."""

    __tablename__ = "applicant"
    __table_args__ = (
        UniqueConstraint("id_number_index", name="uq_applicant_id_number"),
        UniqueConstraint("phone_index", name="uq_applicant_phone"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), unique=True, comment="登录账号")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True, comment="现工作单位")
    birth_sealed: Mapped[str] = mapped_column(String(160), comment="出生日期（密文）")
    gender: Mapped[Gender] = mapped_column(one_of(Gender, "ck_applicant_gender"), comment="性别")
    department: Mapped[str] = mapped_column(String(60), default="", comment="所在部门")
    education: Mapped[Education | None] = mapped_column(
        one_of(Education, "ck_applicant_education"), comment="学历"
    )
    current_title: Mapped[str] = mapped_column(String(40), default="", comment="现职称")
    current_title_on: Mapped[date | None] = mapped_column(Date, comment="现职称取得时间")
    agreed_at: Mapped[datetime] = mapped_column(
        Moment, default=clock.now, comment="同意服务协议和隐私协议的时间"
    )
    agreed_version: Mapped[str] = mapped_column(String(20), comment="协议版本")
    unit: Mapped[UnitName | None] = relationship(
        lazy="selectin", viewonly=True, primaryjoin="foreign(Applicant.unit_id) == UnitName.id"
    )
    user: Mapped[Account] = relationship(lazy="selectin")

    def __str__(self) -> str:
        """Show the name."""
        return self.name


class SignIn(Model):
    """登录会话: one browser in which somebody has signed in; it holds until the row says otherwise (`app.sessions`)."""

    __tablename__ = "sign_in"
    __table_args__ = (CheckConstraint("expires_at > created_at", name="ck_sign_in_expires"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, comment="会话标识的 SHA-256")
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True, comment="登录账号")
    password_tag: Mapped[str] = mapped_column(String(24), comment="登录时密码散列的指纹，改密码后不再相符")
    created_at: Mapped[datetime] = mapped_column(Moment, comment="登录时间")
    seen_at: Mapped[datetime] = mapped_column(Moment, comment="最近使用，至多每分钟记一次")
    expires_at: Mapped[datetime] = mapped_column(Moment, comment="最迟到")
    ended_at: Mapped[datetime | None] = mapped_column(Moment, comment="退出时间")
    address: Mapped[str] = mapped_column(String(45), default="", comment="登录地址")
    browser: Mapped[str] = mapped_column(String(60), default="", comment="浏览器和系统")


class Relation(Model):
    """上下级关系 between a unit and its superior; one active superior per unit."""

    __tablename__ = "relation"
    __table_args__ = (
        CheckConstraint("child_id <> parent_id", name="ck_relation_not_itself"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ck_relation_ended"),
        Index(
            "uq_relation_active_child",
            "child_id",
            unique=True,
            sqlite_where=Column("state") == "active",
            postgresql_where=Column("state") == "active",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True, comment="下级单位")
    parent_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True, comment="主管单位")
    state: Mapped[RelationState] = mapped_column(
        one_of(RelationState, "ck_relation_state"), default=RelationState.REQUESTED, comment="状态"
    )
    version: Mapped[int] = mapped_column(default=1, server_default="1", comment="每办一步加一")
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now, comment="提出时间")
    ended_at: Mapped[datetime | None] = mapped_column(Moment, comment="解除时间")
    child: Mapped[UnitName] = relationship(
        lazy="selectin", viewonly=True, primaryjoin="foreign(Relation.child_id) == UnitName.id"
    )
    parent: Mapped[UnitName] = relationship(
        lazy="selectin", viewonly=True, primaryjoin="foreign(Relation.parent_id) == UnitName.id"
    )


# ---- registration -------------------------------------------------------------------------------------------------


class Registration(Personal, Model):
    """单位注册申请: apart from the unit, which it makes when approved. The personal data are the handler's."""

    __tablename__ = "registration"
    __table_args__ = (
        CheckConstraint("titles OR hr_market", name="ck_registration_business"),
        CheckConstraint(
            "(reviewer = 'superior') = (requested_superior_id IS NOT NULL)",
            name="ck_registration_superior_named",
        ),
        CheckConstraint(
            "state NOT IN ('pending_agency', 'pending_superior') OR (routed_to_id IS NOT NULL AND submitted_at IS NOT NULL)",
            name="ck_registration_routed",
        ),
        CheckConstraint(
            "(state IN ('approved', 'rejected', 'withdrawn')) = (decided_at IS NOT NULL)",
            name="ck_registration_decided",
        ),
        CheckConstraint("(state = 'approved') = (unit_id IS NOT NULL)", name="ck_registration_unit"),
        CheckConstraint("state <> 'rejected' OR reason <> ''", name="ck_registration_reason"),
        CheckConstraint("state = 'draft' OR committed_at IS NOT NULL", name="ck_registration_committed"),
        Index(
            "uq_registration_pending",
            "credit_code",
            unique=True,
            sqlite_where=Column("state").in_(["pending_agency", "pending_superior"]),
            postgresql_where=Column("state").in_(["pending_agency", "pending_superior"]),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt: Mapped[str] = mapped_column(String(16), unique=True, comment="受理编号")
    kind: Mapped[RegistrationKind] = mapped_column(
        one_of(RegistrationKind, "ck_registration_kind"), default=RegistrationKind.NEW, comment="注册类型"
    )
    credit_code: Mapped[str] = mapped_column(String(18), index=True, comment="统一社会信用代码")
    unit_name: Mapped[str] = mapped_column(String(120), comment="单位名称（全称）")
    unit_kind: Mapped[UnitKind] = mapped_column(
        one_of(UnitKind, "ck_registration_unit_kind"), comment="单位类型"
    )
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"), index=True, comment="统筹区")
    titles: Mapped[bool] = mapped_column(Boolean, default=True, comment="业务类别：专家项目、职称、继续教育")
    hr_market: Mapped[bool] = mapped_column(Boolean, default=False, comment="业务类别：人力资源（市场）")
    reviewer: Mapped[Reviewer] = mapped_column(
        one_of(Reviewer, "ck_registration_reviewer"), comment="审核单位"
    )
    requested_superior_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), comment="申请的主管单位")
    username: Mapped[str] = mapped_column(String(64), comment="用户名")
    password: Mapped[str] = mapped_column(String(256), comment="密码（散列）")
    state: Mapped[RegistrationState] = mapped_column(
        one_of(RegistrationState, "ck_registration_state"),
        default=RegistrationState.DRAFT,
        index=True,
        comment="状态",
    )
    version: Mapped[int] = mapped_column(default=1, server_default="1", comment="每办一步加一")
    routed_to_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True, comment="发给谁审核")
    routed_business: Mapped[Business | None] = mapped_column(
        one_of(Business, "ck_registration_routed_business"), comment="主管机构的哪个科室"
    )
    committed_at: Mapped[datetime | None] = mapped_column(Moment, comment="接受告知承诺书的时间")
    commitment_version: Mapped[str] = mapped_column(String(20), default="", comment="告知承诺书版本")
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now, comment="建立时间")
    submitted_at: Mapped[datetime | None] = mapped_column(Moment, comment="注册时间")
    held_since: Mapped[datetime | None] = mapped_column(Moment, comment="到当前办理处的时间")
    decided_at: Mapped[datetime | None] = mapped_column(Moment, comment="审核时间")
    reason: Mapped[str] = mapped_column(Text, default="", comment="不通过的原因")
    reregister_after: Mapped[datetime | None] = mapped_column(Moment, comment="此后可重新注册")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), comment="审核通过后的单位")
    region: Mapped[Region] = relationship(lazy="selectin")
    requested_superior: Mapped[UnitName | None] = relationship(
        lazy="selectin",
        viewonly=True,
        primaryjoin="foreign(Registration.requested_superior_id) == UnitName.id",
    )
    routed_to: Mapped[UnitName | None] = relationship(
        lazy="selectin", viewonly=True, primaryjoin="foreign(Registration.routed_to_id) == UnitName.id"
    )

    def __str__(self) -> str:
        """Show the unit's name."""
        return self.unit_name


# ---- committees and plans -----------------------------------------------------------------------------------------

committee_region = Table(
    "committee_region",
    Model.metadata,
    Column("committee_id", ForeignKey("committee.id"), primary_key=True, comment="评委会"),
    Column("region_code", ForeignKey("region.code"), primary_key=True, comment="评审范围的统筹区（含下级）"),
)
plan_region = Table(
    "plan_region",
    Model.metadata,
    Column("plan_id", ForeignKey("plan.id"), primary_key=True, comment="评审计划"),
    Column("region_code", ForeignKey("region.code"), primary_key=True, comment="评审范围的统筹区（含下级）"),
)


class Committee(Model):
    """评委会: one series, a highest level, and a filing valid for at most three years (order no. 40)."""

    __tablename__ = "committee"
    __table_args__ = (
        CheckConstraint("member_count % 2 = 1 AND member_count > 0", name="ck_committee_odd"),
        CheckConstraint("valid_from <= valid_to", name="ck_committee_validity"),
        CheckConstraint("valid_to <= date(valid_from, '+3 years')", name="ck_committee_three_years").ddl_if(
            "sqlite"
        ),
        CheckConstraint(
            "valid_to <= valid_from + interval '3 years'", name="ck_committee_three_years"
        ).ddl_if("postgresql"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True, comment="评委会名称")
    series_code: Mapped[str] = mapped_column(ForeignKey("series.code"), comment="职称系列")
    level: Mapped[CommitteeLevel] = mapped_column(
        one_of(CommitteeLevel, "ck_committee_level"), comment="评审级别"
    )
    office_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True, comment="日常工作部门")
    founder_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), comment="组建单位")
    bureau_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True, comment="核准备案的主管机构")
    filing_no: Mapped[str] = mapped_column(String(60), comment="备案文号")
    filing_date: Mapped[date] = mapped_column(Date, comment="备案日期")
    valid_from: Mapped[date] = mapped_column(Date, comment="有效期起")
    valid_to: Mapped[date] = mapped_column(Date, comment="有效期止")
    member_count: Mapped[int] = mapped_column(SmallInteger, comment="组成人数（单数）")
    contact: Mapped[str] = mapped_column(String(50), default="", comment="联系人")
    telephone: Mapped[str] = mapped_column(String(30), default="", comment="联系电话")
    status: Mapped[CommitteeStatus] = mapped_column(
        one_of(CommitteeStatus, "ck_committee_status"), default=CommitteeStatus.ACTIVE, comment="状态"
    )
    series: Mapped[Series] = relationship(lazy="selectin")
    regions: Mapped[list[Region]] = relationship(
        secondary=committee_region, lazy="selectin", order_by=Region.code
    )
    specialties: Mapped[list["CommitteeSpecialty"]] = relationship(
        lazy="selectin", cascade="all, delete-orphan"
    )
    office: Mapped[UnitName] = relationship(
        lazy="selectin", viewonly=True, primaryjoin="foreign(Committee.office_id) == UnitName.id"
    )
    bureau: Mapped[UnitName] = relationship(
        lazy="selectin", viewonly=True, primaryjoin="foreign(Committee.bureau_id) == UnitName.id"
    )

    def __str__(self) -> str:
        """Show the name."""
        return self.name


class CommitteeSpecialty(Model):
    """评审专业 of a committee."""

    __tablename__ = "committee_specialty"

    committee_id: Mapped[int] = mapped_column(ForeignKey("committee.id"), primary_key=True, comment="评委会")
    name: Mapped[str] = mapped_column(String(40), primary_key=True, comment="专业")


class Plan(Model):
    """年度评审工作计划. Guards read its times, not its state (product 2); the year is not the calendar's."""

    __tablename__ = "plan"
    __table_args__ = (
        UniqueConstraint("committee_id", "year", "batch", name="uq_plan_committee_year_batch"),
        CheckConstraint("year BETWEEN 2000 AND 2100", name="ck_plan_year"),
        CheckConstraint("batch >= 1", name="ck_plan_batch"),
        CheckConstraint("opens_at < closes_at AND closes_at <= unit_deadline", name="ck_plan_deadlines"),
        CheckConstraint("closes_at <= correction_deadline", name="ck_plan_correction"),
        CheckConstraint("review_from <= review_to", name="ck_plan_review"),
        CheckConstraint("expert_count % 2 = 1 AND expert_count > 0", name="ck_plan_odd"),
        CheckConstraint("levels <> ''", name="ck_plan_levels"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    committee_id: Mapped[int] = mapped_column(ForeignKey("committee.id"), index=True, comment="评委会")
    year: Mapped[int] = mapped_column(SmallInteger, index=True, comment="评审年度")
    batch: Mapped[int] = mapped_column(SmallInteger, default=1, comment="批次")
    name: Mapped[str] = mapped_column(String(120), comment="计划名称")
    levels: Mapped[str] = mapped_column(String(10), comment="评审级别，如 2,3")
    opens_at: Mapped[datetime] = mapped_column(Moment, comment="受理开始")
    closes_at: Mapped[datetime] = mapped_column(Moment, comment="受理截止")
    unit_deadline: Mapped[datetime] = mapped_column(Moment, comment="单位上报截止")
    correction_deadline: Mapped[datetime] = mapped_column(Moment, comment="退回补正截止")
    review_from: Mapped[date] = mapped_column(Date, comment="评审开始")
    review_to: Mapped[date] = mapped_column(Date, comment="评审结束")
    expert_count: Mapped[int] = mapped_column(SmallInteger, comment="拟抽取专家数（单数）")
    offline: Mapped[OfflinePolicy] = mapped_column(
        one_of(OfflinePolicy, "ck_plan_offline"), default=OfflinePolicy.BEFORE_FORMAL, comment="线下形式审查"
    )
    requirements: Mapped[str] = mapped_column(Text, default="", comment="申报要求和政策依据")
    contact: Mapped[str] = mapped_column(String(50), comment="联系人")
    telephone: Mapped[str] = mapped_column(String(30), comment="联系电话")
    numbered: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="已分配的受理号个数"
    )
    state: Mapped[PlanState] = mapped_column(
        one_of(PlanState, "ck_plan_state"), default=PlanState.DRAFT, index=True, comment="状态"
    )
    version: Mapped[int] = mapped_column(default=1, server_default="1", comment="每办一步加一")
    held_since: Mapped[datetime | None] = mapped_column(
        Moment, default=clock.now, comment="到当前办理处的时间"
    )
    committee: Mapped[Committee] = relationship(lazy="selectin")
    regions: Mapped[list[Region]] = relationship(secondary=plan_region, lazy="selectin", order_by=Region.code)

    def __str__(self) -> str:
        """Show the name."""
        return self.name

    @property
    def level_set(self) -> frozenset[Level]:
        """The title levels that may be applied for."""
        return frozenset(Level(int(level)) for level in self.levels.split(",") if level)


class OfflineCheck(Model):
    """线下形式审查 at the window: it comes before any application, so it knows a plan and a person only."""

    __tablename__ = "offline_check"
    __table_args__ = (UniqueConstraint("plan_id", "id_number_index", name="uq_offline_check_person"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), comment="评审计划")
    id_number_index: Mapped[str] = mapped_column(String(64), index=True, comment="证件号码盲索引")
    id_number_mask: Mapped[str] = mapped_column(String(18), comment="证件号码（掩码）")
    name: Mapped[str] = mapped_column(String(50), comment="姓名")
    result: Mapped[Verdict] = mapped_column(one_of(Verdict, "ck_offline_check_result"), comment="结果")
    note: Mapped[str] = mapped_column(Text, default="", comment="说明")
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True, comment="形式审查机构")
    by_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), comment="经手人")
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now, comment="时间")
    plan: Mapped[Plan] = relationship(lazy="selectin")


# ---- the application ----------------------------------------------------------------------------------------------


class Application(Model):
    """职称申报. What reviewers read of the person is frozen here at submission; the way is in `RouteHop`."""

    __tablename__ = "application"
    __table_args__ = (
        CheckConstraint(
            f"(state IN {listed(HELD)}) = (holder_unit_id IS NOT NULL)", name="ck_application_holder"
        ),
        CheckConstraint("state = 'draft' OR submitted_at IS NOT NULL", name="ck_application_submitted"),
        CheckConstraint(
            "(state = 'returned') = (resume_state IS NOT NULL)"
            " AND (state = 'returned') = (resume_unit_id IS NOT NULL)"
            " AND (state = 'returned') = (correction_deadline IS NOT NULL)",
            name="ck_application_returned",
        ),
        CheckConstraint(
            f"state NOT IN {listed(NUMBERED)} OR accept_no IS NOT NULL", name="ck_application_numbered"
        ),
        CheckConstraint(
            "publicity_to IS NULL OR publicity_from <= publicity_to", name="ck_application_publicity_dates"
        ),
        CheckConstraint("result_to IS NULL OR result_from <= result_to", name="ck_application_result_dates"),
        CheckConstraint(
            "(state IN ('confirmed', 'certified')) <= (filed_at IS NOT NULL)", name="ck_application_filed"
        ),
        Index(
            "uq_application_person_year",
            "applicant_id",
            "year",
            unique=True,
            sqlite_where=Column("state").notin_([str(state) for state in NOT_COUNTED]),
            postgresql_where=Column("state").notin_([str(state) for state in NOT_COUNTED]),
        ),
        Index("ix_application_unit_state", "unit_id", "state", "held_since", "id"),
        Index("ix_application_holder_state", "holder_unit_id", "state", "held_since", "id"),
        Index("ix_application_state_since", "state", "held_since", "id"),
        Index("ix_application_plan_state", "plan_id", "state", "accept_no"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    applicant_id: Mapped[int] = mapped_column(ForeignKey("applicant.id"), index=True, comment="申报人")
    id_number_index: Mapped[str] = mapped_column(
        String(64), index=True, comment="证件号码盲索引，用于回避本人"
    )
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), comment="评审计划")
    year: Mapped[int] = mapped_column(SmallInteger, comment="年度，取自计划")
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), comment="申报单位")
    title_id: Mapped[int] = mapped_column(ForeignKey("title.id"), comment="申报职称")
    specialty: Mapped[str] = mapped_column(String(40), comment="申报专业")
    way: Mapped[Way] = mapped_column(
        one_of(Way, "ck_application_way"), default=Way.NORMAL, comment="申报方式"
    )
    summary: Mapped[str] = mapped_column(Text, default="", comment="业绩成果摘要")
    committed_at: Mapped[datetime | None] = mapped_column(Moment, comment="个人承诺时间")

    applicant_name: Mapped[str] = mapped_column(String(50), comment="姓名（提交时）")
    gender: Mapped[Gender] = mapped_column(one_of(Gender, "ck_application_gender"), comment="性别（提交时）")
    id_number_mask: Mapped[str] = mapped_column(String(18), comment="证件号码（掩码）")
    phone_mask: Mapped[str] = mapped_column(String(11), comment="手机号码（掩码）")
    unit_name: Mapped[str] = mapped_column(String(120), comment="工作单位（提交时）")
    department: Mapped[str] = mapped_column(String(60), default="", comment="所在部门（提交时）")
    education: Mapped[Education | None] = mapped_column(
        one_of(Education, "ck_application_education"), comment="学历（提交时）"
    )
    current_title: Mapped[str] = mapped_column(String(40), default="", comment="现职称（提交时）")
    current_title_on: Mapped[date | None] = mapped_column(Date, comment="现职称取得时间（提交时）")

    state: Mapped[ApplicationState] = mapped_column(
        one_of(ApplicationState, "ck_application_state"), default=ApplicationState.DRAFT, comment="状态"
    )
    version: Mapped[int] = mapped_column(default=1, server_default="1", comment="每办一步加一")
    holder_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), comment="现在在哪个单位")
    held_since: Mapped[datetime] = mapped_column(Moment, default=clock.now, comment="从什么时候起")
    hop: Mapped[int] = mapped_column(
        SmallInteger, default=0, server_default="0", comment="走到上报路径的第几站"
    )
    resume_state: Mapped[ApplicationState | None] = mapped_column(
        one_of(ApplicationState, "ck_application_resume_state"), comment="补正后回到的状态"
    )
    resume_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), comment="补正后回到的单位")
    correction_deadline: Mapped[datetime | None] = mapped_column(Moment, comment="补正截止")
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now, comment="建立时间")
    submitted_at: Mapped[datetime | None] = mapped_column(Moment, comment="提交时间")

    publicity_from: Mapped[date | None] = mapped_column(Date, comment="单位公示起")
    publicity_to: Mapped[date | None] = mapped_column(Date, comment="单位公示止")
    recommended_at: Mapped[datetime | None] = mapped_column(Moment, comment="推荐上报时间")
    superior_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), comment="推荐上报时的主管单位")
    formal_passed_at: Mapped[datetime | None] = mapped_column(Moment, comment="形式审查通过时间")
    paper_received_at: Mapped[datetime | None] = mapped_column(Moment, comment="纸质材料已收时间")
    accept_no: Mapped[str | None] = mapped_column(String(24), unique=True, comment="受理号")
    outcome_id: Mapped[int | None] = mapped_column(
        ForeignKey("outcome.id", use_alter=True, name="fk_application_outcome"), comment="最近一次评审结果"
    )
    result_from: Mapped[date | None] = mapped_column(Date, comment="结果公示起")
    result_to: Mapped[date | None] = mapped_column(Date, comment="结果公示止")
    filed_at: Mapped[datetime | None] = mapped_column(Moment, comment="备案时间")
    filing_no: Mapped[str] = mapped_column(String(60), default="", server_default="", comment="备案文号")
    remark: Mapped[str] = mapped_column(Text, default="", server_default="", comment="备注")

    applicant: Mapped[Applicant] = relationship(lazy="raise")
    plan: Mapped[Plan] = relationship(lazy="select")
    title: Mapped[Title] = relationship(lazy="selectin")
    holder: Mapped[UnitName | None] = relationship(
        lazy="selectin", viewonly=True, primaryjoin="foreign(Application.holder_unit_id) == UnitName.id"
    )
    superior: Mapped[UnitName | None] = relationship(
        lazy="select", viewonly=True, primaryjoin="foreign(Application.superior_id) == UnitName.id"
    )
    hops: Mapped[list["RouteHop"]] = relationship(lazy="select", order_by="RouteHop.seq")
    materials: Mapped[list["Attachment"]] = relationship(lazy="select", order_by="Attachment.id")
    outcome: Mapped["Outcome | None"] = relationship(lazy="select", foreign_keys=[outcome_id])

    def __str__(self) -> str:
        """Show who applies."""
        return self.applicant_name


class RouteHop(Model):
    """One stop of the way upwards, laid down at 推荐上报; no stop is skipped (product 4)."""

    __tablename__ = "route_hop"
    __table_args__ = (CheckConstraint("seq >= 1", name="ck_route_hop_seq"),)

    application_id: Mapped[int] = mapped_column(
        ForeignKey("application.id"), primary_key=True, comment="申报"
    )
    seq: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, comment="第几站")
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True, comment="单位")
    stage: Mapped[Stage] = mapped_column(one_of(Stage, "ck_route_hop_stage"), comment="办什么")
    unit: Mapped[UnitName] = relationship(
        lazy="selectin", viewonly=True, primaryjoin="foreign(RouteHop.unit_id) == UnitName.id"
    )


class Attachment(Model):
    """申报材料: the file lies under a random name, its own name only here; exactly one owner."""

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint(
            "(application_id IS NULL) <> (registration_id IS NULL)", name="ck_attachment_one_owner"
        ),
        CheckConstraint("size > 0 AND size <= 10485760", name="ck_attachment_size"),
        CheckConstraint("length(sha256) = 64", name="ck_attachment_sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int | None] = mapped_column(
        ForeignKey("application.id"), index=True, comment="申报"
    )
    registration_id: Mapped[int | None] = mapped_column(
        ForeignKey("registration.id"), index=True, comment="注册申请"
    )
    material: Mapped[Material] = mapped_column(one_of(Material, "ck_attachment_material"), comment="材料类别")
    filename: Mapped[str] = mapped_column(String(200), comment="原文件名")
    key: Mapped[str] = mapped_column(String(80), unique=True, comment="存放位置（随机）")
    mime: Mapped[str] = mapped_column(String(40), comment="内容类型，按内容判断")
    size: Mapped[int] = mapped_column(Integer, comment="字节数，至多 10 MB")
    sha256: Mapped[str] = mapped_column(String(64), comment="内容的 SHA-256")
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now, comment="上传时间")

    def __str__(self) -> str:
        """Show the file's own name."""
        return self.filename


# ---- publicity and meeting ----------------------------------------------------------------------------------------


class Publicity(Model):
    """公示: persons shown for a number of working days, at least five (order no. 40, art. 16)."""

    __tablename__ = "publicity"
    __table_args__ = (
        CheckConstraint("days >= 5", name="ck_publicity_five_days"),
        CheckConstraint("starts_on <= ends_on", name="ck_publicity_dates"),
        CheckConstraint("(kind = 'result') = (plan_id IS NOT NULL)", name="ck_publicity_plan"),
        CheckConstraint("state NOT IN ('expired', 'objected')", name="ck_publicity_derived"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[PublicityKind] = mapped_column(
        one_of(PublicityKind, "ck_publicity_kind"), comment="公示种类"
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True, comment="公示单位")
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"), comment="评审计划（结果公示）")
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"), comment="评审会议（结果公示）")
    year: Mapped[int] = mapped_column(SmallInteger, comment="年度")
    contact: Mapped[str] = mapped_column(String(50), comment="单位联系人")
    telephone: Mapped[str] = mapped_column(String(30), comment="单位联系电话")
    starts_on: Mapped[date] = mapped_column(Date, comment="公示开始日期")
    days: Mapped[int] = mapped_column(SmallInteger, comment="公示（工作日）天数")
    ends_on: Mapped[date] = mapped_column(Date, comment="公示截止日期")
    estimated: Mapped[bool] = mapped_column(
        Boolean, default=False, comment="截止日期为估算（当年放假安排未公布）"
    )
    state: Mapped[PublicityState] = mapped_column(
        one_of(PublicityState, "ck_publicity_state"),
        default=PublicityState.ACTIVE,
        index=True,
        comment="状态",
    )
    version: Mapped[int] = mapped_column(default=1, server_default="1", comment="每办一步加一")
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now, comment="建立时间")
    unit: Mapped[UnitName] = relationship(
        lazy="selectin", viewonly=True, primaryjoin="foreign(Publicity.unit_id) == UnitName.id"
    )
    entries: Mapped[list["PublicityEntry"]] = relationship(
        lazy="select", order_by="PublicityEntry.application_id"
    )

    @property
    def over(self) -> bool:
        """Whether the last day has passed in Shanghai."""
        return clock.now() >= clock.end_of_day(self.ends_on)

    @property
    def shown(self) -> PublicityState:
        """The state as shown: 公示期满 follows from the date (domain 7.4)."""
        return PublicityState.EXPIRED if self.state == PublicityState.ACTIVE and self.over else self.state


class PublicityEntry(Model):
    """One person of a publicity, with what came of it."""

    __tablename__ = "publicity_entry"
    __table_args__ = (
        CheckConstraint("objection IS NULL OR objection <> ''", name="ck_publicity_entry_objection"),
        Index(
            "uq_publicity_entry_open",
            "application_id",
            unique=True,
            sqlite_where=Column("open") == true(),
            postgresql_where=Column("open") == true(),
        ),
    )

    publicity_id: Mapped[int] = mapped_column(ForeignKey("publicity.id"), primary_key=True, comment="公示")
    application_id: Mapped[int] = mapped_column(
        ForeignKey("application.id"), primary_key=True, comment="申报"
    )
    open: Mapped[bool] = mapped_column(Boolean, default=True, comment="尚无结果；一人同时只在一份公示中")
    result: Mapped[Verdict | None] = mapped_column(
        one_of(Verdict, "ck_publicity_entry_result"), comment="公示结果"
    )
    objection: Mapped[str | None] = mapped_column(Text, comment="未了结的异议")
    application: Mapped[Application] = relationship(lazy="selectin")


class Meeting(Model):
    """评审会议: one session; tallies only, no electronic ballots (product 2)."""

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("members % 2 = 1 AND members > 0", name="ck_meeting_odd"),
        CheckConstraint("present IS NULL OR (present > 0 AND present <= members)", name="ck_meeting_present"),
        CheckConstraint(
            "state IN ('draft', 'void') OR (present IS NOT NULL AND 3 * present >= 2 * members)",
            name="ck_meeting_quorum",
        ),
        CheckConstraint("state <> 'filed' OR filing_no <> ''", name="ck_meeting_filed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True, comment="评审计划")
    name: Mapped[str] = mapped_column(String(120), comment="会议名称")
    held_at: Mapped[datetime] = mapped_column(Moment, comment="时间")
    place: Mapped[str] = mapped_column(String(120), comment="地点")
    host: Mapped[str] = mapped_column(String(50), comment="主持人")
    host_role: Mapped[HostRole] = mapped_column(
        one_of(HostRole, "ck_meeting_host_role"), comment="主持人职务"
    )
    members: Mapped[int] = mapped_column(SmallInteger, comment="组成人数")
    present: Mapped[int | None] = mapped_column(SmallInteger, comment="出席人数")
    recorder: Mapped[str] = mapped_column(String(50), default="", comment="记录人")
    announcer: Mapped[str] = mapped_column(String(50), default="", comment="宣布人")
    filing_no: Mapped[str] = mapped_column(String(60), default="", comment="备案文号")
    state: Mapped[MeetingState] = mapped_column(
        one_of(MeetingState, "ck_meeting_state"), default=MeetingState.DRAFT, index=True, comment="状态"
    )
    version: Mapped[int] = mapped_column(default=1, server_default="1", comment="每办一步加一")
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now, comment="建立时间")
    held_since: Mapped[datetime] = mapped_column(Moment, default=clock.now, comment="到当前办理处的时间")
    plan: Mapped[Plan] = relationship(lazy="selectin")
    outcomes: Mapped[list["Outcome"]] = relationship(lazy="select", order_by="Outcome.id")

    def __str__(self) -> str:
        """Show the name."""
        return self.name


class Outcome(Model):
    """One person's tallies and result; the result follows from the tallies and is never typed (art. 20)."""

    __tablename__ = "outcome"
    __table_args__ = (
        UniqueConstraint("meeting_id", "application_id", name="uq_outcome_person"),
        CheckConstraint("recused >= 0 AND yes >= 0 AND no >= 0 AND abstain >= 0", name="ck_outcome_counts"),
        CheckConstraint(
            "(result IS NULL AND yes IS NULL AND no IS NULL AND abstain IS NULL AND present IS NULL)"
            " OR (result IS NOT NULL AND present > 0 AND yes + no + abstain = present)",
            name="ck_outcome_adds_up",
        ),
        CheckConstraint(
            "result IS NULL OR (result = 'pass') = (3 * yes >= 2 * present)", name="ck_outcome_two_thirds"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), comment="会议")
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True, comment="评审对象")
    recused: Mapped[int] = mapped_column(SmallInteger, default=0, comment="回避人数")
    present: Mapped[int | None] = mapped_column(SmallInteger, comment="对此人的出席人数（不含回避）")
    yes: Mapped[int | None] = mapped_column(SmallInteger, comment="同意票")
    no: Mapped[int | None] = mapped_column(SmallInteger, comment="反对票")
    abstain: Mapped[int | None] = mapped_column(SmallInteger, comment="弃权票")
    result: Mapped[Verdict | None] = mapped_column(one_of(Verdict, "ck_outcome_result"), comment="结果")
    opinion: Mapped[str] = mapped_column(Text, default="", comment="评议意见")
    application: Mapped[Application] = relationship(lazy="selectin", foreign_keys=[application_id])


# ---- what is written about all of them ----------------------------------------------------------------------------


class Entry(Model):
    """审核记录: one row of a case's timeline."""

    __tablename__ = "entry"
    __table_args__ = (Index("ix_entry_case", "process", "case_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    process: Mapped[str] = mapped_column(String(20), comment="哪个流程")
    case_id: Mapped[int] = mapped_column(comment="哪一件")
    at: Mapped[datetime] = mapped_column(Moment, comment="时间")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), comment="办理人账号")
    actor_name: Mapped[str] = mapped_column(String(64), comment="办理人")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), comment="办理单位")
    unit_name: Mapped[str] = mapped_column(String(120), default="", comment="办理单位名称")
    step: Mapped[str] = mapped_column(String(40), comment="步骤")
    from_state: Mapped[str] = mapped_column(String(24), comment="办理前")
    to_state: Mapped[str] = mapped_column(String(24), comment="办理后")
    reason: Mapped[str] = mapped_column(Text, default="", comment="意见")
    details: Mapped[dict] = mapped_column(JSON, default=dict, comment="随步骤填写的内容，不含个人信息")


class Routing(Model):
    """An authority keeps its sight of what passed through it (product 2)."""

    __tablename__ = "routing"
    __table_args__ = (Index("ix_routing_unit", "unit_id", "process", "case_id"),)

    process: Mapped[str] = mapped_column(String(20), primary_key=True, comment="哪个流程")
    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="哪一件")
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True, comment="到过的单位")
    since: Mapped[datetime] = mapped_column(Moment, comment="最早到达时间")


class Notice(Model):
    """通知: what the system tells one person."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_user", "user_id", "read_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), comment="给谁")
    process: Mapped[str] = mapped_column(String(20), comment="哪个流程")
    case_id: Mapped[int | None] = mapped_column(comment="哪一件；一批时为空")
    text: Mapped[str] = mapped_column(Text, comment="内容（语句本身，显示时译出）")
    params: Mapped[dict] = mapped_column(JSON, default=dict, comment="语句中填入的内容")
    created_at: Mapped[datetime] = mapped_column(Moment, comment="时间")
    read_at: Mapped[datetime | None] = mapped_column(Moment, comment="已读时间")


class Audit(Model):
    """审计: one row per act, with ids and counts and no personal data; append-only and chained (`app.audit`)."""

    __tablename__ = "audit"
    __table_args__ = (
        CheckConstraint("length(previous) = 64 AND length(digest) = 64", name="ck_audit_digests"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="第几行，从 1 起不缺号")
    at: Mapped[datetime] = mapped_column(Moment, comment="时间")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), comment="办理人账号；命令行为空")
    actor_name: Mapped[str] = mapped_column(String(64), comment="办理人")
    act: Mapped[str] = mapped_column(String(60), index=True, comment="做了什么")
    subject: Mapped[str] = mapped_column(
        String(60), default="", index=True, comment="对哪一件，如 application:12"
    )
    details: Mapped[dict] = mapped_column(JSON, default=dict, comment="编号、条件和数量")
    previous: Mapped[str] = mapped_column(String(64), comment="上一行的摘要")
    digest: Mapped[str] = mapped_column(String(64), comment="本行连同上一行摘要的 SHA-256")


#: One row: where the chain of the audit ends. Writing it is the lock under which the next row is added.
audit_head = Table(
    "audit_head",
    Model.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="总是 1"),
    Column("last_id", Integer, nullable=False, comment="最后一行"),
    Column("digest", String(64), nullable=False, comment="最后一行的摘要"),
    CheckConstraint("id = 1", name="ck_audit_head_one"),
)
