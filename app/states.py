"""States and kinds, each with the words and the tone in which people see it.

A state has three names (`docs/design.md`): `title` for staff, `applicant` for the person it is about, and `then`,
what comes next. Tones are those of the style sheet: idle, wait, live, back, ok, done, bad, off, alert.
The identifiers are stored; they come from the field's state machines (domain 7.1 to 7.6).
"""

from enum import IntEnum, StrEnum
from typing import Self

from flask_babel import gettext

from app.words import N_


class Word(StrEnum):
    """A stored identifier with the words shown for it."""

    title: str

    def __new__(cls, value: str, title: str) -> Self:
        """Keep `title` beside the stored `value`."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.title = title
        return member

    @property
    def label(self) -> str:
        """The word in the language of the reader."""
        return gettext(self.title)


class State(StrEnum):
    """A state of a case: three names and a tone."""

    title: str
    tone: str
    applicant: str
    then: str

    def __new__(cls, value: str, title: str, tone: str, applicant: str = "", then: str = "") -> Self:
        """Keep the words beside the stored `value`; without `applicant` the person reads what staff read."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.title, member.tone, member.applicant, member.then = title, tone, applicant or title, then
        return member

    @property
    def label(self) -> str:
        """The state as staff read it, in the language of the reader."""
        return gettext(self.title)

    @property
    def applicant_label(self) -> str:
        """The state as the applicant reads it (材料审核状态, seed 001)."""
        return gettext(self.applicant)

    @property
    def then_label(self) -> str:
        """What comes next, or an empty text at the end of the way."""
        return gettext(self.then) if self.then else ""


class RegistrationState(State):
    """单位注册申请, domain 7.1."""

    DRAFT = "draft", N_("未提交（附件已保存）"), "idle", "", N_("点“注册”，申请才会发出")
    PENDING_AGENCY = "pending_agency", N_("待主管机构审核"), "wait", "", N_("主管机构审核")
    PENDING_SUPERIOR = "pending_superior", N_("待主管单位审核"), "wait", "", N_("主管单位审核")
    APPROVED = "approved", N_("审核通过"), "ok", "", N_("用注册时的用户名和密码登录")
    REJECTED = "rejected", N_("审核不通过"), "bad", "", N_("可以重新注册")
    WITHDRAWN = "withdrawn", N_("已撤回"), "off", "", N_("可以重新注册")


class RelationState(State):
    """上下级关系, domain 7.2."""

    REQUESTED = "requested", N_("待确认"), "wait"
    ACTIVE = "active", N_("已生效"), "ok"
    REFUSED = "refused", N_("已拒绝"), "bad"
    ENDED = "ended", N_("已解除"), "off"


class ApplicationState(State):
    """职称申报, domain 7.3; the second wording is the guide's 材料审核状态."""

    DRAFT = "draft", N_("暂存"), "idle", N_("未提交"), N_("本人提交")
    PENDING_UNIT = "pending_unit", N_("待单位初审"), "wait", N_("审核中"), N_("所在单位初审")
    RETURNED = "returned", N_("已退回待修改"), "back", N_("退回"), N_("本人补正后再提交")
    UNIT_REJECTED = "unit_rejected", N_("单位初审不通过"), "bad", N_("审核不通过")
    UNIT_PASSED = "unit_passed", N_("初审通过待公示"), "wait", N_("审核中"), N_("所在单位申报公示")
    IN_PUBLICITY = "in_publicity", N_("单位公示中"), "live", N_("审核中"), N_("公示期满后保存公示结果")
    PUBLICITY_PASSED = "publicity_passed", N_("公示通过待上报"), "wait", N_("审核中"), N_("单位推荐上报")
    PUBLICITY_FAILED = "publicity_failed", N_("公示不通过"), "bad", N_("审核不通过")
    PENDING_SUPERIOR = "pending_superior", N_("待上级单位审核"), "wait", N_("审核中"), N_("上级单位审核")
    SUPERIOR_REJECTED = "superior_rejected", N_("上级审核不通过"), "bad", N_("审核不通过")
    PENDING_FORMAL = "pending_formal", N_("待形式审查"), "wait", N_("审核中"), N_("形式审查")
    FORMAL_REJECTED = "formal_rejected", N_("形式审查不通过"), "bad", N_("审核不通过")
    FORMAL_PASSED = (
        "formal_passed",
        N_("待评委会复核"),
        "wait",
        N_("审核通过，可提交纸质材料"),
        N_("评委会资格复核"),
    )
    COMMITTEE_REJECTED = "committee_rejected", N_("资格复核不通过"), "bad", N_("资格复核不通过")
    ACCEPTED = "accepted", N_("已受理"), "ok", N_("审核通过，已受理"), N_("评审会议")
    IN_REVIEW = "in_review", N_("评审中"), "live", N_("审核通过，评审中"), N_("宣布评审结果")
    REVIEW_PASSED = "review_passed", N_("评审通过"), "ok", N_("评审通过"), N_("评审结果公示")
    REVIEW_FAILED = "review_failed", N_("评审未通过"), "bad", N_("评审未通过")
    RESULT_PUBLICITY = (
        "result_publicity",
        N_("结果公示中"),
        "live",
        N_("评审通过，结果公示中"),
        N_("确认备案"),
    )
    OBJECTION = "objection", N_("公示有异议待核查"), "alert", N_("公示有异议，核查中"), N_("异议核查")
    CONFIRMED = "confirmed", N_("已确认备案"), "done", N_("评审通过，已确认备案"), N_("发证")
    CERTIFIED = "certified", N_("已发证"), "done", N_("已发证")
    WITHDRAWN = "withdrawn", N_("本人撤回"), "off"
    ABANDONED = "abandoned", N_("视为放弃"), "off"
    REVOKED = "revoked", N_("职称已撤销"), "alert"


#: States in which a unit holds the case: `holder_unit_id` is set in these and in no other.
HELD = (
    ApplicationState.PENDING_UNIT,
    ApplicationState.UNIT_PASSED,
    ApplicationState.IN_PUBLICITY,
    ApplicationState.PUBLICITY_PASSED,
    ApplicationState.PENDING_SUPERIOR,
    ApplicationState.PENDING_FORMAL,
    ApplicationState.FORMAL_PASSED,
    ApplicationState.ACCEPTED,
    ApplicationState.IN_REVIEW,
    ApplicationState.REVIEW_PASSED,
    ApplicationState.RESULT_PUBLICITY,
    ApplicationState.OBJECTION,
)
#: From 受理号 onward: the rows of the review list (product 5, `export reviews`).
NUMBERED = (
    ApplicationState.ACCEPTED,
    ApplicationState.IN_REVIEW,
    ApplicationState.REVIEW_PASSED,
    ApplicationState.REVIEW_FAILED,
    ApplicationState.RESULT_PUBLICITY,
    ApplicationState.OBJECTION,
    ApplicationState.CONFIRMED,
    ApplicationState.CERTIFIED,
    ApplicationState.REVOKED,
)
#: A person may start another application of the year beside these (product 2).
NOT_COUNTED = (ApplicationState.DRAFT, ApplicationState.WITHDRAWN, ApplicationState.ABANDONED)


class PublicityState(State):
    """公示, domain 7.4. 公示期满 and 异议核查中 are derived, see `Publicity.shown`."""

    ACTIVE = "active", N_("公示中"), "live"
    EXPIRED = "expired", N_("公示期满待录入结果"), "wait"
    OBJECTED = "objected", N_("异议核查中"), "alert"
    PASSED = "passed", N_("公示通过"), "ok"
    FAILED = "failed", N_("公示不通过"), "bad"
    CANCELLED = "cancelled", N_("已撤销"), "off"


class PlanState(State):
    """年度评审工作计划, domain 7.5."""

    DRAFT = "draft", N_("草稿"), "idle", "", N_("提交备案")
    SUBMITTED = "submitted", N_("待审核"), "wait", "", N_("人社部门备案")
    RETURNED = "returned", N_("退回修改"), "back", "", N_("修改后再提交")
    APPROVED = "approved", N_("已备案"), "ok", "", N_("发布")
    PUBLISHED = "published", N_("受理中"), "live", "", N_("受理截止")
    CLOSED = "closed", N_("受理截止"), "wait", "", N_("开始评审")
    IN_REVIEW = "in_review", N_("评审中"), "live", "", N_("全部会议归档后完成")
    COMPLETED = "completed", N_("已完成"), "done"
    REJECTED = "rejected", N_("不予备案"), "bad"
    CANCELLED = "cancelled", N_("已取消"), "off"


#: Plans that everybody may read: they have been announced (`/plans/`).
ANNOUNCED = (PlanState.PUBLISHED, PlanState.CLOSED, PlanState.IN_REVIEW, PlanState.COMPLETED)


class MeetingState(State):
    """评审会议, domain 7.6."""

    DRAFT = "draft", N_("草稿"), "idle", "", N_("开始评审")
    IN_SESSION = "in_session", N_("会议进行中"), "live", "", N_("录入票数")
    VOTED = "voted", N_("已投票"), "wait", "", N_("宣布结果并签字")
    ANNOUNCED = "announced", N_("已宣布"), "wait", "", N_("结果公示")
    PUBLICITY = "publicity", N_("会议结果公示中"), "live", "", N_("公示期满后上报")
    REPORTED = "reported", N_("已上报备案"), "wait", "", N_("人社部门备案")
    FILED = "filed", N_("已备案"), "done", "", N_("归档")
    ARCHIVED = "archived", N_("已归档"), "done"
    VOID = "void", N_("作废"), "off"


class CommitteeStatus(State):
    """评委会, domain 7.7. 备案到期 follows from the dates and is not stored."""

    ACTIVE = "active", N_("正常"), "ok"
    SUSPENDED = "suspended", N_("暂停评审"), "alert"
    REVOKED = "revoked", N_("已收回"), "off"


class Function(Word):
    """What a unit may do; a unit can have several (product 2)."""

    BUREAU = "bureau", N_("主管机构")
    SUPERIOR = "superior", N_("主管单位")
    EMPLOYER = "employer", N_("人事单位")
    COMMITTEE_OFFICE = "committee_office", N_("评委会日常工作部门")
    FORM_REVIEW = "form_review", N_("形式审查机构")


class Reporting(Word):
    """Where a unit reports to (product 2)."""

    UNDETERMINED = "undetermined", N_("未确定")
    SUPERIOR = "superior", N_("有主管单位")
    DIRECT = "direct", N_("无主管单位，直报")


class UnitKind(Word):
    """单位类型, domain 9.3, from the groups of seed 000."""

    OFFICE = "office", N_("机关（参公）")
    CITY_SUPERIOR = "city_superior", N_("市直主管单位")
    SCHOOL = "school", N_("事业单位（教育）")
    HOSPITAL = "hospital", N_("事业单位（卫生）")
    INSTITUTION = "institution", N_("事业单位（其他）")
    STATE_GROUP = "state_group", N_("国有企业集团")
    STATE_SUBSIDIARY = "state_subsidiary", N_("国企下属子公司")
    PRIVATE = "private", N_("民营企业")
    SOCIAL = "social", N_("社会组织")
    AGENCY = "agency", N_("人事代理机构")
    SOLE_TRADER = "sole_trader", N_("个体经济组织")


class Business(Word):
    """业务类别: the line of a bureau's reviewers and of a handler's permissions (seed 002)."""

    TITLES = "titles", N_("专家项目、职称、继续教育申报")
    HR_MARKET = "hr_market", N_("人力资源（市场）申报")


class Reviewer(Word):
    """审核单位: who is asked to review a registration (seed 002, question 一)."""

    AGENCY = "agency", N_("主管机构")
    SUPERIOR = "superior", N_("主管单位")


class RegistrationKind(Word):
    """What a registration is for."""

    NEW = "new", N_("注册新账号")
    CHANGE = "change", N_("变更单位信息")


class Level(IntEnum):
    """职称级别, the last digit of GB/T 8561 (domain 9.2)."""

    SENIOR = 1
    DEPUTY_SENIOR = 2
    INTERMEDIATE = 3
    ASSISTANT = 4
    JUNIOR = 5

    @property
    def label(self) -> str:
        """The level in the language of the reader."""
        return gettext(LEVEL_TITLES[self])


LEVEL_TITLES = {
    Level.SENIOR: N_("正高级"),
    Level.DEPUTY_SENIOR: N_("副高级"),
    Level.INTERMEDIATE: N_("中级"),
    Level.ASSISTANT: N_("助理级"),
    Level.JUNIOR: N_("员级"),
}


class CommitteeLevel(Word):
    """评委会级别 (order no. 40): a committee reviews its own level and those below."""

    SENIOR = "senior", N_("高级")
    INTERMEDIATE = "intermediate", N_("中级")
    JUNIOR = "junior", N_("初级")

    @property
    def highest(self) -> Level:
        """The highest title level the committee may review."""
        return {"senior": Level.SENIOR, "intermediate": Level.INTERMEDIATE, "junior": Level.ASSISTANT}[
            self.value
        ]


class Way(Word):
    """申报方式, domain 1.1 row 12."""

    NORMAL = "normal", N_("正常申报")
    EXCEPTIONAL = "exceptional", N_("破格申报")
    GREEN = "green", N_("绿色通道")
    TRANSFER = "transfer", N_("转系列")
    RECOGNITION = "recognition", N_("考核认定")


class OfflinePolicy(Word):
    """When a plan wants the window's 线下形式审查 (product 4)."""

    NONE = "none", N_("不要求")
    BEFORE_SUBMIT = "before_submit", N_("申报前")
    BEFORE_FORMAL = "before_formal", N_("网上形审前")


class Verdict(Word):
    """A result that is either passed or not."""

    PASS = "pass", N_("通过")
    FAIL = "fail", N_("不通过")


class PublicityKind(Word):
    """Before the review by the unit, and of the result (product 4)."""

    UNIT = "unit", N_("单位评前公示")
    RESULT = "result", N_("评审结果公示")


class Stage(Word):
    """What a stop on the way does with the case."""

    SUPERIOR = "superior", N_("上级单位审核")
    FORMAL = "formal", N_("形式审查")
    OFFICE = "office", N_("评委会资格复核")


class HostRole(Word):
    """主持人: the chairman or a deputy (order no. 40, art. 19)."""

    CHAIR = "chair", N_("主任委员")
    DEPUTY = "deputy", N_("副主任委员")


class Material(Word):
    """材料类别, domain 9.3; for a registration the two annexes of seed 000."""

    COMMITMENT = "commitment", N_("用户告知承诺书")
    CERTIFICATE = "certificate", N_("单位登记证书")
    IDENTITY = "identity", N_("身份证明")
    EDUCATION = "education", N_("学历学位证书")
    TITLE = "title", N_("现职称证书")
    APPOINTMENT = "appointment", N_("聘任证明")
    TRAINING = "training", N_("继续教育学时证明")
    ASSESSMENT = "assessment", N_("年度考核")
    INSURANCE = "insurance", N_("社保明细")
    ACHIEVEMENT = "achievement", N_("业绩成果")
    PAPER = "paper", N_("论文著作")
    REPORT = "report", N_("述职报告")
    FORM = "form", N_("评审表（个人承诺签名）")
    OTHER = "other", N_("其他")


REGISTRATION_MATERIALS = (Material.COMMITMENT, Material.CERTIFICATE)
APPLICATION_MATERIALS = tuple(kind for kind in Material if kind not in REGISTRATION_MATERIALS)
#: Without these an application cannot be submitted; a plan may ask for more in a later version.
REQUIRED_MATERIALS = (Material.EDUCATION, Material.REPORT, Material.FORM)


class Gender(Word):
    """性别, GB/T 2261.1, derived from the ID number."""

    MALE = "1", N_("男")
    FEMALE = "2", N_("女")


class Education(Word):
    """学历, GB/T 4658-2006 (domain 9.3)."""

    DOCTOR = "11", N_("博士研究生毕业")
    MASTER = "14", N_("硕士研究生毕业")
    GRADUATE_CLASS = "17", N_("研究生班毕业")
    BACHELOR = "21", N_("大学本科毕业")
    UNIVERSITY = "28", N_("大学普通班毕业")
    COLLEGE = "31", N_("大学专科毕业")
    SECONDARY = "41", N_("中等专科毕业")
    VOCATIONAL = "44", N_("职业高中毕业")
    TECHNICAL = "47", N_("技工学校毕业")
    HIGH_SCHOOL = "61", N_("普通高中毕业")
    OTHER = "90", N_("其他")
