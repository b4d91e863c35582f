"""Formats of what identifies a unit or a person: normalise and check, without an application or a database.

Sources: GB 32100-2015 and GB 11714 (codes of units), GB 11643-1999 (ID numbers), domain.md 3. What is
certainly wrong raises ValueError with one sentence for the person who typed it; what is only unlikely comes
back as warnings. No sentence repeats the number, since sentences end in logs and on screens that others see.
"""

import re
import unicodedata
from datetime import date

from app.clock import today as today_in_shanghai

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
_CREDIT_CODE = re.compile(f"[{ALPHABET}]{{2}}[1-9][0-9]{{5}}[{ALPHABET}]{{8,10}}")

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
YOUNGEST, OLDEST = 16, 100

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))

_DOTS = str.maketrans(dict.fromkeys("•．‧・･∙⋅", "·"))
_HAN = "〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
_NAME = re.compile(f"[{_HAN}{_LATIN}]+([ ·][{_HAN}{_LATIN}]+)*")
_SPACE_BESIDE_HAN_OR_DOT = re.compile(f"(?<=[{_HAN}·]) +| +(?=[{_HAN}·])")
SHORTEST_NAME, LONGEST_NAME = 2, 50

LENGTH = 18

DEPARTMENTS = {
    "1": "机构编制部门登记的单位",
    "2": "外交部门登记的单位",
    "3": "司法行政部门登记的单位",
    "4": "文化部门登记的单位",
    "5": "民政部门登记的单位",
    "6": "旅游部门登记的单位",
    "7": "宗教部门登记的单位",
    "8": "工会组织",
    "9": "工商部门登记的单位",
    "A": "军队系统单位",
    "N": "农村集体经济组织",
    "Y": "其他部门登记的单位",
}
CATEGORIES = {
    "11": "机关",
    "12": "事业单位",
    "13": "群团组织",
    "31": "律师事务所",
    "32": "公证处",
    "33": "基层法律服务所",
    "34": "司法鉴定机构",
    "35": "仲裁机构",
    "51": "社会团体",
    "52": "民办非企业单位",
    "53": "基金会",
    "91": "企业",
    "92": "个体工商户",
    "93": "农民专业合作社",
}
USUAL_PREFIXES = {
    "office": ("1",),
    "city_superior": ("1",),
    "school": ("12",),
    "hospital": ("12",),
    "institution": ("12",),
    "state_group": ("91",),
    "state_subsidiary": ("91",),
    "private": ("91", "93"),
    "social": ("3", "5", "7", "8"),
    "agency": ("1", "5", "91"),
    "sole_trader": ("92",),
}
"""How codes of each 单位类型 (`states.UnitKind`, by its stored value) usually begin: a hint, never a rule."""


def credit_code(text: str) -> str:
    """Return a 统一社会信用代码 in its normal form of 18 characters, or raise ValueError.

    Checked are the alphabet (no I, O, S, V, Z), the region in characters 3 to 8 (digits; GB/T 2260 never
    begins with 0) and the check character. Characters 1, 2 and the inner check digit only warn
    (`credit_code_warnings`), because A, N and Y codes and codes without a valid inner digit are in use.
    """
    code = _compact(text)
    _check_length("统一社会信用代码", code)
    for position, character in enumerate(code, start=1):
        if character not in _VALUE:
            raise ValueError(
                f"统一社会信用代码第{position}位有误：只能是数字或大写英文字母，且不使用I、O、S、V、Z。"
            )
    if not _CREDIT_CODE.fullmatch(code):
        raise ValueError("统一社会信用代码第3至8位应为6位数字的行政区划代码。")
    if code[17] != _credit_check(code):
        raise ValueError("统一社会信用代码校验位不符，请逐位核对。")
    return code


def credit_code_warnings(code: str, unit_kind: str | None = None) -> list[str]:
    """Return what is unlikely about a code that `credit_code` accepted, as sentences; [] if nothing is.

    `unit_kind` is the stored value of the chosen 单位类型 and compared with characters 1 and 2 (GB 32100
    tables 1, 2); an unknown or missing one is not compared.
    """
    warnings = []
    if code[0] not in DEPARTMENTS:
        warnings.append("统一社会信用代码第1位不是已知的登记管理部门代码，请核对登记证书。")
    elif not code.startswith(USUAL_PREFIXES.get(unit_kind, ("",))):
        nature = CATEGORIES.get(code[:2], DEPARTMENTS[code[0]])
        warnings.append(f"统一社会信用代码以{code[:2]}开头，通常属于{nature}，与所选单位类型不一致，请核对。")
    if code[16] != _organisation_check(code[8:16]):
        warnings.append("统一社会信用代码第9至17位的组织机构代码校验位不符，请核对登记证书。")
    return warnings


def make_credit_code(first: str) -> str:
    """Complete a synthetic code: 17 characters get the check character, 16 get the inner check digit as well.

    For demo data and tests; raises ValueError for anything else.
    """
    if not _CREDIT_CODE.fullmatch(first) or len(first) == LENGTH:
        raise ValueError("应给出统一社会信用代码的前16位或前17位。")
    body = first if len(first) == LENGTH - 1 else first + _organisation_check(first[8:])
    return body + _credit_check(body)


def id_number(text: str, today: date | None = None) -> str:
    """Return a 居民身份证号码 in its normal form of 18 characters, or raise ValueError.

    The address is not looked up: 430124 was 宁乡县 and is in use, and 81, 82, 83 begin the residence permits
    of 港澳台居民. The birth date must exist and not be later than `today` (by default today in Shanghai).
    """
    number = _compact(text)
    _check_length("身份证号码", number)
    if not _ID_NUMBER.fullmatch(number):
        raise ValueError("身份证号码应为17位数字加1位校验码（数字或X），且不以0开头。")
    if birth_date(number) > (today or today_in_shanghai()):
        raise ValueError("身份证号码中的出生日期晚于今天。")
    if number[17] != _id_check(number):
        raise ValueError("身份证号码校验位不符，请逐位核对。")
    return number


def id_number_warnings(number: str, today: date | None = None) -> list[str]:
    """Return what is unlikely about a number that `id_number` accepted: an age outside 16 to 100; else []."""
    age = _age(birth_date(number), today or today_in_shanghai())
    if YOUNGEST <= age <= OLDEST:
        return []
    return [f"按身份证号码计算的年龄不在{YOUNGEST}至{OLDEST}周岁之间，请核对。"]


def birth_date(number: str) -> date:
    """Return the birth date in characters 7 to 14 of an ID number; ValueError if there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise ValueError("身份证号码中的出生日期不存在。") from None


def gender(number: str) -> str:
    """Return '男' or '女' from character 17 of an ID number: odd is male, even female."""
    return "男" if int(number[16]) % 2 else "女"


def make_id_number(region: str, born: date, sequence: int) -> str:
    """Return a synthetic ID number with a valid check character, for demo data and tests.

    `region` has 6 digits, `sequence` is 0 to 999, odd for a man. Raises ValueError for anything else.
    """
    body = f"{region}{born:%Y%m%d}{sequence:03d}"
    if not _ID_NUMBER.fullmatch(body + "0"):
        raise ValueError("应给出6位行政区划代码、出生日期和0至999的顺序号。")
    return body + _id_check(body)


def phone(text: str) -> str:
    """Return a mobile number as 11 digits, or raise ValueError; +86, spaces and hyphens are taken out."""
    number = _dial(text).replace("-", "").removeprefix("+86")
    if not _MOBILE.fullmatch(number):
        raise ValueError("手机号码应为以13至19开头的11位数字。")
    return number


def telephone(text: str) -> str:
    """Return a mobile number, or a landline with area code (extension allowed), or raise ValueError."""
    number = _dial(text)
    if _LANDLINE.fullmatch(number):
        return number
    try:
        return phone(number)
    except ValueError:
        raise ValueError("联系电话应为11位手机号码，或带区号的固定电话，例如0731-12345678。") from None


def person_name(text: str) -> str:
    """Return a person's name of 2 to 50 characters, or raise ValueError.

    Chinese characters or Latin letters, with · between the parts of a minority name (look-alikes are put
    right) and one space between Latin words; spaces set between Chinese characters for looks are taken out.
    """
    spaced = " ".join(_visible(text.translate(_DOTS)).split())
    name = _SPACE_BESIDE_HAN_OR_DOT.sub("", spaced)
    if not (SHORTEST_NAME <= len(name) <= LONGEST_NAME and _NAME.fullmatch(name)):
        raise ValueError(f"姓名应为{SHORTEST_NAME}至{LONGEST_NAME}个汉字或字母，中间可用间隔号“·”。")
    return name


def _visible(text: str) -> str:
    """Apply NFKC (full-width digits become plain) and drop zero-width characters, which copying brings."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")


def _compact(text: str) -> str:
    return "".join(_visible(text).split()).upper()


def _dial(text: str) -> str:
    return _compact(text).translate(_DASHES)


def _check_length(name: str, text: str) -> None:
    if not text:
        raise ValueError(f"请填写{name}。")
    if len(text) != LENGTH:
        raise ValueError(f"{name}应为{LENGTH}位，现为{len(text)}位。")


def _credit_check(code: str) -> str:
    total = sum(_VALUE[character] * weight for character, weight in zip(code, _WEIGHTS, strict=False))
    return ALPHABET[-total % 31]


def _organisation_check(body: str) -> str:
    """Return the check digit of an organisation code's 8 characters, A to Z being 10 to 35 (GB 11714)."""
    total = sum(
        int(character, 36) * weight for character, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0123456789X"[-total % 11]


def _id_check(number: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    return _ID_CHECKS[total % 11]


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
