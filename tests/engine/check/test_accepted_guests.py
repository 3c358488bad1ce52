"""Complete guests that libvirt accepted pass every check."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.engine.check import check_guest
from devaddr_xml.engine.complete.device_lists import gather
from devaddr_xml.engine.plan import start
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.probe.embedded import capabilities_for

RECORDS = Path(__file__).parents[4] / "shared" / "conformance"


@pytest.mark.parametrize("name", ["upstream", "random"])
def test_none_is_refused(name: str) -> None:
    file = RECORDS / f"{name}.jsonl.gz"
    if not file.is_file():
        pytest.skip(f"{file} is not here")
    refused = []
    count = 0
    with gzip.open(file, "rt") as lines:
        for record in map(json.loads, lines):
            if record["expect"] != "ok":
                continue
            count += 1
            guest = read(parse(record["want"]))
            state = start(guest, capabilities=capabilities_for(guest.arch or "", (11, 3, 0), (10, 0, 0)))
            try:
                gather(state)
                check_guest(state)
            except DevaddrError as error:
                refused.append(f"{record['id']}: {error}")
    assert count
    assert not refused
