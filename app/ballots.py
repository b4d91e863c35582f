"""Counting votes: 《职称评审管理暂行规定》(人社部令第40号) arts. 19 and 20, in whole numbers only.

Both thresholds are two thirds, compared by multiplication: as a decimal, 0.667 refuses 2 of 3 and 0.66 lets
33 of 50 pass (domain.md 7.6). Figures that cannot be true raise ValueError with a sentence for the person who
typed them; a bool or a float is such a figure, since a tally is a count.
"""

WHOLE = 100


def quorum(present: int, members: int) -> bool:
    """Say whether a meeting may vote: at least two thirds of the committee's members attend (art. 19)."""
    _check_part("出席人数", present, "组成人数", members)
    return 3 * present >= 2 * members


def passes(yes: int, present: int) -> bool:
    """Say whether a person passes: at least two thirds of those attending vote yes (art. 20).

    The denominator is attendance, for this person after recusals, and not the number of votes cast.
    """
    _check_part("同意票", yes, "出席人数", present)
    return 3 * yes >= 2 * present


def needed(n: int) -> int:
    """Return the least number of votes (or members present) that makes two thirds of `n`."""
    _check_whole("人数", n)
    return -(-2 * n // 3)


def tally(yes: int, no: int, abstain: int, present: int) -> bool:
    """Check that one person's votes add up to the attendance, and return whether the person passes.

    Who attends and casts nothing is counted as abstaining; nobody votes later or by proxy (art. 20).
    """
    for name, votes in (("同意票", yes), ("反对票", no), ("弃权票", abstain)):
        _check_count(name, votes)
    _check_whole("出席人数", present)
    if (cast := yes + no + abstain) != present:
        raise ValueError(f"同意、反对、弃权合计{cast}票，与出席人数{present}不符。")
    return passes(yes, present)


def cap(base: int, percent: int) -> int:
    """Return how many of `base` may pass under a pass-rate cap, "小数点后去尾数" (Hunan, domain.md 1.2).

    `percent` is a whole number from 0 to 100; `base` counts the applicants whose materials passed 复核.
    """
    _check_count("参评基数", base)
    _check_count("通过率上限", percent)
    if percent > WHOLE:
        raise ValueError("通过率上限不能超过100%。")
    return base * percent // WHOLE


def _check_part(part_name: str, part: int, whole_name: str, whole: int) -> None:
    _check_count(part_name, part)
    _check_whole(whole_name, whole)
    if part > whole:
        raise ValueError(f"{part_name}（{part}）不能多于{whole_name}（{whole}）。")


def _check_whole(name: str, value: int) -> None:
    _check_count(name, value)
    if value == 0:
        raise ValueError(f"{name}不能为零。")


def _check_count(name: str, value: int) -> None:
    if type(value) is not int:
        raise ValueError(f"{name}应为整数。")
    if value < 0:
        raise ValueError(f"{name}不能为负数。")
