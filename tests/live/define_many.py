"""Defines domains in a libvirt of its own process, and writes down what libvirt made of them.

    python3 define_many.py [FOLDER] < DOMAINS > RECORDS

One domain a line comes in, as JSON with ``in`` and whatever else. It goes out with ``libvirt``, ``qemu`` and either
``expect`` ok and ``want``, the domain as libvirt keeps it, or ``expect`` refuse and ``why``. It needs libvirt-python
and nothing else, so that the Python of whatever system libvirt is part of can run it. No daemon is started or asked.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import threading
from pathlib import Path

import libvirt

#: Without these libvirt changes user for every QEMU and asks it anew about its abilities with every definition.
QEMU_CONF = 'user = "root"\ngroup = "root"\nsecurity_driver = "none"\n'


def dotted(version: int) -> str:
    """A version as it is written."""
    return f"{version // 1000000}.{version // 1000 % 1000}.{version % 1000}"


def main() -> None:
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    libvirt.virEventRegisterDefaultImpl()
    threading.Thread(target=_turn_events, daemon=True).start()
    with tempfile.TemporaryDirectory() as own:
        folder = sys.argv[1] if len(sys.argv) > 1 else own
        (Path(folder) / "etc").mkdir(parents=True, exist_ok=True)
        (Path(folder) / "etc" / "qemu.conf").write_text(QEMU_CONF)
        connection = libvirt.open(f"qemu:///embed?root={folder}")
        versions = {"libvirt": dotted(connection.getLibVersion()), "qemu": dotted(connection.getVersion())}
        for line in sys.stdin:
            case = json.loads(line)
            print(json.dumps({**case, **versions, **defined(connection, case["in"])}))
    sys.stdout.flush()
    os._exit(0)  # libvirt's threads outlive its connection


def _turn_events() -> None:
    while True:
        libvirt.virEventRunDefaultImpl()


def defined(connection: libvirt.virConnect, xml: str) -> dict[str, str]:
    """What libvirt makes of a domain, which is undefined at once."""
    try:
        domain = connection.defineXML(xml)
    except libvirt.libvirtError as error:
        return {"expect": "refuse", "why": re.sub(r"/tmp/\S+", "FOLDER", str(error))}
    try:
        return {"expect": "ok", "want": domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)}
    finally:
        domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)


if __name__ == "__main__":
    main()
