"""What is expected of every skeleton is what the live libvirt makes of it, but for known differences."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from live.conftest import URI

RECORD = Path(__file__).resolve().parents[1] / "record_live.py"
SKELETONS = Path(__file__).resolve().parents[2] / "fixtures" / "skeletons"


def test_expected_results_are_the_live_ones(connection: Any, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(RECORD), "--connect", URI, "-o", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(tmp_path.glob("*.xml"))) > len(list(SKELETONS.glob("*.xml"))) / 2
