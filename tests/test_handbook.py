"""The documents that come from the tables agree with them."""

import pytest

from app import handbook, models


@pytest.mark.parametrize("page", handbook.PAGES)
def test_a_page_is_what_the_tables_say(page):
    assert (handbook.DOCS / page).read_text(encoding="utf-8") == handbook.text(page), "run `make docs`"


def test_the_glossary_names_every_table_people_speak_of():
    glossary = (handbook.DOCS / "glossary.md").read_text(encoding="utf-8")
    named = "Unit Handler Applicant Region Registration Relation Committee Plan Series Title Application Publicity"
    named += " OfflineCheck Attachment Meeting Outcome Entry Routing RouteHop Notice"

    assert [name for name in named.split() if f"`{name}`" not in glossary] == []
    assert all(hasattr(models, name) for name in named.split())
