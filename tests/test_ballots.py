"""Counting votes: the two thirds of articles 19 and 20, tallies that add up, caps."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import ballots

PEOPLE = st.integers(1, 200)


def model_two_thirds(part: int, whole: int) -> bool:
    """Say it as the article does."""
    return Fraction(part, whole) >= Fraction(2, 3)


@pytest.mark.parametrize(
    ("members", "least_present", "least_yes_then", "least_yes_when_all_attend"),
    [
        (7, 5, 4, 5),
        (9, 6, 4, 6),
        (11, 8, 6, 8),
        (13, 9, 6, 9),
        (15, 10, 7, 10),
        (17, 12, 8, 12),
        (21, 14, 10, 14),
        (25, 17, 12, 17),
    ],
)
def test_thresholds_of_usual_committees(members, least_present, least_yes_then, least_yes_when_all_attend):
    needed = (ballots.needed(members), ballots.needed(least_present))

    assert needed == (least_present, least_yes_then)
    assert least_present == least_yes_when_all_attend
    assert (ballots.quorum(least_present, members), ballots.quorum(least_present - 1, members)) == (
        True,
        False,
    )
    assert (
        ballots.passes(least_yes_then, least_present),
        ballots.passes(least_yes_then - 1, least_present),
    ) == (
        True,
        False,
    )
    assert (ballots.passes(least_present, members), ballots.passes(least_present - 1, members)) == (
        True,
        False,
    )


@pytest.mark.parametrize(("yes", "present"), [(2, 3), (4, 6), (6, 9), (8, 12)])
def test_exactly_two_thirds_pass_where_a_decimal_would_refuse(yes, present):
    assert ballots.passes(yes, present) is True


@pytest.mark.parametrize(("yes", "present"), [(33, 50), (35, 53)])
def test_just_under_two_thirds_fail_where_a_decimal_would_let_pass(yes, present):
    assert ballots.passes(yes, present) is False


def test_nobody_present_is_possible_and_no_quorum():
    assert ballots.quorum(0, 7) is False


def test_tally_counts_attendance_not_votes_cast():
    assert ballots.tally(yes=12, no=3, abstain=2, present=17) is True
    assert ballots.tally(yes=11, no=0, abstain=6, present=17) is False


@pytest.mark.parametrize(
    ("base", "percent", "limit"), [(20, 55, 11), (19, 55, 10), (7, 40, 2), (0, 40, 0), (3, 100, 3)]
)
def test_cap_cuts_off_the_fraction(base, percent, limit):
    assert ballots.cap(base, percent) == limit


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (lambda: ballots.quorum(8, 7), "出席人数（8）不能多于组成人数（7）。"),
        (lambda: ballots.quorum(0, 0), "组成人数不能为零。"),
        (lambda: ballots.quorum(-1, 7), "出席人数不能为负数。"),
        (lambda: ballots.quorum(1, -7), "组成人数不能为负数。"),
        (lambda: ballots.quorum(5.0, 7), "出席人数应为整数。"),
        (lambda: ballots.quorum(True, 1), "出席人数应为整数。"),
        (lambda: ballots.quorum(1, True), "组成人数应为整数。"),
        (lambda: ballots.passes(8, 7), "同意票（8）不能多于出席人数（7）。"),
        (lambda: ballots.passes(0, 0), "出席人数不能为零。"),
        (lambda: ballots.passes(-1, 7), "同意票不能为负数。"),
        (lambda: ballots.passes("5", 7), "同意票应为整数。"),
        (lambda: ballots.passes(5, None), "出席人数应为整数。"),
        (lambda: ballots.needed(0), "人数不能为零。"),
        (lambda: ballots.needed(-3), "人数不能为负数。"),
        (lambda: ballots.needed(7.5), "人数应为整数。"),
        (lambda: ballots.tally(12, 3, 1, 17), "同意、反对、弃权合计16票，与出席人数17不符。"),
        (lambda: ballots.tally(12, 3, 3, 17), "同意、反对、弃权合计18票，与出席人数17不符。"),
        (lambda: ballots.tally(18, -1, 0, 17), "反对票不能为负数。"),
        (lambda: ballots.tally(17, 1, -1, 17), "弃权票不能为负数。"),
        (lambda: ballots.tally(-1, 18, 0, 17), "同意票不能为负数。"),
        (lambda: ballots.tally(0, 0, 0, 0), "出席人数不能为零。"),
        (lambda: ballots.tally(1, 0, 0, True), "出席人数应为整数。"),
        (lambda: ballots.cap(20, 101), "通过率上限不能超过100%。"),
        (lambda: ballots.cap(20, -1), "通过率上限不能为负数。"),
        (lambda: ballots.cap(20, 0.55), "通过率上限应为整数。"),
        (lambda: ballots.cap(-20, 55), "参评基数不能为负数。"),
    ],
)
def test_impossible_figures_are_refused(count, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        count()


@given(st.data(), PEOPLE)
def test_passes_and_quorum_equal_two_thirds_as_fractions(data, whole):
    part = data.draw(st.integers(0, whole))

    assert (ballots.passes(part, whole), ballots.quorum(part, whole)) == (model_two_thirds(part, whole),) * 2


@given(PEOPLE)
def test_needed_is_the_least_number_that_passes(n):
    votes = ballots.needed(n)

    assert (ballots.passes(votes, n), ballots.passes(votes - 1, n)) == (True, False)


@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 99))
def test_tally_of_votes_that_add_up_is_the_verdict(yes, no, abstain):
    present = yes + no + abstain

    assert ballots.tally(yes, no, abstain, present) is ballots.passes(yes, present)


@given(st.integers(0, 10_000), st.integers(0, 100))
def test_cap_is_the_greatest_number_within_the_percentage(base, percent):
    limit = ballots.cap(base, percent)

    assert 100 * limit <= base * percent < 100 * (limit + 1)
