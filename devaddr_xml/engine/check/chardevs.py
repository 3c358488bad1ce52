"""Character devices: target types and models that belong together, consoles and smartcards."""

from __future__ import annotations

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import CcidAddress
from devaddr_xml.model.errors import PlacementError, Unsupported, ValueInvalid
from devaddr_xml.model.serial_models import TYPE_OF_MODEL

CONSOLE_TYPES = frozenset((None, "serial", "virtio", "sclp", "sclplm"))

#: The one place for a smartcard.
SMARTCARD = CcidAddress(controller=0, slot=0)


def check_chardevs(state: State) -> None:
    """Refuse serial ports, consoles and smartcards that QEMU does not have; raises DevaddrError."""
    for serial in state.serials:
        type_ = TYPE_OF_MODEL.get(serial.model or "")
        if type_ is not None and serial.target_type is not None and serial.target_type != type_:
            raise refusal(
                ValueInvalid,
                f"target model {serial.model} is of type {type_}, and the target type is {serial.target_type}",
                serial,
                remedy="Remove the model, and the one of the type is taken",
            )
    for console in state.consoles:
        if console.target_type not in CONSOLE_TYPES:
            raise refusal(
                Unsupported,
                f"QEMU has no consoles of target type {console.target_type}",
                console,
                remedy="Use target type serial or virtio",
            )
    _check_smartcards(state)


def _check_smartcards(state: State) -> None:
    if len(state.smartcards) > 1:
        raise refusal(
            Unsupported,
            "QEMU supports only one smartcard",
            state.smartcards[1],
            other=state.smartcards[0],
            remedy="Remove one of the two",
        )
    for smartcard in state.smartcards:
        if isinstance(smartcard.address, CcidAddress) and smartcard.address != SMARTCARD:
            raise refusal(
                PlacementError,
                f"the smartcard is at {smartcard.address}, and QEMU takes {SMARTCARD} only",
                smartcard,
                remedy="Remove the address",
            )
