"""The questions that the engine asks about the rules of the guest at hand."""

from __future__ import annotations

import msgspec


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The answers for one guest; each field is a question, and says what the guest sees of the answer.

    The defaults are what the oldest release of libvirt with a row in `devaddr_xml.rules.libvirt` does.
    """

    several_watchdogs: bool = False
    """Does a guest take more than one watchdog? Without, a second one is refused."""
