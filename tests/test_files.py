"""What the store takes and what it refuses: by content, by name, by size; and that nothing torn is left."""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask_babel import Babel

from app import files


@pytest.fixture
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """As much of the application as the store asks for; no database."""
    small = Flask(__name__)
    Babel(small)
    small.extensions["zhiping"] = SimpleNamespace(files_url=str(tmp_path_factory.mktemp("files")))
    with small.app_context():
        yield small


def lying(app: Flask) -> list[str]:
    """What lies in the store, by its path."""
    root = Path(app.extensions["zhiping"].files_url)
    return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(wide: int = 1, high: int = 1) -> bytes:
    head = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


def jpg(wide: int = 1, high: int = 1, scan: bytes = b"\x3f\xff\x00\xff\xd0\x2a") -> bytes:
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, high, wide, 1) + b"\x01\x11\x00"
    header = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    return (
        b"\xff\xd8"
        + header
        + frame
        + b"\xff\xda"
        + struct.pack(">H", 8)
        + b"\x01\x01\0\0\x3f\0"
        + scan
        + b"\xff\xd9"
    )


def pdf(body: bytes = b"1 0 obj<</Type/Catalog>>endobj\n") -> bytes:
    return (
        b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + body + b"xref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
    )


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("a.html", "<script>alert(1)</script>")
    return made.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

GOOD = [
    ("论文.pdf", pdf(), "application/pdf"),
    ("论文.PDF", pdf(), "application/pdf"),
    ("1.7.pdf", pdf().replace(b"1.4", b"1.7"), "application/pdf"),
    ("尾部补零.pdf", pdf() + b"\0" * 64, "application/pdf"),
    ("照片.jpg", jpg(), "image/jpeg"),
    ("照片.JPEG", jpg(), "image/jpeg"),
    ("两张.jpg", jpg() + jpg(), "image/jpeg"),
    ("补零.jpg", jpg() + b"\0\0", "image/jpeg"),
    ("证书.png", png(), "image/png"),
]

HOSTILE = [
    ("空.pdf", b""),
    ("大.pdf", pdf(b"x" * files.LARGEST)),
    ("刚好多一.jpg", jpg(scan=b"a" * (files.LARGEST + 1 - len(jpg(scan=b""))))),
    ("图.svg", SVG),
    ("图.png", SVG),
    ("网页.jpg", HTML),
    ("网页.pdf", HTML),
    ("网页.html", HTML),
    ("病毒.pdf", EICAR),
    ("压缩.zip", archive()),
    ("压缩.pdf", archive()),
    ("文档.docx", archive()),
    ("动图.gif", b"GIF89a\1\0\1\0\0\0\0;"),
    ("动图.jpg", b"GIF89a\1\0\1\0\0\0\0;"),
    ("位图.png", b"BM" + b"\0" * 60),
    ("程序.pdf", b"MZ" + b"\0" * 200),
    ("只有头.jpg", b"\xff\xd8\xff"),
    ("只有头.png", b"\x89PNG\r\n\x1a\n"),
    ("只有头.pdf", b"%PDF-1.4\n"),
    ("截断.jpg", jpg()[:-2]),
    ("截断.png", png()[:-4]),
    ("截断.pdf", pdf()[:-8]),
    ("没有图.jpg", b"\xff\xd8\xff\xe0\x00\x04ab\xff\xd9"),
    ("没有画面.jpg", b"\xff\xd8\xff\xda\x00\x02ab\xff\xd9"),
    ("没有数据.png", png().replace(b"IDAT", b"tEXt")),
    ("头不对.png", png()[:8] + png()[33:]),
    ("长度溢出.png", png()[:8] + b"\xff\xff\xff\xff" + png()[12:]),
    ("图加压缩包.jpg", jpg() + archive()),
    ("图加压缩包.png", png() + archive()),
    ("文加压缩包.pdf", pdf() + archive()),
    ("图加网页.jpg", jpg() + HTML + b"\xff\xd9"),
    ("图加网页.png", png() + HTML),
    ("网页加图.png", HTML + png()),
    ("网页加文.pdf", HTML + pdf()),
    ("文中有图.pdf", jpg() + pdf()),
    ("像素炸弹.png", png(60000, 60000)),
    ("像素炸弹.jpg", jpg(65535, 65535)),
    ("没有像素.png", png(0, 1)),
    ("双扩展名.jpg.exe", jpg()),
    ("双扩展名.pdf.html", pdf()),
    ("不符.png", jpg()),
    ("不符.jpg", png()),
    ("不符.pdf", png()),
    ("没有扩展名", pdf()),
    (".pdf", pdf()),
    ("..", pdf()),
    ("", pdf()),
    ("/", pdf()),
    ("反向\u202efdp.exe", pdf()),
]


@pytest.mark.parametrize(("name", "content", "mime"), GOOD, ids=[name for name, _content, _mime in GOOD])
def test_a_whole_file_is_kept_under_a_random_key(app: Flask, name, content, mime):
    stored = files.save(io.BytesIO(content), name)

    assert (stored.filename, stored.mime, stored.size) == (name, mime, len(content))
    assert files.KEY.fullmatch(stored.key)
    assert files.open(stored.key).read() == content


@pytest.mark.parametrize(
    ("name", "content"), HOSTILE, ids=[f"{n}-{name!r}" for n, (name, _content) in enumerate(HOSTILE)]
)
def test_a_hostile_file_is_refused_with_a_sentence_and_leaves_nothing(app: Flask, name, content):
    with pytest.raises(files.NotAccepted) as refused:
        files.save(io.BytesIO(content), name)

    assert str(refused.value).endswith("。")
    assert lying(app) == []


def test_the_largest_file_is_taken(app: Flask):
    content = jpg(scan=b"a" * (files.LARGEST - len(jpg(scan=b""))))

    assert files.save(io.BytesIO(content), "大.jpg").size == files.LARGEST


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("职称论文.pdf", "职称论文.pdf"),
        ("../../etc/论文.pdf", "论文.pdf"),
        ("C:\\我的文档\\论文.pdf", "论文.pdf"),
        ("论\0文\r\n\t.pdf", "论文.pdf"),
        ("报告\u202egpj.\u2066pdf", "报告gpj.pdf"),
        ("零\u200b宽.pdf", "零宽.pdf"),
        ("  空 格  .pdf", "空 格.pdf"),
        ("长" * 300 + ".pdf", "长" * 120 + ".pdf"),
        ("<img src=x onerror=alert(1)>.pdf", "<img src=x onerror=alert(1)>.pdf"),
        ("a.b.c.pdf", "a.b.c.pdf"),
    ],
)
def test_the_own_name_keeps_what_people_read_and_nothing_else(app: Flask, typed, kept):
    assert files.own_name(typed) == kept


def test_the_store_holds_no_name_that_somebody_chose(app: Flask):
    stored = files.save(io.BytesIO(pdf()), "../机密.pdf")

    assert lying(app) == [stored.key]


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", "ab/cd/../../x", "ab/cd/" + "0" * 31, "ab/cd/" + "g" * 32]
)
def test_what_is_no_key_of_ours_does_not_exist(app: Flask, key):
    with pytest.raises(FileNotFoundError):
        files.open(key)
    with pytest.raises(FileNotFoundError):
        files.open("00/00/" + "0" * 32)


def test_removing_twice_is_no_error(app: Flask):
    stored = files.save(io.BytesIO(pdf()), "论文.pdf")

    files.remove(stored.key)
    files.remove(stored.key)

    with pytest.raises(FileNotFoundError):
        files.open(stored.key)


@pytest.mark.parametrize("point", ["fsync", "rename"])
def test_a_failing_disk_leaves_nothing_torn(app: Flask, monkeypatch, point):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if point == "fsync" else files.Path, point, full)

    with pytest.raises(OSError, match="No space"):
        files.save(io.BytesIO(pdf()), "论文.pdf")

    assert lying(app) == []


def test_another_store_by_url(app: Flask, monkeypatch):
    monkeypatch.setattr(app.extensions["zhiping"], "files_url", "memory://zhiping")

    stored = files.save(io.BytesIO(png()), "证书.png")

    assert files.open(stored.key).read() == png()
    files.remove(stored.key)
