"""``--like`` and ``--lock`` from outside: assign, plan, attach and batch keep an earlier layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import devaddr_xml

OLD = """<domain type='kvm'>
  <name>tf</name>
  <uuid>11111111-1111-4111-8111-111111111111</uuid>
  <memory unit='GiB'>4</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='disk'><source file='/b'/><target dev='vdb' bus='virtio'/></disk>
    <interface type='user'><mac address='52:54:00:01:00:01'/><model type='virtio'/></interface>
  </devices>
</domain>
"""
NEW = OLD.replace(
    "<disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>", ""
).replace("    <interface", "    <interface type='user'><mac address='52:54:00:01:00:02'/></interface>\n    <interface")
COMPLETE = devaddr_xml.assign(OLD)
WANTED = devaddr_xml.assign(NEW, like=COMPLETE.xml)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"old.xml": COMPLETE.xml, "old.json": COMPLETE.guest.to_json(), "new.xml": NEW}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_every_form_of_the_earlier_layout(command: Any, folder: Path) -> None:
    (folder / "skeleton.xml").write_text(OLD)
    done = command("assign", "skeleton.xml", "--lock", "old.lock.json")
    assert (done.returncode, done.stdout) == (0, COMPLETE.xml)
    (folder / "snapshot.xml").write_text(f"<domainsnapshot><name>s</name>{COMPLETE.xml}</domainsnapshot>")
    (folder / "status.xml").write_text(f"<domstatus state='running'>{COMPLETE.xml}</domstatus>")
    for earlier in ("old.xml", "old.json", "old.lock.json", "snapshot.xml", "status.xml"):
        done = command("assign", "new.xml", "--like", earlier)
        assert (done.returncode, done.stdout) == (0, WANTED.xml), earlier
        assert done.stderr.startswith("devaddr-xml: ")
    assert command("assign", "new.xml", "--like", "-", stdin=COMPLETE.xml).stdout == WANTED.xml


def test_the_report(command: Any, folder: Path) -> None:
    command("assign", "new.xml", "--like", "old.xml", "--report", "report.json")
    report = json.loads((folder / "report.json").read_text())
    assert {place["ref"] for place in report["kept"]} >= {"vdb", "52:54:00:01:00:01"}
    assert "52:54:00:01:00:02" in [place["ref"] for place in report["new"]]
    assert [place["ref"] for place in report["gone"]] == ["vda"]
    assert report["lost"] == []


def test_what_cannot_stay_is_listed_or_moves(command: Any, folder: Path) -> None:
    (folder / "pc.xml").write_text(NEW.replace("'q35'", "'pc'"))
    done = command("assign", "pc.xml", "--like", "old.xml")
    assert (done.returncode, done.stdout) == (1, "")
    errors = done.stderr.splitlines()
    assert [line for line in errors if "disk vdb cannot stay at" in line]
    assert "2 devices cannot stay" in errors[-1]
    done = command("assign", "pc.xml", "--like-if-possible", "old.xml")
    assert done.returncode == 3
    assert done.stdout == devaddr_xml.assign(NEW.replace("'q35'", "'pc'")).xml
    assert done.stderr.count("cannot stay at") == 2


@pytest.mark.parametrize(
    "text", ["{", '{"schema": "urn:devaddr-xml:lock", "version": 7}', '{"devices": {}}', "<domain"]
)
def test_what_is_no_earlier_layout(command: Any, folder: Path, text: str) -> None:
    (folder / "bad").write_text(text)
    done = command("assign", "new.xml", "--like", "bad")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("devaddr-xml: error: bad: ")


@pytest.mark.parametrize("options", [("--report", "r"), ("--like", "old.xml", "--like-if-possible", "old.xml")])
def test_called_wrongly(command: Any, folder: Path, options: tuple[str, ...]) -> None:
    assert command("assign", "new.xml", *options).returncode == 2


def test_plan(command: Any, folder: Path) -> None:
    done = command("plan", "new.xml", "--like", "old.json")
    assert devaddr_xml.Guest.from_json(done.stdout) == WANTED.guest
    assert devaddr_xml.plan(devaddr_xml.Guest.from_json(done.stdout), like=COMPLETE.guest).guest == WANTED.guest


def test_attach_goes_back_to_its_place(command: Any, folder: Path) -> None:
    without = devaddr_xml.detach(COMPLETE.xml, "vda")
    (folder / "without.xml").write_text(without.xml)
    (folder / "others.xml").write_text("<rng model='virtio'><backend model='random'>/r</backend></rng>")
    (folder / "vda.xml").write_text("<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/></disk>")
    (place,) = (d.address for d in COMPLETE.guest.devices if getattr(d, "target", None) == "vda")
    done = command("attach", "without.xml", "others.xml", "vda.xml", "--like", "old.xml", "--print", "devices")
    assert f"bus='0x{place.bus:02x}'" in done.stdout.splitlines()[-1], (done.stdout, done.stderr)


def test_batch_finds_layouts_by_file_uuid_and_name(command: Any, folder: Path) -> None:
    def named(number: int, uuid: bool) -> tuple[str, str]:
        texts = [text.replace("<name>tf", f"<name>tf{number}") for text in (COMPLETE.xml, NEW)]
        if not uuid:
            texts = [text.replace("  <uuid>11111111-1111-4111-8111-111111111111</uuid>\n", "") for text in texts]
        return texts[0], texts[1]

    for name in ("in", "like"):
        (folder / name).mkdir()
    (folder / "like" / "same.xml").write_text(named(1, False)[0])
    (folder / "in" / "same.xml").write_text(named(1, False)[1])
    (folder / "like" / "dumped.xml").write_text(named(2, True)[0])
    (folder / "in" / "by-uuid.xml").write_text(named(3, True)[1])
    (folder / "like" / "other.xml").write_text(named(4, False)[0])
    (folder / "in" / "by-name.xml").write_text(named(4, False)[1])
    (folder / "like" / "locked.json").write_text(devaddr_xml.Lock.of(COMPLETE.guest).to_json())
    (folder / "in" / "locked.xml").write_text(named(5, False)[1])
    (folder / "in" / "unknown.xml").write_text(named(6, False)[1])
    done = command("batch", "in", "--out", "out", "--like", "like")
    assert done.returncode == 0, done.stderr
    for name in ("same", "by-uuid", "by-name", "locked"):
        text = (folder / "in" / f"{name}.xml").read_text()
        assert (folder / "out" / f"{name}.xml").read_text() == devaddr_xml.assign(text, like=COMPLETE.xml).xml, name
    unknown = (folder / "in" / "unknown.xml").read_text()
    assert (folder / "out" / "unknown.xml").read_text() == devaddr_xml.assign(unknown).xml
    (folder / "like" / "same.xml").unlink()
    again = command("batch", "in", "--out", "out", "--like", "like")
    assert "4 were done already" in again.stderr


def test_batch_refuses_two_layouts_of_one_domain(command: Any, folder: Path) -> None:
    for name in ("in", "like"):
        (folder / name).mkdir()
    for name in ("one", "two"):
        (folder / "like" / f"{name}.xml").write_text(COMPLETE.xml)
    (folder / "in" / "guest.xml").write_text(NEW)
    done = command("batch", "in", "--out", "out", "--like", "like")
    assert done.returncode == 1
    assert "several earlier layouts" in done.stderr
