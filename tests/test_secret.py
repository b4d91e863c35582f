"""Sealing personal data, the blind index, key rotation and masks."""

import base64
import re
from types import SimpleNamespace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app import secret
from app.secret import Keys, Sealed

OLD, NEW = bytes(range(32)), bytes(range(100, 132))
OLD_TEXT, NEW_TEXT = base64.b64encode(OLD).decode(), base64.b64encode(NEW).decode()
KEYS = Keys.parse(f"k1:{OLD_TEXT}")
PLACE = "applicant:9f3c:id_number"
ENCODABLE = st.text(st.characters(exclude_categories=["Cs"]))


@given(ENCODABLE, ENCODABLE)
def test_what_is_sealed_opens_in_its_place(text, place):
    assert KEYS.open(KEYS.seal(text, place), place) == text


@given(ENCODABLE, ENCODABLE, ENCODABLE)
def test_what_is_sealed_stays_sealed_in_another_place(text, place, elsewhere):
    sealed = KEYS.seal(text, place)

    if elsewhere != place:
        with pytest.raises(Sealed):
            KEYS.open(sealed, elsewhere)


@given(st.data(), ENCODABLE, st.characters())
def test_one_changed_character_keeps_it_sealed(data, text, character):
    sealed = KEYS.seal(text, PLACE)
    position = data.draw(st.integers(0, len(sealed) - 1))
    changed = sealed[:position] + character + sealed[position + 1 :]

    if changed != sealed:
        with pytest.raises(Sealed):
            KEYS.open(changed, PLACE)


@pytest.mark.parametrize("length", range(1, 4))
def test_the_unused_bits_of_the_last_character_are_not_ignored(length):
    sealed = KEYS.seal("x" * length, PLACE)
    body = sealed.rstrip("=")
    padding = sealed[len(body) :]

    twins = [
        body[:-1] + last + padding
        for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    ]

    assert [twin for twin in twins if opens(twin)] == [sealed]


def opens(sealed: str) -> bool:
    """Say whether the value opens in its place."""
    try:
        KEYS.open(sealed, PLACE)
    except Sealed:
        return False
    return True


@pytest.mark.parametrize("sealed", ["", ".", "k1", "k1.", "k1.AAAA", "k2.AAAA", "k1.不", "k1.AAA", "k1.A+/A"])
def test_what_was_never_sealed_is_refused_with_the_same_sentence(sealed):
    with pytest.raises(Sealed, match=r"^加密资料无法读取。$") as refused:
        KEYS.open(sealed, PLACE)

    assert (refused.value.__cause__, refused.value.__suppress_context__) == (None, True)


def test_sealing_twice_gives_different_values_that_hide_the_text():
    sealed = {KEYS.seal("430122197501014511", PLACE) for _ in range(100)}

    assert len(sealed) == 100
    assert all(re.fullmatch(r"k1\.[A-Za-z0-9_-]{62}==", value) for value in sealed)


def test_another_key_under_the_same_id_does_not_open():
    sealed = KEYS.seal("张三", PLACE)

    with pytest.raises(Sealed):
        Keys.parse(f"k1:{NEW_TEXT}").open(sealed, PLACE)


def test_rotation_seals_with_the_new_key_opens_old_values_and_keeps_the_index():
    old_value = KEYS.seal("张三", PLACE)

    rotated = Keys.parse(f"k2:{NEW_TEXT}, k1:{OLD_TEXT}")

    assert rotated.ids == ("k2", "k1")
    assert rotated.seal("李四", PLACE).startswith("k2.")
    assert rotated.open(old_value, PLACE) == "张三"
    assert rotated.open(rotated.seal("李四", PLACE), PLACE) == "李四"
    assert rotated.index("id_number", "430122197501014511") == KEYS.index("id_number", "430122197501014511")


def test_index_depends_on_key_kind_and_text_alone():
    other = Keys.parse(f"k1:{NEW_TEXT}")
    entries = [
        KEYS.index("id_number", "13812341234"),
        KEYS.index("phone", "13812341234"),
        KEYS.index("phone", "13812341235"),
        other.index("phone", "13812341234"),
        KEYS.index("phone:1", "2"),
        KEYS.index("phone", "1:2"),
    ]

    assert len(set(entries)) == len(entries)
    assert all(re.fullmatch(r"[0-9a-f]{64}", entry) for entry in entries)
    assert Keys.parse(f"renamed:{OLD_TEXT}").index("phone", "13812341234") == entries[1]


def test_index_of_a_known_value_never_changes_between_versions():
    assert KEYS.index("id_number", "11010519491231002X") == (
        "3faf8650ace3988b0126becee3a4fbb17d45b6310e802c7c71379aaf1b78370f"
    )


def test_keys_accept_url_safe_base64():
    key = bytes([255] * 32)
    plain = Keys.parse(f"k1:{base64.b64encode(key).decode()}")

    url_safe = Keys.parse(f"k1:{base64.urlsafe_b64encode(key).decode()}")

    assert url_safe.open(plain.seal("张三", PLACE), PLACE) == "张三"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "密钥应写作“编号:base64密钥”，编号由1至32个字母、数字、下划线或连字符组成。"),
        (OLD_TEXT, "密钥应写作“编号:base64密钥”，编号由1至32个字母、数字、下划线或连字符组成。"),
        (f"k.1:{OLD_TEXT}", "密钥应写作“编号:base64密钥”，编号由1至32个字母、数字、下划线或连字符组成。"),
        (f"k1:{OLD_TEXT},", "密钥应写作“编号:base64密钥”，编号由1至32个字母、数字、下划线或连字符组成。"),
        ("k1:not base64", "密钥“k1”不是有效的 base64。"),
        ("k1:钥", "密钥“k1”不是有效的 base64。"),
        ("k1:AAAA", "密钥“k1”应为32字节，现为3字节。"),
        (f"k1:{OLD_TEXT},k1:{NEW_TEXT}", "密钥应至少有一个，且编号不得重复。"),
    ],
)
def test_wrong_settings_are_refused_without_showing_the_key(text, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Keys.parse(text)


def test_no_keys_at_all_are_refused():
    with pytest.raises(ValueError, match=r"^密钥应至少有一个，且编号不得重复。$"):
        Keys([])


def test_repr_shows_ids_alone():
    assert repr(Keys.parse(f"k2:{NEW_TEXT},k1:{OLD_TEXT}")) == "<Keys k2, k1>"


def test_derived_keys_depend_on_the_secret_alone():
    sealed = Keys.derive("geheim").seal("张三", PLACE)

    assert sealed.startswith("d0.")
    assert Keys.derive("geheim").open(sealed, PLACE) == "张三"
    with pytest.raises(Sealed):
        Keys.derive("geheim2").open(sealed, PLACE)


def test_deriving_from_nothing_is_refused():
    with pytest.raises(ValueError, match=r"^SECRET_KEY 为空，无法派生密钥。$"):
        Keys.derive("")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("430122197501014511", "4301**********4511"),
        ("11010519491231002X", "1101**********002X"),
        ("430122750101451", "4301*******1451"),
        ("H12345678", "*********"),
        ("", ""),
    ],
)
def test_mask_id_number_hides_the_birth_date(number, shown):
    assert secret.mask_id_number(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [("13812341234", "138****1234"), ("0731-12345678", "073******5678"), ("1234567890", "**********")],
)
def test_mask_phone_hides_the_middle(number, shown):
    assert secret.mask_phone(number) == shown


@given(st.text())
def test_masks_keep_the_length_and_hide_at_least_as_much_as_the_tail(text):
    masks = (secret.mask_id_number(text), secret.mask_phone(text))

    assert {len(mask) for mask in masks} == {len(text)}
    assert all(mask.count("*") >= min(4, len(text)) for mask in masks)


def test_current_gives_the_keys_of_the_application():
    app = Flask("sealed")
    app.extensions["zhiping"] = SimpleNamespace(keys=KEYS)

    with app.app_context():
        assert secret.current() is KEYS
