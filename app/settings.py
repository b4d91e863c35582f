"""Policies that the sources leave open, each with the sources' behaviour as its default (product 4).

A policy is a row in `setting` where it was changed, else its default here.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.models import Setting
from app.words import N_


@dataclass(frozen=True)
class Policy:
    """One policy: what it is called, what it means, and the default, all whole numbers."""

    key: str
    title: str
    default: int


WITHDRAW_FROM_BUREAU = Policy(
    "registration.withdraw_from_bureau", N_("发给主管机构的注册申请可自行撤回（0 否 1 是）"), 0
)
WAIT_MINUTES = Policy("registration.wait_minutes", N_("注册审核不通过后多久可重新注册（分钟）"), 0)
REGISTRATION_DAYS = Policy("registration.days", N_("注册审核时限（工作日）"), 5)
SUPERIOR_DAYS = Policy("superior.days", N_("上级单位审核时限（工作日）"), 5)
FORMAL_DAYS = Policy("formal.days", N_("形式审查时限（工作日）"), 10)
PUBLICITY_DAYS = Policy("publicity.days", N_("公示最少工作日天数"), 5)
CLOCK_OFFSET = Policy("demo.clock_offset", N_("演示时间与真实时间相差的秒数"), 0)

POLICIES = (
    WITHDRAW_FROM_BUREAU,
    WAIT_MINUTES,
    REGISTRATION_DAYS,
    SUPERIOR_DAYS,
    FORMAL_DAYS,
    PUBLICITY_DAYS,
    CLOCK_OFFSET,
)


def get(session: Session, policy: Policy) -> int:
    """Give the value in force."""
    row = session.get(Setting, policy.key)
    return int(row.value) if row else policy.default


def put(session: Session, policy: Policy, value: int) -> None:
    """Set the value; the caller commits."""
    session.merge(Setting(key=policy.key, value=str(value)))
