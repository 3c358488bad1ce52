"""The first console and the first serial port are one device: each implies the other."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Console, Serial
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.model.events import Rule
from devaddr_xml.model.naming import label

#: Target types of serial ports on which guests have their console.
CONSOLE_TYPES = frozenset((None, "isa-serial", "spapr-vio-serial", "system-serial", "sclp-serial"))


def pair_consoles(state: State) -> None:
    """Add a serial port for the first serial console, or a console for the first serial port.

    The console element stays; the new serial port copies its contents. Raises Unsupported if a later console is one of
    a serial port.
    """
    for console in state.consoles[1:]:
        if console.target_type == "serial":
            raise Unsupported(
                "only the first console can be that of a serial port",
                device=label(console),
                line=console.line,
                remedy="Give it another target type, such as virtio",
            )
    if state.consoles and state.consoles[0].target_type == "serial":
        if not state.serials:
            _add_serial(state, state.consoles[0])
    elif state.serials and state.serials[0].target_type in CONSOLE_TYPES:
        console = Console(target_type="serial", port=0)
        state.consoles.insert(0, console)
        if state.rules.consoles_numbered_last:
            for position, later in enumerate(state.consoles):
                later.port = position
        state.record_addition(console, Rule.SERIAL_IS_CONSOLE)


def lead_with_alias(state: State) -> None:
    """Put a console that was added for the first serial port before the other consoles."""
    first = state.consoles[0] if state.consoles else None
    if first is None or all(first is not added for added in state.added):
        return
    devices = [device for device in state.guest.devices if device is not first]
    position = next((at for at, device in enumerate(devices) if isinstance(device, Console)), len(devices))
    devices.insert(position, first)
    state.guest.devices = devices


def _add_serial(state: State, console: Console) -> None:
    serial = Serial(
        port=0,
        address=console.address,
        alias=console.alias,
        hints=console.hints,
        line=console.line,
    )
    state.serials.append(serial)
    state.record_addition(serial, Rule.CONSOLE_IS_SERIAL)


def mirror_first_serial(state: State) -> None:
    """Give the console of the first serial port the number and address of that port."""
    if state.first_console_is_alias and state.serials:
        console, serial = state.consoles[0], state.serials[0]
        console.port = serial.port
        console.address = serial.address
