"""The site and the HTML picture in a real browser: axe-core finds nothing serious, in light and in dark, and they show.

`.ci/browser` builds the site, fetches axe-core from npm, and names both in the environment.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from docs.markdown import REPOSITORY

import devaddr_xml
from devaddr_xml.views.html import as_html
from devaddr_xml.views.outline import outline

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SITE = os.environ.get("DEVADDR_XML_SITE")
AXE = os.environ.get("DEVADDR_XML_AXE")
#: Where screenshots are left for people to look at.
SHOTS = os.environ.get("DEVADDR_XML_SHOTS")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.skipif(not SITE or not AXE, reason="DEVADDR_XML_SITE and DEVADDR_XML_AXE name no site and no axe-core"),
]

PAGES = (
    "index.html",
    "guide/tutorial.html",
    "guide/policies.html",
    "guide/editors.html",
    "recipes/mirror-the-host.html",
    "reference/commands.html",
    "reference/api.html",
    "reference/tunables/spare-ports.html",
)
PICTURES = (
    "q35-web-server",
    "q35-gpu-workstation",
    "q35-numa-expanders",
    "i440fx-crowded",
    "ppc64-pseries-database",
    "s390x-ccw-ledger",
)
SCHEMES = {"dark": 0, "light": 1}
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--window-size=1400,900",
    "--virtual-time-budget=20000",
)
RUN = """<pre id="axe-result" hidden></pre><script>
addEventListener("load", () => axe.run(document, {resultTypes: ["violations"]}).then(found => {
document.getElementById("axe-result").textContent = JSON.stringify(found.violations.map(
one => [one.impact, one.id, one.nodes.slice(0, 3).map(node => node.target.join(" "))]))}));
</script>"""


def page_of(name: str, folder: Path) -> Path:
    """A page of the site, or the picture of an example in a file."""
    if name.endswith(".html"):
        return Path(str(SITE)) / name
    text = (REPOSITORY / "fixtures" / "expected" / f"{name}.xml").read_text(encoding="utf-8")
    picture = folder / f"{name}.html"
    picture.write_text(as_html([outline(devaddr_xml.plan(devaddr_xml.read_guest(text)))]), encoding="utf-8")
    return picture


def browse(page: Path, scheme: str, folder: Path, *arguments: str) -> str:
    """What the browser makes of a page."""
    colours = f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}"
    command = [str(CHROMIUM), *FLAGS, colours, f"--user-data-dir={folder / 'profile'}", *arguments, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", [*PAGES, *PICTURES])
def test_axe_finds_nothing_serious(name: str, scheme: str, tmp_path: Path) -> None:
    page = page_of(name, tmp_path)
    script = Path(str(AXE)).read_text(encoding="utf-8").replace("</script>", "<\\/script>")
    judged = page.with_name(f"axe-{page.name}")
    text = page.read_text(encoding="utf-8")
    try:
        judged.write_text(text.replace("</body>", f"<script>{script}</script>{RUN}</body>"), encoding="utf-8")
        dom = browse(judged, scheme, tmp_path, "--dump-dom")
    finally:
        judged.unlink()
    result = re.search(r'<pre id="axe-result"[^>]*>(.+?)</pre>', dom, re.DOTALL)
    assert result, "axe-core did not finish"
    found = json.loads(html.unescape(result[1]))
    assert [one for one in found if one[0] in ("serious", "critical")] == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", [*PAGES, *PICTURES])
def test_screenshot(name: str, scheme: str, tmp_path: Path) -> None:
    """It is drawn: of the size of the window, with something in it, and on a ground as the scheme says."""
    shot = (Path(SHOTS) if SHOTS else tmp_path) / f"{name.replace('/', '-')}-{scheme}.png"
    browse(page_of(name, tmp_path), scheme, tmp_path, f"--screenshot={shot}")
    data = shot.read_bytes()
    assert struct.unpack(">II", data[16:24]) == (1400, 900)
    assert len(data) > 20_000
