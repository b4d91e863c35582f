"""年度评审工作计划: written by its office, filed by the bureau, and one version after the other."""

import re
from datetime import date

import pytest
from sqlalchemy import event, func, select

from app import clock
from app.db import db, open_session
from app.models import Committee, Entry, Plan
from app.states import PlanState as P
from tests.cast import entries, get, token

FIELDS = {
    "name": "2026 年度卫生系列中级职称评审（第 3 批）",
    "year": "2026",
    "batch": "3",
    "levels": ["3", "4"],
    "regions": ["430182", "430181"],
    "opens_at": "2026-09-14T09:00",
    "closes_at": "2026-10-16T17:00",
    "unit_deadline": "2026-10-26T17:00",
    "correction_deadline": "2026-11-06T17:00",
    "review_from": "2026-11-16",
    "review_to": "2026-11-17",
    "expert_count": "15",
    "offline": "before_formal",
    "requirements": "任现职满五年。",
    "contact": "贺敏",
    "telephone": "0731-88000032",
}


class Queries:
    """Statements that reached the database."""

    def __enter__(self):
        self.texts = []
        event.listen(db.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_error):
        event.remove(db.engine, "before_cursor_execute", self._note)

    def _note(self, _connection, _cursor, text, *_more):
        self.texts.append(text)


def post(client, page, **data):
    return client.post(page, data={"csrf_token": token(client, page), **data})


def draft(cast, state=P.DRAFT, batch=7):
    with open_session() as session:
        cast.session = session
        made = cast.plan(cast.committee_id, "430100", batch=batch, state=state)
        session.commit()
        del cast.session
    return made


def plans_count():
    with open_session() as session:
        return session.scalar(select(func.count(Plan.id)))


def test_the_office_writes_a_plan_and_hands_it_in(cast):
    client = cast.office.client()

    answer = post(client, "/plans/add", **FIELDS)

    plan = get(Plan, int(re.search(r"/plans/show/(\d+)", answer.location)[1]))
    assert (plan.state, plan.version, plan.levels) == (P.DRAFT, 1, "3,4")
    assert plan.closes_at == clock.at(date(2026, 10, 16), 17)
    assert entries("plan", plan.id) == [("create", "", "draft")]
    page = client.get(answer.location).text
    assert "受理 " in page
    assert "宁乡市、" in page or "浏阳市、" in page
    assert f"/do/plan/submit?row={plan.id}" in page
    assert not cast.office.tries("plan", "submit", plan.id)


def test_saving_can_lead_straight_to_the_step(cast):
    answer = post(cast.office.client(), "/plans/add", **FIELDS, then="submit")

    assert re.fullmatch(r"/do/plan/submit\?row=\d+", answer.location)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": " "}, "请填写计划名称。"),
        ({"year": "二〇二六"}, "请填写整数。"),
        ({"year": "1999"}, "年度应在 2000 至 2100 之间。"),
        ({"batch": "0"}, "批次应在 1 至 99 之间。"),
        ({"batch": "1"}, "2026 年度第 1 批已有计划，请改批次，或者去修改那一份。"),
        ({"levels": []}, "请至少选择一个级别。"),
        ({"levels": ["9"]}, "请从列表中选择。"),
        ({"levels": ["2", "3"]}, "超出评委会的级别：副高级。"),
        ({"regions": []}, "请至少选择一个统筹区。"),
        ({"regions": ["430600"]}, "评审范围应在评委会的统筹区以内：岳阳市。"),
        ({"regions": ["nowhere"]}, "评审范围应在评委会的统筹区以内：没有选择。"),
        ({"opens_at": "明天"}, "时间应写成 2026-09-07 17:00 这样。"),
        ({"opens_at": ""}, "请填写受理开始时间。"),
        ({"opens_at": "0001-01-01T00:00"}, ""),
        ({"opens_at": "1990-01-01T00:00"}, "请填写 2001 至 2099 年之间的时间。"),
        ({"closes_at": "2026-09-14T09:00"}, "要晚于受理开始。"),
        ({"unit_deadline": "2026-10-15T17:00"}, "建议 2026-10-26 17:00 或以后。"),
        ({"correction_deadline": "2026-10-15T17:00"}, "早于受理截止。截止那天提交的人也要有时间补正。"),
        ({"review_from": "2026-10-20"}, "早于单位上报截止（2026-10-26）。"),
        ({"review_from": "2101-01-01"}, "请填写 2001 至 2099 年之间的日期。"),
        ({"review_to": "2026-11-01"}, "早于评审开始。"),
        ({"review_to": "2028-03-01"}, "超出评委会备案有效期（2025-03-01 至 2028-02-29）。"),
        ({"expert_count": "14"}, "须为单数。"),
        ({"expert_count": "0"}, "拟抽取专家数应在 1 至 999 之间。"),
        ({"offline": "someday"}, "请从列表中选择。"),
        ({"telephone": "1234"}, "联系电话应为"),
        ({"contact": ""}, "请填写联系人。"),
    ],
)
def test_each_rule_is_a_sentence_and_what_was_typed_stays(cast, changed, sentence):
    before = plans_count()

    answer = post(cast.office.client(), "/plans/add", **(FIELDS | changed | {"requirements": "留着这句话"}))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "留着这句话" in answer.text
    assert 'aria-invalid="true"' in answer.text or "has-error" in answer.text
    assert plans_count() == before


def test_a_result_publicity_that_crosses_the_year_is_a_warning_and_no_obstacle(cast):
    late = FIELDS | {"review_from": "2026-12-24", "review_to": "2026-12-25"}
    later = FIELDS | {"review_from": "2026-12-28", "review_to": "2026-12-28", "batch": "4"}
    client = cast.office.client()

    kept = client.get(post(client, "/plans/add", **late).location).text
    crossing = client.get(post(client, "/plans/add", **later).location).text

    assert "放假安排尚未公布，请留意结果公示 5 个工作日是否跨年" in crossing
    assert "放假安排尚未公布" in kept
    with clock.fixed(date(2026, 9, 7)):
        assert "不跨年" in client.get(f"/plans/show/{cast.plan_id}").text


def test_a_year_end_known_to_the_calendar_is_counted(app, cast):
    from app import plans

    plan = get(Plan, cast.plan_id)
    plan.review_to = date(2022, 12, 26)

    words = [check.words for check in plans.checks(get(Committee, cast.committee_id), plan)]

    assert "结果公示 5 个工作日到 2023-01-03，跨年" in words


def test_a_returned_plan_is_changed_and_its_regions_with_it(cast):
    plan = draft(cast, P.RETURNED)
    client = cast.office.client()
    page = f"/plans/edit/{plan}"

    assert (
        'value="430100" checked' in client.get(page).text.replace("checked ", "").replace('" type', '" type')
        or "430100" in client.get(page).text
    )
    answer = post(client, page, **FIELDS, seen="1")

    changed = get(Plan, plan)
    assert answer.location == f"/plans/show/{plan}"
    assert (changed.name, changed.version, changed.state) == (FIELDS["name"], 2, P.RETURNED)
    with open_session() as session:
        regions = {region.code for region in session.get(Plan, plan).regions}
    assert regions == {"430182", "430181"}
    assert entries("plan", plan) == [("edit", "returned", "returned")]


def test_two_tabs_the_second_is_told_and_keeps_what_it_typed(cast):
    plan = draft(cast)
    client = cast.office.client()
    page = f"/plans/edit/{plan}"
    post(client, page, **FIELDS, seen="1")

    second = post(client, page, **(FIELDS | {"requirements": "第二个窗口写的"}), seen="1")

    assert second.status_code == 409
    assert "刚刚在别的窗口改过，没有保存" in second.text
    assert "第二个窗口写的" in second.text
    assert 'name="seen" value="2"' in second.text
    assert get(Plan, plan).requirements == "任现职满五年。"

    decided = post(client, page, **(FIELDS | {"requirements": "第二个窗口写的"}), seen="2")
    assert decided.status_code == 302
    assert get(Plan, plan).requirements == "第二个窗口写的"


def test_a_plan_that_was_handed_in_is_not_changed(cast):
    plan = draft(cast)
    client = cast.office.client()
    page = f"/plans/edit/{plan}"
    csrf = token(client, page)
    cast.office.does("plan", "submit", plan)

    answer = client.post(page, data={"csrf_token": csrf, "seen": "1", **FIELDS})
    again = client.get(page)

    assert (answer.status_code, again.status_code) == (409, 302)
    assert "计划现在是“待审核”，不能修改，没有保存。" in answer.text
    assert FIELDS["name"] in answer.text
    assert get(Plan, plan).name != FIELDS["name"]


def test_the_bureau_files_it_from_its_queue(cast):
    plan = draft(cast)
    cast.office.does("plan", "submit", plan)
    client = cast.city_bureau.client()

    queue = client.get("/plans/list/?queue=plan_filing").text
    page = client.get(f"/plans/show/{plan}?queue=plan_filing").text

    assert queue.count('name="row"') == 1
    assert "长沙市人力资源和社会保障局" in page
    assert "轮到您" in page
    assert f"/do/plan/approve?row={plan}&amp;queue=plan_filing" in page


@pytest.mark.parametrize("who", ["city_bureau", "clerk", "superior", "doctor", "admin", "auditor"])
def test_only_an_office_writes_plans(cast, who):
    client = getattr(cast, who).client()
    plan = draft(cast)

    for page in ("/plans/add", f"/plans/edit/{plan}"):
        assert client.get(page).status_code == 403
    assert (
        client.post("/plans/add", data={"csrf_token": token(client, "/password/"), **FIELDS}).status_code
        == 403
    )


def test_plans_of_others_are_not_there(app, cast):
    plan = draft(cast)
    far, clerk = cast.far_office.client(), cast.clerk.client()

    assert far.get(f"/plans/show/{plan}").status_code == 404
    assert far.get(f"/plans/edit/{plan}").status_code == 404
    assert far.get(f"/plans/edit/{cast.plan_id}").status_code == 404
    assert far.get(f"/plans/add?committee={cast.committee_id}").status_code == 404
    assert clerk.get(f"/plans/show/{plan}").status_code == 404
    assert clerk.get(f"/plans/show/{cast.plan_id}").status_code == 200
    assert "本单位还没有评委会" in far.get("/plans/add").text
    assert "/login/" in app.test_client().get("/plans/add").location


def test_an_office_sees_its_own_first_and_all_on_request(cast):
    plan = draft(cast)
    own, far = cast.office.client(), cast.far_office.client()

    assert f"/plans/show/{plan}" in own.get("/plans/list/").text
    assert "/plans/show/" not in far.get("/plans/list/").text
    assert f"/plans/show/{cast.plan_id}" in far.get("/plans/list/?tab=all").text


def test_the_list_costs_the_same_for_two_and_five_and_reading_never_writes(cast):
    client = cast.office.client()
    plan = draft(cast)
    pages = ("/plans/list/", "/plans/add", f"/plans/edit/{plan}", f"/plans/show/{plan}")
    client.get("/plans/list/")
    with Queries() as few:
        client.get("/plans/list/")
    for batch in (8, 9):
        draft(cast, batch=batch)
    with Queries() as many:
        client.get("/plans/list/")
    with Queries() as read:
        for page in pages:
            assert client.get(page).status_code == client.head(page).status_code == 200

    assert len(few.texts) == len(many.texts) <= 10, "\n\n".join(many.texts)
    assert [text for text in read.texts if not text.lstrip().upper().startswith(("SELECT", "PRAGMA"))] == []
    with open_session() as session:
        assert session.scalar(select(func.count(Entry.id))) == 0
