#!/usr/bin/python
# SPDX-License-Identifier: LGPL-2.1-or-later
# GNU Lesser General Public License v2.1 or later (see LICENSE or https://www.gnu.org/licenses/old-licenses/lgpl-2.1.txt)
"""Assigns, checks and compares libvirt domains."""

from __future__ import annotations

DOCUMENTATION = r"""
module: devaddr_xml
short_description: Give every device of a libvirt domain its address
version_added: 1.0.0
description:
  - Assigns an address to every device of a libvirt domain, checks a domain, or compares the hardware of two domains.
  - Nothing is asked of libvirt, QEMU or the host. The result depends on the options alone.
author:
  - The devaddr-xml developers (@devaddr-xml)
requirements:
  - devaddr-xml, the Python package
options:
  action:
    description:
      - V(assign) completes the domain.
      - V(check) looks for everything that is wrong in it.
      - V(diff) compares it with O(old).
    type: str
    choices: [assign, check, diff]
    default: assign
  xml:
    description: The domain XML. Exactly one of O(xml) and O(src) is needed.
    type: str
  src:
    description: A file with the domain XML, on the machine of the task.
    type: path
  dest:
    description:
      - The file into which the complete domain is written, with O(action=assign).
      - Without it the result is returned only.
    type: path
  like:
    description:
      - A file with an earlier version of the domain, or a lock file. Devices that are in both keep their addresses.
      - A file that does not exist is as if the option was not given, so that the first run needs no other task.
    type: path
  old:
    description: A file with the domain to compare with, for O(action=diff).
    type: path
  policy:
    description: Tunables, spare ports and hints, by the names of the hint vocabulary.
    type: dict
  profile:
    description: The name of a profile, such as V(hotplug). A tunable in O(policy) wins over it.
    type: str
  libvirt:
    description: The version of the libvirt that the domain is for. Without it, the newest that devaddr-xml knows.
    type: str
  qemu:
    description: The version of the QEMU that the domain is for. Without it, the newest that devaddr-xml knows.
    type: str
  host:
    description: A file with facts about the host's PCI devices, as C(devaddr-xml probe) writes it.
    type: path
extends_documentation_fragment:
  - ansible.builtin.files
attributes:
  check_mode:
    support: full
    description: Writes nothing in check mode, and returns what it would.
  diff_mode:
    support: full
    description: Returns the document before and after in diff mode.
"""

EXAMPLES = r"""
- name: Write the complete domain, and keep the addresses of the last run
  devaddr.xml.devaddr_xml:
    xml: "{{ lookup('ansible.builtin.template', 'web.xml.j2') }}"
    like: build/web.xml
    dest: build/web.xml
    profile: hotplug
    policy:
      spare-ports: 4
  delegate_to: localhost

- name: Fail if the domain has an error
  devaddr.xml.devaddr_xml:
    action: check
    src: build/web.xml

- name: See what the guest would notice
  devaddr.xml.devaddr_xml:
    action: diff
    old: running/web.xml
    src: build/web.xml
  register: changes
"""

RETURN = r"""
xml:
  description: The complete domain.
  returned: with O(action=assign)
  type: str
added:
  description: The devices and controllers that were not in the domain, each with its address.
  returned: with O(action=assign)
  type: list
  elements: dict
  sample: [{"kind": "controller", "model": "pcie-root-port", "address": "0000:00:01.0"}]
findings:
  description: What is wrong or doubtful, each with its severity, line, device, message and remedy.
  returned: with O(action=check)
  type: list
  elements: dict
changes:
  description: What differs, each with the device and what the guest notices of it.
  returned: with O(action=diff)
  type: list
  elements: dict
same:
  description: Whether the hardware is the same.
  returned: with O(action=diff)
  type: bool
error:
  description: The parts of the error when the domain is refused.
  returned: when the domain is refused
  type: dict
  sample: {"kind": "AddressConflict", "message": "...", "device": "disk vdb", "line": 16, "remedy": "..."}
"""

import json
import os
import traceback

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    import devaddr_xml
except ImportError:
    HAS_DEVADDR_XML = False
    IMPORT_ERROR = traceback.format_exc()
else:
    HAS_DEVADDR_XML = True
    IMPORT_ERROR = None

ERROR_PARTS = ("message", "device", "line", "other", "other_line", "remedy")


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "action": {"type": "str", "choices": ["assign", "check", "diff"], "default": "assign"},
            "xml": {"type": "str"},
            "src": {"type": "path"},
            "dest": {"type": "path"},
            "like": {"type": "path"},
            "old": {"type": "path"},
            "policy": {"type": "dict"},
            "profile": {"type": "str"},
            "libvirt": {"type": "str"},
            "qemu": {"type": "str"},
            "host": {"type": "path"},
        },
        required_one_of=[("xml", "src")],
        mutually_exclusive=[("xml", "src")],
        required_if=[("action", "diff", ("old",))],
        add_file_common_args=True,
        supports_check_mode=True,
    )
    if not HAS_DEVADDR_XML:
        module.fail_json(msg=missing_required_lib("devaddr-xml"), exception=IMPORT_ERROR)
    try:
        result = ACTIONS[module.params["action"]](module)
    except devaddr_xml.DevaddrError as error:
        parts = {name: getattr(error, name) for name in ERROR_PARTS if getattr(error, name) is not None}
        module.fail_json(msg=str(error), error={"kind": type(error).__name__, **parts})
    module.exit_json(**result)


def assign(module):
    """Complete the domain, and write it where the task says."""
    before = document(module)
    like = module.params["like"]
    kept = {"like": read(module, like)} if like and os.path.exists(like) else {}
    found = devaddr_xml.assign(before, policy=policy(module), **facts(module, before), **kept)
    for warning in found.warnings:
        module.warn(str(warning))
    added = [
        {"kind": device.kind, "model": device.model, "address": None if device.address is None else str(device.address)}
        for device in found.added
    ]
    result = {"changed": False, "xml": found.xml, "added": added}
    if module.params["dest"]:
        result.update(write(module, found.xml))
    return result


def check(module):
    """Look for everything that is wrong; an error fails the task."""
    xml = document(module)
    report = json.loads(devaddr_xml.check(xml, policy=policy(module), **facts(module, xml)).to_json())
    for finding in report["findings"]:
        if finding["severity"] == "warning":
            module.warn(words(finding))
    errors = [finding for finding in report["findings"] if finding["severity"] == "error"]
    if errors:
        module.fail_json(msg="; ".join(words(finding) for finding in errors), findings=report["findings"])
    return {"changed": False, "findings": report["findings"]}


def words(finding):
    """A finding as a line."""
    where = f"line {finding['line']}: " if finding.get("line") else ""
    return where + (finding["device"] + ": " if finding.get("device") else "") + finding["message"]


def diff(module):
    """Compare the domain with an earlier one."""
    found = json.loads(devaddr_xml.diff(read(module, module.params["old"]), document(module)).to_json())
    return {"changed": False, "same": found["same"], "changes": found["changes"]}


ACTIONS = {"assign": assign, "check": check, "diff": diff}


def document(module):
    """The domain XML of the task."""
    return module.params["xml"] if module.params["src"] is None else read(module, module.params["src"])


def read(module, path):
    """The text of a file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        module.fail_json(msg=f"cannot read {path}: {error.strerror}")


def policy(module):
    """The policy of the task, or None."""
    given = dict(module.params["policy"] or {})
    if module.params["profile"]:
        given["profile"] = module.params["profile"]
    return devaddr_xml.policy_from_json(json.dumps(given)) if given else None


def facts(module, xml):
    """What is known of libvirt, QEMU and the host."""
    found = {}
    if module.params["libvirt"] or module.params["qemu"]:
        guest = devaddr_xml.read_guest(xml)
        found["capabilities"] = devaddr_xml.known_capabilities(
            guest.arch or "x86_64", libvirt=module.params["libvirt"], qemu=module.params["qemu"]
        )
    if module.params["host"]:
        found["host"] = devaddr_xml.HostFacts.from_json(read(module, module.params["host"]))
    return found


def write(module, xml):
    """Write the result if it differs from what is there; the part of the module's result that tells of it."""
    dest = module.params["dest"]
    before = read(module, dest) if os.path.exists(dest) else None
    after = xml.encode() if isinstance(xml, str) else xml
    changed = before != after
    if changed and not module.check_mode:
        temporary = os.path.join(module.tmpdir, "domain.xml")
        with open(temporary, "wb") as file:
            file.write(after)
        module.atomic_move(temporary, dest)
    result = {"dest": dest}
    if module._diff:
        names = {"before_header": dest, "after_header": dest}
        result["diff"] = {
            "before": (before or b"").decode(errors="replace"),
            "after": after.decode(errors="replace"),
            **names,
        }
    if os.path.exists(dest):
        changed = module.set_fs_attributes_if_different(module.load_file_common_arguments(module.params), changed)
    result["changed"] = changed
    return result


if __name__ == "__main__":
    main()
