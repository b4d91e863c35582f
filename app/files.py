"""申报材料 on disk: what may come in, where it lies, and how it is given out again (security 2.4, T13).

jpg, png and pdf alone, judged by content, at most 10 MB (seed 001). A file lies under a random key; the name it came
with stands in its row and nowhere else. It is written and synced before the row is, so that a row never points at
nothing; a file without a row is an orphan that may be swept.
"""

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO
from uuid import uuid4

import fsspec
from flask import current_app
from flask_babel import gettext as _
from fsspec.implementations.local import LocalFileSystem

LARGEST = 10 << 20
#: What an upload page may receive: one file of the largest size, or several small ones, and the form around them.
REQUEST = 12 << 20
LONGEST_NAME = 120
KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}")
PDF_TAIL = 1024
#: The markers that begin a frame: SOF0 to SOF15 without DHT, JPG and DAC.
FRAMES = frozenset(bytes([marker]) for marker in range(0xC0, 0xD0)) - {b"\xc4", b"\xc8", b"\xcc"}
#: What ends the data of a scan: any marker but a stuffed zero, a restart or fill.
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
#: Two hundred million: the largest sensor of a telephone.
MOST_PIXELS = 200_000_000

EXTENSIONS = {
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "application/pdf": ("pdf",),
}
#: What an application may be told to open in a browser; each has an extension that names it.
MIMES = tuple(EXTENSIONS)


class NotAccepted(ValueError):
    """A file that is not taken; the sentence is shown to the person."""


@dataclass(frozen=True)
class Stored:
    """A file that lies in the store: the columns of its row."""

    key: str
    filename: str
    mime: str
    size: int
    sha256: str


def save(stream: BinaryIO, filename: str) -> Stored:
    """Check a file and put it into the store; the caller writes the row afterwards.

    Raises `NotAccepted` with a sentence, and OSError where the store cannot take it.
    """
    name = own_name(filename)
    content = _read(stream)
    mime = kind_of(content)
    if mime is None:
        raise NotAccepted(
            _(
                "“%(name)s”不是 jpg、png 或 pdf，或者文件已损坏、末尾有多余内容。请重新扫描、拍照或另存后再传。",
                name=name,
            )
        )
    if name.rpartition(".")[2].lower() not in EXTENSIONS[mime]:
        raise NotAccepted(
            _(
                "“%(name)s”的内容是 %(kind)s，与扩展名不符，请改正文件名后再传。",
                name=name,
                kind=EXTENSIONS[mime][0],
            )
        )
    key = new_key()
    _write(key, content)
    return Stored(key, name, mime, len(content), hashlib.sha256(content).hexdigest())


def open(key: str) -> IO[bytes]:  # noqa: A001 - read as `files.open`
    """Open a stored file for reading; raises FileNotFoundError where there is none."""
    filesystem, root = _store()
    return filesystem.open(_path(root, key), "rb")


def remove(key: str) -> None:
    """Take a file out of the store, after its row is gone; one that is missing already is no error."""
    filesystem, root = _store()
    try:
        filesystem.rm_file(_path(root, key))
    except FileNotFoundError:
        return


# ---- names --------------------------------------------------------------------------------------------------------


def own_name(filename: str) -> str:
    """Give the name a file came with, without folders, control and direction characters, of bearable length.

    The name is kept for people to read: it never becomes part of a path.
    """
    text = unicodedata.normalize("NFC", filename or "").replace("\\", "/").rpartition("/")[2]
    text = "".join(character for character in text if unicodedata.category(character)[0] != "C")
    text = " ".join(text.split()).strip(". ")
    stem, dot, extension = text.rpartition(".")
    if not dot or not stem.strip():
        raise NotAccepted(_("文件名要有扩展名：jpg、png 或 pdf。"))
    return f"{stem[:LONGEST_NAME].strip()}.{extension[:8]}"


def new_key() -> str:
    """Make a random place: two levels of folders, so that none grows too large."""
    name = uuid4().hex
    return f"{name[:2]}/{name[2:4]}/{name}"


# ---- content ------------------------------------------------------------------------------------------------------


def kind_of(content: bytes) -> str | None:
    """Give the content type of a whole jpg, png or pdf, or nothing: beginning, structure and end must agree."""
    for mime, whole in (
        ("image/jpeg", _whole_jpeg),
        ("image/png", _whole_png),
        ("application/pdf", _whole_pdf),
    ):
        if whole(content):
            return mime
    return None


def _whole_jpeg(content: bytes) -> bool:
    """Walk segments and scans to EOI, after which only padding or another picture follows (ITU T.81, annex B).

    Telephones put a preview or a gain map behind the picture, whole pictures again (CIPA DC-007).
    """
    at, framed, ended = 0, False, False
    while content[at : at + 1] == b"\xff":
        marker, length = content[at + 1 : at + 2], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker in {b"\xd8", b"\xd9", b"\xff"}:
            ended = marker == b"\xd9"
            at += 1 if marker == b"\xff" else 2
            if ended:
                at = len(content) - len(content[at:].lstrip(b"\0"))
            continue
        if marker in FRAMES:
            high, wide = content[at + 5 : at + 7], content[at + 7 : at + 9]
            framed = _bearable(int.from_bytes(wide, "big"), int.from_bytes(high, "big"))
        if ended or (marker == b"\xda" and not framed):
            return False
        at += 2 + length
        if marker == b"\xda":
            found = AFTER_SCAN.search(content, at)
            at = found.start() if found else len(content)
    return content.startswith(b"\xff\xd8\xff") and framed and ended and at == len(content)


def _whole_png(content: bytes) -> bool:
    """Walk the chunks from IHDR to IEND, after which nothing follows (PNG specification, 5.2)."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return False
    at, names = 8, []
    while at + 12 <= len(content) and names[-1:] != [b"IEND"]:
        names.append(content[at + 4 : at + 8])
        at += 12 + int.from_bytes(content[at : at + 4], "big")
    bearable = _bearable(int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big"))
    chunks = names[:1] == [b"IHDR"] and b"IDAT" in names and names[-1:] == [b"IEND"]
    return at == len(content) and chunks and bearable


def _bearable(wide: int, high: int) -> bool:
    """Whether a picture can be shown without filling the reader's memory; a few bytes may claim any size."""
    return 0 < wide * high <= MOST_PIXELS


def _whole_pdf(content: bytes) -> bool:
    """Begin with the version, end with the place of the cross-reference and %%EOF (ISO 32000, 7.5)."""
    begins = re.match(rb"%PDF-[12]\.\d", content)
    ends = re.search(rb"startxref\s+\d+\s+%%EOF[\s\0]*\Z", content[-PDF_TAIL:])
    return bool(begins and ends)


def _read(stream: BinaryIO) -> bytes:
    """Read at most the largest size and one byte more; refuse an empty file and a larger one."""
    content = stream.read(LARGEST + 1)
    if not content:
        raise NotAccepted(_("文件是空的，请重新选择。"))
    if len(content) > LARGEST:
        raise NotAccepted(_("文件超过 10 MB，请压缩或分成几份后再传。"))
    return content


# ---- the store ----------------------------------------------------------------------------------------------------


def _store() -> tuple[fsspec.AbstractFileSystem, str]:
    """Give the file system of `ZHIPING_FILES`, a path or an fsspec URL, and its root."""
    return fsspec.core.url_to_fs(current_app.extensions["zhiping"].files_url)


def _path(root: str, key: str) -> str:
    """Where a key lies; anything that is not a key of ours does not exist."""
    if not KEY.fullmatch(key):
        raise FileNotFoundError(key)
    return f"{root.rstrip('/')}/{key}"


def _write(key: str, content: bytes) -> None:
    """Write whole or not at all. fsspec's local backend never syncs, so a local folder is written here."""
    filesystem, root = _store()
    path = _path(root, key)
    filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
    if isinstance(filesystem, LocalFileSystem):
        _write_local(Path(path), content)
    else:
        filesystem.pipe_file(path, content)


def _write_local(path: Path, content: bytes) -> None:
    """Write under another name, sync, rename, and sync the folders, which may be new."""
    part = path.with_name(f"{path.name}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    for folder in path.parents[:3]:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
