"""What the tests of the engine share: the state of a guest before and after the passes that complete it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from devaddr_xml.engine.complete.device_lists import gather
from devaddr_xml.engine.complete.indexes import assign_indexes
from devaddr_xml.engine.plan import COMPLETION, start
from devaddr_xml.engine.state import State
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.policy import Policy
from devaddr_xml.probe.embedded import capabilities_for

Begin = Callable[..., State]


def begin_work(
    *devices: Device,
    arch: str = "x86_64",
    machine: str = "q35",
    without: tuple[str, ...] = (),
    libvirt: tuple[int, int, int] | None = None,
    **guest: Any,
) -> State:
    """A guest before the first pass; ``without``: abilities that its QEMU lacks."""
    known = capabilities_for(arch)
    caps = Capabilities(
        arch=arch,
        flags=known.flags - set(without),
        default_machine=known.default_machine,
        libvirt_version=libvirt or known.libvirt_version,
    )
    return start(Guest(arch=arch, machine=machine, devices=list(devices), **guest), capabilities=caps)


@pytest.fixture
def begin() -> Begin:
    """A guest before the first pass."""
    return begin_work


@pytest.fixture
def complete() -> Begin:
    """A guest after the passes that say what is there and of which model, before any place but those of disks."""

    def completed(*devices: Device, **options: Any) -> State:
        state = begin_work(*devices, **options)
        for step in COMPLETION:
            step(state)
        return state

    return completed


@pytest.fixture(scope="session")
def make_work() -> Begin:
    """A guest whose devices are in libvirt's lists, and whose controllers have indexes; these very devices, no copies.

    ``scsi_units``: the tunable of that name.
    """

    def make(*devices: Device, scsi_units: int | None = None, **options: Any) -> State:
        state = begin_work(policy=Policy(scsi_units=scsi_units), **options)
        state.guest.devices = list(devices)
        gather(state)
        assign_indexes(state)
        return state

    return make
