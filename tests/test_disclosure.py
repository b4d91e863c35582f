"""显示完整号码: who may, what is asked, what is shown, and what stays behind."""

import pytest
from sqlalchemy import select

from app.db import open_session
from app.disclosure import disclose
from app.models import Audit
from app.process import Missing
from app.states import ApplicationState as A
from tests.cast import token

REASON = "与窗口提交的身份证原件核对"


def press(client, case: int, reason: str = REASON):
    page = f"/applications/{case}/disclose"
    return client.post(page, data={"reason": reason, "csrf_token": token(client, page)})


def disclosures() -> list[Audit]:
    with open_session() as session:
        return list(session.scalars(select(Audit).where(Audit.act == "disclose").order_by(Audit.id)))


@pytest.mark.parametrize("who", ["clerk", "superior", "bureau", "city_bureau", "office"])
def test_a_reviewer_who_says_why_sees_the_numbers_once(cast, who):
    case = cast.case(cast.doctor, A.FORMAL_PASSED)
    client = getattr(cast, who).client()

    answer = press(client, case)

    assert answer.status_code == 200
    assert cast.doctor.id_number in answer.text
    assert cast.doctor.phone in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    again = client.get(f"/applications/{case}/disclose")
    assert cast.doctor.id_number not in again.text
    assert cast.doctor.phone not in again.text


def test_it_is_written_down_with_the_reason_and_no_number(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    press(cast.clerk.client(), case)

    (row,) = disclosures()
    assert (row.actor_id, row.subject) == (cast.clerk.user_id, f"application:{case}")
    assert row.details == {
        "applicant": cast.doctor.applicant_id,
        "reason": REASON,
        "reason_length": len(REASON),
    }


@pytest.mark.parametrize("reason", ["", "   ", "长" * 201, "核对 430124198503010011", "打 13800000012 找他"])
def test_without_a_good_reason_nothing_is_shown_or_written(cast, reason):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    answer = press(cast.clerk.client(), case, reason)

    assert answer.status_code == 422
    assert cast.doctor.id_number not in answer.text
    assert disclosures() == []


@pytest.mark.parametrize("who", ["far_clerk", "far_superior", "far_bureau", "far_office"])
def test_a_case_of_others_is_not_there(cast, who):
    case = cast.case(cast.doctor, A.PENDING_FORMAL)
    client = getattr(cast, who).client()

    assert client.get(f"/applications/{case}/disclose").status_code == 404
    sent = {"reason": REASON, "csrf_token": token(client, "/password/")}
    assert client.post(f"/applications/{case}/disclose", data=sent).status_code == 404
    assert disclosures() == []


@pytest.mark.parametrize("who", ["doctor", "nurse", "admin", "auditor"])
def test_it_is_not_for_everybody(cast, who):
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    client = getattr(cast, who).client()
    sent = {"reason": REASON, "csrf_token": token(client, "/password/")}

    assert client.get(f"/applications/{case}/disclose").status_code == 403
    answer = client.post(f"/applications/{case}/disclose", data=sent)

    assert (answer.status_code, cast.doctor.id_number in answer.text) == (403, False)
    assert disclosures() == []


def test_a_draft_is_nobodys_to_open(cast):
    case = cast.case(cast.doctor, A.DRAFT)

    assert cast.clerk.client().get(f"/applications/{case}/disclose").status_code == 404


def test_without_signing_in_there_is_nothing(app, cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    answer = app.test_client().get(f"/applications/{case}/disclose")

    assert answer.status_code == 302
    assert "/login/" in answer.location


def test_without_a_token_nothing_is_shown(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    answer = cast.clerk.client().post(f"/applications/{case}/disclose", data={"reason": REASON})

    assert answer.status_code == 400
    assert disclosures() == []


def test_what_cannot_be_opened_is_said_and_not_written(app, cast, monkeypatch):
    from app.secret import Keys

    case = cast.case(cast.doctor, A.PENDING_UNIT)
    client = cast.clerk.client()
    monkeypatch.setattr(app.extensions["zhiping"], "keys", Keys.derive("another"))

    answer = press(client, case)

    assert answer.status_code == 422
    assert "号码无法解密" in answer.text
    assert disclosures() == []


def test_the_row_rule_holds_below_the_page_too(cast):
    case = cast.case(cast.doctor, A.PENDING_UNIT)

    with pytest.raises(Missing):
        disclose(cast.far_clerk.actor, case, REASON)

    assert disclosures() == []
