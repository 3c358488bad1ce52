"""Refusals of two controllers with one index, and of two panic notifiers of one model."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Controller, Panic
from devaddr_xml.model.errors import AddressConflict
from devaddr_xml.model.naming import label


def refuse_duplicates(state: State) -> None:
    """Raise AddressConflict for controllers of one type and index (USB apart: companions share theirs) and panics."""
    controllers: dict[tuple[str, int | None], Controller] = {}
    for controller in state.controllers:
        if controller.type == "usb":
            continue
        other = controllers.setdefault((controller.type, controller.index), controller)
        if other is not controller:
            raise AddressConflict(
                f"there are two {controller.type} controllers with index {controller.index}",
                device=label(controller),
                line=controller.line,
                other=label(other),
                other_line=other.line,
                remedy="Give one of them another index, or leave its index out",
            )
    panics: dict[str | None, Panic] = {}
    for panic in state.panics:
        first = panics.setdefault(panic.model, panic)
        if first is not panic:
            raise AddressConflict(
                f"there are two panic notifiers of model '{panic.model}'",
                device=label(panic),
                line=panic.line,
                other=label(first),
                other_line=first.line,
                remedy="Remove one of them",
            )
