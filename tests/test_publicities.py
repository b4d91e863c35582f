"""公示: 新增公示 with its computed end, the list, the page, the sheet, and what may be done when."""

import re
from datetime import date

import pytest
from sqlalchemy import func, select

from app import clock
from app.db import open_session
from app.models import Application, Publicity, PublicityEntry
from app.states import ApplicationState as A
from app.states import PublicityState as U
from tests.cast import entries, get, token
from tests.test_plans import Queries, post

NEW = "/publicities/new"
FIELDS = {"contact": "谭素芬", "telephone": "0731-88000016", "starts_on": "2026-09-28", "days": "5"}


def count(model):
    with open_session() as session:
        return session.scalar(select(func.count()).select_from(model))


def begin(cast, *cases, **changed):
    """A publicity of these people, made through the page; gives its id."""
    answer = post(cast.clerk.client(), NEW, row=list(cases), confirm="1", **(FIELDS | changed))
    assert answer.status_code == 302, answer.text
    return int(re.search(r"/publicities/show/(\d+)", answer.location)[1])


def test_the_clerk_ticks_people_and_the_publicity_begins(cast):
    doctor, nurse = (cast.case(person, A.UNIT_PASSED) for person in (cast.doctor, cast.nurse))
    client = cast.clerk.client()

    queue = client.get("/applications/list/?queue=unit_publicity").text
    page = client.get(NEW).text
    made = begin(cast, doctor)

    row = get(Publicity, made)
    assert f'href="{NEW}"' in queue
    assert page.count('name="row"') == 2
    assert (row.starts_on, row.ends_on, row.days) == (date(2026, 9, 28), date(2026, 10, 9), 5)
    assert (row.contact, row.telephone, row.state) == ("谭素芬", "0731-88000016", U.ACTIVE)
    assert get(Application, doctor).state == A.IN_PUBLICITY
    assert get(Application, nurse).state == A.UNIT_PASSED
    assert entries("publicity", made) == [("open", "", "active")]


def test_the_end_is_worked_out_and_drawn_before_anything_happens(cast):
    doctor = cast.case(cast.doctor, A.UNIT_PASSED)

    text = post(cast.clerk.client(), NEW, row=[doctor], preview="1", **FIELDS).text

    assert "2026-10-09（星期五） 24:00" in text
    assert "共 12 个自然日，其中法定节假日 7 天" in text
    assert "2026-10-10（星期六）起保存公示结果" in text
    assert "2026 年 9 月" in text
    assert "2026 年 10 月" in text
    assert re.search(r'<td class="is-in">28<small>起</small>', text)
    assert re.search(r'<td class="is-in">9<small>止</small>', text)
    assert text.count("is-rest") == 10
    assert re.search(r'<td class="is-shift">10<small>班</small>', text)
    assert "公示期为 2026 年 9 月 28 日至 2026 年 10 月 9 日（5 个工作日）" in text
    assert count(Publicity) == 0
    assert get(Application, doctor).state == A.UNIT_PASSED


def test_an_end_in_a_year_without_a_calendar_is_called_an_estimate(cast):
    doctor = cast.case(cast.doctor, A.UNIT_PASSED)

    text = post(
        cast.clerk.client(), NEW, row=[doctor], preview="1", **(FIELDS | {"starts_on": "2026-12-28"})
    ).text

    assert "截止日期为估算" in text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"row": []}, "请至少勾选一人。"),
        ({"row": ["99999"]}, "勾选的人中有人已经不在待公示"),
        ({"contact": ""}, "请填写单位联系人。"),
        ({"telephone": "12"}, "联系电话应为"),
        ({"starts_on": "2026-09-06"}, "公示开始日期不能早于今天。"),
        ({"starts_on": "九月"}, "日期应写成 2026-09-07 这样。"),
        ({"starts_on": ""}, "请填写公示开始日期。"),
        ({"starts_on": "9999-12-31"}, "公示开始日期不能晚于一年以后。"),
        ({"days": "4"}, "公示不少于 5 个"),
        ({"days": "999999"}, "公示不少于 5 个"),
        ({"days": "五"}, "请填写整数。"),
    ],
)
def test_wrong_input_is_a_sentence_and_stays_as_typed(cast, changed, sentence):
    doctor = cast.case(cast.doctor, A.UNIT_PASSED)
    typed = FIELDS | {"row": [doctor], "contact": "留着这个人"} | changed

    answer = post(cast.clerk.client(), NEW, confirm="1", **typed)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert typed["contact"] in answer.text
    assert count(Publicity) == 0


def test_people_of_others_and_people_who_moved_on_are_refused(cast):
    mine, far = cast.case(cast.doctor, A.UNIT_PASSED), cast.case(cast.far_doctor, A.UNIT_PASSED)
    client = cast.clerk.client()

    stranger = post(client, NEW, row=[mine, far], confirm="1", **FIELDS)
    stale = post(client, NEW, row=[mine], seen=[f"{mine}:0"], confirm="1", **FIELDS)

    assert stranger.status_code == stale.status_code == 422
    assert "没有开始公示。陈雅琴：这一件刚刚有变动" in stale.text
    assert count(Publicity) == 0


@pytest.mark.parametrize("who", ["superior", "bureau", "office", "doctor", "admin"])
def test_only_an_employers_clerk_opens_one(cast, who):
    person = getattr(cast, who)
    client = person.client()
    may = who == "superior"  # 宁乡市卫生健康局 is an employer too

    assert client.get(NEW).status_code == (200 if may else 403)
    assert client.post(NEW, data={"csrf_token": token(client, "/password/"), "confirm": "1"}).status_code == (
        422 if may else 403
    )


def test_a_publicity_is_seen_by_its_own_unit_and_those_above(app, cast):
    made = begin(cast, cast.case(cast.doctor, A.UNIT_PASSED))

    for who in ("clerk", "superior", "bureau", "city_bureau"):
        client = getattr(cast, who).client()
        assert client.get(f"/publicities/show/{made}").status_code == 200, who
        assert client.get(f"/publicities/{made}/sheet").status_code == 200, who
    for who in ("far_clerk", "far_bureau", "far_superior", "office"):
        client = getattr(cast, who).client()
        assert client.get(f"/publicities/show/{made}").status_code == 404, who
        assert client.get(f"/publicities/{made}/sheet").status_code == 404, who
    assert cast.doctor.client().get(f"/publicities/show/{made}").status_code == 403
    assert "/login/" in app.test_client().get(f"/publicities/{made}/sheet").location


def test_the_sheet_has_names_places_and_titles_and_no_number(cast):
    made = begin(cast, cast.case(cast.doctor, A.UNIT_PASSED))

    text = cast.clerk.client().get(f"/publicities/{made}/sheet").text

    assert '<body class="prints-sheet">' in text
    sheet = text[text.index('class="sheet"') : text.index("</section>", text.index('class="sheet"'))]
    for word in ("陈雅琴", "心内科", "心血管内科", "谭素芬", "0731-88000016", "宁乡市沩江医院（盖章）"):
        assert word in sheet
    assert "****" not in sheet
    assert cast.doctor.id_number not in text


def test_a_running_publicity_says_when_it_ends_and_an_ended_one_asks_for_its_result(cast):
    case = cast.case(cast.doctor, A.UNIT_PASSED)
    made = begin(cast, case, starts_on="2026-09-07")
    client = cast.clerk.client()

    running = client.get(f"/publicities/show/{made}").text
    with clock.fixed(date(2026, 9, 14)):
        client = cast.clerk.client()
        over = client.get(f"/publicities/show/{made}").text
        listed = client.get("/publicities/list/?tab=over").text
        confirm = client.get(f"/do/publicity/save_result?row={made}").text
        saved = post(
            client,
            f"/do/publicity/save_result?row={made}",
            row=made,
            confirm="1",
            failed=[case],
            note="论文不实",
        )
        after = client.get(f"/publicities/show/{made}").text

    assert "等公示期满" in running
    assert "公示尚未期满，2026-09-11 24:00 后可录入结果。" in running
    assert "公示期满待录入结果" in over
    assert f"/do/publicity/save_result?row={made}" in over
    assert f"/publicities/show/{made}" in listed
    assert "陈雅琴 4301" in confirm
    assert saved.status_code == 302
    assert "公示不通过" in after
    assert get(Application, case).state == A.PUBLICITY_FAILED


def test_objections_stand_with_the_person_they_are_about(cast):
    doctor, nurse = (cast.case(person, A.UNIT_PASSED) for person in (cast.doctor, cast.nurse))
    made = begin(cast, doctor, nurse, starts_on="2026-09-07")
    cast.clerk.does("publicity", "object", made, note="论文署名有争议", application_id=nurse)

    text = cast.clerk.client().get(f"/publicities/show/{made}").text

    row = text[text.index("肖慧玲</a>") :]
    assert "论文署名有争议" in row[: row.index("</tr>")]
    assert f"/do/publicity/settle_objection?row={made}" in text


def test_a_cancelled_publicity_shows_that_nobody_has_a_result(cast):
    case = cast.case(cast.doctor, A.UNIT_PASSED)
    made = begin(cast, case)
    cast.clerk.does("publicity", "cancel", made, note="日期写错")

    text = cast.clerk.client().get(f"/publicities/show/{made}").text

    assert "已撤销" in text
    assert get(Application, case).state == A.UNIT_PASSED
    with open_session() as session:
        assert session.scalar(select(func.count()).where(PublicityEntry.open)) == 0


def test_the_search_finds_people_and_units(cast):
    begin(cast, cast.case(cast.doctor, A.UNIT_PASSED))
    client = cast.bureau.client()

    for words, there in (("陈雅琴", 1), ("沩江", 1), ("黄外地", 0)):
        text = client.get("/publicities/list/", query_string={"q": words}).text
        assert text.count('class="lead-cell"') == there, words


def test_the_list_costs_the_same_for_one_and_for_three_and_reading_never_writes(cast):
    made = begin(cast, cast.case(cast.doctor, A.UNIT_PASSED))
    client = cast.clerk.client()
    client.get("/publicities/list/")
    with Queries() as one:
        client.get("/publicities/list/")
    for person, year in ((cast.nurse, 2026), (cast.nurse, 2025)):
        begin(cast, cast.case(person, A.UNIT_PASSED, year=year))
    with Queries() as three:
        assert client.get("/publicities/list/").text.count('class="lead-cell"') == 3
    with Queries() as read:
        for page in ("/publicities/list/", NEW, f"/publicities/show/{made}", f"/publicities/{made}/sheet"):
            assert client.get(page).status_code == client.head(page).status_code == 200

    assert len(one.texts) == len(three.texts) <= 10, "\n\n".join(three.texts)
    assert [text for text in read.texts if not text.lstrip().upper().startswith(("SELECT", "PRAGMA"))] == []
