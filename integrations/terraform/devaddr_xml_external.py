#!/usr/bin/env python3
"""A program for Terraform's and OpenTofu's ``external`` data source: a skeleton in, the complete domain out.

The query is an object of strings:

    xml       the domain XML
    like      the XML of the domain as it is now, or "" (optional)
    profile   the name of a profile (optional)
    policy    a policy as JSON (optional)
    libvirt, qemu   version numbers of the target (optional)

The result has ``xml``, and ``changes``: what the guest would notice compared with ``like``, one line each.
"""

from __future__ import annotations

import json
import sys

import devaddr_xml

NAMES = {"xml", "like", "profile", "policy", "libvirt", "qemu"}


def answer(query: dict[str, str]) -> dict[str, str]:
    """The result for a query; raises DevaddrError, and SystemExit for a query that is none."""
    unknown = sorted(set(query) - NAMES)
    if unknown or not query.get("xml"):
        problem = f"unknown: {', '.join(unknown)}" if unknown else "xml is missing"
        raise SystemExit(f"the query takes {', '.join(sorted(NAMES))}; {problem}")
    policy = json.loads(query.get("policy") or "{}")
    if query.get("profile"):
        policy["profile"] = query["profile"]
    given = {}
    if policy:
        given["policy"] = devaddr_xml.policy_from_json(json.dumps(policy))
    if query.get("libvirt") or query.get("qemu"):
        arch = devaddr_xml.read_guest(query["xml"]).arch or "x86_64"
        given["capabilities"] = devaddr_xml.known_capabilities(
            arch, libvirt=query.get("libvirt") or None, qemu=query.get("qemu") or None
        )
    like = query.get("like")
    if like:
        given["like"] = like
    xml = devaddr_xml.assign(query["xml"], **given).xml
    changes = devaddr_xml.diff(like, xml).changes if like else ()
    return {"xml": xml, "changes": "\n".join(line(change) for change in changes)}


def line(change: devaddr_xml.Change) -> str:
    """A change as a line: what happened to which device, from where to where."""
    values = " -> ".join(value for value in (change.old, change.new) if value is not None)
    return " ".join(filter(None, (change.change, change.device, change.attribute, values)))


if __name__ == "__main__":
    try:
        result = answer(json.load(sys.stdin))
    except devaddr_xml.DevaddrError as error:
        sys.exit(f"the domain is refused: {error}")
    except ValueError as error:
        sys.exit(f"the query or its policy is not JSON: {error}")
    json.dump(result, sys.stdout)
