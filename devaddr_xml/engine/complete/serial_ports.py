"""Target types, models and port numbers of serial ports."""

from __future__ import annotations

from devaddr_xml.buses.isa import IsaSerialPorts
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Serial
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.model.events import Chosen, Rule
from devaddr_xml.model.naming import label
from devaddr_xml.model.serial_models import MODELS_OF_TYPE


def number_isa_serials(state: State) -> None:
    """Give serial ports of target type isa-serial the lowest free port numbers.

    A port that also names its model already has a number and keeps it. It may be above 3, since libvirt numbers ports
    without a target type without a limit. Raises Unsupported if there are more than four others, AddressConflict if
    two have the same port.
    """
    written = [s for s in state.serials if s.target_type == "isa-serial" and (s.model is None or s.port is None)]
    ports = IsaSerialPorts()
    for serial in written:
        if serial.port is not None:
            ports.reserve(serial.port, serial)
    for serial in written:
        if serial.port is None:
            serial.port = ports.give_next(serial)
            state.journal.note(serial, Chosen("port", serial.port), Rule.LOWEST_ISA_PORT)


def complete_serials(state: State) -> None:
    """Choose target type, model and port of every serial port that lacks them.

    Raises Unsupported for an ISA debug port on a machine that is not x86.
    """
    highest = max((serial.port for serial in state.serials if serial.port is not None), default=-1)
    for serial in state.serials:
        _complete_target(state, serial)
        if serial.port is None:
            highest += 1
            serial.port = highest
            state.journal.note(serial, Chosen("port", serial.port), Rule.NEXT_SERIAL_PORT)


def _complete_target(state: State, serial: Serial) -> None:
    machine = state.machine
    if serial.target_type in (None, "isa-serial"):
        serial.target_type = machine.serial_type
    if serial.target_type == "isa-debug" and not machine.is_x86:
        raise Unsupported(
            "only x86 machines have an ISA debug port", device=label(serial), line=serial.line, remedy="Remove it"
        )
    if serial.model is None:
        if serial.target_type == "system-serial":
            serial.model = machine.system_serial_model
        else:
            serial.model = next(iter(MODELS_OF_TYPE.get(serial.target_type or "", ())), None)
        if serial.model is not None:
            state.journal.note(serial, Chosen("model", serial.model), Rule.MACHINE_SERIAL)
