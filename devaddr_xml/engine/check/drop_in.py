"""Whether the guest is planned by libvirt's rules alone."""

from __future__ import annotations

from devaddr_xml.engine.work import Work
from devaddr_xml.model.policy import LIBVIRT_TUNABLES


def is_drop_in(work: Work) -> bool:
    """Whether no tunable, hint or spare port is asked for: then nothing is refused but what libvirt refuses."""
    policy = work.guest.policy
    return (
        work.tunables == LIBVIRT_TUNABLES
        and not (policy is not None and (policy.devices or policy.spares))
        and all(device.hints is None for device in work.guest.devices)
    )
