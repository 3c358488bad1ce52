"""Lock files: they read as they were written, and anything else is refused with the reason."""

from __future__ import annotations

import json

import msgspec
import pytest

from devaddr_xml import Guest
from devaddr_xml.model.address import IsaAddress, PciAddress
from devaddr_xml.model.device import Controller, Disk, Interface, Serial, Sound
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.lock import Lock

GUEST = Guest(
    arch="x86_64",
    machine="q35",
    devices=[
        Controller(type="pci", index=0, model="pcie-root"),
        Disk(target="vda", bus="virtio", source="/secret", address=PciAddress(bus=1), hints=Hints(node=1), line=7),
        Interface(mac="52:54:00:00:00:01", address=PciAddress(bus=2)),
        Sound(model="ich6"),
        Serial(port=1, address=IsaAddress(iobase=0x3F8)),
        Serial(port=0),
    ],
)


def test_written_and_read() -> None:
    lock = Lock.of(GUEST)
    assert list(lock.devices) == ["vda", "52:54:00:00:00:01", "serial[1]", "serial[2]"]
    assert list(lock.controllers) == ["pci.0"]
    assert Lock.from_json(lock.to_json()) == lock


def test_nothing_of_the_host_and_no_hints() -> None:
    text = Lock.of(GUEST).to_json()
    assert "secret" not in text
    assert "hints" not in text
    assert GUEST.devices[1].hints is not None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "urn:other"}, "does not say"),
        ({"version": 2}, "the version of the lock file is 2, not the number 1"),
        ({"version": "1"}, 'the version of the lock file is "1", not the number 1'),
        ({"version": True}, "the version of the lock file is true, not the number 1"),
        ({"layout-version": 9}, "the layout-version of the lock file is 9, not a number from 1 to 2"),
        ({"devices": []}, "is not valid"),
        ({"devices": {"x": {"kind": "unicorn"}}}, "is not valid"),
        ({"extra": 1}, "unknown field"),
    ],
)
def test_refused(change: dict[str, object], message: str) -> None:
    raw = json.loads(Lock.of(GUEST).to_json())
    with pytest.raises(ValueInvalid, match=message) as caught:
        Lock.from_json(json.dumps(raw | change))
    assert "assign --lock" in str(caught.value)


def test_cut_short() -> None:
    text = Lock.of(GUEST).to_json()
    for length in range(0, len(text) - 2, 7):
        with pytest.raises(ValueInvalid):
            Lock.from_json(text[:length])


def test_schema_names_every_member() -> None:
    schema = json.dumps(Lock.json_schema())
    for name in msgspec.structs.fields(Lock):
        assert f'"{name.encode_name}"' in schema
