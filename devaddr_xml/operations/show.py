"""Showing where every device of a guest is, in one of the output forms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib import import_module

from msgspec.structs import replace

from devaddr_xml.engine.complete.device_lists import gather
from devaddr_xml.engine.hints.host_audit import pairs, sides, wrong_cells
from devaddr_xml.engine.hints.host_devices import host_address
from devaddr_xml.engine.hints.host_nodes import cell_of_node
from devaddr_xml.engine.plan import start
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy
from devaddr_xml.model.validate import suggestion
from devaddr_xml.operations.guests import read_guest
from devaddr_xml.operations.plan import plan
from devaddr_xml.operations.target import NEWEST, Target
from devaddr_xml.views.comparison import mark
from devaddr_xml.views.forms import FORMS
from devaddr_xml.views.outline import Outline, outline


def show(
    plans: Sequence[Plan],
    form: str = "text",
    titles: Sequence[str] = (),
    width: int | None = None,
    colour: bool = False,
    comparing: bool = False,
    fold: bool = False,
    target: Target = NEWEST,
) -> str:
    """The layouts of plans, or what moved between two of them, in an output form.

    plans: one or several; where ``comparing``, the earlier and the later. form: a name in ``FORMS``. titles: one for
    each plan. width, colour, fold: for text, the terminal's, and whether rows that are alike are folded. target: with
    host facts, the tree of the host is beside that of each guest that has devices of it.
    """
    if comparing:
        before, after = mark(plans[0].guest, plans[1].guest)
        layouts = [outline(plans[0], before), outline(plans[1], after)]
    else:
        shown = [_with_host(plan, target) for plan in plans]
        titles = [title for title, layouts in zip(titles, shown, strict=False) for title in _titles(title, layouts)]
        layouts = [layout for layouts in shown for layout in layouts]
    row = FORMS[form]
    made = getattr(import_module(row.module), row.function)
    text: str = made(layouts, titles, width, colour, fold) if row.terminal else made(layouts, titles)
    return text


def _with_host(plan: Plan, target: Target) -> list[Outline]:
    """The layout of a plan, after that of its host where there are facts and it has devices of it."""
    if target.host is None or not any(map(host_address, plan.guest.devices)):
        return [outline(plan)]
    from devaddr_xml.views.beside_host import compared, host_outline

    state = start(plan.guest, capabilities=target.facts(plan.guest)[0], host=target.host)
    gather(state)
    found = sides(state)
    own = dict(zip(map(id, state.guest.devices), plan.guest.devices, strict=False))
    told = compared(
        [replace(pair, first=own[id(pair.first)], second=own[id(pair.second)]) for pair in pairs(found)],
        [replace(wrong, device=own[id(wrong.device)]) for wrong in wrong_cells(state, found)],
    )
    guest = outline(plan, told.in_guest)
    guest.beside, guest.notes = True, told.notes
    cells = partial(cell_of_node, plan.guest, target.host)
    return [host_outline(plan.guest, target.host, told.on_host, cells), guest]


def _titles(title: str, layouts: Sequence[Outline]) -> list[str]:
    return [title] * len(layouts)


def nccl(plan: Plan, target: Target = NEWEST) -> str:
    """A topology file for NCCL of a plan, with the tree of the host where the target has its facts."""
    from devaddr_xml.views.nccl import as_nccl

    return as_nccl(plan.guest, target.facts(plan.guest)[1])


def show_guests(
    domains: Sequence[str | bytes | Guest], form: str = "text", policy: Policy | None = None, target: Target = NEWEST
) -> str:
    """The layout of a guest, or what moved between two; raises ValueInvalid for an unknown form, else DevaddrError."""
    if form not in FORMS:
        raise ValueInvalid(f'there is no form "{str(form)[:60]}"', remedy=suggestion(str(form), FORMS))
    plans = [plan(read_guest(domain), policy, target) for domain in domains]
    return show(plans, form, comparing=len(plans) == 2, target=target)
