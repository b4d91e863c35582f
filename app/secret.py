"""Personal data at rest: sealing, the blind index, and what a page shows instead.

ID numbers, birth dates and phone numbers are stored sealed with AES-256-GCM (NIST SP 800-38D) and found
through a keyed blind index, so that a stolen database or backup tells nothing (security.md T21). The keys are
settings and never part of a backup.

Rotation: put a new key in FRONT of `ZHIPING_KEYS`. It seals from then on; the older keys still open; and the
blind index, which must stay equal for equal values, stays with the LAST key. Dropping or replacing the last
key means computing every index anew (`rekey`).
"""

import base64
import binascii
import hmac
import os
import re
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

KEY_BYTES = 32
NONCE_BYTES = 12
DERIVED = "d0"
_ENTRY = re.compile(r"([0-9A-Za-z_-]{1,32}):(.+)")
_PLAIN_BASE64 = str.maketrans("-_", "+/")


class Sealed(ValueError):
    """A value stays sealed; the sentence is the same whatever the cause, so that it helps nobody to probe."""

    def __init__(self) -> None:
        """Say only that it cannot be read."""
        super().__init__("加密资料无法读取。")


class Keys:
    """The keys in force, in order: the first seals, all open, the last one keys the blind index."""

    def __init__(self, keys: Iterable[tuple[str, bytes]]) -> None:
        """Take pairs of id and 32 bytes; ids are distinct, since a sealed value names its key."""
        pairs = [(key_id, _checked(key_id, key)) for key_id, key in keys]
        if len(dict(pairs)) != len(pairs) or not pairs:
            raise ValueError("密钥应至少有一个，且编号不得重复。")
        self.ids = tuple(key_id for key_id, _ in pairs)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in pairs}
        self._index_key = _hkdf(pairs[-1][1], "zhiping blind index")

    @classmethod
    def parse(cls, text: str) -> "Keys":
        """Read `ZHIPING_KEYS`: "id:base64key,id2:base64key", base64 of 32 bytes, plain or URL-safe.

        Raises ValueError with a sentence that names the key's id and never shows the key.
        """
        return cls(_pair(entry.strip()) for entry in text.split(","))

    @classmethod
    def derive(cls, secret_key: str) -> "Keys":
        """Make one key from `SECRET_KEY` with HKDF-SHA256 (RFC 5869), for development and demonstration."""
        if not secret_key:
            raise ValueError("SECRET_KEY 为空，无法派生密钥。")
        return cls([(DERIVED, _hkdf(secret_key.encode(), "zhiping personal data"))])

    def __repr__(self) -> str:
        """Show the ids alone, because a repr ends in logs."""
        return f"<Keys {', '.join(self.ids)}>"

    def seal(self, text: str, bound_to: str) -> str:
        """Return "<keyid>.<URL-safe base64 of nonce and ciphertext>", different each time.

        `bound_to` names the row and column, such as 'applicant:9f3c…:id_number': a value copied to another
        row does not open there.
        """
        nonce = os.urandom(NONCE_BYTES)
        ciphertext = self._ciphers[self.ids[0]].encrypt(nonce, text.encode(), bound_to.encode())
        return f"{self.ids[0]}.{base64.urlsafe_b64encode(nonce + ciphertext).decode()}"

    def open(self, sealed: str, bound_to: str) -> str:
        """Return the text; raise Sealed if the key is unknown, anything changed, or the place is another."""
        key_id, _, encoded = sealed.partition(".")
        try:
            raw = _canonical(encoded)
            opened = self._ciphers[key_id].decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode())
        except (KeyError, ValueError, InvalidTag):
            raise Sealed from None
        return opened.decode()

    def index(self, kind: str, text: str) -> str:
        """Return the blind index: 64 hex digits, equal for equal kind and text under the same last key.

        `text` is the normalised value (`app.identity`); `kind`, such as 'id_number', keeps equal texts of
        different columns apart.
        """
        return hmac.digest(self._index_key, f"{len(kind)}:{kind}:{text}".encode(), "sha256").hex()


def current() -> Keys:
    """Return the keys of the running application."""
    return current_app.extensions["zhiping"].keys


def mask_id_number(number: str) -> str:
    """Return what a page shows: 4301**********4511, without the birth date (product.md 3)."""
    return _mask(number, 4, 4)


def mask_phone(number: str) -> str:
    """Return what a page shows: 138****1234."""
    return _mask(number, 3, 4)


def _mask(text: str, head: int, tail: int) -> str:
    hidden = len(text) - head - tail
    if hidden < tail:
        return "*" * len(text)
    return text[:head] + "*" * hidden + text[-tail:]


def _pair(entry: str) -> tuple[str, bytes]:
    match = _ENTRY.fullmatch(entry)
    if not match:
        raise ValueError("密钥应写作“编号:base64密钥”，编号由1至32个字母、数字、下划线或连字符组成。")
    try:
        return match[1], base64.b64decode(match[2].translate(_PLAIN_BASE64), validate=True)
    except ValueError:
        raise ValueError(f"密钥“{match[1]}”不是有效的 base64。") from None


def _checked(key_id: str, key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"密钥“{key_id}”应为{KEY_BYTES}字节，现为{len(key)}字节。")
    return key


def _canonical(encoded: str) -> bytes:
    raw = base64.b64decode(encoded.encode("ascii"), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(raw).decode() != encoded:
        raise binascii.Error
    return raw


def _hkdf(secret: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(secret)
