"""Controllers without an index get one."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Controller
from devaddr_xml.model.events import Chosen, Rule
from devaddr_xml.model.usb2 import USB2_MODELS


def assign_indexes(state: State) -> None:
    """Give an index to every controller without one, and put USB 2 masters before their companions again."""
    if all(controller.index is not None for controller in state.controllers):
        return
    used: dict[str, set[int]] = {}
    usb_models: set[tuple[int, str | None]] = set()
    for controller in state.controllers:
        if controller.index is not None:
            used.setdefault(controller.type, set()).add(controller.index)
            if controller.type == "usb":
                usb_models.add((controller.index, controller.model))
    lowest: dict[str, int] = {}
    last_usb: Controller | None = None
    rebuild = False
    for position, controller in enumerate(state.controllers):
        if controller.index is None:
            rule = Rule.LOWEST_INDEX
            if position > 0 and controller.type == "usb" and controller.model in USB2_MODELS:
                rebuild = True
                if (
                    last_usb is not None
                    and last_usb.index is not None
                    and last_usb.model in USB2_MODELS
                    and (last_usb.index, controller.model) not in usb_models
                ):
                    controller.index = last_usb.index
                    rule = Rule.SAME_USB2_SET
            if controller.index is None:
                taken = used.setdefault(controller.type, set())
                index = lowest.get(controller.type, 0)
                while index in taken:
                    index += 1
                lowest[controller.type] = index
                taken.add(index)
                controller.index = index
            if controller.type == "usb":
                usb_models.add((controller.index, controller.model))
            state.journal.note(controller, Chosen("index", controller.index), rule)
        if controller.type == "usb":
            last_usb = controller
    if rebuild:
        state.replace_controllers(state.controllers)
    else:
        state.index_controllers()
