"""Indexes of controllers that are written without one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.engine.complete.device_lists import gather
from devaddr_xml.engine.complete.indexes import assign_indexes
from devaddr_xml.engine.plan import start
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import Controller
from devaddr_xml.model.guest import Guest

E, U1, U2, U3 = "ich9-ehci1", "ich9-uhci1", "ich9-uhci2", "ich9-uhci3"


def controller(word: str) -> Controller:
    """``TYPE[:MODEL][@INDEX]``."""
    name, _, index = word.partition("@")
    type, _, model = name.partition(":")
    return Controller(type=type, model=model or None, index=int(index) if index else None)


def word(controller: Controller) -> str:
    model = f":{controller.model}" if controller.model else ""
    return f"{controller.type}{model}@{controller.index}"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("scsi", "scsi@0"),
        ("scsi@3 scsi scsi@0 scsi", "scsi@0 scsi@3 scsi@1 scsi@2"),
        ("usb:piix3-uhci scsi usb:nec-xhci", "usb:piix3-uhci@0 usb:nec-xhci@1 scsi@0"),
        (f"usb:{E} usb:{U1} usb:{U2} usb:{U3}", f"usb:{E}@0 usb:{U1}@0 usb:{U2}@0 usb:{U3}@0"),
        # masters come before their companions; a second model of one kind opens another set
        (
            f"usb:{U2} usb:{U1} usb:{E} usb:{U3} usb:{E}",
            f"usb:{E}@0 usb:{U2}@0 usb:{U1}@0 usb:{U3}@0 usb:{E}@1",
        ),
        # the set is that of the nearest USB controller, whatever stands between
        (f"usb:{E}@2 scsi usb:{U1}", f"usb:{E}@2 usb:{U1}@2 scsi@0"),
        # a controller of another kind ends the set
        (f"usb:{E} usb:piix3-uhci usb:{U1}", f"usb:{E}@0 usb:piix3-uhci@1 usb:{U1}@2"),
    ],
)
def test_indexes(begin, written: str, kept: str) -> None:
    state = begin(*map(controller, written.split()))
    gather(state)
    assign_indexes(state)
    assert " ".join(map(word, state.controllers)) == kept


def test_a_rebuilt_list_is_sorted(begin) -> None:
    """Where a USB 2 set makes libvirt rebuild the list, other types are sorted with it."""
    state = begin(*map(controller, f"scsi@1 scsi usb:{E} usb:{U1}".split()))
    gather(state)
    assign_indexes(state)
    assert " ".join(map(word, state.controllers)) == f"scsi@0 scsi@1 usb:{E}@0 usb:{U1}@0"


@given(
    st.lists(
        st.builds(
            Controller,
            type=st.sampled_from(["usb", "scsi", "sata"]),
            model=st.none() | st.sampled_from([E, U1, U2, U3]),
            index=st.none() | st.integers(0, 3),
        ),
        max_size=12,
    )
)
def test_indexes_are_the_lowest_that_are_free(controllers: list[Controller]) -> None:
    written = {(c.type, c.index) for c in controllers if c.index is not None}
    unset = {type: sum(c.type == type and c.index is None for c in controllers) for type in ("scsi", "sata")}
    state = start(Guest(machine="q35"), capabilities=Capabilities(arch="x86_64", flags=frozenset()))
    state.replace_controllers(controllers)
    assign_indexes(state)
    assert all(c.index is not None for c in state.controllers)
    assert len(state.controllers) == len(controllers)
    for type, count in unset.items():
        given_indexes = {index for kind, index in written if kind == type}
        free = [index for index in range(20) if index not in given_indexes][:count]
        assert {c.index for c in state.controllers if c.type == type} == given_indexes | set(free)
