"""Finished guests, built from the model, and the state in which the checks find them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devaddr_xml.engine.choose_rules import choose_rules
from devaddr_xml.engine.complete.device_lists import gather
from devaddr_xml.engine.plan import start
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.policy import Policy
from devaddr_xml.probe.embedded import capabilities_for

Finish = Callable[..., State]


@pytest.fixture
def finish() -> Finish:
    """Gives the state for a guest of these devices, whose models and addresses are what the test says."""

    def state_of(
        *devices: Device, machine: str = "q35", arch: str = "x86_64", policy: Policy | None = None, **guest: object
    ) -> State:
        own = Guest(arch=arch, machine=machine, devices=list(devices), **guest)  # type: ignore[arg-type]
        state = start(own, capabilities=capabilities_for(arch), policy=policy)
        gather(state)
        choose_rules(state)
        return state

    return state_of
