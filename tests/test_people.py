"""Personal data: sealed to its row, findable, masked, and nowhere in clear."""

import sqlite3

import pytest
from sqlalchemy import select, text

from app import people
from app.db import db, open_session
from app.models import Applicant, Handler, Registration
from app.secret import Sealed
from app.states import Gender


def test_a_person_is_sealed_indexed_and_masked(cast):
    with open_session() as session:
        row = session.get(Applicant, cast.doctor.applicant_id)

    assert (people.id_number(row), people.phone(row)) == (cast.doctor.id_number, cast.doctor.phone)
    assert row.id_number_mask == f"4301**********{cast.doctor.id_number[-4:]}"
    assert row.phone_mask == f"138****{cast.doctor.phone[-4:]}"
    assert row.gender in {Gender.MALE, Gender.FEMALE}


def test_ciphertext_copied_to_another_row_does_not_open(cast):
    with open_session() as session:
        mine, other = (session.get(Applicant, person.applicant_id) for person in (cast.doctor, cast.nurse))
        mine.id_number_sealed = other.id_number_sealed

        with pytest.raises(Sealed):
            people.id_number(mine)


def test_ciphertext_of_another_column_does_not_open(cast):
    with open_session() as session:
        row = session.get(Applicant, cast.doctor.applicant_id)
        row.phone_sealed = row.id_number_sealed

        with pytest.raises(Sealed):
            people.phone(row)


def test_the_same_person_has_the_same_index_in_every_table(cast):
    values = people.personal("陈雅琴", cast.doctor.id_number, cast.doctor.phone)

    assert values["id_number_index"] == cast.doctor.actor.id_number_index
    assert (
        values["id_number_sealed"]
        != people.personal("陈雅琴", cast.doctor.id_number, "13800000000")["id_number_sealed"]
    )


@pytest.mark.parametrize("typed", ["id_number", "phone"])
def test_an_applicant_is_found_by_number(cast, typed):
    with open_session() as session:
        assert people.account_of(session, getattr(cast.doctor, typed)) == cast.doctor.user_id
        assert people.account_of(session, "陈雅琴") is None
        assert people.account_of(session, cast.clerk.phone) is None


def test_no_number_stands_in_the_raw_database(cast):
    cast.registration()
    numbers = [person.id_number for person in (cast.doctor, cast.clerk, cast.bureau)]
    numbers += [person.phone for person in (cast.doctor, cast.clerk, cast.bureau)]
    url = db.engine.url
    if url.drivername.startswith("sqlite"):
        raw = "\n".join(sqlite3.connect(url.database).iterdump())
    else:
        with open_session() as session:
            raw = "\n".join(
                str(row)
                for model in (Applicant, Handler, Registration)
                for row in session.execute(text(f"SELECT * FROM {model.__tablename__}"))  # noqa: S608
            )
            assert session.scalar(select(Applicant.id).limit(1))

    assert len(raw) > 1000
    assert [number for number in numbers if number in raw] == []
