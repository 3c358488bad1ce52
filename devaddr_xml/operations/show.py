"""Showing where every device of a guest is, in one of the output forms."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

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
from devaddr_xml.views.outline import outline


def show(
    plans: Sequence[Plan],
    form: str = "text",
    titles: Sequence[str] = (),
    width: int | None = None,
    colour: bool = False,
    comparing: bool = False,
    fold: bool = False,
) -> str:
    """The layouts of plans, or what moved between two of them, in an output form.

    plans: one or several; where ``comparing``, the earlier and the later. form: a name in ``FORMS``. titles: one for
    each plan. width, colour, fold: for text, the terminal's, and whether rows that are alike are folded.
    """
    if comparing:
        before, after = mark(plans[0].guest, plans[1].guest)
        layouts = [outline(plans[0], before), outline(plans[1], after)]
    else:
        layouts = [outline(plan) for plan in plans]
    row = FORMS[form]
    made = getattr(import_module(row.module), row.function)
    shown: str = made(layouts, titles, width, colour, fold) if row.terminal else made(layouts, titles)
    return shown


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
    return show(plans, form, comparing=len(plans) == 2)
