"""Run by the Python that belongs to a libvirt: defines each document of standard input, says what came of it."""

import json
import os
import sys
import threading

import libvirt


def main(root: str) -> None:
    """Answer each line of standard input, a document as JSON, with what libvirt makes of it, or why it refuses it."""
    libvirt.registerErrorHandler(lambda context, error: None, None)
    os.makedirs(root + "/etc", exist_ok=True)
    with open(root + "/etc/qemu.conf", "w") as file:
        file.write('user = "root"\ngroup = "root"\nsecurity_driver = "none"\n')
    libvirt.virEventRegisterDefaultImpl()
    threading.Thread(target=_run_events, daemon=True).start()
    connection = libvirt.open("qemu:///embed?root=" + root)
    print(json.dumps({"version": connection.getLibVersion()}), flush=True)
    for line in sys.stdin:
        print(json.dumps(_define(connection, json.loads(line))), flush=True)


def _run_events() -> None:
    while True:
        libvirt.virEventRunDefaultImpl()


def _define(connection: libvirt.virConnect, xml: str) -> dict[str, str]:
    try:
        domain = connection.defineXML(xml)
        answer = {"xml": domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)}
        domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)
    except libvirt.libvirtError as error:
        return {"error": error.get_error_message() or ""}
    return answer


main(sys.argv[1])
