"""Who there is: bureaus, superiors, committee offices, employers, their handlers and how they hang together.

The named cast comes first, so that every size of demonstration has it; what follows grows with the number of units.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from app import identity
from app.accounts import roles_for
from app.demo import names
from app.demo.maker import NOBODY, Area, Hand, Human, Maker
from app.models import Handler, HandlerBusiness, Relation, Unit, UnitFunction
from app.states import Business, Function, RelationState, Reporting, UnitKind

B, S, E, O, F = (  # noqa: E741 - the letters of a table
    Function.BUREAU,
    Function.SUPERIOR,
    Function.EMPLOYER,
    Function.COMMITTEE_OFFICE,
    Function.FORM_REVIEW,
)
PROVINCE, CITY, TOWN = "430000", "430100", "430182"
#: What comes next as units are added: employers, superiors, bureaus, offices of committees.
NEXT = (E, E, B, S, E, E, E, O, E, E, E, S, E, E, B, E, E, E, E, E)
#: Series for which an office in the province is opened, one after the other; 04, 22 and 05 belong to the cast.
SERIES = (
    "06",
    "17",
    "19",
    "23",
    "21",
    "09",
    "11",
    "18",
    "27",
    "01",
    "03",
    "10",
    "07",
    "08",
    "13",
    "20",
    "24",
    "15",
)
#: When units came in, in working days: everybody who applies was there before last year's plans.
EARLY, LATE = (-330, -312), (-30, -3)


@dataclass(slots=True)
class Place:
    """A unit, as far as the stories need it."""

    id: int
    name: str
    kind: UnitKind
    region: str
    functions: tuple[Function, ...]
    parent: "Place | None"
    reporting: Reporting
    code: str
    created_at: datetime
    path: str = ""
    series: str = ""
    recent: bool = False
    hand: Hand = NOBODY
    human: Human | None = None
    username: str = ""
    told: int = 0

    @property
    def named(self) -> bool:
        """Whether README names its handler."""
        return self.name in CAST_NAMES

    @property
    def ready(self) -> bool:
        """Whether its people can apply, and could last year."""
        return E in self.functions and self.reporting != Reporting.UNDETERMINED and not self.recent


@dataclass
class World:
    """All units, and the ways to find one."""

    maker: Maker
    places: list[Place] = field(default_factory=list)
    bureaus: dict[str, Place] = field(default_factory=dict)
    offices: dict[str, Place] = field(default_factory=dict)
    superiors: dict[tuple[str, str], Place] = field(default_factory=dict)
    groups: list[Place] = field(default_factory=list)
    cast: dict[str, Place] = field(default_factory=dict)

    # ---- the cast -------------------------------------------------------------------------------------------------

    def open_cast(self) -> None:
        """Make the units that README names, and those they need around them."""
        for region in (PROVINCE, CITY, TOWN):
            self.bureau(region)
        self.cast = {
            "sheng": self.bureaus[PROVINCE],
            "shi": self.bureaus[CITY],
            "ningxiang": self.bureaus[TOWN],
            "wjj": self.superior(TOWN, "health"),
            "pingwei": self.office("04", "湖南省卫生系列高级职称评审委员会办公室"),
        }
        self.cast["yiyuan"] = self.unit("宁乡市沩江医院", UnitKind.HOSPITAL, TOWN, (E,), self.cast["wjj"])
        city_health = self.superior(CITY, "health", O)
        self.offices["04", CITY] = city_health
        school_board = self.superior(TOWN, "education")
        self.unit("宁乡市玉潭中学", UnitKind.SCHOOL, TOWN, (E,), school_board)
        self.unit("宁乡市新力机械有限公司", UnitKind.PRIVATE, TOWN, (E,), None)
        self.office("22", "湖南省中小学教师系列高级职称评审委员会办公室")
        self.office("05", "湖南省工程系列高级职称评审委员会办公室")
        self.unit("长沙市第九医院", UnitKind.HOSPITAL, CITY, (E,), city_health)
        lost = Reporting.UNDETERMINED
        self.unit("宁乡市双江口卫生院", UnitKind.HOSPITAL, TOWN, (E,), self.cast["wjj"], lost)

    # ---- growing --------------------------------------------------------------------------------------------------

    def grow(self, units: int) -> Iterator[int]:
        """Add units until there are so many; gives the number after each."""
        regions = self._regions()
        lines = self._superior_seats()
        series = iter(SERIES)
        for number in range(units - len(self.places)):
            what = NEXT[number % len(NEXT)]
            region = next(regions, None) if what is B else None
            seat = next(lines, None) if what is S else None
            code = next(series, None) if what is O else None
            if region:
                self.bureau(region)
            elif seat:
                self.superior(*seat)
            elif code:
                self.office(code)
            else:
                self._employer(number)
            yield len(self.places)

    def _regions(self) -> Iterator[str]:
        """Regions that still want a bureau: the prefectures, then the counties, 浏阳 first of all."""
        codes = [code for code in self.maker.areas if code not in (PROVINCE, CITY, TOWN, "430181")]
        yield "430181"
        yield from sorted(codes, key=lambda code: (self.maker.areas[code].depth, code))

    def _superior_seats(self) -> Iterator[tuple[str, str]]:
        """Pairs of region and line that still want an office, line by line over the regions with a bureau."""
        for line in names.LINES:
            for region in list(self.maker.areas):
                if region in self.bureaus and (region, line) not in self.superiors:
                    yield region, line

    def _employer(self, number: int) -> None:
        maker = self.maker
        kind = maker.one_of(names.KINDS)
        if kind is UnitKind.STATE_SUBSIDIARY and not self.groups:
            kind = UnitKind.STATE_GROUP
        region = self._home()
        area = maker.areas[region]
        name = f"{area.name}{names.word(number * 7 + 3)}{maker.one_of(names.ENDINGS[kind])}"
        parent = self._parent(kind, area)
        functions = (S, E) if kind is UnitKind.STATE_GROUP else (E,)
        lost = parent is not None and maker.chance(4)
        reporting = Reporting.UNDETERMINED if lost else None
        place = self.unit(name, kind, region, functions, parent, reporting, recent=maker.chance(8))
        if kind is UnitKind.STATE_GROUP:
            self.groups.append(place)

    def _home(self) -> str:
        """Choose a county whose people have a bureau near."""
        counties = [TOWN, "430181", *(code for code in self.bureaus if self.maker.areas[code].depth > 1)]
        return self.maker.one_of(counties) if self.maker.chance(70) else self.maker.one_of(list(self.bureaus))

    def _parent(self, kind: UnitKind, area: Area) -> Place | None:
        """Find the superior of its line in the town or its prefecture; a subsidiary belongs to a group."""
        if kind is UnitKind.STATE_SUBSIDIARY:
            return self.maker.one_of(self.groups)
        line = names.LINE_OF.get(kind, "")
        codes = [code for code in reversed(area.path.strip("/").split("/")) if code != PROVINCE]
        return next((self.superiors[code, line] for code in codes if (code, line) in self.superiors), None)

    # ---- making one -----------------------------------------------------------------------------------------------

    def bureau(self, region: str) -> Place:
        """Open the HR bureau of a region."""
        area = self.maker.areas[region]
        place = self.unit(area.name + names.BUREAU[area.depth], UnitKind.OFFICE, region, (B, F), None)
        self.bureaus[region] = place
        return place

    def superior(self, region: str, line: str, *more: Function) -> Place:
        """Open a superior office; a county's hangs under the prefecture's, except those of 宁乡, which stand alone."""
        area = self.maker.areas[region]
        above = area.path.strip("/").split("/")[-2] if area.depth > 1 and region != TOWN else ""
        kind = UnitKind.OFFICE if area.depth > 1 else UnitKind.CITY_SUPERIOR
        name = area.name + names.LINES[line][area.depth]
        place = self.unit(name, kind, region, (S, *more), self.superiors.get((above, line)))
        self.superiors[region, line] = place
        return place

    def office(self, series: str, name: str = "") -> Place:
        """Open the office of the province's committees of a series."""
        name = name or f"湖南省{SERIES_NAMES[series]}系列高级职称评审委员会办公室"
        place = self.unit(name, UnitKind.INSTITUTION, PROVINCE, (O,), None)
        self.offices[series, PROVINCE] = place
        return place

    def unit(  # noqa: PLR0913 - a unit has so many parts
        self,
        name: str,
        kind: UnitKind,
        region: str,
        functions: tuple[Function, ...],
        parent: Place | None,
        reporting: Reporting | None = None,
        *,
        recent: bool = False,
    ) -> Place:
        """Make a unit with its functions, its handler and its relation to its superior."""
        maker, rows = self.maker, self.maker.rows
        number = rows.new_id(Unit)
        day = maker.between(*(LATE if recent else EARLY))
        created = maker.days.at(day, 8, 30) if E not in functions else maker.days.at(day, 15)
        old_parent = parent if reporting is Reporting.UNDETERMINED else None
        parent = None if old_parent else parent
        usual = Reporting.SUPERIOR if parent else Reporting.DIRECT
        code = identity.make_credit_code(f"{names.PREFIX.get(kind, '12')}{region}{number:08d}")
        place = Place(
            number, name, kind, region, functions, parent, reporting or usual, code, created, recent=recent
        )
        place.path = f"{parent.path if parent else '/'}{number}/"
        self._handlers(place)
        rows.add(
            Unit,
            id=number,
            credit_code=code,
            name=name,
            kind=kind,
            region_code=region,
            reporting=place.reporting,
            path=place.path,
            contact=place.hand.name,
            telephone=f"0731-8{number % 10**7:07d}",
            active=True,
            created_at=created,
        )
        for function in functions:
            rows.add(UnitFunction, unit_id=number, function=function)
        if parent:
            self.relation(place, parent, RelationState.ACTIVE, created)
        if old_parent:
            self._lost(place, old_parent)
        self.places.append(place)
        return place

    # ---- handlers and relations -----------------------------------------------------------------------------------

    def _handlers(self, place: Place) -> None:
        """Give the unit a handler; some have had another one before, a few have a second."""
        place.username = CAST_NAMES.get(place.name, f"dw{place.id:06d}")
        if place.username.startswith("dw") and self.maker.chance(4):
            self._handler(place, f"{place.username}q", active=False)
        place.human, user_id = self._handler(place, place.username, active=True)
        place.hand = Hand(user_id, place.human.name, place.id, place.name)
        if place.username.startswith("dw") and self.maker.chance(5):
            self._handler(place, f"{place.username}b", active=True)

    def _handler(self, place: Place, username: str, *, active: bool) -> tuple[Human, int]:
        maker = self.maker
        human = maker.human()
        user_id = maker.login(
            username, human.name, sorted(roles_for(place.functions), key=lambda role: role.value)
        )
        handler = maker.rows.add(
            Handler, unit_id=place.id, user_id=user_id, active=active, **maker.personal(human)
        )
        for business in Business:
            maker.rows.add(HandlerBusiness, handler_id=handler, business=business)
        return human, user_id

    def relation(
        self, child: Place, parent: Place, state: RelationState, at: datetime, **more: object
    ) -> int:
        """Make a relation; those set at a registration are active from the start and have no timeline."""
        about = {"version": 1, "ended_at": None} | more
        return self.maker.rows.add(
            Relation, child_id=child.id, parent_id=parent.id, state=state, created_at=at, **about
        )

    def _lost(self, place: Place, parent: Place) -> None:
        """A unit whose superior has let it go: undetermined until it finds another."""
        at = self.maker.days.at(-40, 10, 15)
        relation = self.relation(place, parent, RelationState.ENDED, place.created_at, version=2, ended_at=at)
        states = (RelationState.ACTIVE, RelationState.ENDED)
        self.maker.entry(("relation", relation), at, parent.hand, "end", states, "机构改革，隶属关系变更。")


#: Short names of series in the names of committees.
SERIES_NAMES = {
    "01": "高等学校教师",
    "03": "自然科学研究",
    "04": "卫生",
    "05": "工程",
    "06": "农业",
    "07": "新闻",
    "08": "出版",
    "09": "图书资料",
    "10": "文物博物",
    "11": "档案",
    "13": "技工院校教师",
    "15": "翻译",
    "17": "会计",
    "18": "统计",
    "19": "经济",
    "20": "实验技术",
    "21": "中等职业学校教师",
    "22": "中小学教师",
    "23": "艺术",
    "24": "公共法律服务",
    "27": "审计",
}
#: Units whose handler README names.
CAST_NAMES = {
    "湖南省人力资源和社会保障厅": "sheng",
    "长沙市人力资源和社会保障局": "shi",
    "宁乡市人力资源和社会保障局": "ningxiang",
    "宁乡市卫生健康局": "wjj",
    "宁乡市沩江医院": "yiyuan",
    "湖南省卫生系列高级职称评审委员会办公室": "pingwei",
}
