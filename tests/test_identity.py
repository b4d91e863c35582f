"""Formats of codes, numbers, phones and names."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import clock, identity

TODAY = date(2026, 11, 20)
CREDIT_CODES = ["91110000600037341L", "12430182446005711Q", "514300005001403171", "N2430182MF00000130"]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

FIRST_SEVENTEEN = st.builds(
    lambda head, region, body: f"{head}{region}{body}",
    st.text(ALPHABET, min_size=2, max_size=2),
    st.integers(100000, 999999),
    st.text(ALPHABET, min_size=9, max_size=9),
)
ID_NUMBERS = st.builds(
    identity.make_id_number,
    st.integers(100000, 999999).map(str),
    st.dates(date(1880, 1, 1), TODAY),
    st.integers(0, 999),
)


@pytest.mark.parametrize("code", CREDIT_CODES)
def test_credit_code_accepts_valid_codes_without_warning(code):
    assert (identity.credit_code(code), identity.credit_code_warnings(code)) == (code, [])


@pytest.mark.parametrize(
    "text",
    [
        "91110000600037341l",
        "  91110000600037341L\n",
        "9111 0000 6000 3734 1L",
        "９１１１００００６０００３７３４１Ｌ",
        "\ufeff91110000600037341\u200bL",
        "9111\u30000000600037341L",
    ],
)
def test_credit_code_normalises(text):
    assert identity.credit_code(text) == "91110000600037341L"


FORBIDDEN = "只能是数字或大写英文字母，且不使用I、O、S、V、Z。"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "请填写统一社会信用代码。"),
        (" \u3000 ", "请填写统一社会信用代码。"),
        ("91110000600037341", "统一社会信用代码应为18位，现为17位。"),
        ("91110000600037341L0", "统一社会信用代码应为18位，现为19位。"),
        ("91110000600037341M", "统一社会信用代码校验位不符，请逐位核对。"),
        ("I1110000600037341L", f"统一社会信用代码第1位有误：{FORBIDDEN}"),
        ("9O110000600037341L", f"统一社会信用代码第2位有误：{FORBIDDEN}"),
        ("91110000Z00037341L", f"统一社会信用代码第9位有误：{FORBIDDEN}"),
        ("911100006S0037341L", f"统一社会信用代码第10位有误：{FORBIDDEN}"),
        ("91110000600037341V", f"统一社会信用代码第18位有误：{FORBIDDEN}"),
        ("91110000-60037341L", f"统一社会信用代码第9位有误：{FORBIDDEN}"),
        ("91110000中60037341L", f"统一社会信用代码第9位有误：{FORBIDDEN}"),
        ("9111000060003734٣L", f"统一社会信用代码第17位有误：{FORBIDDEN}"),
        ("911100A0600037341L", "统一社会信用代码第3至8位应为6位数字的行政区划代码。"),
        ("000000000000000000", "统一社会信用代码第3至8位应为6位数字的行政区划代码。"),
    ],
)
def test_credit_code_says_what_is_wrong(text, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        identity.credit_code(text)


@given(FIRST_SEVENTEEN)
def test_a_made_credit_code_is_accepted(first):
    code = identity.make_credit_code(first)

    assert (code[:17], identity.credit_code(code.lower())) == (first, code)


@given(FIRST_SEVENTEEN.map(lambda first: first[:16]))
def test_a_credit_code_made_from_sixteen_characters_has_a_valid_inner_digit(first):
    code = identity.make_credit_code("91" + first[2:])

    assert (identity.credit_code(code), identity.credit_code_warnings(code)) == (code, [])


@given(FIRST_SEVENTEEN, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_changed_character_of_a_credit_code_is_found(first, position, character):
    code = identity.make_credit_code(first)
    changed = code[:position] + character + code[position + 1 :]

    if changed != code:
        with pytest.raises(ValueError, match=r"^统一社会信用代码"):
            identity.credit_code(changed)


@given(st.text())
def test_credit_code_returns_eighteen_characters_or_raises(text):
    try:
        result = len(identity.credit_code(text))
    except ValueError as refused:
        result = str(refused)[-1]

    assert result in (18, "。")


@pytest.mark.parametrize(
    "first", ["", "911100006000373", "91110000600037341L", "9I11000060003734", "91A1000060003734"]
)
def test_make_credit_code_refuses_anything_else(first):
    with pytest.raises(ValueError, match=r"^应给出统一社会信用代码的前16位或前17位。$"):
        identity.make_credit_code(first)


@pytest.mark.parametrize(
    ("code", "kind", "warnings"),
    [
        ("12430182446005711Q", "hospital", []),
        ("12430182446005711Q", "agency", []),
        ("12430182446005711Q", None, []),
        ("12430182446005711Q", "unheard_of", []),
        (
            "12430182446005711Q",
            "private",
            ["统一社会信用代码以12开头，通常属于事业单位，与所选单位类型不一致，请核对。"],
        ),
        (
            "N2430182MF00000130",
            "sole_trader",
            ["统一社会信用代码以N2开头，通常属于农村集体经济组织，与所选单位类型不一致，请核对。"],
        ),
        (
            identity.make_credit_code("91430100000000009"),
            "school",
            [
                "统一社会信用代码以91开头，通常属于企业，与所选单位类型不一致，请核对。",
                "统一社会信用代码第9至17位的组织机构代码校验位不符，请核对登记证书。",
            ],
        ),
        (
            identity.make_credit_code("B143010012345678"),
            "school",
            ["统一社会信用代码第1位不是已知的登记管理部门代码，请核对登记证书。"],
        ),
    ],
)
def test_credit_code_warnings_say_what_is_unlikely(code, kind, warnings):
    assert identity.credit_code_warnings(identity.credit_code(code), kind) == warnings


def test_inner_digits_of_ten_and_eleven_are_x_and_0():
    made = [identity.make_credit_code(f"91430100{body}") for body in ("00000006", "00000000")]

    assert [code[16] for code in made] == ["X", "0"]


@pytest.mark.parametrize(
    "number",
    [
        "11010519491231002X",
        "430122197501014511",
        "440524188001010014",
        "430182198503120036",
        identity.make_id_number("430124", date(1985, 3, 12), 3),
        identity.make_id_number("810000", date(1985, 3, 12), 3),
        identity.make_id_number("820000", date(1985, 3, 12), 3),
        identity.make_id_number("830000", date(1985, 3, 12), 3),
        identity.make_id_number("430102", date(2000, 2, 29), 999),
    ],
)
def test_id_number_accepts_historical_regions_and_residence_permits(number):
    assert identity.id_number(number, TODAY) == number


@pytest.mark.parametrize(
    "text", ["11010519491231002x", " 110105 19491231 002X ", "１１０１０５１９４９１２３１００２ｘ"]
)
def test_id_number_normalises(text):
    assert identity.id_number(text) == "11010519491231002X"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "请填写身份证号码。"),
        ("110105491231002", "身份证号码应为18位，现为15位。"),
        ("11010519491231002Y", "身份证号码应为17位数字加1位校验码（数字或X），且不以0开头。"),
        ("1101051949123100XX", "身份证号码应为17位数字加1位校验码（数字或X），且不以0开头。"),
        ("01010519491231002X", "身份证号码应为17位数字加1位校验码（数字或X），且不以0开头。"),
        ("1101051949123100٢X", "身份证号码应为17位数字加1位校验码（数字或X），且不以0开头。"),
        ("430102199002290013", "身份证号码中的出生日期不存在。"),
        ("430102199013010013", "身份证号码中的出生日期不存在。"),
        ("430102000001010013", "身份证号码中的出生日期不存在。"),
        ("110105194912310020", "身份证号码校验位不符，请逐位核对。"),
        (identity.make_id_number("430102", date(2026, 11, 21), 1), "身份证号码中的出生日期晚于今天。"),
    ],
)
def test_id_number_says_what_is_wrong(text, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        identity.id_number(text, TODAY)


def test_id_number_of_a_child_born_today_is_accepted_by_the_day_in_shanghai():
    newborn = identity.make_id_number("430102", date(2026, 11, 21), 1)

    with clock.fixed(datetime(2026, 11, 20, 16, tzinfo=UTC)):
        accepted = identity.id_number(newborn)

    assert accepted == newborn


@given(ID_NUMBERS)
def test_a_made_id_number_is_accepted(number):
    assert identity.id_number(f" {number.lower()}", TODAY) == number


@given(st.dates(date(1000, 1, 1)), st.integers(0, 999))
def test_birth_date_and_gender_are_those_it_was_made_from(born, sequence):
    number = identity.make_id_number("430182", born, sequence)

    assert (identity.birth_date(number), identity.gender(number)) == (born, "女男"[sequence % 2])


@given(ID_NUMBERS, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_changed_character_of_an_id_number_is_found(number, position, character):
    changed = number[:position] + character + number[position + 1 :]

    if changed != number:
        with pytest.raises(ValueError, match=r"^身份证号码"):
            identity.id_number(changed, TODAY)


@given(st.text(st.characters(), min_size=4) | ID_NUMBERS.map(lambda number: number[:-1] + "Z"))
def test_no_sentence_repeats_the_number(text):
    for check in (identity.id_number, identity.credit_code):
        said = "。"
        try:
            check(text)  # a text may happen to be a valid number
        except ValueError as refused:
            said = str(refused)

        assert said.endswith("。")
        assert len(text) < 17 or text not in said


@pytest.mark.parametrize(
    ("region", "born", "sequence"),
    [
        ("43018", date(1985, 3, 12), 3),
        ("030182", date(1985, 3, 12), 3),
        ("430182", date(1985, 3, 12), 1000),
        ("430182", date(1985, 3, 12), -10),
    ],
)
def test_make_id_number_refuses_anything_else(region, born, sequence):
    with pytest.raises(ValueError, match=r"^应给出6位行政区划代码、出生日期和0至999的顺序号。$"):
        identity.make_id_number(region, born, sequence)


UNLIKELY_AGE = ["按身份证号码计算的年龄不在16至100周岁之间，请核对。"]


@pytest.mark.parametrize(
    ("born", "warnings"),
    [
        (date(2010, 11, 21), UNLIKELY_AGE),
        (date(2010, 11, 20), []),
        (date(1925, 11, 21), []),
        (date(1925, 11, 20), UNLIKELY_AGE),
        (date(1880, 1, 1), UNLIKELY_AGE),
    ],
)
def test_id_number_warnings_begin_below_16_and_above_100(born, warnings):
    number = identity.make_id_number("440524", born, 1)

    assert identity.id_number_warnings(number, TODAY) == warnings


def test_id_number_warnings_ask_the_clock_without_a_day():
    number = identity.make_id_number("440524", date(2010, 11, 21), 1)

    with clock.fixed(date(2026, 11, 21)):
        assert identity.id_number_warnings(number) == []


@pytest.mark.parametrize(
    "text", ["13812341234", " 138 1234 1234", "138-1234-1234", "+86 13812341234", "１３８１２３４１２３４"]
)
def test_phone_normalises(text):
    assert (identity.phone(text), identity.telephone(text)) == ("13812341234", "13812341234")


@pytest.mark.parametrize(
    "text", ["", "12812341234", "1381234123", "138123412345", "1381234123a", "1381234123٤"]
)
def test_phone_refuses_what_is_no_mobile_number(text):
    with pytest.raises(ValueError, match=r"^手机号码应为以13至19开头的11位数字。$"):
        identity.phone(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0731-12345678", "0731-12345678"),
        ("0731—1234567", "0731-1234567"),
        ("073112345678", "073112345678"),
        ("010-12345678-801", "010-12345678-801"),
    ],
)
def test_telephone_accepts_landlines(text, number):
    assert identity.telephone(text) == number


@pytest.mark.parametrize("text", ["", "12345678", "0731-123456", "0731-12345678-", "12812341234"])
def test_telephone_refuses_what_is_neither(text):
    sentence = "联系电话应为11位手机号码，或带区号的固定电话，例如0731-12345678。"

    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        identity.telephone(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("张三", "张三"),
        (" 张　三 ", "张三"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉．买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉 · 买买提", "阿卜杜拉·买买提"),
        ("John  Smith", "John Smith"),
        ("José Müller", "José Müller"),
        ("Ｊｏｈｎ", "John"),
        ("𠮷〇", "𠮷〇"),
        ("张\u200b三", "张三"),
        ("张" * 50, "张" * 50),
    ],
)
def test_person_name_normalises(text, name):
    assert identity.person_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "张",
        "张" * 51,
        "张三1",
        "张三;",
        "·张三",
        "张三·",
        "张··三",
        "=张三",
        "张_三",
        "×÷",
        "<b>张三</b>",
    ],
)
def test_person_name_refuses_anything_else(text):
    with pytest.raises(ValueError, match=r"^姓名应为2至50个汉字或字母，中间可用间隔号“·”。$"):
        identity.person_name(text)


@given(st.text("张三阿A b·•"))
def test_normalising_a_name_twice_changes_nothing(text):
    try:
        name = identity.person_name(text)
    except ValueError:
        return

    assert identity.person_name(name) == name
