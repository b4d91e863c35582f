"""What a new password must not be: short, common, or made of what others know of its person (ASVS 5.0, 6.2).

Length counts and nothing else is prescribed: a sentence is a good password. `common_passwords.txt` was put together for
this project; it holds what is tried first, here and elsewhere, as plain letters and digits.
"""

from functools import cache
from pathlib import Path

from flask_babel import gettext as _

SHORTEST, LONGEST = 10, 128
FILE = Path(__file__).parent / "data" / "common_passwords.txt"
#: Fewer different characters than this are one key held down.
VARIED = 4
#: So many figures in a row of an ID number or a phone, and so many letters of a name, give a password away.
FIGURES, LETTERS = 6, 4
DIGITS = "0123456789"


@cache
def common() -> frozenset[str]:
    """The list, read once."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def plain(password: str) -> str:
    """Letters and digits alone, without case: signs in between do not make a common password another one."""
    return "".join(letter for letter in password.lower() if letter.isalnum())


def weak(password: str, *known: str) -> str:
    """Say what is wrong with a new password, or nothing; `known` are user name, names and numbers of its person."""
    if len(password) < SHORTEST:
        return _("密码至少 %(n)s 个字符。", n=SHORTEST)
    bare = plain(password)
    if len(set(bare)) < VARIED or _common(bare) or any(_tells(bare, plain(word or "")) for word in known):
        return _("密码太容易猜到，请不要用常见密码、号码、姓名、用户名或重复的字符。")
    return ""


def _common(bare: str) -> bool:
    """Whether it is on the list, itself or without the figures before and behind it."""
    return not common().isdisjoint((bare, bare.rstrip(DIGITS), bare.strip(DIGITS)))


def _tells(bare: str, word: str) -> bool:
    """Whether it is the word, part of it, or holds enough of it."""
    if word[:FIGURES].isdigit() and len(word) >= FIGURES:
        return any(word[at : at + FIGURES] in bare for at in range(len(word) - FIGURES + 1))
    if len(word) < LETTERS:
        return bool(word) and bare.strip(DIGITS) == word
    return word in bare or bare in word
