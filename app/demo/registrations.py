"""Registrations: one approved for every employer, and some in every other state on the desks of those who review."""

from datetime import datetime, timedelta
from typing import Any

from app import identity
from app.demo import names
from app.demo.maker import AGREED, Hand, Human, Maker
from app.demo.world import TOWN, Place, World
from app.models import Registration, Relation, Routing
from app.states import (
    Business,
    Function,
    RegistrationKind,
    RegistrationState,
    RelationState,
    Reviewer,
    UnitKind,
)

R = RegistrationState
#: The desks of 宁乡: state, whether the HR market is ticked, whether a superior is asked for, name, kind.
DESKS = (
    (R.PENDING_AGENCY, False, False, "宁乡市楚沩电子商务有限公司", UnitKind.PRIVATE),
    (R.PENDING_AGENCY, False, False, "宁乡市花明楼建筑工程有限公司", UnitKind.PRIVATE),
    (R.PENDING_AGENCY, True, False, "宁乡市云山人力资源有限公司", UnitKind.AGENCY),
    (R.PENDING_AGENCY, True, True, "宁乡市金洲医院", UnitKind.HOSPITAL),
    (R.PENDING_SUPERIOR, False, True, "宁乡市灰汤中心卫生院", UnitKind.HOSPITAL),
    (R.PENDING_SUPERIOR, False, True, "宁乡市坝塘社区卫生服务中心", UnitKind.HOSPITAL),
    (R.REJECTED, False, False, "宁乡市沙田农机服务有限公司", UnitKind.PRIVATE),
    (R.WITHDRAWN, False, True, "宁乡市巷子口卫生院", UnitKind.HOSPITAL),
    (R.DRAFT, False, False, "宁乡市老粮仓食品有限公司", UnitKind.PRIVATE),
)
STATES = (R.PENDING_AGENCY, R.PENDING_AGENCY, R.PENDING_SUPERIOR, R.REJECTED, R.WITHDRAWN, R.DRAFT)
PENDING = (R.PENDING_AGENCY, R.PENDING_SUPERIOR)
REASON = "登记证书复印件未加盖公章，请盖章并注明“仅供注册职称评审系统账号使用”后重新注册。"


class Registrations:
    """Makes registrations; receipts and credit codes count on."""

    def __init__(self, maker: Maker, world: World) -> None:
        self.maker, self.world = maker, world
        self.count = 0
        self.pending: list[int] = []

    def approved(self, place: Place) -> None:
        """Tell how an employer came in: by its superior, or by the bureau of its 统筹区."""
        asked = place.parent if place.parent and self.maker.chance(60) else None
        if place.username == "yiyuan":
            asked = place.parent
        reviewer = asked or self.bureau_of(place.region)
        at = place.created_at
        waited = R.PENDING_SUPERIOR if asked else R.PENDING_AGENCY
        values = {
            "credit_code": place.code,
            "unit_name": place.name,
            "unit_kind": place.kind,
            "region_code": place.region,
            "reviewer": Reviewer.SUPERIOR if asked else Reviewer.AGENCY,
            "requested_superior_id": asked.id if asked else None,
            "username": place.username,
            "state": R.APPROVED,
            "version": 3,
            "routed_to_id": reviewer.id,
            "routed_business": None if asked else Business.TITLES,
            "submitted_at": at - timedelta(hours=4),
            "held_since": at - timedelta(hours=4),
            "decided_at": at,
            "unit_id": place.id,
        }
        number = self._add(place.human, at - timedelta(hours=5), values)
        self._told(number, place.human.name, ((at - timedelta(hours=4), "register", R.DRAFT, waited),))
        self.maker.entry(("registration", number), at, reviewer.hand, "approve", (waited, R.APPROVED))
        self._routed(number, reviewer, at - timedelta(hours=4))

    def desks(self, units: int) -> None:
        """Put something on the desks: on those of 宁乡 always, elsewhere the more, the more units there are."""
        for state, market, superior, name, kind in DESKS:
            asked = self.world.cast["wjj"] if superior else None
            self._waiting(state, TOWN, name, kind, asked, market=market)
        for number in range(units // 16):
            state = STATES[number % len(STATES)]
            region = self.maker.one_of(list(self.world.bureaus))
            asked = self._superior(region) if state in (R.PENDING_SUPERIOR, R.WITHDRAWN) else None
            if state in (R.PENDING_SUPERIOR, R.WITHDRAWN) and not asked:
                state = R.PENDING_AGENCY
            kind = UnitKind.HOSPITAL if asked else UnitKind.PRIVATE
            area = self.maker.areas[region].name
            name = f"{area}{names.word(number * 11 + 5)}{self.maker.one_of(names.ENDINGS[kind])}"
            self._waiting(state, region, name, kind, asked, market=not asked and number % 5 == 0)
        self._asking_for_a_superior()

    def bureau_of(self, region: str) -> Place:
        """The bureau of a region, or the nearest above it."""
        codes = reversed(self.maker.areas[region].path.strip("/").split("/"))
        return next(self.world.bureaus[code] for code in codes if code in self.world.bureaus)

    def _superior(self, region: str) -> Place | None:
        return self.world.superiors.get((region, "health"))

    def _waiting(
        self, state: R, region: str, name: str, kind: UnitKind, asked: Place | None, *, market: bool
    ) -> None:
        """One that is not approved: on a desk, refused, withdrawn or never sent."""
        maker = self.maker
        human, day = maker.human(), -maker.between(1, 4)
        at = maker.days.at(day, maker.between(9, 15), maker.between(0, 59))
        routed = asked if asked and not market else self.bureau_of(region)
        sent = state != R.DRAFT
        values = {
            "credit_code": identity.make_credit_code(f"{names.PREFIX[kind]}{region}9{self.count:07d}"),
            "unit_name": name,
            "unit_kind": kind,
            "region_code": region,
            "titles": not market,
            "hr_market": market,
            "reviewer": Reviewer.SUPERIOR if asked else Reviewer.AGENCY,
            "requested_superior_id": asked.id if asked else None,
            "username": f"zc{self.count:06d}",
            "state": state,
            "version": {R.DRAFT: 1}.get(state, 2 if state in PENDING else 3),
            "routed_to_id": routed.id if sent else None,
            "routed_business": self._business(asked, sent=sent, market=market),
            "submitted_at": at if sent else None,
            "held_since": at if sent else None,
        }
        if not sent:
            values["committed_at"] = None
        if state in (R.REJECTED, R.WITHDRAWN):
            values["decided_at"] = at + timedelta(hours=2)
        if state == R.REJECTED:
            values |= {"reason": REASON, "reregister_after": at + timedelta(hours=2)}
        number = self._add(human, at - timedelta(minutes=40), values)
        if sent:
            self._history(number, human, state, routed, at)
        if state in PENDING:
            self.pending.append(number)

    @staticmethod
    def _business(asked: Place | None, *, sent: bool, market: bool) -> Business | None:
        if not sent or (asked and not market):
            return None
        return Business.HR_MARKET if market else Business.TITLES

    def _history(self, number: int, human: Human, state: R, routed: Place, at: datetime) -> None:
        """The timeline of one that was sent."""
        waited = R.PENDING_SUPERIOR if Function.SUPERIOR in routed.functions else R.PENDING_AGENCY
        steps = [(at, "register", R.DRAFT, waited)]
        if state == R.WITHDRAWN:
            steps.append((at + timedelta(hours=2), "withdraw", waited, state))
        self._told(number, human.name, tuple(steps))
        if state == R.REJECTED:
            later = at + timedelta(hours=2)
            self.maker.entry(("registration", number), later, routed.hand, "reject", (waited, state), REASON)
        self._routed(number, routed, at)

    def _add(self, human: Human, created: datetime, values: dict[str, Any]) -> int:
        self.count += 1
        about = {
            "receipt": f"ZC{created:%Y%m%d}{self.count:06d}",
            "kind": RegistrationKind.NEW,
            "titles": True,
            "hr_market": False,
            "password": self.maker.password,
            "committed_at": created + timedelta(minutes=10),
            "commitment_version": AGREED,
            "created_at": created,
            "decided_at": None,
            "reason": "",
            "reregister_after": None,
            "unit_id": None,
        }
        return self.maker.rows.add(Registration, **(about | values), **self.maker.personal(human))

    def _told(self, number: int, name: str, steps: tuple[tuple[datetime, str, R, R], ...]) -> None:
        """Steps of the registrant, who has no account yet."""
        for at, step, before, after in steps:
            self.maker.entry(("registration", number), at, Hand(None, name), step, (before, after))

    def _routed(self, number: int, place: Place, at: datetime) -> None:
        self.maker.rows.add(Routing, process="registration", case_id=number, unit_id=place.id, since=at)

    def _asking_for_a_superior(self) -> None:
        """A unit without a superior asks 宁乡's health office to take it in; another was refused."""
        health = self.world.cast["wjj"]
        lost = [place for place in self.world.places if place.reporting.value == "undetermined"][:2]
        for place, state in zip(lost, (RelationState.REQUESTED, RelationState.REFUSED), strict=False):
            at = self.maker.days.at(-2, 10)
            refused = state is RelationState.REFUSED
            number = self.maker.rows.add(
                Relation,
                child_id=place.id,
                parent_id=health.id,
                state=state,
                created_at=at,
                version=2 if refused else 1,
                ended_at=None,
            )
            if refused:
                states = (RelationState.REQUESTED, state)
                later = at + timedelta(hours=3)
                self.maker.entry(
                    ("relation", number), later, health.hand, "refuse", states, "不属于本局主管范围。"
                )
