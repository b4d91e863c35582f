"""Keys change by their ids: what was sealed opens, people are found, old keys may go."""

import base64

import pytest
from sqlalchemy import func, insert, select, update

from app import people, rekey, secret
from app.db import open_session
from app.models import Applicant, Application, Audit, Handler, OfflineCheck, Registration
from app.rekey import NotPossible
from app.secret import Keys, Sealed
from app.states import ApplicationState as A
from app.states import RegistrationState, Verdict
from tests.cast import PASSWORD, token

ONE, TWO, THREE = (f"k{n}:{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2, 3))


@pytest.fixture
def keys(app, monkeypatch):
    """Set the keys of the application, first to those the cast is under."""
    extension = app.extensions["zhiping"]
    old = extension.keys

    def use(*listed: str, keep: bool = False) -> None:
        made = Keys.parse(",".join(listed))
        if keep:  # the derived key of the tests stands for the oldest one
            made.ids += old.ids
            made._ciphers |= old._ciphers
            made._index_key = old._index_key
        monkeypatch.setattr(extension, "keys", made)

    return use


def opened(cast) -> None:
    """All numbers of the cast open under the keys in force, and are those they were."""
    with open_session() as session:
        for model in (Handler, Applicant):
            for row in session.scalars(select(model)):
                person = next(it for it in vars(cast).values() if getattr(it, "user_id", None) == row.user_id)
                assert (people.id_number(row), people.phone(row)) == (person.id_number, person.phone)
        for row in session.scalars(select(Applicant)):
            assert secret.current().open(row.birth_sealed, f"{row.seal_id}:birth") == "1985-03-01"
        for row in session.scalars(select(Registration)):
            assert people.id_number(row).startswith("430124")


def comes_in(app, number: str) -> bool:
    client = app.test_client()
    sent = {"username": number, "password": PASSWORD, "csrf_token": token(client, "/login/")}
    return client.post("/login/", data=sent).status_code == 302


def ids_in_use() -> set[str]:
    with open_session() as session:
        return rekey.key_ids(session)


def test_everything_comes_under_the_newest_key_and_the_old_one_may_go(app, cast, keys):
    cast.registration(RegistrationState.PENDING_AGENCY)
    case = cast.case(cast.doctor, A.PENDING_UNIT)
    keys(TWO, keep=True)
    assert ids_in_use() == {"d0"}

    done = app.test_cli_runner().invoke(args=["rekey"])
    assert done.exit_code == 0, done.output
    assert "可以从 ZHIPING_KEYS 去掉" in done.output
    assert ids_in_use() == {"k2"}
    assert comes_in(app, cast.doctor.id_number)

    keys(TWO)
    assert not comes_in(app, cast.doctor.id_number)
    done = app.test_cli_runner().invoke(args=["rekey"])

    assert done.exit_code == 0, done.output
    opened(cast)
    assert comes_in(app, cast.doctor.id_number)
    assert comes_in(app, cast.nurse.phone)
    with open_session() as session:
        person = session.scalar(
            select(Applicant.id_number_index).where(Applicant.id == cast.doctor.applicant_id)
        )
        assert session.get(Application, case).id_number_index == person


def test_running_it_again_changes_nothing(app, cast, keys):
    keys(TWO, keep=True)
    rekey.rekey()
    with open_session() as session:
        before = session.scalars(select(Applicant.id_number_sealed).order_by(Applicant.id)).all()
        rows = session.scalar(select(func.count()).select_from(Audit))

    done = rekey.rekey()

    assert not any(done.sealed.values())
    with open_session() as session:
        assert session.scalars(select(Applicant.id_number_sealed).order_by(Applicant.id)).all() == before
        assert session.scalar(select(func.count()).select_from(Audit)) == rows


def test_what_was_cut_short_is_taken_up_again(app, cast, keys, monkeypatch):
    keys(TWO, keep=True)
    monkeypatch.setattr(rekey, "BATCH", 2)
    true_batch, calls = rekey._seal_batch, []

    def dies(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return true_batch(*arguments)

    monkeypatch.setattr(rekey, "_seal_batch", dies)
    with pytest.raises(KeyboardInterrupt):
        rekey.rekey()
    assert ids_in_use() == {"d0", "k2"}

    monkeypatch.setattr(rekey, "_seal_batch", true_batch)
    done = rekey.rekey()

    assert ids_in_use() == {"k2"}
    assert sum(done.sealed.values()) > 0
    opened(cast)


def test_a_number_changed_meanwhile_is_left_as_it_was_written(app, cast, keys, monkeypatch):
    keys(TWO, keep=True)
    true_batch = rekey._seal_batch

    def changed_meanwhile(session, table, columns, rows, in_force):
        if table.name == "applicant":
            with open_session() as other:
                new = in_force.seal("13900000000", f"{rows[0].seal_id}:phone")
                other.execute(update(Applicant).where(Applicant.id == rows[0].id).values(phone_sealed=new))
                other.commit()
        return true_batch(session, table, columns, rows, in_force)

    monkeypatch.setattr(rekey, "_seal_batch", changed_meanwhile)
    done = rekey.rekey()
    monkeypatch.setattr(rekey, "_seal_batch", true_batch)

    assert done.left == ["d0"]
    assert rekey.rekey().left == []
    with open_session() as session:
        first = session.scalars(select(Applicant).order_by(Applicant.id)).first()
        assert people.phone(first) == "13900000000"


def test_a_key_that_is_still_needed_is_missed_before_anything_is_done(app, cast, keys):
    keys(TWO)

    done = app.test_cli_runner().invoke(args=["rekey"])

    assert done.exit_code == 1
    assert "用密钥 d0 加密的" in done.output
    assert ids_in_use() == {"d0"}


def test_a_value_that_does_not_open_stops_with_its_row(app, cast, keys):
    keys(TWO, keep=True)
    with open_session() as session:
        session.execute(
            update(Applicant).where(Applicant.id == cast.nurse.applicant_id).values(phone_sealed="d0.AAAA")
        )
        session.commit()

    with pytest.raises(NotPossible, match=f"applicant {cast.nurse.applicant_id} 的加密资料无法读取"):
        rekey.rekey()


def somebody_at_the_window(cast) -> str:
    index = secret.current().index("id_number", "430124198503019999")
    with open_session() as session:
        values = {"plan_id": cast.plan_id, "id_number_index": index, "id_number_mask": "4301**********9999"}
        values |= {
            "name": "窗口来的",
            "result": Verdict.PASS,
            "unit_id": cast.town,
            "by_id": cast.bureau.user_id,
        }
        session.execute(insert(OfflineCheck).values(values))
        session.commit()
    return index


def test_who_was_at_the_window_and_is_not_on_file_is_not_lost_silently(app, cast, keys):
    somebody_at_the_window(cast)
    keys(TWO, keep=True)
    rekey.rekey()
    keys(TWO)

    refused = app.test_cli_runner().invoke(args=["rekey"])
    assert refused.exit_code == 1
    assert "有 1 条线下形式审查记录" in refused.output
    assert not comes_in(app, cast.doctor.id_number)

    done = app.test_cli_runner().invoke(args=["rekey", "--orphans"])
    assert done.exit_code == 0, done.output
    assert comes_in(app, cast.doctor.id_number)


def test_old_keys_open_nothing_afterwards(app, cast, keys):
    keys(TWO, keep=True)
    rekey.rekey()
    keys(ONE, THREE)

    with open_session() as session, pytest.raises(Sealed):
        people.id_number(session.scalars(select(Applicant)).first())


def test_it_is_written_down(app, cast, keys):
    keys(TWO, keep=True)
    rekey.rekey()

    with open_session() as session:
        row = session.scalars(select(Audit).where(Audit.act == "rekey")).one()
    assert (row.details["key"], row.details["sealed"]["applicant"]) == ("k2", 3)
