"""Random lives of two towns against a model of who sees and who may (security R5); `tests.machine`."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from app import access, process
from app.models import Application
from app.workflow import APPLICATION, PUBLICITY
from tests.conftest import DATABASES
from tests.machine import Machine

#: `STEPS=10000 make test-long` lives as long as security R5 asks for.
#: Steps of one life; lives in `make test` over all databases, and lives per database at length.
LENGTH, SHORT, FULL = 30, 12, 60


def live(world, lives, *, seeded=True):
    """Live so many lives and give how many steps were pressed, and which were taken."""

    class Here(Machine):
        cast, restore = world.cast, staticmethod(world.restore)
        steps, taken = 0, {}

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=lives,
            stateful_step_count=LENGTH,
            deadline=None,
            phases=(Phase.generate,),
            database=None,
            derandomize=seeded,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"\n{lives} lives, {Here.steps} steps pressed, {sum(Here.taken.values())} taken: {Here.taken}")  # noqa: T201 - the count is the result
    return Here


def test_lives_of_two_towns_keep_to_the_rules(app, world):
    assert live(world, SHORT // len(DATABASES)).steps


@pytest.mark.long
def test_many_steps_keep_to_the_rules(app, world):
    steps, wanted = 0, int(os.environ.get("STEPS", "1500"))
    while steps < wanted:
        steps += live(world, FULL, seeded=False).steps
    print(f"\n{steps} steps")  # noqa: T201 - the count is the result


# ---- controls: faults planted for the test alone, each of which the machine must find --------------------------------


def drafts_are_shown_to_the_unit(monkeypatch):
    real = access.RULES[Application]
    wider = lambda actor: access.any_of(real(actor), Application.unit_id == actor.unit_id)  # noqa: E731
    monkeypatch.setitem(access.RULES, Application, wider)


def what_was_seen_is_not_compared(monkeypatch):
    real = process._sort
    monkeypatch.setattr(process, "_sort", lambda act, ids, _seen: real(act, ids, None))


def the_version_is_not_compared(monkeypatch):
    monkeypatch.setattr(process, "and_", lambda _version, ids: ids)


def publicities_end_at_once(monkeypatch):
    monkeypatch.setattr(PUBLICITY["save_result"], "when", ())


def recommendation_has_no_deadline(monkeypatch):
    monkeypatch.setattr(APPLICATION["recommend"], "when", ())


def relations_end_without_moving_the_unit(monkeypatch):
    monkeypatch.setattr(process.REGISTRY["relation"]["end"], "effect", None)


FAULTS = (
    drafts_are_shown_to_the_unit,
    what_was_seen_is_not_compared,
    the_version_is_not_compared,
    publicities_end_at_once,
    recommendation_has_no_deadline,
    relations_end_without_moving_the_unit,
)


@pytest.mark.long
@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(app, world, monkeypatch, plant):
    plant(monkeypatch)

    with pytest.raises((AssertionError, ExceptionGroup)) as found:
        live(world, FULL)
    print(f"\n{plant.__name__}: {str(found.value).splitlines()[0]}")  # noqa: T201 - the count is the result
