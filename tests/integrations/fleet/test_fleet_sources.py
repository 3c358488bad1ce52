"""Where documents come from, and what must not come from there."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from integrations.fleet.fleet_documents import document, write_folder

from devaddr_xml.domxml.document import MAX_BYTES
from devaddr_xml.integrations.fleet.document import Outcome, Task
from devaddr_xml.integrations.fleet.errors import SourceError
from devaddr_xml.integrations.fleet.sources import Source, open_source


def source(path: Path | str, stdin: bytes = b"") -> Source:
    return open_source(str(path), io.BytesIO(stdin))


def tasks(opened: Source) -> dict[str, bytes]:
    return {item.name: item.data for item in opened.items if isinstance(item, Task)}


def errors(opened: Source) -> dict[str, str]:
    return {item.name: item.error or "" for item in opened.items if isinstance(item, Outcome)}


def test_folder(tmp_path: Path) -> None:
    write_folder(tmp_path, 5)
    (tmp_path / "README.md").write_text("no document")
    (tmp_path / ".hidden.xml").write_text("no document")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.xml").write_text("no document")
    opened = source(tmp_path)
    assert opened.total == 5
    assert tasks(opened) == {
        "0.xml": document(0),
        "2.xml": document(2),
        "4.xml": document(4),
        "site-0/3.xml": document(3),
        "site-1/1.xml": document(1),
    }


def test_files_of_a_folder_that_are_none(tmp_path: Path) -> None:
    """A link to a document is one, as Kubernetes mounts them; a pipe would wait for ever."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_bytes(document(1))
    (tmp_path / "link.xml").symlink_to("real/a")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "gone.xml").symlink_to("nothing")
    (tmp_path / "folder.xml").mkdir()
    os.mkfifo(tmp_path / "pipe.xml")
    with (tmp_path / "large.xml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert tasks(source(tmp_path)) == {"link.xml": document(1)}
    found = errors(source(tmp_path))
    assert found == {
        "gone.xml": "it cannot be read: No such file or directory",
        "large.xml": "it is larger than 32 MiB",
        "pipe.xml": "it is not a regular file",
    }


def archive(path: Path, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as tar:
        for number, name in enumerate(["a.xml", "./below/b.xml", "../out.xml", "/etc/c.xml", "notes.txt"]):
            member = tarfile.TarInfo(name)
            data = document(number)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for name, kind, target in (
            ("link.xml", tarfile.SYMTYPE, "/etc/shadow"),
            ("hard.xml", tarfile.LNKTYPE, "a.xml"),
            ("pipe.xml", tarfile.FIFOTYPE, ""),
            ("disk.xml", tarfile.BLKTYPE, ""),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            tar.addfile(member)
        folder = tarfile.TarInfo("folder.xml")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        large = tarfile.TarInfo("large.xml")
        large.size = MAX_BYTES + 1
        tar.addfile(large, io.BytesIO(b" " * (MAX_BYTES + 1)))
    return path


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_archive(tmp_path: Path, mode: str) -> None:
    path = archive(tmp_path / "all.tar", mode)
    opened = source(path)
    assert opened.total == 9
    assert tasks(opened) == {
        "a.xml": document(0),
        "./below/b.xml": document(1),
        "../out.xml": document(2),
        "/etc/c.xml": document(3),
    }
    found = errors(source(path))
    assert found.pop("large.xml") == "it is larger than 32 MiB"
    assert found == dict.fromkeys(("link.xml", "hard.xml", "pipe.xml", "disk.xml"), "it is not a regular file")


def test_damaged_archives(tmp_path: Path) -> None:
    whole = archive(tmp_path / "all.tar.gz").read_bytes()
    for name, data in (("cut", whole[: len(whole) // 2]), ("text", b"no archive"), ("empty", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SourceError, match=name):
            tasks(source(tmp_path / name))
    with pytest.raises(SourceError, match="cannot read"):
        source(tmp_path / "gone")


def test_lines() -> None:
    lines = [
        json.dumps({"xml": document(0).decode(), "name": "first", "owner": "somebody"}),
        "",
        json.dumps({"xml": "<domain>é</domain>"}),
        json.dumps({"name": "second"}),
        json.dumps({"xml": 5}),
        "[",
        '"<domain/>"',
        '{"xml": "\\ud800"}',
    ]
    data = "\n".join(lines).encode()
    opened = source("-", data)
    assert opened.total is None
    assert tasks(opened) == {"first": document(0), "line-3": "<domain>é</domain>".encode()}
    found = errors(source("-", data))
    assert sorted(found) == ["line-4", "line-5", "line-6", "line-7", "line-8"]
    assert all("not a JSON object" in error for error in found.values())


def test_a_line_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devaddr_xml.integrations.fleet.sources._LONGEST_LINE", 100)
    data = b'{"xml": "' + b"a" * 1000 + b'"}\n' + b'{"xml": "b"}\n' + b"c" * 500
    assert tasks(source("-", data)) == {"line-2": b"b"}
    assert errors(source("-", data)) == dict.fromkeys(("line-1", "line-3"), "the line is too long")
