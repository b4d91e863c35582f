"""The applicant's own pages: drafts, materials, the case, the archive; and that nobody else gets in."""

import io
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update

from app import applications, clock, files
from app.db import db, open_session
from app.models import Applicant, Application, Attachment, Plan, Title, Unit, plan_region
from app.process import Missing, Refused
from app.states import ApplicationState, Education, Material, Reporting, Way
from tests.cast import Cast, get
from tests.test_files import jpg, pdf, png
from tests.test_register import Visitor

A = ApplicationState


@pytest.fixture
def doctor(app: Flask, cast: Cast) -> Visitor:
    return Visitor(app).sign_in(cast.doctor)


def written(cast: Cast, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "title_id": str(cast.title_id),
        "specialty": "心血管内科",
        "way": "normal",
        "summary": "近五年主持院内课题两项。",
        "committed": "y",
    }
    values.update(changes)
    return {name: value for name, value in values.items() if value is not None}


def answers(cast: Cast, **changes: object) -> applications.Answers:
    values = {
        "title_id": cast.title_id,
        "specialty": "",
        "way": Way.NORMAL,
        "summary": "",
        "committed": False,
    }
    return applications.Answers(**(values | changes))


def mine(cast: Cast) -> list[Application]:
    with open_session() as session:
        found = (
            select(Application)
            .where(Application.applicant_id == cast.doctor.applicant_id)
            .order_by(Application.id)
        )
        return list(session.scalars(found))


def change(model: type, key: int, **values: object) -> None:
    with open_session() as session:
        session.execute(update(model).where(model.id == key).values(values))
        session.commit()


def upload(visitor: Visitor, pk: int, material: str, *chosen: tuple[bytes, str], **more: str):
    data = {"material": material, "files": [(io.BytesIO(content), name) for content, name in chosen], **more}
    return visitor.post(f"/me/applications/{pk}/files", data)


# ---- from nothing to 提交 ------------------------------------------------------------------------------------------


def test_from_an_empty_home_to_a_submitted_application(doctor: Visitor, cast: Cast):
    assert "您还没有申报" in doctor.get("/me/").text
    assert "职称申报" in doctor.get("/me/new").text
    assert doctor.post(f"/me/new/{cast.plan_id}", written(cast)).status_code == 302
    (row,) = mine(cast)
    assert (row.state, row.year, row.unit_id, row.specialty) == (A.DRAFT, 2026, cast.hospital, "心血管内科")
    assert "还缺，去补" in doctor.get(f"/me/applications/{row.id}/files").text
    for material in ("education", "report", "form"):
        assert upload(doctor, row.id, material, (pdf(), f"{material}.pdf")).status_code == 302

    page = doctor.get(f"/me/applications/{row.id}").text
    assert f"/do/application/submit?row={row.id}" in page
    confirm = f"/do/application/submit?row={row.id}"
    doctor.post("/do/application/submit", {"row": str(row.id), "confirm": "1"}, form=confirm)

    row = get(Application, row.id)
    assert (row.state, row.holder_unit_id) == (A.PENDING_UNIT, cast.hospital)
    page = doctor.get(f"/me/applications/{row.id}").text
    assert "审核中" in page
    assert "宁乡市沩江医院" in page


def test_a_draft_may_be_unfinished(doctor: Visitor, cast: Cast):
    answer = doctor.post(f"/me/new/{cast.plan_id}", written(cast, specialty="", summary="", committed=None))

    assert answer.status_code == 302
    page = doctor.get(f"/me/applications/{mine(cast)[0].id}").text
    for missing in ("申报专业", "业绩成果摘要", "学历学位证书", "述职报告", "个人承诺"):
        assert missing in page
    assert "现在不能：提交。" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title_id": ""}, "请选择。"),
        ({"title_id": None}, "请选择。"),
        ({"title_id": "999999"}, "请从列表中选择。"),
        ({"title_id": "x"}, "请从列表中选择。"),
        ({"specialty": "牙科"}, "请从列表中选择。"),
        ({"way": "bribe"}, "请从列表中选择。"),
        ({"summary": "长" * 3001}, "最多 3000 个字。"),
    ],
)
def test_what_does_not_fit_the_plan_is_said_and_the_text_stays(
    doctor: Visitor, cast: Cast, changes, sentence
):
    answer = doctor.post(f"/me/new/{cast.plan_id}", written(cast, **({"summary": "我写的摘要"} | changes)))

    assert answer.status_code == 422
    assert sentence in answer.text
    if "summary" not in changes:
        assert "我写的摘要" in answer.text
    assert mine(cast) == []


def test_a_title_of_another_plan_is_not_taken(doctor: Visitor, cast: Cast):
    with open_session() as session:
        senior = session.scalar(select(Title.id).where(Title.series_code == "04", Title.level == 1).limit(1))

    assert doctor.post(f"/me/new/{cast.plan_id}", written(cast, title_id=str(senior))).status_code == 422


# ---- plans that fit -----------------------------------------------------------------------------------------------


def why_not(cast: Cast, plan_id: int | None = None) -> str:
    found = {it.plan.id: it.why_not for it in applications.openings(cast.doctor.actor)}
    return found[plan_id or cast.plan_id]


def test_an_open_plan_fits(cast: Cast):
    assert why_not(cast) == ""


def test_a_plan_says_why_it_does_not_fit(doctor: Visitor, cast: Cast):
    change(Plan, cast.plan_id, opens_at=clock.at(date(2026, 9, 8), 9))
    assert "2026-09-08 09:00 起可以提交" in why_not(cast)

    with open_session() as session:
        session.execute(
            update(plan_region)
            .where(plan_region.c.plan_id == cast.strict_plan_id)
            .values(region_code="430600")
        )
        session.commit()
    assert "统筹区不在这个评审计划的范围内" in why_not(cast, cast.strict_plan_id)
    assert "现在不能申报" in doctor.get("/me/new").text
    answer = doctor.post(f"/me/new/{cast.strict_plan_id}", written(cast))
    assert "统筹区不在这个评审计划的范围内" in answer.text


def test_without_a_hierarchy_nobody_applies(cast: Cast):
    change(Unit, cast.hospital, reporting=Reporting.UNDETERMINED)

    assert "还没有配置上下级关系" in why_not(cast)


def test_one_application_a_year(cast: Cast):
    cast.case(cast.doctor, A.PENDING_UNIT)

    assert "2026 年度您已有一件申报" in why_not(cast)
    with pytest.raises(Refused, match="同一年度只能申报一次"):
        applications.start(cast.doctor.actor, cast.plan_id, answers(cast))


def test_without_a_unit_the_archive_comes_first(cast: Cast):
    change(Applicant, cast.doctor.applicant_id, unit_id=None)

    assert "请先在“我的档案”选择工作单位" in why_not(cast)


def test_a_closed_plan_is_no_longer_offered(doctor: Visitor, cast: Cast):
    change(Plan, cast.plan_id, closes_at=clock.at(date(2026, 9, 6), 17))

    assert cast.plan_id not in {it.plan.id for it in applications.openings(cast.doctor.actor)}
    assert doctor.get(f"/me/new/{cast.plan_id}").status_code == 404
    with pytest.raises(Missing):
        applications.start(cast.doctor.actor, cast.plan_id, answers(cast))


# ---- 暂存, two windows ---------------------------------------------------------------------------------------------


def test_saving_bumps_the_version_and_keeps_the_state(doctor: Visitor, cast: Cast):
    pk = cast.case(cast.doctor)
    before = get(Application, pk)

    answer = doctor.post(
        f"/me/applications/{pk}/edit", written(cast, summary="改过", seen=str(before.version))
    )

    row = get(Application, pk)
    assert answer.status_code == 302
    assert (row.summary, row.state, row.version) == ("改过", A.DRAFT, before.version + 1)
    assert row.committed_at == before.committed_at


def test_two_windows_do_not_overwrite_one_another(doctor: Visitor, cast: Cast):
    pk = cast.case(cast.doctor)
    seen = str(get(Application, pk).version)
    doctor.post(f"/me/applications/{pk}/edit", written(cast, summary="第一个窗口", seen=seen))

    answer = doctor.post(f"/me/applications/{pk}/edit", written(cast, summary="第二个窗口", seen=seen))

    assert answer.status_code == 409
    assert "在别的窗口改过，没有保存" in answer.text
    assert "第二个窗口" in answer.text
    assert get(Application, pk).summary == "第一个窗口"
    now = str(get(Application, pk).version)
    assert f'name="seen" value="{now}"' in answer.text
    assert (
        doctor.post(f"/me/applications/{pk}/edit", written(cast, summary="第二个窗口", seen=now)).status_code
        == 302
    )
    assert get(Application, pk).summary == "第二个窗口"


@pytest.mark.parametrize("seen", ["", "x", "-1", "99999999999999999999", "²"])
def test_an_odd_version_is_a_stale_one(doctor: Visitor, cast: Cast, seen):
    pk = cast.case(cast.doctor)

    assert doctor.post(f"/me/applications/{pk}/edit", written(cast, seen=seen)).status_code == 409


@pytest.mark.parametrize("state", [A.PENDING_UNIT, A.IN_PUBLICITY, A.ACCEPTED, A.WITHDRAWN, A.UNIT_REJECTED])
def test_what_is_handed_in_is_not_written(doctor: Visitor, cast: Cast, state):
    pk = cast.case(cast.doctor, state)
    version = get(Application, pk).version

    for page in ("edit", "files"):
        assert doctor.get(f"/me/applications/{pk}/{page}").location == f"/me/applications/{pk}"
    with pytest.raises(Missing):
        applications.save(cast.doctor.actor, pk, version, answers(cast))
    with pytest.raises(Missing):
        applications.attach(
            cast.doctor.actor, pk, Material.PAPER, [files.save(io.BytesIO(pdf()), "a.pdf")], replace=False
        )
    assert get(Application, pk).version == version


def returned(cast: Cast, **more: object) -> int:
    values = {
        "resume_state": A.PENDING_UNIT,
        "resume_unit_id": cast.hospital,
        "correction_deadline": clock.at(date(2026, 9, 20), 17),
    }
    return cast.case(cast.doctor, A.RETURNED, **(values | more))


def test_a_returned_application_is_corrected(doctor: Visitor, cast: Cast):
    pk = returned(cast)
    assert "2026-09-20 17:00" in doctor.get("/me/").text

    answer = doctor.post(
        f"/me/applications/{pk}/edit", written(cast, summary="补正", seen=str(get(Application, pk).version))
    )

    assert answer.status_code == 302
    assert get(Application, pk).summary == "补正"


def test_what_was_publicised_stays_as_people_saw_it(doctor: Visitor, cast: Cast):
    pk = returned(cast, publicity_from=date(2026, 8, 24), publicity_to=date(2026, 8, 28))

    seen = str(get(Application, pk).version)
    doctor.post(
        f"/me/applications/{pk}/edit",
        written(cast, specialty="护理学", way="green", summary="补正", seen=seen),
    )

    row = get(Application, pk)
    assert (row.specialty, row.way, row.summary) == ("心血管内科", Way.NORMAL, "补正")
    assert "已经公示过，不能再改" in doctor.get(f"/me/applications/{pk}/edit").text


def test_the_reason_of_a_return_stands_on_the_page(doctor: Visitor, cast: Cast):
    pk = cast.case(cast.doctor, A.PENDING_UNIT)
    cast.clerk.does(
        "application",
        "unit_return",
        pk,
        note="聘任证明缺一页，请补。",
        deadline=clock.at(date(2026, 9, 20), 17),
    )

    page = doctor.get(f"/me/applications/{pk}").text

    assert "聘任证明缺一页，请补。" in page
    assert "2026-09-20 17:00" in page
    assert "宁乡市沩江医院" in page
    assert "谭素芬" not in page
    assert "所在单位退回了您的申报" in doctor.get("/me/").text


def test_withdrawing_is_offered_while_the_unit_has_it(doctor: Visitor, cast: Cast):
    pk = cast.case(cast.doctor, A.PENDING_UNIT)

    assert f"/do/application/withdraw?row={pk}" in doctor.get(f"/me/applications/{pk}").text
    doctor.post(
        "/do/application/withdraw",
        {"row": str(pk), "confirm": "1"},
        form=f"/do/application/withdraw?row={pk}",
    )
    assert get(Application, pk).state == A.DRAFT


# ---- materials ----------------------------------------------------------------------------------------------------


def names(pk: int) -> list[str]:
    with open_session() as session:
        return list(
            session.scalars(
                select(Attachment.filename).where(Attachment.application_id == pk).order_by(Attachment.id)
            )
        )


def test_several_files_at_once_and_the_refused_one_is_named(doctor: Visitor, cast: Cast):
    pk = cast.case(cast.doctor)
    before = names(pk)

    upload(doctor, pk, "paper", (pdf(), "论文一.pdf"), (b"<html>", "论文二.pdf"), (png(), "论文三.png"))

    assert names(pk) == [*before, "论文一.pdf", "论文三.png"]
    page = doctor.get(f"/me/applications/{pk}/files").text
    assert "“论文二.pdf”不是 jpg、png 或 pdf" in page
    assert "上传成功 2 个文件" in page


def test_files_are_replaced_and_removed(doctor: Visitor, cast: Cast):
    pk = cast.case(cast.doctor)
    upload(doctor, pk, "paper", (pdf(), "旧一.pdf"), (pdf(), "旧二.pdf"))
    with open_session() as session:
        old = session.scalars(select(Attachment.key).where(Attachment.filename.like("旧%"))).all()

    upload(doctor, pk, "paper", (jpg(), "新.jpg"), replace="1")

    assert [name for name in names(pk) if name[0] in "旧新"] == ["新.jpg"]
    for key in old:
        with pytest.raises(FileNotFoundError):
            files.open(key)
    with open_session() as session:
        new = session.scalar(select(Attachment.id).where(Attachment.filename == "新.jpg"))
    doctor.post(f"/me/applications/{pk}/files/{new}/remove", form=f"/me/applications/{pk}/files")
    assert "新.jpg" not in names(pk)


def test_nothing_chosen_is_said(doctor: Visitor, cast: Cast):
    pk = cast.case(cast.doctor)

    upload(doctor, pk, "paper")

    assert "请选择文件。" in doctor.get(f"/me/applications/{pk}/files").text


@pytest.mark.parametrize("material", ["commitment", "certificate", "x", ""])
def test_a_category_of_another_kind_is_no_category(doctor: Visitor, cast: Cast, material):
    pk = cast.case(cast.doctor)

    assert upload(doctor, pk, material, (pdf(), "a.pdf")).status_code == 400


def test_there_is_an_end_to_files(cast: Cast, monkeypatch):
    pk = cast.case(cast.doctor)
    monkeypatch.setattr(applications, "MOST_FILES", 4)
    stored = [files.save(io.BytesIO(pdf()), "a.pdf") for _ in range(2)]

    with pytest.raises(Refused, match="最多 4 个文件"):
        applications.attach(cast.doctor.actor, pk, Material.PAPER, stored, replace=False)

    for one in stored:
        with pytest.raises(FileNotFoundError):
            files.open(one.key)


def test_a_disk_that_is_full_is_a_sentence(doctor: Visitor, cast: Cast, monkeypatch):
    pk = cast.case(cast.doctor)

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.files.save", full)
    upload(doctor, pk, "paper", (pdf(), "a.pdf"))

    assert "暂时不能保存文件，请稍后再试。" in doctor.get(f"/me/applications/{pk}/files").text


def test_too_many_files_are_said_on_the_page(doctor: Visitor, cast: Cast, monkeypatch):
    pk = cast.case(cast.doctor)
    monkeypatch.setattr(applications, "MOST_FILES", 3)
    upload(doctor, pk, "paper", (pdf(), "a.pdf"))

    assert "最多 3 个文件" in doctor.get(f"/me/applications/{pk}/files").text


# ---- attachments --------------------------------------------------------------------------------------------------


def attached(doctor: Visitor, pk: int, content: bytes, name: str) -> int:
    upload(doctor, pk, "paper", (content, name))
    with open_session() as session:
        return session.scalar(select(func.max(Attachment.id)).where(Attachment.filename == name))


@pytest.mark.parametrize(
    ("content", "name", "mime"),
    [
        (pdf(), "论文 “一”.pdf", "application/pdf"),
        (png(), "证书.png", "image/png"),
        (jpg(), "a.jpg", "image/jpeg"),
    ],
)
def test_a_file_is_shown_and_nothing_else(doctor: Visitor, cast: Cast, content, name, mime):
    pk = cast.case(cast.doctor)
    answer = doctor.get(f"/attachments/{attached(doctor, pk, content, name)}", buffered=True)

    assert (answer.status_code, answer.data, answer.mimetype) == (200, content, mime)
    assert answer.headers["Content-Disposition"].startswith("inline; filename")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "frame-ancestors 'self'" in policy


def test_a_chinese_name_is_written_by_rfc_5987(doctor: Visitor, cast: Cast):
    pk = cast.case(cast.doctor)
    answer = doctor.get(f"/attachments/{attached(doctor, pk, pdf(), '述职报告.pdf')}", buffered=True)

    assert (
        "filename*=UTF-8''%E8%BF%B0%E8%81%8C%E6%8A%A5%E5%91%8A.pdf" in answer.headers["Content-Disposition"]
    )


def test_who_may_see_the_case_may_see_its_files(app: Flask, doctor: Visitor, cast: Cast):
    pk = cast.case(cast.doctor)
    file = attached(doctor, pk, pdf(), "述职报告.pdf")

    for person, code in (
        ("nurse", 404),
        ("far_doctor", 404),
        ("clerk", 404),
        ("far_clerk", 404),
        ("office", 404),
    ):
        assert Visitor(app).sign_in(getattr(cast, person)).get(f"/attachments/{file}").status_code == code, (
            person
        )
    change(Application, pk, state=A.PENDING_UNIT, holder_unit_id=cast.hospital, submitted_at=clock.now())
    for person, code in (
        ("clerk", 200),
        ("superior", 200),
        ("bureau", 200),
        ("far_clerk", 404),
        ("far_bureau", 404),
    ):
        answer = Visitor(app).sign_in(getattr(cast, person)).get(f"/attachments/{file}", buffered=True)
        assert answer.status_code == code, person
    assert Visitor(app).get(f"/attachments/{file}").status_code == 302


def test_a_lost_file_is_a_sentence(doctor: Visitor, cast: Cast):
    pk = cast.case(cast.doctor)
    with open_session() as session:
        file = session.scalar(select(Attachment.id).where(Attachment.application_id == pk).limit(1))

    answer = doctor.get(f"/attachments/{file}")

    assert answer.status_code == 404
    assert "文件不在存放处" in answer.text


@pytest.mark.parametrize("pk", ["0", "999999", str(2**31), "9" * 30])
def test_no_file_is_404(doctor: Visitor, pk):
    assert doctor.get(f"/attachments/{pk}").status_code == 404


# ---- others -------------------------------------------------------------------------------------------------------

PAGES = ("", "/edit", "/files", "/form")


@pytest.mark.parametrize("page", PAGES)
def test_the_application_of_another_is_not_there(app: Flask, cast: Cast, page):
    pk = cast.case(cast.nurse)
    stranger = Visitor(app).sign_in(cast.doctor)

    assert stranger.get(f"/me/applications/{pk}{page}").status_code == 404
    if page in ("/edit", "/files"):
        assert (
            stranger.post(
                f"/me/applications/{pk}{page}", written(cast, seen="1"), form="/me/archive/edit"
            ).status_code
            == 404
        )
    assert get(Application, pk).version == 1


def test_a_file_of_another_is_not_removed(app: Flask, doctor: Visitor, cast: Cast):
    own, foreign = cast.case(cast.doctor), cast.case(cast.nurse)
    with open_session() as session:
        file = session.scalar(select(Attachment.id).where(Attachment.application_id == foreign).limit(1))

    for pk in (own, foreign):
        answer = doctor.post(
            f"/me/applications/{pk}/files/{file}/remove", form=f"/me/applications/{own}/files"
        )
        assert answer.status_code == 404
    assert get(Attachment, file) is not None


def test_verbs_name_the_owner(cast: Cast):
    pk = cast.case(cast.nurse)

    for verb in (
        lambda: applications.save(cast.doctor.actor, pk, 1, answers(cast)),
        lambda: applications.checklist(cast.doctor.actor, pk),
        lambda: applications.attach(cast.doctor.actor, pk, Material.PAPER, [], replace=True),
        lambda: applications.detach(cast.doctor.actor, pk, 1),
    ):
        with pytest.raises(Missing):
            verb()


@pytest.mark.parametrize(
    "page", ["/me/", "/me/new", "/me/archive/", "/me/archive/edit", "/me/applications/1"]
)
def test_pages_of_applicants_are_for_applicants(app: Flask, cast: Cast, page):
    assert Visitor(app).get(page).status_code == 302
    assert Visitor(app).sign_in(cast.clerk).get(page).status_code in (302, 403, 404)


@pytest.mark.parametrize(
    "page", ["/me/applications/{}/edit", "/me/applications/{}/files", "/me/archive/edit"]
)
def test_without_a_token_nothing_is_written(doctor: Visitor, cast: Cast, page):
    address = page.format(cast.case(cast.doctor))

    with doctor.app.app_context():
        assert doctor.client.post(address, data=written(cast)).status_code == 400


# ---- the archive --------------------------------------------------------------------------------------------------


def archived(**changes: object) -> dict[str, object]:
    values = {
        "department": " 急诊 科 ",
        "education": "14",
        "current_title": "主治医师",
        "current_title_on": "2021-11-30",
    }
    return values | changes


def test_the_archive_is_kept_up_to_date(doctor: Visitor, cast: Cast):
    assert doctor.post("/me/archive/edit", archived()).status_code == 302

    person = get(Applicant, cast.doctor.applicant_id)
    assert (person.department, person.education, person.current_title) == (
        "急诊 科",
        Education.MASTER,
        "主治医师",
    )
    assert person.unit_id == cast.hospital
    page = doctor.get("/me/archive/").text
    assert "硕士研究生毕业" in page
    assert cast.doctor.id_number not in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"current_title_on": "2026-09-08"}, "不晚于今天"),
        ({"current_title_on": "1900-01-01"}, "1950 年以后"),
        ({"education": "99"}, "请从列表中选择。"),
        ({"department": "长" * 61}, "最多 60 个字。"),
        ({"unit_id": "999999"}, "这个单位现在不能选"),
    ],
)
def test_an_odd_archive_is_refused(doctor: Visitor, cast: Cast, changes, sentence):
    answer = doctor.post("/me/archive/edit", archived(**changes))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert get(Applicant, cast.doctor.applicant_id).department == "心内科"


def test_a_new_unit_is_found_and_drafts_follow(doctor: Visitor, cast: Cast):
    draft, handed_in = cast.case(cast.doctor), cast.case(cast.doctor, A.PENDING_UNIT)
    found = doctor.post("/me/archive/edit", archived(q="浏阳市大瑶", find="1"))
    assert "浏阳市大瑶医院" in found.text
    assert "主治医师" in found.text

    doctor.post("/me/archive/edit", archived(unit_id=str(cast.far_hospital)))

    assert get(Applicant, cast.doctor.applicant_id).unit_id == cast.far_hospital
    assert (get(Application, draft).unit_id, get(Application, draft).unit_name) == (
        cast.far_hospital,
        "浏阳市大瑶医院",
    )
    assert get(Application, handed_in).unit_id == cast.hospital


# ---- how it stands ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [state for state in A if state not in (A.RETURNED, A.RESULT_PUBLICITY)])
def test_every_state_has_a_page(doctor: Visitor, cast: Cast, state):
    more = {"outcome_id": None}
    pk = cast.case(cast.doctor, state, **more)

    page = doctor.get(f"/me/applications/{pk}")

    assert page.status_code == 200
    assert state.applicant_label in page.text
    assert doctor.get("/me/").status_code == 200


def test_the_way_marks_where_it_is(cast: Cast, app: Flask):
    from app.views import journey

    with open_session() as session:
        row = session.get(Application, cast.case(cast.doctor, A.PENDING_FORMAL))
        shown = journey.track(row)

    words = [name for name, _detail, css in shown if css == "is-now"]
    assert words == ["形式审查"]
    assert [css for _name, _detail, css in shown[:5]] == ["is-done"] * 5
    assert shown[-1][2] == ""


def test_a_cancelled_plan_does_not_break_the_page(doctor: Visitor, cast: Cast):
    pk = cast.case(cast.doctor)
    change(Plan, cast.plan_id, state="cancelled")

    for page in ("/me/", f"/me/applications/{pk}", f"/me/applications/{pk}/edit"):
        assert doctor.get(page).status_code == 200


def test_the_sheet_to_sign_has_masks_alone(doctor: Visitor, cast: Cast):
    pk = cast.case(cast.doctor)

    page = doctor.get(f"/me/applications/{pk}/form").text

    assert "专业技术职称评审表" in page
    assert "本人承诺" in page
    assert cast.doctor.id_number not in page


def test_home_asks_the_database_no_more_for_more_rows(doctor: Visitor, cast: Cast):
    counts = []
    for _round in range(2):
        cast.case(cast.doctor)
        asked = []
        listen = event.listens_for(db.engine, "before_cursor_execute")(
            lambda *args, asked=asked: asked.append(args[2])
        )
        doctor.get("/me/")
        event.remove(db.engine, "before_cursor_execute", listen)
        counts.append(len(asked))

    assert counts[1] - counts[0] <= 1


def test_a_draft_shows_the_archive_and_writes_nothing(cast):
    case = cast.case(cast.doctor, education=None, current_title="")
    client = cast.doctor.client()

    page = client.get(f"/me/applications/{case}/form").text

    assert "大学本科毕业" in page
    assert get(Application, case).education is None
