"""The recorder finds this machine's libvirt, and what it records are layouts as we make them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from live.new_devices import NEW_DEVICES
from record_live import load, parity, record

RECORD = Path(__file__).resolve().parents[1] / "record_live.py"

#: Seeds that no stored set has.
SEEDS = (20_000, 20_150)


def test_fresh_domains_are_laid_out_as_libvirt_does(tmp_path: Path) -> None:
    file = tmp_path / "fresh.jsonl.gz"
    done = subprocess.run(
        [sys.executable, str(RECORD), "record", "--seeds", "{}:{}".format(*SEEDS), str(file)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    cases = load(file)
    wrong = {case["id"]: lines for case in cases if (lines := parity(case))}
    assert len(cases) > 1.8 * (SEEDS[1] - SEEDS[0])
    assert wrong == {}


def test_what_newer_releases_brought_is_laid_out_or_refused_as_this_libvirt_does() -> None:
    cases = record([{"id": name, "arch": arch, "in": xml} for name, (arch, _, xml) in NEW_DEVICES.items()], None)
    assert len(cases) == len(NEW_DEVICES)
    for case in cases:
        since = NEW_DEVICES[case["id"]][1]
        expected = "ok" if tuple(map(int, case["libvirt"].split("."))) >= since else "refuse"
        assert case["expect"] == expected, (case["id"], case.get("why"))
        assert parity(case) == [], case["id"]
