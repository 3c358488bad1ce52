"""Every hint is kept, as seen from the finished layout alone; what is not kept is an error."""

from __future__ import annotations

from devaddr_xml.buses.pci.space import Space
from devaddr_xml.engine.pci.demand import Demands
from devaddr_xml.engine.work import Work


def honour_hints(work: Work, demands: Demands, space: Space) -> None:
    """Raise HintError for the first hint that the layout does not keep."""
