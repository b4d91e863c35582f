"""Random lives of two towns against a model of who sees and who may (security R5); `tests.machine`."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import DATABASES
from tests.machine import Machine

#: Steps of one life, and lives over all databases.
LENGTH, SHORT = 30, 12


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
