"""What everybody may read: announced plans and running publicities, through narrow column selects (product 3).

Of a person in a publicity: name, unit, specialty, title. Never an ID number, a phone, or anything of the file.
"""

from flask import Flask, abort
from flask_appbuilder import BaseView, expose
from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from app import clock
from app.db import open_session
from app.models import (
    Application,
    Committee,
    CommitteeSpecialty,
    Plan,
    Publicity,
    PublicityEntry,
    Region,
    Series,
    Title,
    Unit,
    plan_region,
)
from app.states import ANNOUNCED, Level, PublicityState

#: The longest list of a public page; older plans are found through their committee.
MOST = 200


def plan_columns() -> Select:
    """Columns of announced plans that everybody may read."""
    return (
        select(
            Plan.id,
            Plan.name,
            Plan.year,
            Plan.batch,
            Plan.levels,
            Plan.state,
            Plan.opens_at,
            Plan.closes_at,
            Plan.unit_deadline,
            Plan.correction_deadline,
            Plan.review_from,
            Plan.review_to,
            Plan.offline,
            Plan.requirements,
            Plan.telephone,
            Plan.committee_id,
            Committee.name.label("committee"),
            Series.name.label("series"),
            Unit.name.label("office"),
        )
        .join(Committee, Committee.id == Plan.committee_id)
        .join(Series, Series.code == Committee.series_code)
        .join(Unit, Unit.id == Committee.office_id)
        .where(Plan.state.in_(ANNOUNCED))
        .order_by(Plan.year.desc(), Plan.closes_at.desc(), Plan.id.desc())
    )


def publicity_columns() -> Select:
    """Columns of publicities that run today."""
    today = clock.today()
    return (
        select(
            Publicity.id,
            Publicity.kind,
            Publicity.year,
            Publicity.starts_on,
            Publicity.ends_on,
            Publicity.days,
            Publicity.contact,
            Publicity.telephone,
            Publicity.estimated,
            Unit.name.label("unit"),
            Plan.name.label("plan"),
        )
        .join(Unit, Unit.id == Publicity.unit_id)
        .join(Plan, Plan.id == Publicity.plan_id, isouter=True)
        .where(
            Publicity.state == PublicityState.ACTIVE, Publicity.starts_on <= today, Publicity.ends_on >= today
        )
        .order_by(Publicity.ends_on, Publicity.id)
    )


def people_of(session: Session, publicity_id: int) -> list[Row]:
    """Give the persons of a publicity as everybody may read them."""
    return session.execute(
        select(
            Application.applicant_name,
            Application.unit_name,
            Application.specialty,
            Title.name.label("title"),
            Title.level,
        )
        .join(PublicityEntry, PublicityEntry.application_id == Application.id)
        .join(Title, Title.id == Application.title_id)
        .where(PublicityEntry.publicity_id == publicity_id)
        .order_by(Title.level, Application.unit_name, Application.applicant_name)
    ).all()


class PublicPlanView(BaseView):
    """评审计划: what may be applied for, and until when."""

    route_base = "/plans"

    @expose("/")
    def list(self) -> str:
        """All announced plans, the newest year first, parted into those one can apply under and the rest."""
        with open_session() as session:
            plans = session.execute(plan_columns().limit(MOST)).all()
        now = clock.now()
        open_now = [plan for plan in plans if plan.opens_at <= now <= plan.closes_at]
        soon = [plan for plan in plans if plan.opens_at > now]
        past = [plan for plan in plans if plan.closes_at < now]
        return self.render_template(
            "public/plans.html", open_now=open_now, soon=soon, past=past, levels=levels
        )

    @expose("/<int:pk>")
    def show(self, pk: int) -> str:
        """One plan with its range, its times and what it asks for."""
        with open_session() as session:
            plan = session.execute(plan_columns().where(Plan.id == pk)).one_or_none() or abort(404)
            regions = session.scalars(
                select(Region.shown)
                .join(plan_region, plan_region.c.region_code == Region.code)
                .where(plan_region.c.plan_id == pk)
            ).all()
            named = CommitteeSpecialty.committee_id == plan.committee_id
            specialties = session.scalars(
                select(CommitteeSpecialty.name).where(named).order_by(CommitteeSpecialty.name)
            ).all()
        open_now = plan.opens_at <= clock.now() <= plan.closes_at
        shown = {
            "plan": plan,
            "regions": regions,
            "specialties": specialties,
            "levels": levels,
            "open_now": open_now,
        }
        return self.render_template("public/plan.html", **shown)


class PublicPublicityView(BaseView):
    """公示: who is shown to the public now."""

    route_base = "/publicity"

    @expose("/")
    def list(self) -> str:
        """All running publicities, the one that ends first on top."""
        persons = select(func.count()).where(PublicityEntry.publicity_id == Publicity.id).scalar_subquery()
        with open_session() as session:
            rows = session.execute(
                publicity_columns().add_columns(persons.label("persons")).limit(MOST)
            ).all()
        return self.render_template("public/publicities.html", rows=rows)

    @expose("/<int:pk>")
    def show(self, pk: int) -> str:
        """One publicity as a sheet to print; when it is over it is gone."""
        with open_session() as session:
            row = session.execute(publicity_columns().where(Publicity.id == pk)).one_or_none() or abort(404)
            persons = people_of(session, pk)
        return self.render_template(
            "public/publicity.html", row=row, persons=persons, level=lambda n: Level(n).label
        )


def levels(listed: str) -> str:
    """Write the levels of a plan in words."""
    return "、".join(Level(int(level)).label for level in sorted(listed.split(",")) if level)


def install(app: Flask) -> None:
    """Register the views."""
    for view in (PublicPlanView, PublicPublicityView):
        app.appbuilder.add_view_no_menu(view)
