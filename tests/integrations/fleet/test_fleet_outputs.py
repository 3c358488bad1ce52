"""Where results go: below the output folder, whatever a document is called, and whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.integrations.fleet.errors import OutputError, SourceError
from devaddr_xml.integrations.fleet.names import output_name
from devaddr_xml.integrations.fleet.outputs import Outputs


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a.xml", "a.xml"),
        ("a", "a.xml"),
        ("./a//b.xml", "a/b.xml"),
        ("a/.b/c d.xml", "a/.b/c d.xml"),
        ("größe.xml", "größe.xml"),
        ("..a/b..", "..a/b...xml"),
    ],
)
def test_names(name: str, path: str) -> None:
    assert output_name(name) == path


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "/",
        "/etc/passwd",
        "..",
        "../a",
        "a/../../b",
        "a/..",
        "a\0b",
        "a\nb",
        "a\x1b[2Jb",
        "..\\a",
        "\u202eb",
        "a" * 400,
        "a/" * 1100 + "b",
    ],
)
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(SourceError):
        output_name(name)


@given(st.text(st.characters() | st.sampled_from("./\\"), max_size=40))
def test_no_name_leads_out(name: str) -> None:
    try:
        path = output_name(name)
    except SourceError:
        return
    assert os.path.normpath(os.path.join("/out", path)).startswith("/out/")
    assert os.path.basename(path).endswith(".xml")


def test_replaces_links_and_leaves_their_targets(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    out = tmp_path / "out"
    outputs = Outputs(str(out))
    (out / "a.xml").symlink_to(victim)
    assert outputs.read("a") is None
    outputs.write("a", b"new")
    assert (out / "a.xml").read_bytes() == b"new"
    assert not (out / "a.xml").is_symlink()
    (out / ".b.xml.part").symlink_to(victim)
    with pytest.raises(SourceError):
        outputs.write("b", b"new")
    assert victim.read_text() == "kept"


def test_trouble_with_one_name(tmp_path: Path) -> None:
    outputs = Outputs(str(tmp_path))
    outputs.write("a", b"x")
    (tmp_path / "folder.xml" / "inner").mkdir(parents=True)
    for name in ("a.xml/b", "folder"):
        with pytest.raises(SourceError, match="cannot be written"):
            outputs.write(name, b"y")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xml", "folder.xml"]


def test_trouble_with_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        Outputs(str(tmp_path / "file" / "out"))


def test_nothing_half_is_left_of_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = Outputs(str(tmp_path))
    outputs.write("a", b"old")

    def full(descriptor: int, *_: object, **__: object) -> object:
        os.close(descriptor)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("devaddr_xml.integrations.fleet.outputs.open", full, raising=False)
    with pytest.raises(OutputError, match="No space left"):
        outputs.write("a", b"new")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["a.xml"]
    assert outputs.read("a") == b"old"
