"""What has been written: 审核记录 of all cases one may see, and the audit log."""

from typing import Any

from flask_babel import gettext as _

from app import workflow
from app.console import frame, timelines
from app.console.columns import Cell, Column
from app.console.guarded import GuardedView, Rows
from app.models import Audit, Entry
from app.words import N_


def _step(row: Entry) -> Cell:
    process = workflow.PROCESSES.get(row.process)
    if process is None:
        return Cell(row.step)
    which = _("%(process)s第 %(id)s 号", process=process.label, id=row.case_id)
    return Cell(timelines.step_label(process, row.step), which, url=frame.case_url(process, row.case_id))


def _led_to(row: Entry) -> Any:
    process = workflow.PROCESSES.get(row.process)
    return (timelines.state_of(process, row.to_state) if process else None) or row.to_state


class EntryView(GuardedView):
    """审核记录, the newest first."""

    route_base = "/entries"
    include_route_methods = {"list"}
    datamodel = Rows(Entry)
    list_title = N_("审核记录")
    search_columns = ["actor_name", "unit_name"]
    order_columns = ["id"]
    base_order = ("id", "desc")
    find_words = N_("办理人或办理单位")
    columns = (
        Column(N_("时间"), lambda row: row.at, sort="id"),
        Column(N_("步骤"), _step),
        Column(N_("办理人"), lambda row: (row.actor_name, row.unit_name)),
        Column(N_("办理后"), _led_to, half=True),
        Column(N_("意见"), lambda row: Cell(row.reason)),
    )


#: Acts that are no steps of a process, in words.
ACTS = {
    "sign_in": N_("登录"),
    "sign_in_failed": N_("登录失败"),
    "sign_in_locked": N_("连续输错密码，账号锁定"),
    "sign_out": N_("退出登录"),
    "password": N_("修改密码"),
    "disclose": N_("显示完整号码"),
    "export_reviews": N_("导出评审名单"),
    "setting": N_("修改设置"),
    "backup": N_("备份"),
    "restore": N_("恢复备份"),
    "rekey": N_("更换密钥"),
    "demo": N_("写入演示数据"),
}


def _act(row: Audit) -> str:
    """Say what was done: a step by its name, everything else by its words."""
    process, _dot, name = row.act.partition(".")
    step = workflow.PROCESSES[process].get(name) if process in workflow.PROCESSES else None
    return f"{step.process.label}·{step.label}" if step else _(ACTS.get(row.act, row.act))


class AuditView(GuardedView):
    """The audit log, for the auditor alone."""

    route_base = "/audit"
    include_route_methods = {"list"}
    datamodel = Rows(Audit)
    list_title = N_("审计日志")
    search_columns = ["act", "actor_name", "subject"]
    order_columns = ["id"]
    base_order = ("id", "desc")
    find_words = N_("做了什么、办理人或哪一件")
    columns = (
        Column(N_("时间"), lambda row: row.at, sort="id"),
        Column(N_("做了什么"), _act),
        Column(N_("办理人"), lambda row: row.actor_name),
        Column(N_("对哪一件"), lambda row: row.subject),
        Column(
            N_("内容"), lambda row: "，".join(f"{key}：{value}" for key, value in (row.details or {}).items())
        ),
    )


VIEWS = (EntryView, AuditView)
