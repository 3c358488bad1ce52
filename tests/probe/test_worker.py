"""What the child process does with libvirt's answers, with a libvirt that answers as told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

TOO_LATE = "failed to connect to monitor socket: Connection refused"
REASON = "process exited while connecting to monitor: qemu: bad scsi device lun: 1"


class LibvirtError(Exception):
    """libvirt's error."""


class Connection:
    """It starts a guest, or refuses it with the next of its answers."""

    def __init__(self, *refusals: str) -> None:
        self.refusals = list(refusals)

    def createXML(self, xml: str, flags: int) -> str:  # noqa: N802, as in libvirt
        if self.refusals:
            raise LibvirtError(self.refusals.pop(0))
        return "the guest"


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setitem(sys.modules, "libvirt", SimpleNamespace(libvirtError=LibvirtError))
    monkeypatch.setitem(sys.modules, "libvirt_qemu", ModuleType("libvirt_qemu"))
    monkeypatch.delitem(sys.modules, "devaddr_xml.probe.worker", raising=False)
    yield import_module("devaddr_xml.probe.worker")
    sys.modules.pop("devaddr_xml.probe.worker")


@pytest.mark.parametrize("late", [0, 1, 2])
def test_a_guest_is_started_again_until_libvirt_tells_why_it_ended(worker: Any, late: int) -> None:
    with pytest.raises(LibvirtError, match="bad scsi device lun"):
        worker._started(Connection(*[TOO_LATE] * late, REASON), "<domain/>", 0)
    assert worker._started(Connection(*[TOO_LATE] * late), "<domain/>", 0) == "the guest"


def test_it_is_not_started_for_ever(worker: Any) -> None:
    connection = Connection(*[TOO_LATE] * 9)
    with pytest.raises(LibvirtError, match="monitor socket"):
        worker._started(connection, "<domain/>", 0)
    assert len(connection.refusals) == 6
