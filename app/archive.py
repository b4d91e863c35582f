"""The form of a backup: one tar with the database, the files, their hashes, and a manifest at the end.

    database.sqlite or database.dump · files/<key> … · SHA256SUMS · manifest.json · manifest.sha256

The manifest comes last and its hash after it, so that a tar cut short anywhere has none and is refused. Whoever has no
`restore` at hand unpacks it with tar and `sha256sum -c SHA256SUMS`. Keys are never in it: personal data stay sealed.
"""

import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from app.files import KEY

FORMAT = 1
SUMS, MANIFEST, SEAL = "SHA256SUMS", "manifest.json", "manifest.sha256"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
NAME = re.compile(rf"database\.sqlite|database\.dump|files/{KEY.pattern}|{SUMS}|{MANIFEST}|{SEAL}")
BLOCK = 1 << 20


class NotPossible(Exception):
    """A backup cannot be made or restored; the sentence is shown and nothing was changed."""


@dataclass
class Manifest:
    """What a backup says of itself."""

    made_at: str
    database: str
    revision: str
    counts: dict[str, int]
    files: int
    missing: list[str]
    audit: dict[str, Any]
    versions: dict[str, str]
    sums_sha256: str = ""
    format: int = FORMAT
    names: set[str] = field(default_factory=set)

    def text(self) -> str:
        """Write it down."""
        said = {name: value for name, value in asdict(self).items() if name != "names"}
        return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


class Writer:
    """Puts parts into a tar and keeps their hashes."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar, self.sums = tar, []

    def add(self, name: str, content: bytes) -> str:
        """Add a part that is in memory and give its hash."""
        about = tarfile.TarInfo(name)
        about.size, about.mode = len(content), 0o600
        self.tar.addfile(about, io.BytesIO(content))
        digest = hashlib.sha256(content).hexdigest()
        self.sums.append(f"{digest}  {name}\n")
        return digest

    def add_file(self, name: str, path: Path) -> str:
        """Add a part that is a file, which may be large, and give its hash."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            about = tarfile.TarInfo(name)
            about.size, about.mode = path.stat().st_size, 0o600
            self.tar.addfile(about, file)
        self.sums.append(f"{digest}  {name}\n")
        return digest

    def close(self, manifest: Manifest) -> None:
        """Add the hashes, the manifest, and its hash."""
        manifest.sums_sha256 = self.add(SUMS, "".join(self.sums).encode())
        digest = self.add(MANIFEST, manifest.text().encode())
        self.add(SEAL, digest.encode())


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Write an archive under another name, readable by its owner alone; it gets its name when it is whole and synced."""
    part = path.with_name(f"{path.name}.part")
    try:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        part.unlink(missing_ok=True)


def parts(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Give the parts of an archive in order; refuses whatever is no part of a backup, such as a path or a link."""
    with tarfile.open(path, "r:") as tar:
        for about in tar:
            file = tar.extractfile(about) if about.isreg() and NAME.fullmatch(about.name) else None
            if file is None:
                raise NotPossible(f"备份中有不该有的内容“{about.name[:80]}”，没有恢复。")
            yield about.name, file


def check(path: Path) -> Manifest:
    """Read an archive through, compare every hash, and give its manifest; raises `NotPossible` with a sentence."""
    try:
        return _agreed(*_hashes(path))
    except (tarfile.TarError, EOFError, ValueError, TypeError) as error:
        raise NotPossible("不是备份文件，或者文件不完整、已损坏，没有恢复。") from error
    except OSError as error:
        raise NotPossible(f"读不了备份文件：{error.strerror}。") from error


def _hashes(path: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    """Hash every part, and keep what describes the others."""
    found: dict[str, str] = {}
    kept: dict[str, bytes] = {}
    for name, file in parts(path):
        if name in found:
            raise NotPossible(f"备份中“{name}”出现了两次，没有恢复。")
        digest, content = hashlib.sha256(), bytearray()
        while block := file.read(BLOCK):
            digest.update(block)
            if name in {SUMS, MANIFEST, SEAL}:
                content += block
        found[name] = digest.hexdigest()
        if name in {SUMS, MANIFEST, SEAL}:
            kept[name] = bytes(content)
    return found, kept


def _agreed(found: dict[str, str], kept: dict[str, bytes]) -> Manifest:
    if not {SUMS, MANIFEST, SEAL} <= set(kept):
        raise NotPossible("备份文件不完整：没有读到结尾的清单，没有恢复。")
    if kept[SEAL].decode("ascii", "replace") != found[MANIFEST]:
        raise NotPossible("备份的清单已损坏，没有恢复。")
    manifest = _read(kept[MANIFEST])
    if manifest.sums_sha256 != found[SUMS]:
        raise NotPossible("备份的校验表已损坏，没有恢复。")
    listed = dict(reversed(line.split("  ", 1)) for line in kept[SUMS].decode().splitlines())
    actual = {name: digest for name, digest in found.items() if name not in {SUMS, MANIFEST, SEAL}}
    wrong = sorted(set(listed.items()) ^ set(actual.items()))
    if wrong or DATABASES.get(manifest.database) not in listed:
        raise NotPossible(
            f"备份中“{(wrong or [('database', '')])[0][0]}”与校验值不符，文件已损坏，没有恢复。"
        )
    manifest.names = set(actual)
    return manifest


def _read(content: bytes) -> Manifest:
    said = json.loads(content)
    if said.get("format") != FORMAT:
        raise NotPossible("备份的格式与本系统的版本不符，没有恢复。")
    return Manifest(**said)
