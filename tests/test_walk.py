"""The main job in a real browser, by every role: from a hospital's registration to a line of the review list.

The demo clock moves on by a press; nothing is done behind the pages' back.
"""

from datetime import date

import pytest

from app import identity
from app.demo.files import document
from tests.cast import PASSWORD
from tests.live import served

pytestmark = pytest.mark.browser

HOSPITAL, DOCTOR = "宁乡市双凫铺镇卫生院", "刘念慈"
CODE = identity.make_credit_code("1243018200000099")
PDF = document()
#: The widths at which the chain is walked: a desktop and a phone.
WIDTHS = {"desktop": 1280, "phone": 390}


def upload(name):
    return {"name": name, "mimeType": "application/pdf", "buffer": PDF}


class Walker:
    """A person at a browser: opens pages, fills fields, presses buttons, and minds what the browser complains of."""

    def __init__(self, browser, base, width):
        self.context = browser.new_context(
            base_url=base, viewport={"width": width, "height": 900}, locale="zh-CN"
        )
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("console", lambda said: self._mind(said.type, said.text))
        self.page.on("request", lambda asked: self._mind_host(base, asked.url))
        self.page.set_default_timeout(10_000)

    def _mind(self, kind, text):
        if kind == "error" and "status of 4" not in text:
            self.complaints.append(text)

    def _mind_host(self, base, url):
        if not url.startswith((base, "data:", "blob:", "chrome")):
            self.complaints.append(url)

    def sign_in(self, username):
        self.page.goto("/login/")
        self.fill(username=username, password=PASSWORD)
        self.press("登录")
        return self

    def fill(self, **fields):
        for name, value in fields.items():
            self.page.fill(f"main [name={name}]", value)

    def choose(self, **fields):
        for name, value in fields.items():
            self.page.select_option(f"main [name={name}]", value)

    def press(self, name):
        self.page.locator("main").get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def follow(self, name):
        self.page.locator("main").get_by_role("link", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def take(self, step, note="", **fields):
        """Take a step from the case page: its button, the confirm page, the press."""
        button = self.page.locator(".stepbar-do").get_by_role("link", name=step, exact=True)
        assert button.count(), self.text()
        button.click()
        self.page.wait_for_load_state()
        assert self.sees("还没有办理")
        self.fill(**fields)
        if note:
            self.fill(note=note)
        self.confirm()

    def confirm(self):
        self.page.click("main button[name=confirm]")
        self.page.wait_for_load_state()

    def open_case(self, queue, name=DOCTOR):
        self.page.goto(f"/applications/list/?queue={queue}")
        self.page.locator("main").get_by_role("link", name=name).first.click()
        self.page.wait_for_load_state()

    def text(self):
        return self.page.locator("body").inner_text()

    def sees(self, words):
        """The page says so; where it does not, the failure shows what it says."""
        assert words in self.text(), self.text()
        return True

    def next_working_day(self, day):
        """Move the demo clock on until a day."""
        while day not in self.page.locator(".demobar").inner_text():
            self.page.get_by_role("button", name="下一个工作日").first.click()
            self.page.wait_for_load_state()


@pytest.fixture(scope="module", params=["desktop", pytest.param("phone", marks=pytest.mark.long)])
def stage(request, chromium, tmp_path_factory):
    """A served application and the way to put people at browsers of one width."""
    walkers = []

    with served(tmp_path_factory.mktemp("walk")) as (base, cast, app):

        def person(username=""):
            walker = Walker(chromium, base, WIDTHS[request.param])
            walkers.append(walker)
            return walker.sign_in(username) if username else walker

        yield person, cast, app
        for walker in walkers:
            walker.context.close()
    assert [it for walker in walkers for it in walker.complaints] == []


def test_the_whole_chain(stage):
    person, cast, app = stage
    hospital_registers(person())
    bureau_approves(person("ningxiang"))
    clerk = person("sfpwsy")
    doctor = doctor_applies(person(), cast)
    assert "审核中" in doctor.page.locator("main").inner_text()

    clerk.open_case("unit_review")
    assert "4301" in clerk.page.locator("main").inner_text()
    clerk.take("审核通过", note="材料齐全，同意。")
    unit_publicises(clerk)
    clerk.open_case("recommendation")
    clerk.take("推荐上报", note="同意推荐。")

    passes(person("wjj"), "superior_review", "审核通过")
    passes(person("ningxiang"), "formal_review", "形式审查通过")
    passes(person("shi"), "formal_review", "形式审查通过")
    office = person("pingwei")
    passes(office, "qualification", "受理")

    office_holds_the_meeting(office)
    result_is_filed(office, person("shi"))
    doctor.page.goto("/me/")
    assert doctor.sees("评审通过，已确认备案")
    the_list_names_the_doctor(office, app)


def hospital_registers(walker):
    page = walker.page
    page.goto("/register/")
    walker.press("选好了，继续注册")
    walker.press("选好了，继续注册")
    walker.fill(credit_code=CODE[:-1] + "0", unit_name=HOSPITAL, username="sfpwsy", password=PASSWORD)
    walker.choose(unit_kind="hospital", region_code="430182")
    page.check("main [name=titles]")
    page.check("main [name=reviewer][value=agency]")
    number = identity.make_id_number("430124", date(1980, 5, 6), 11)
    walker.fill(name="刘经办", id_number=number, phone="13900000011")
    page.click("main .formbar button[type=submit]")
    assert "校验" in page.locator("main .error").first.inner_text()
    assert page.input_value("main [name=unit_name]") == HOSPITAL
    walker.fill(credit_code=CODE, password=PASSWORD)
    page.click("main .formbar button[type=submit]")
    page.wait_for_load_state()
    page.set_input_files("main [name=commitment]", upload("用户告知承诺书.pdf"))
    page.set_input_files("main [name=certificate]", upload("登记证书.pdf"))
    walker.press("保存附件")
    assert walker.sees("附件已保存，尚未提交注册")
    assert walker.sees("宁乡市人力资源和社会保障局")
    page.check("main [name=accepted]")
    walker.press("注册")
    assert walker.sees("注册申请已提交")
    page.goto("/login/")
    walker.fill(username="sfpwsy", password=PASSWORD)
    walker.press("登录")
    assert walker.sees("账号审核中")


def bureau_approves(walker):
    walker.page.goto("/registrations/list/?queue=registrations")
    walker.follow(HOSPITAL)
    walker.page.locator(".stepbar-do").get_by_role("link", name="审核通过", exact=True).click()
    walker.confirm()
    assert walker.sees("请选择主管单位，或者勾选“无主管单位，直报”。")
    walker.page.get_by_label("宁乡市卫生健康局").check()
    walker.confirm()
    assert walker.sees("已办理“审核通过”")


def doctor_applies(walker, cast):
    page = walker.page
    page.goto("/signup/")
    walker.fill(q=HOSPITAL)
    walker.press("查找单位")
    page.locator("main .rows a.btn").first.click()
    page.wait_for_load_state()
    number = identity.make_id_number("430124", date(1988, 2, 3), 22)
    walker.fill(name=DOCTOR, id_number=number, phone="13900000022", password=PASSWORD, again=PASSWORD)
    page.check("main [name=service]")
    page.check("main [name=privacy]")
    walker.press("注册个人账号")
    walker.sign_in(number)
    page.goto("/me/archive/edit")
    walker.choose(education="21")
    walker.fill(department="全科", current_title="医师", current_title_on="2019-11-01")
    page.click("main .btn-primary[type=submit]")
    page.wait_for_load_state()
    page.goto("/me/new")
    page.locator(f"a[href='/me/new/{cast.plan_id}']").click()
    page.wait_for_load_state()
    walker.choose(title_id=str(cast.title_id), specialty="心血管内科")
    walker.fill(summary="近五年主持院内课题两项，门诊工作量居科室第二。")
    page.check("main [name=committed]")
    walker.press("暂存申报")
    assert walker.sees("已暂存，尚未提交。接下来上传材料。")
    for kind in ("education", "report", "form"):
        page.set_input_files(f"#f-{kind}", upload(f"{kind}材料.pdf"))
        page.locator(f"#{kind}").get_by_role("button", name="上传").click()
        page.wait_for_load_state()
    walker.follow("材料传好了，去提交")
    walker.follow(f"提交给{HOSPITAL}")
    walker.confirm()
    page.goto("/me/")
    return walker


def unit_publicises(walker):
    page = walker.page
    walker.open_case("unit_publicity")
    walker.take("新增公示", contact="刘经办", telephone="0731-88000016", starts_on="2026-09-07", days="5")
    page.goto("/publicities/list/")
    page.locator("main tbody a").first.click()
    page.wait_for_load_state()
    assert walker.sees("公示尚未期满，2026-09-11 24:00 后可录入结果。")
    walker.next_working_day("2026-09-14")
    page.goto("/publicities/list/")
    page.locator("main tbody a").first.click()
    page.wait_for_load_state()
    walker.take("公示结果保存")


def passes(walker, queue, step):
    walker.open_case(queue)
    walker.take(step)


def office_holds_the_meeting(walker):
    page = walker.page
    walker.next_working_day("2026-09-21")
    page.goto("/meetings/new")
    page.locator("main .rows a.btn").first.click()
    page.wait_for_load_state()
    walker.fill(name="2026 年度第 1 次评审会议", held_at="2026-09-21T09:00", place="长沙", host="罗正明")
    page.check("main [name=host_role][value=deputy]")
    page.locator("main input[name=row]").first.check()
    walker.press("安排会议")
    walker.take("开始会议", present="13")
    page.goto("/meetings/list/")
    page.locator("main tbody a").first.click()
    page.wait_for_load_state()
    page.locator(".stepbar-do").get_by_role("link", name="录入票数", exact=True).click()
    page.wait_for_load_state()
    for name, count in (("recused", "1"), ("yes", "8"), ("no", "3"), ("abstain", "0")):
        page.fill(f"main input[name^={name}-]", count)
    walker.press("保存票数")
    assert page.locator("main td .error").count() == 1
    page.fill("main input[name^=abstain-]", "1")
    walker.press("保存票数")
    meeting = "/meetings/list/"
    for step, fields in (
        ("宣布结果", {"announcer": "罗正明"}),
        (
            "结果公示",
            {"contact": "贺敏", "telephone": "0731-88000032", "starts_on": "2026-09-21", "days": "5"},
        ),
    ):
        page.goto(meeting)
        page.locator("main tbody a").first.click()
        page.wait_for_load_state()
        walker.take(step, **fields)


def result_is_filed(office, bureau):
    office.next_working_day("2026-09-29")
    office.page.goto("/publicities/list/")
    office.page.locator("main tbody a").first.click()
    office.page.wait_for_load_state()
    office.take("公示结果保存")
    bureau.page.goto("/meetings/list/?queue=result_filing")
    bureau.page.locator("main tbody a").first.click()
    bureau.page.wait_for_load_state()
    bureau.take("结果备案", filing_no="长人社备〔2026〕12 号")


def the_list_names_the_doctor(office, app):
    page = office.page
    page.goto("/applications/list/")
    office.follow("导出评审名单")
    with page.expect_download() as download:
        page.locator("main").get_by_role("button", name="导出 CSV").click()
    text = download.value.path().read_bytes().decode("utf-8-sig")
    assert download.value.suggested_filename.startswith("评审名单_")
    line = next(line for line in text.splitlines() if DOCTOR in line)
    assert HOSPITAL in line
    assert ",13,8,3,1,通过," in line or ",12,8,3,1,通过," in line, line
    result = app.test_cli_runner().invoke(args=["check"])
    assert result.exit_code == 0, result.output
