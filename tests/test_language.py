"""Chinese first, English second: every sentence has both, and no page shows the wrong one."""

import re
import subprocess
import sys

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import config

CATALOGUE = config.ROOT / "translations" / "en" / "LC_MESSAGES"
HOLDER = re.compile(r"%\((\w+)\)s")
CHINESE = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]")


@pytest.fixture(scope="module")
def english():
    with (CATALOGUE / "messages.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id}


@pytest.fixture(scope="module")
def sentences(tmp_path_factory):
    """The sentences of the sources, found as `make messages` finds them."""
    found = tmp_path_factory.mktemp("messages") / "messages.pot"
    keywords = [part for word in ("N_", "lazy_gettext", "_l") for part in ("-k", word)]
    command = [
        sys.executable,
        "-m",
        "babel.messages.frontend",
        "-q",
        "extract",
        "--mapping",
        "pyproject.toml",
    ]
    subprocess.run([*command, *keywords, "-o", str(found), "app"], cwd=config.ROOT, check=True)
    with found.open("rb") as file:
        return {message.id for message in read_po(file) if message.id}


def test_every_sentence_has_an_english_one(english, sentences):
    assert sorted(sentences - {key for key, value in english.items() if value}) == []


def test_nothing_translated_is_gone(english, sentences):
    assert sorted(set(english) - sentences) == []


def test_what_is_filled_in_is_the_same(english):
    assert [
        key for key, value in english.items() if set(HOLDER.findall(key)) != set(HOLDER.findall(value))
    ] == []


def test_no_chinese_is_left_in_the_english(english):
    assert [value for value in english.values() if CHINESE.search(value)] == []


def test_the_compiled_catalogue_is_fresh(english):
    with (CATALOGUE / "messages.mo").open("rb") as file:
        compiled = {message.id: message.string for message in read_mo(file) if message.id}

    assert compiled == english


def test_a_person_reads_the_language_they_chose(cast):
    client = cast.clerk.client()

    chinese = client.get("/").text
    client.get("/lang/en")
    english = client.get("/").text

    assert "所在单位初审" in chinese
    assert 'lang="zh-Hans"' in chinese
    assert "First review" in english or "first review" in english
    assert 'lang="en"' in english
    assert "所在单位初审" not in english
