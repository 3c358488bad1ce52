"""What is done already, and what no longer is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from devaddr_xml.integrations.fleet.document import Outcome, Settings
from devaddr_xml.integrations.fleet.errors import OutputError
from devaddr_xml.integrations.fleet.ledger import NAME, Ledger
from devaddr_xml.model.policy import Policy

DONE = Outcome(name="a", status="assigned", devices=3, added=["usb"], xml=b"<result/>")
REFUSED = Outcome(name="b", status="refused", error="because", line=7)
SETTINGS = Settings().encoded()


@contextmanager
def ledger(folder: Path, settings: bytes = SETTINGS) -> Iterator[Ledger]:
    with closing(Ledger(str(folder), settings)) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with ledger(tmp_path) as opened:
        opened.add(DONE, opened.key(b"document a"))
        opened.add(REFUSED, opened.key(b"document b"))
    return tmp_path


def known(opened: Ledger, name: str, data: bytes, result: bytes | None) -> Outcome | None:
    return opened.outcome(name, opened.key(data), lambda _: result)


def test_what_is_done(folder: Path) -> None:
    with ledger(folder) as opened:
        found = known(opened, "a", b"document a", b"<result/>")
        assert found is not None
        assert (found.status, found.devices, found.added, found.xml) == ("assigned", 3, ["usb"], b"")
        assert known(opened, "b", b"document b", None) == REFUSED


def test_what_has_changed(folder: Path) -> None:
    with ledger(folder) as opened:
        assert known(opened, "a", b"another document", b"<result/>") is None
        assert known(opened, "a", b"document a", b"<edited/>") is None
        assert known(opened, "a", b"document a", None) is None
        assert known(opened, "c", b"document a", b"<result/>") is None
    with ledger(folder, Settings(policy=Policy(profile="hotplug")).encoded()) as opened:
        assert known(opened, "a", b"document a", b"<result/>") is None


def test_settings_and_content_do_not_mix(tmp_path: Path) -> None:
    with ledger(tmp_path, b"ab") as one:
        first = one.key(b"c")
    with ledger(tmp_path, b"a") as other:
        assert other.key(b"bc") != first


def test_a_line_that_was_cut_off(folder: Path) -> None:
    path = folder / NAME
    whole = path.read_bytes()
    path.write_bytes(whole[:-20] + b"")
    with ledger(folder) as opened:
        assert known(opened, "a", b"document a", b"<result/>") is not None
        assert known(opened, "b", b"document b", None) is None
        opened.add(REFUSED, opened.key(b"document b"))
    with ledger(folder) as opened:
        assert known(opened, "b", b"document b", None) == REFUSED


def test_strange_lines(folder: Path) -> None:
    path = folder / NAME
    path.write_bytes(
        b'\xff\xfe\n{}\n[]\n{"key": 1}\n{"x":' + b"[" * 100_000 + b'\n{"key": "\\ud800"}\n' + path.read_bytes()
    )
    with ledger(folder) as opened:
        assert known(opened, "b", b"document b", None) == REFUSED


def test_one_batch_at_a_time(folder: Path) -> None:
    with ledger(folder), pytest.raises(OutputError, match="another batch"):
        Ledger(str(folder), SETTINGS)
    with ledger(folder):
        pass


def test_no_link_is_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (tmp_path / NAME).symlink_to(victim)
    with pytest.raises(OutputError):
        Ledger(str(tmp_path), SETTINGS)
    assert victim.read_text() == "kept"
