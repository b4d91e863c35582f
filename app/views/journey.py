"""How an application stands, in the words for the person it is about: the band, the way, the timeline."""

from flask_babel import gettext as _
from sqlalchemy import Row

from app import clock
from app.models import Application, Entry
from app.states import ApplicationState as A
from app.states import Stage
from app.workflow import APPLICATION

#: What each state is about, as a stop of the way.
STOP = {
    A.DRAFT: "submit",
    A.PENDING_UNIT: "unit",
    A.UNIT_REJECTED: "unit",
    A.UNIT_PASSED: "publicity",
    A.IN_PUBLICITY: "publicity",
    A.PUBLICITY_FAILED: "publicity",
    A.PUBLICITY_PASSED: "recommend",
    A.PENDING_SUPERIOR: "hop",
    A.SUPERIOR_REJECTED: "hop",
    A.PENDING_FORMAL: "hop",
    A.FORMAL_REJECTED: "hop",
    A.FORMAL_PASSED: "hop",
    A.COMMITTEE_REJECTED: "hop",
    A.ACCEPTED: "review",
    A.IN_REVIEW: "review",
    A.REVIEW_FAILED: "review",
    A.REVIEW_PASSED: "result",
    A.RESULT_PUBLICITY: "result",
    A.OBJECTION: "result",
    A.CONFIRMED: "filed",
    A.CERTIFIED: "filed",
}
TONES = {
    "ok": "is-ok",
    "done": "is-ok",
    "back": "is-back",
    "bad": "is-bad",
    "alert": "is-bad",
    "off": "is-bad",
}


def now(row: Application, plan: Row) -> list[tuple[str, str, str]]:
    """Answer the four questions of a case (design 1): where, since when, whose turn, until when."""
    held = clock.local(row.held_since).strftime("%Y-%m-%d %H:%M")
    where = (
        row.holder.name
        if row.holder
        else (_("您这里") if row.state in (A.DRAFT, A.RETURNED) else _("已办结"))
    )
    turn = row.state.then_label or _("已办结")
    return [
        (_("现在在"), where, ""),
        (_("从什么时候起"), held, ""),
        (_("轮到谁"), turn, ""),
        (_("截止"), *until(row, plan)),
    ]


def until(row: Application, plan: Row) -> tuple[str, str]:
    """Say until when the present stage may take, and what that date is."""
    moments = {
        A.DRAFT: (plan.closes_at, _("受理截止")),
        A.RETURNED: (row.correction_deadline, _("补正截止，逾期视为放弃")),
        A.PENDING_UNIT: (plan.unit_deadline, _("单位上报截止")),
        A.UNIT_PASSED: (plan.unit_deadline, _("单位上报截止")),
        A.PUBLICITY_PASSED: (plan.unit_deadline, _("单位上报截止")),
    }
    days = {
        A.IN_PUBLICITY: (row.publicity_to, _("单位公示截止")),
        A.RESULT_PUBLICITY: (row.result_to, _("结果公示截止")),
        A.ACCEPTED: (plan.review_to, _("计划评审结束")),
        A.IN_REVIEW: (plan.review_to, _("计划评审结束")),
    }
    if row.state in moments:
        when, words = moments[row.state]
        return clock.local(when).strftime("%Y-%m-%d %H:%M"), words
    when, words = days.get(row.state, (None, ""))
    return (when.isoformat() if when else _("无"), words)


def track(row: Application) -> list[tuple[str, str, str]]:
    """Lay out the way with what lies behind, where it stands, and what is to come."""
    stops = _stops(row)
    state = row.resume_state if row.state == A.RETURNED else row.state
    at = _position(row, state, stops)
    tone = row.state.tone
    shown = []
    for number, (_kind, words, detail) in enumerate(stops):
        css = "is-done" if number < at or (number == at and tone == "done") else ""
        if number == at and not css:
            css = "is-bad" if tone in ("bad", "off", "alert") else "is-now"
        shown.append((words, detail if css == "is-done" else (_("办理中") if css == "is-now" else ""), css))
    return shown


def _stops(row: Application) -> list[tuple[str, str, str]]:
    """Give the stops: kind, words, and the date or place that goes with them."""
    hops = [("hop", hop.stage.label, hop.unit.name if hop.unit else "") for hop in row.hops]
    ahead = [("hop", stage.label, "") for stage in Stage]
    return [
        ("submit", _("本人提交"), _day(row.submitted_at)),
        ("unit", _("单位初审"), ""),
        ("publicity", _("单位公示"), _day(row.publicity_to)),
        ("recommend", _("推荐上报"), _day(row.recommended_at)),
        *(hops or ahead),
        ("review", _("评审"), ""),
        ("result", _("结果公示"), _day(row.result_to)),
        ("filed", _("确认备案"), _day(row.filed_at)),
    ]


def _position(row: Application, state: A | None, stops: list[tuple[str, str, str]]) -> int:
    kinds = [kind for kind, _words, _detail in stops]
    kind = STOP.get(state)
    if kind is None:
        return 0
    if kind == "publicity" and row.result_to is not None:
        kind = "result"
    first = kinds.index(kind)
    return first + max(row.hop - 1, 0) if kind == "hop" else first


def _day(when: object) -> str:
    if when is None:
        return ""
    return (clock.local(when) if hasattr(when, "hour") else when).strftime("%m-%d")


def line(entry: Entry) -> dict[str, str]:
    """Give a line of the timeline; who reviewed is named by their unit (personal information law, art. 6)."""
    step = APPLICATION.get(entry.step)
    to = A(entry.to_state)
    return {
        "css": TONES.get(to.tone, "is-ok"),
        "title": step.label if step else entry.step,
        "who": entry.unit_name or _("本人") if entry.actor_id else _("系统"),
        "at": clock.local(entry.at).strftime("%Y-%m-%d %H:%M"),
        "moment": entry.at.isoformat(),
        "more": to.applicant_label,
        "reason": entry.reason,
    }
