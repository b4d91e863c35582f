"""The registration wizard in the browser of somebody without an account, and the ways back to it."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app import clock, create_app, files, identity, people, registrations, settings
from app.db import db, open_session
from app.extension import limiter
from app.models import Account, Attachment, Handler, Registration, Unit
from app.process import Missing, Refused
from app.states import Business, Material, RegistrationState, Reviewer
from tests.cast import PASSWORD, Cast, Person, get
from tests.test_files import jpg, pdf

R = RegistrationState
SECRET = "沩江河水清又清2026"


class Visitor:
    """A browser; every request stands in a context of its own, as on a server."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def get(self, page: str, **more: object):
        with self.app.app_context():
            return self.client.get(page, **more)

    def post(self, page: str, data: dict | None = None, *, form: str = "", **more: object):
        """Send a form with the token of its page, or of `form`."""
        answer = self.get(form or page)
        start = answer.text.index('name="csrf_token"')
        start = answer.text.index('value="', start) + 7
        token = answer.text[start : answer.text.index('"', start)]
        with self.app.app_context():
            return self.client.post(page, data={**(data or {}), "csrf_token": token}, **more)

    def sign_in(self, person: Person) -> "Visitor":
        """Come in as somebody of the cast."""
        answer = self.post("/login/", {"username": person.username, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return self

    @property
    def registration(self) -> Registration | None:
        with self.client.session_transaction() as session:
            return get(Registration, session["registration"]) if "registration" in session else None


@pytest.fixture
def visitor(app: Flask) -> Iterator[Visitor]:
    return Visitor(app)


def person_numbers() -> dict[str, str]:
    return {"id_number": identity.make_id_number("430122", date(1990, 5, 6), 27), "phone": "13911112222"}


def typed(**changes: object) -> dict[str, object]:
    """What a new hospital fills in, asking for the bureau."""
    values: dict[str, object] = {
        "credit_code": identity.make_credit_code("1243018244600571"),
        "unit_name": "宁乡市沩山乡卫生院",
        "unit_kind": "hospital",
        "region_code": "430182",
        "titles": "y",
        "reviewer": "agency",
        "superior": "",
        "username": "weishan01",
        "password": SECRET,
        "name": "谭新方",
        **person_numbers(),
    }
    values.update(changes)
    return {name: value for name, value in values.items() if value is not None}


def annexes() -> dict[str, tuple]:
    return {
        "commitment": (io.BytesIO(pdf()), "用户告知承诺书.pdf"),
        "certificate": (io.BytesIO(jpg()), "登记证书.jpg"),
    }


def arrive(visitor: Visitor, **changes: object) -> Registration:
    """Go through the wizard up to the page with the button 注册."""
    answer = visitor.post("/register/unit", typed(**changes))
    assert answer.status_code == 302, answer.text
    answer = visitor.post("/register/files", annexes())
    assert answer.location == "/register/check"
    return visitor.registration


def superior_id(cast: Cast) -> dict[str, object]:
    return {"reviewer": "superior", "superior": "宁乡市卫生健康局"}


# ---- the way through ----------------------------------------------------------------------------------------------


def test_the_wizard_goes_from_the_choice_to_a_pending_registration(visitor: Visitor, cast: Cast):
    assert "选好了，继续注册" in visitor.get("/register/").text
    assert "选择业务" in visitor.get("/register/business?kind=talent").text
    assert visitor.get("/register/business?next=1&titles=y").location == "/register/unit?titles=y"

    row = arrive(visitor)
    assert row.state == R.DRAFT
    page = visitor.get("/register/check").text
    assert "宁乡市人力资源和社会保障局" in page
    assert "还没有同意《用户告知承诺书》" in page

    answer = visitor.post("/register/check", {"accepted": "1"})

    assert answer.location == "/register/done"
    done = visitor.get("/register/done").text
    assert "注册申请已提交" in done
    assert row.receipt in done
    row = get(Registration, row.id)
    assert (row.state, row.routed_to_id, row.routed_business) == (
        R.PENDING_AGENCY,
        cast.town,
        Business.TITLES,
    )
    assert row.commitment_version == "2026-01"


def test_saved_annexes_are_not_a_registration(visitor: Visitor):
    visitor.post("/register/unit", typed())
    visitor.post("/register/files", annexes())

    page = visitor.get("/register/check").text

    assert "附件已保存，尚未提交注册。请点“注册”。" in page
    assert visitor.registration.state == R.DRAFT
    found = visitor.post("/register/status", {"code": typed()["credit_code"]})
    assert "未查到记录，可能未点击“注册”" in found.text


def test_the_superior_route_names_the_superior_and_why(visitor: Visitor, cast: Cast):
    arrive(visitor, **superior_id(cast))

    page = visitor.get("/register/check").text
    assert "宁乡市卫生健康局" in page
    assert "您选了“主管单位”" in page
    visitor.post("/register/check", {"accepted": "1"})

    row = visitor.registration
    assert (row.state, row.routed_to_id, row.routed_business) == (R.PENDING_SUPERIOR, cast.health, None)


def test_the_hr_market_goes_to_the_bureau_whatever_was_asked(visitor: Visitor, cast: Cast):
    arrive(visitor, hr_market="y", **superior_id(cast))
    assert "不经主管单位" in visitor.get("/register/check").text
    visitor.post("/register/check", {"accepted": "1"})

    row = visitor.registration
    assert (row.routed_to_id, row.routed_business, row.requested_superior_id) == (
        cast.town,
        Business.HR_MARKET,
        cast.health,
    )
    found = visitor.post("/register/status", {"code": row.credit_code}).text
    assert "宁乡市人力资源和社会保障局" in found
    assert "宁乡市卫生健康局" in found


def test_after_approval_the_password_of_the_wizard_signs_in(visitor: Visitor, cast: Cast):
    row = arrive(visitor, **superior_id(cast))
    visitor.post("/register/check", {"accepted": "1"})
    cast.superior.does("registration", "approve", row.id)

    assert visitor.post("/login/", {"username": "WEISHAN01", "password": SECRET}).status_code == 302


def test_the_session_keeps_the_id_and_nothing_else(visitor: Visitor):
    arrive(visitor)

    with visitor.client.session_transaction() as session:
        kept = {
            key for key in session if key not in {"csrf_token", "_permanent", "_flashes", "_fresh", "locale"}
        }
    assert kept == {"registration"}


def test_the_draft_is_resumed_with_receipt_and_password(visitor: Visitor, app: Flask):
    receipt = arrive(visitor).receipt
    elsewhere = Visitor(app)

    wrong = elsewhere.post("/register/resume", {"code": receipt, "password": "不是这个密码呀呀呀"})
    assert wrong.status_code == 422
    assert elsewhere.registration is None
    assert (
        elsewhere.post("/register/resume", {"code": receipt.lower(), "password": SECRET}).location
        == "/register/files"
    )

    page = elsewhere.get("/register/unit").text
    assert "宁乡市沩山乡卫生院" in page
    assert SECRET not in page
    changed = elsewhere.post("/register/unit", typed(password="", unit_name="宁乡市沩山镇卫生院"))
    assert changed.status_code == 302
    row = elsewhere.registration
    assert (row.unit_name, row.receipt) == ("宁乡市沩山镇卫生院", receipt)
    assert registrations.by_secret(receipt, SECRET) is not None


def test_leaving_puts_the_draft_down(visitor: Visitor):
    arrive(visitor)

    visitor.post("/register/leave", form="/register/files")

    assert visitor.get("/register/files").location == "/register/resume"


# ---- guards of the wizard -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("credit_code", "", "请填写。"),
        ("credit_code", "12430182446005711X", "校验位不符"),
        ("credit_code", "1243018244600571", "应为18位"),
        ("unit_name", "  ", "请填写。"),
        ("unit_name", "长" * 121, "最多 120 个字。"),
        ("unit_kind", "", "请选择。"),
        ("unit_kind", "palace", "请从列表中选择。"),
        ("region_code", "999999", "请从列表中选择。"),
        ("titles", None, "请至少勾选一项业务类别。"),
        ("reviewer", None, "请选择。"),
        ("reviewer", "nobody", "请从列表中选择。"),
        ("username", "abc", "4 至 20 位"),
        ("username", "13811112222", "以字母开头"),
        ("username", "a@b.cn", "4 至 20 位"),
        ("password", "", "请填写密码。"),
        ("password", "short", "密码至少 10 个字符。"),
        ("password", "aaaaaaaaaaaa", "太容易猜到"),
        ("name", "李", "姓名应为"),
        ("id_number", "430122199005060271", "校验位不符"),
        ("phone", "12345", "11位数字"),
    ],
)
def test_a_wrong_field_is_named_and_everything_typed_stays(visitor: Visitor, field, value, sentence):
    answer = visitor.post("/register/unit", typed(**{field: value}))

    assert answer.status_code == 422
    assert sentence in answer.text
    if field != "unit_name":
        assert "宁乡市沩山乡卫生院" in answer.text
    assert visitor.registration is None


def test_no_line_of_business_is_said_on_its_page(visitor: Visitor):
    assert "请至少勾选一项业务类别。" in visitor.get("/register/business?next=1").text


def test_what_is_unlikely_is_a_warning(visitor: Visitor):
    answer = visitor.post("/register/unit", typed(unit_kind="private"), follow_redirects=True)

    assert "与所选单位类型不一致，请核对。" in answer.text
    assert visitor.registration is not None


def test_without_a_bureau_nobody_can_register(visitor: Visitor, cast: Cast):
    with open_session() as session:
        session.execute(
            update(Unit).where(Unit.id.in_([cast.town, cast.city, cast.province])).values(active=False)
        )
        session.commit()
    arrive(visitor)

    assert "现在没有单位能审核" in visitor.get("/register/check").text
    assert "都没有已启用的主管机构" in visitor.post("/register/check", {"accepted": "1"}).text


def test_a_disk_that_is_full_is_a_sentence(visitor: Visitor, monkeypatch):
    visitor.post("/register/unit", typed())

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.files.save", full)

    assert "暂时不能保存文件，请稍后再试。" in visitor.post("/register/files", annexes()).text
    nothing = {"commitment": (io.BytesIO(), "")}
    assert "请选择文件。" in visitor.post("/register/files", nothing).text


def test_a_file_of_a_draft_that_is_gone_is_taken_away(app: Flask, cast: Cast):
    gone = cast.registration(R.PENDING_AGENCY)
    stored = files.save(io.BytesIO(pdf()), "承诺书.pdf")

    with pytest.raises(Missing):
        registrations.attach(gone, Material.COMMITMENT, stored)

    with pytest.raises(FileNotFoundError):
        files.open(stored.key)


def test_full_width_and_lower_case_are_put_right(visitor: Visitor):
    code = typed()["credit_code"]

    visitor.post(
        "/register/unit",
        typed(credit_code=f" {code.lower()} ", username="WeiShan01", phone="+86 139-1111-2222"),
    )

    row = visitor.registration
    assert (row.credit_code, row.username, row.phone_mask) == (code, "weishan01", "139****2222")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("", "请填写主管单位名称"),
        ("没有这个单位", "没有找到能审核的主管单位"),
        ("宁乡市人力资源和社会保障局", "没有找到能审核的主管单位"),
        ("宁乡市沩江医院", "没有找到能审核的主管单位"),
        ("卫生健康局", "找到 2 个单位"),
        ("%", "没有找到能审核的主管单位"),
    ],
)
def test_a_superior_that_cannot_review_cannot_be_chosen(visitor: Visitor, cast: Cast, asked, sentence):
    answer = visitor.post("/register/unit", typed(reviewer="superior", superior=asked))

    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_unit_cannot_be_its_own_superior(visitor: Visitor, cast: Cast):
    own = get(Unit, cast.health).credit_code

    answer = visitor.post("/register/unit", typed(credit_code=own, **superior_id(cast)))

    assert "没有找到能审核的主管单位" in answer.text


def test_one_of_several_superiors_is_picked(visitor: Visitor, cast: Cast):
    picked = {"reviewer": "superior", "superior": "卫生健康局", "superior_id": str(cast.far_health)}

    visitor.post("/register/unit", typed(**picked))

    assert visitor.registration.requested_superior_id == cast.far_health


def test_annexes_wait_for_the_required_fields(visitor: Visitor):
    assert visitor.get("/register/files").location == "/register/resume"
    answer = visitor.post("/register/files", annexes(), form="/register/status")

    assert answer.location == "/register/resume"
    with open_session() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == 0


def test_a_refused_file_is_named_and_the_other_is_kept(visitor: Visitor):
    visitor.post("/register/unit", typed())

    answer = visitor.post("/register/files", annexes() | {"certificate": (io.BytesIO(b"<html>"), "证书.jpg")})

    assert answer.status_code == 422
    assert "“证书.jpg”不是 jpg、png 或 pdf" in answer.text
    assert "用户告知承诺书.pdf" in answer.text
    assert "还缺附件：单位登记证书。" in answer.text


def test_a_body_that_is_too_large_is_refused_on_the_page(visitor: Visitor):
    visitor.post("/register/unit", typed())
    body = b"--x\r\nContent-Disposition: form-data; name=commitment; filename=a.pdf\r\n\r\n" + b"x" * (
        13 << 20
    )
    with visitor.app.app_context():
        answer = visitor.client.post(
            "/register/files",
            input_stream=io.BytesIO(body),
            content_length=len(body),
            content_type="multipart/form-data; boundary=x",
        )

    assert answer.location == "/register/files"
    assert "一次合计不超过 12 MB" in visitor.get("/register/files").text


def test_an_annex_is_replaced_shown_and_removed(visitor: Visitor, app: Flask):
    row = arrive(visitor)
    visitor.post("/register/files", {"commitment": (io.BytesIO(jpg()), "承诺书照片.jpg")})
    has = {it.material.value: it for it in registrations.annexes(row.id)}

    assert {it.filename for it in has.values()} == {"承诺书照片.jpg", "登记证书.jpg"}
    shown = visitor.get(f"/register/files/{has['commitment'].id}")
    assert (shown.status_code, shown.mimetype, shown.data) == (200, "image/jpeg", jpg())
    assert Visitor(app).get(f"/register/files/{has['commitment'].id}").status_code == 302
    visitor.post("/register/files/commitment/remove", form="/register/files")
    assert len(registrations.annexes(row.id)) == 1
    assert visitor.post("/register/files/paper/remove", form="/register/files").status_code == 404


def test_without_the_tick_nothing_is_registered(visitor: Visitor):
    row = arrive(visitor)

    answer = visitor.post("/register/check")

    assert answer.status_code == 422
    assert "还没有同意《用户告知承诺书》" in answer.text
    assert get(Registration, row.id).state == R.DRAFT


def test_everything_that_is_missing_is_said_at_once(visitor: Visitor):
    visitor.post("/register/unit", typed())

    page = visitor.get("/register/check").text

    assert "还没有同意《用户告知承诺书》" in page
    assert "还缺附件：用户告知承诺书、单位登记证书。" in page


def test_a_second_pending_registration_of_a_unit_is_refused(visitor: Visitor, app: Flask):
    arrive(visitor)
    visitor.post("/register/check", {"accepted": "1"})
    other = Visitor(app)
    numbers = {"id_number": identity.make_id_number("430122", date(1991, 1, 2), 31), "phone": "13922223333"}
    arrive(other, username="weishan02", name="李四方", **numbers)

    answer = other.post("/register/check", {"accepted": "1"})

    assert "已有一件申请在审核" in answer.text
    assert other.registration.state == R.DRAFT


def test_a_user_name_that_waits_for_approval_is_not_given_twice(visitor: Visitor, app: Flask):
    arrive(visitor)
    visitor.post("/register/check", {"accepted": "1"})
    numbers = {"id_number": identity.make_id_number("430122", date(1991, 1, 2), 31), "phone": "13922223333"}

    answer = Visitor(app).post("/register/unit", typed(name="李四方", **numbers))

    assert "请换一个用户名" in answer.text


def test_parallel_registrations_leave_one_pending(app: Flask, cast: Cast):
    code = typed()["credit_code"]
    drafts = [cast.registration(credit_code=code) for _ in range(6)]

    def press(registration_id: int) -> bool:
        with app.app_context(), clock.fixed(clock.at(date(2026, 9, 7), 9)):
            try:
                registrations.register(registration_id)
            except Refused:
                return False
            return True

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(press, drafts))

    assert won.count(True) == 1
    with open_session() as session:
        states = session.scalars(select(Registration.state).where(Registration.credit_code == code)).all()
    assert sorted(states) == ["draft"] * 5 + ["pending_agency"]


def test_a_registered_draft_is_no_longer_changed(visitor: Visitor):
    arrive(visitor)
    visitor.post("/register/check", {"accepted": "1"})

    assert visitor.get("/register/unit").location == "/register/resume"
    assert visitor.registration is None


# ---- accounts that exist (seed 002, question 七) -------------------------------------------------------------------


def known(person: Person, **changes: object) -> dict[str, object]:
    """What the handler of the hospital fills in to use the account there is."""
    unit = get(Unit, person.unit_id)
    values = {"credit_code": unit.credit_code, "unit_name": unit.name, "username": person.username}
    values |= {
        "name": person.name,
        "id_number": person.id_number,
        "phone": person.phone,
        "password": PASSWORD,
    }
    return typed(**(values | changes))


TAKEN = "该账号已经注册，如需使用同一个账号，身份证信息必须保持一致"
NEUTRAL = "经办人信息与本系统已有的账号不一致"


def account(person: Person) -> tuple:
    row, handler = get(Account, person.user_id), None
    with open_session() as session:
        handler = session.scalar(select(Handler).where(Handler.user_id == person.user_id))
    return row.username, row.password, row.first_name, handler.phone_index, handler.id_number_index


def test_the_same_person_may_use_the_same_account(visitor: Visitor, cast: Cast):
    before = account(cast.clerk)

    arrive(visitor, **known(cast.clerk))
    visitor.post("/register/check", {"accepted": "1"})

    assert visitor.registration.state == R.PENDING_AGENCY
    assert account(cast.clerk) == before


def test_another_person_may_have_another_account(visitor: Visitor, cast: Cast):
    unit = get(Unit, cast.hospital)

    answer = visitor.post("/register/unit", typed(credit_code=unit.credit_code, unit_name=unit.name))

    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (person_numbers(), TAKEN),
        (
            {"username": "yiyuan2"},
            "您在本系统已有账号[yiyuan]，新注册单位账号和密码必须和已有账号密码保持一致",
        ),
        ({"password": "不对的密码一二三四五"}, "您在本系统已有账号[yiyuan]"),
        ({"username": "yiyuan2", "name": "谭素英"}, NEUTRAL),
        ({"username": "yiyuan2", "phone": "13911112222"}, NEUTRAL),
        ({"name": "谭素英"}, NEUTRAL),
        ({"phone": "13911112222"}, NEUTRAL),
        ({"username": "yiyuan2", "name": "李四方", "id_number": person_numbers()["id_number"]}, NEUTRAL),
        ({"username": "admin2"}, TAKEN),
        ({"username": "yisheng"}, TAKEN),
        ({"username": "YIYUAN", **person_numbers()}, TAKEN),
        ({"credit_code": typed()["credit_code"]}, "账号[yiyuan]属于别的单位"),
    ],
)
def test_the_other_rows_of_the_matrix_are_refused(visitor: Visitor, cast: Cast, changes, sentence):
    before = account(cast.clerk)

    answer = visitor.post("/register/unit", known(cast.clerk, **changes))

    assert answer.status_code == 422
    assert sentence in answer.text
    if sentence in (NEUTRAL, TAKEN) and "yiyuan" not in str(changes.get("username", "yiyuan")).lower():
        assert "[yiyuan]" not in answer.text
    assert account(cast.clerk) == before
    assert visitor.registration is None


def test_the_neutral_refusal_tells_no_user_name(visitor: Visitor, cast: Cast):
    answer = visitor.post("/register/unit", known(cast.clerk, username="somebody", name="谭素英"))

    assert NEUTRAL in answer.text
    assert "yiyuan" not in answer.text


def test_a_handler_who_left_may_register_anew(visitor: Visitor, cast: Cast):
    with open_session() as session:
        session.execute(update(Handler).where(Handler.user_id == cast.far_clerk.user_id).values(active=False))
        session.commit()

    answer = visitor.post(
        "/register/unit",
        known(cast.far_clerk, username="newhere", password=SECRET, credit_code=typed()["credit_code"]),
    )

    assert answer.status_code == 302


def test_wrong_passwords_of_an_account_lock_it_as_at_sign_in(visitor: Visitor, cast: Cast):
    for _ in range(5):
        visitor.post("/register/unit", known(cast.clerk, password="不对的密码一二三四五"))

    assert get(Account, cast.clerk.user_id).locked_until is not None
    assert visitor.post("/register/unit", known(cast.clerk)).status_code == 422


def test_a_password_changed_since_must_be_typed_again(visitor: Visitor, cast: Cast):
    arrive(visitor, **known(cast.clerk))
    with open_session() as session:
        session.execute(
            update(Account).where(Account.id == cast.clerk.user_id).values(password="pbkdf2:sha256:1$a$b")
        )
        session.commit()

    answer = visitor.post("/register/check", {"accepted": "1"})

    assert "必须和已有账号密码保持一致" in answer.text
    assert visitor.registration.state == R.DRAFT


# ---- 审核信息查询 -------------------------------------------------------------------------------------------------


def test_the_status_shows_the_way_and_nothing_of_persons(visitor: Visitor, cast: Cast):
    code = typed()["credit_code"]
    first = cast.registration(R.PENDING_AGENCY, credit_code=code)
    cast.bureau.does("registration", "reject", first, note="证书没有盖章")
    cast.registration(
        R.PENDING_SUPERIOR, credit_code=code, reviewer=Reviewer.SUPERIOR, requested_superior_id=cast.health
    )
    row = get(Registration, first)

    page = visitor.post("/register/status", {"code": code}).text

    assert "宁乡市双凫铺镇卫生院" in page
    assert "待主管单位审核" in page
    assert "宁乡市卫生健康局" in page
    assert "以前的申请" in page
    assert "审核不通过" in page
    hidden = [
        row.name,
        row.id_number_mask,
        row.phone_mask,
        row.username,
        row.receipt,
        "证书没有盖章",
        "承诺书.pdf",
    ]
    hidden += [people.id_number(row), people.phone(row)]
    assert [word for word in hidden if word in page] == []


def test_nothing_found_says_that_registering_was_not_pressed(visitor: Visitor):
    found = visitor.post("/register/status", {"code": typed()["credit_code"]})

    assert "未查到记录，可能未点击“注册”" in found.text


def test_a_wrong_code_is_named(visitor: Visitor):
    answer = visitor.post("/register/status", {"code": "123"})

    assert answer.status_code == 422
    assert "应为18位" in answer.text


def test_a_code_in_the_address_is_not_looked_up(visitor: Visitor, cast: Cast):
    code = get(Registration, cast.registration(R.PENDING_AGENCY)).credit_code

    assert "双凫铺" not in visitor.get(f"/register/status?code={code}").text


@pytest.fixture
def limited(app: Flask) -> Iterator[Visitor]:
    """A browser of the same database, where the limits are on."""
    names = ("SECRET_KEY", "SQLALCHEMY_DATABASE_URI", "FAB_PASSWORD_HASH_METHOD", "ZHIPING_FILES")
    with_limits = create_app({name: app.config[name] for name in names} | {"RATELIMIT_ENABLED": True})
    yield Visitor(with_limits)
    limiter.enabled = False
    with with_limits.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("page", ["status", "withdraw", "resume"])
def test_looking_up_is_limited_to_ten_a_minute(limited: Visitor, page):
    answers = [
        limited.post(f"/register/{page}", {"code": "没有", "password": "没有"}).status_code for _ in range(12)
    ]

    assert answers == [422] * 10 + [429] * 2


# ---- 注册撤回, 重新注册 -------------------------------------------------------------------------------------------


def pending(cast: Cast, **more: object) -> Registration:
    values = {"reviewer": Reviewer.SUPERIOR, "requested_superior_id": cast.health} | more
    return get(Registration, cast.registration(R.PENDING_SUPERIOR, **values))


@pytest.mark.parametrize("by", ["receipt", "credit_code"])
def test_the_registrant_withdraws_with_their_secret(visitor: Visitor, cast: Cast, by):
    row = pending(cast)

    assert (
        visitor.post("/register/withdraw", {"code": getattr(row, by), "password": PASSWORD}).location
        == "/register/mine"
    )
    assert get(Registration, row.id).state == R.PENDING_SUPERIOR
    visitor.post("/register/withdraw/confirm", form="/register/mine")

    assert get(Registration, row.id).state == R.WITHDRAWN


def test_a_wrong_secret_withdraws_nothing(visitor: Visitor, cast: Cast):
    row = pending(cast)

    answer = visitor.post("/register/withdraw", {"code": row.credit_code, "password": "不是这个密码呀呀"})
    assert answer.status_code == 422
    assert "没有查到，或者密码不对" in answer.text
    assert visitor.post("/register/withdraw/confirm", form="/register/status").location == "/register/resume"

    assert get(Registration, row.id).version == row.version


def test_unknown_and_wrong_are_one_answer(visitor: Visitor, cast: Cast):
    row = pending(cast)

    unknown = visitor.post("/register/withdraw", {"code": typed()["credit_code"], "password": PASSWORD})
    wrong = visitor.post("/register/withdraw", {"code": row.credit_code, "password": "不是这个密码呀呀"})

    assert unknown.text.count("没有查到，或者密码不对") == wrong.text.count("没有查到，或者密码不对") > 0


def test_a_draft_of_a_stranger_does_not_stand_in_the_way(visitor: Visitor, cast: Cast):
    row = pending(cast)
    for _ in range(7):
        cast.registration(credit_code=row.credit_code, password="pbkdf2:sha256:1$a$b")

    answer = visitor.post("/register/withdraw", {"code": row.credit_code, "password": PASSWORD})

    assert answer.location == "/register/mine"
    assert visitor.registration.id == row.id


def test_on_the_bureau_route_the_guard_says_whom_to_ask(visitor: Visitor, cast: Cast):
    row = get(Registration, cast.registration(R.PENDING_AGENCY))
    visitor.post("/register/withdraw", {"code": row.receipt, "password": PASSWORD})

    page = visitor.get("/register/mine").text
    assert "不能自行撤回。请联系宁乡市人力资源和社会保障局审核不通过后重新注册。" in page
    visitor.post("/register/withdraw/confirm", form="/register/mine")

    assert get(Registration, row.id).state == R.PENDING_AGENCY


def test_a_setting_opens_withdrawal_on_the_bureau_route(visitor: Visitor, cast: Cast):
    with open_session() as session:
        settings.put(session, settings.WITHDRAW_FROM_BUREAU, 1)
        session.commit()
    row = get(Registration, cast.registration(R.PENDING_AGENCY))
    visitor.post("/register/withdraw", {"code": row.receipt, "password": PASSWORD})

    visitor.post("/register/withdraw/confirm", form="/register/mine")

    assert get(Registration, row.id).state == R.WITHDRAWN


def test_what_was_decided_cannot_be_withdrawn(visitor: Visitor, cast: Cast):
    row = pending(cast)
    cast.superior.does("registration", "approve", row.id)
    visitor.post("/register/withdraw", {"code": row.receipt, "password": PASSWORD})

    assert "已审核通过，不能撤回" in visitor.get("/register/mine").text
    visitor.post("/register/withdraw/confirm", form="/register/mine")
    assert get(Registration, row.id).state == R.APPROVED


@pytest.mark.parametrize("ending", ["reject", "withdraw"])
def test_registering_again_brings_everything_back(visitor: Visitor, cast: Cast, ending):
    row = pending(cast)
    if ending == "reject":
        cast.superior.does("registration", "reject", row.id, note="证书没有盖章")
    else:
        registrations.withdraw(row.id)
    visitor.post("/register/resume", {"code": row.receipt, "password": PASSWORD})
    page = visitor.get("/register/mine").text
    assert ("证书没有盖章" in page) == (ending == "reject")

    assert visitor.post("/register/again", form="/register/mine").location == "/register/unit"

    new = visitor.registration
    assert (new.state, new.credit_code, new.username) == (R.DRAFT, row.credit_code, row.username)
    assert new.receipt != row.receipt
    assert people.id_number(new) == people.id_number(row)
    assert get(Registration, row.id).state != R.DRAFT
    assert "宁乡市双凫铺镇卫生院" in visitor.get("/register/unit").text


def test_a_pending_registration_is_not_registered_again(visitor: Visitor, cast: Cast):
    row = pending(cast)
    visitor.post("/register/resume", {"code": row.receipt, "password": PASSWORD})

    assert visitor.post("/register/again", form="/register/mine").status_code == 404


def test_after_a_refusal_the_setting_may_ask_to_wait(visitor: Visitor, cast: Cast):
    with open_session() as session:
        settings.put(session, settings.WAIT_MINUTES, 30)
        session.commit()
    row = pending(cast)
    cast.superior.does("registration", "reject", row.id, note="证书没有盖章")
    new = registrations.register_again(row.id)

    assert "2026-09-07 09:30 以后可以重新注册。" in registrations.missing(registrations.draft(new))


# ---- what never happens -------------------------------------------------------------------------------------------

PAGES = (
    "/",
    "/business",
    "/unit",
    "/files",
    "/commitment",
    "/check",
    "/done",
    "/resume",
    "/mine",
    "/withdraw",
    "/status",
)


@pytest.mark.parametrize("page", PAGES)
def test_looking_writes_nothing_and_never_fails(visitor: Visitor, page):
    for method in ("get", "head"):
        with visitor.app.app_context():
            answer = getattr(visitor.client, method)(f"/register{page}")
        assert answer.status_code in (200, 302)
    with open_session() as session:
        assert session.scalar(select(func.count()).select_from(Registration)) == 0


@pytest.mark.parametrize(
    "page", ["/unit", "/files", "/check", "/resume", "/withdraw", "/withdraw/confirm", "/again", "/status"]
)
def test_without_a_token_nothing_is_taken(visitor: Visitor, page):
    with visitor.app.app_context():
        assert visitor.client.post(f"/register{page}", data=typed()).status_code == 400


def test_markup_in_names_is_text(visitor: Visitor):
    visitor.post("/register/unit", typed(unit_name="<script>alert(1)</script>卫生院"))

    page = visitor.get("/register/check").text

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_annex_is_printed_with_what_is_known(visitor: Visitor):
    arrive(visitor)

    page = visitor.get("/register/commitment").text

    assert "经办机构告知" in page
    assert "宁乡市沩山乡卫生院" in page
    assert person_numbers()["phone"] not in page
