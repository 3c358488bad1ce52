# SPDX-License-Identifier: LGPL-2.1-or-later
"""The filter ``devaddr.xml.assign``."""

from __future__ import annotations

import json

from ansible.errors import AnsibleFilterError

try:
    import devaddr_xml
except ImportError:
    devaddr_xml = None


def assign(xml, policy=None, like=None, libvirt=None, qemu=None):
    """The domain with every controller and address."""
    if devaddr_xml is None:
        raise AnsibleFilterError("devaddr.xml.assign needs the Python package devaddr-xml on the controller")
    given = {}
    if policy is not None:
        raw = {"profile": str(policy)} if isinstance(policy, str) else policy
        given["policy"] = devaddr_xml.policy_from_json(json.dumps(raw))
    if like is not None:
        given["like"] = str(like)
    try:
        if libvirt is not None or qemu is not None:
            arch = devaddr_xml.read_guest(str(xml)).arch or "x86_64"
            given["capabilities"] = devaddr_xml.known_capabilities(arch, libvirt=libvirt, qemu=qemu)
        return devaddr_xml.assign(str(xml), **given).xml
    except devaddr_xml.DevaddrError as error:
        raise AnsibleFilterError(f"the domain is refused: {error}") from error


class FilterModule:
    """The filters of the collection."""

    def filters(self):
        """By name."""
        return {"assign": assign}
