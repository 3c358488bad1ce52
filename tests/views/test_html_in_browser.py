"""The page in a real browser: small, middle and large guests stay legible, and the list shows where a device is."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Interface
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Plan
from devaddr_xml.views.html import as_html
from devaddr_xml.views.outline import Outline, outline

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,900",
)

#: Names every text that reaches out of the box that it belongs to, or over another text.
CHECK = """<script>
const bad=[];
for(const g of document.querySelectorAll("svg g.box")){const frame=g.querySelector("rect").getBBox();
const texts=[...g.querySelectorAll(":scope > text")].map(t=>[t,t.getBBox()]);
for(const [t,b] of texts)if(b.x<frame.x-1||b.x+b.width>frame.x+frame.width+1||b.y+b.height>frame.y+frame.height+3)
bad.push("outside: "+t.textContent);
for(let i=0;i<texts.length;i++)for(let j=i+1;j<texts.length;j++){const a=texts[i][1],b=texts[j][1];
if(a.x+a.width>b.x+1&&b.x+b.width>a.x+1&&a.y+a.height>b.y+4&&b.y+b.height>a.y+4)
bad.push("over: "+texts[i][0].textContent+" / "+texts[j][0].textContent)}}
document.title=bad.length?"BAD "+bad.slice(0,5).join("; "):"GOOD "+document.querySelectorAll("svg g.box").length;
</script>"""

HOVER = """<script>
document.querySelector('#list li[data-ref="0:vda"]').dispatchEvent(new Event("pointerenter"));
document.title="LIT "+[...document.querySelectorAll("g.lit")].map(g=>g.dataset.ref).join();
const before=document.querySelector("svg").style.transform;
document.getElementById("in").click();
document.title+=" ZOOM "+(before!==document.querySelector("svg").style.transform);
document.querySelector("g[data-ref='0:vda']").dispatchEvent(new Event("pointerenter"));
document.title+=" ROW "+document.querySelectorAll("#list li.lit").length;
const field=document.getElementById("find");field.value="VDA";field.dispatchEvent(new Event("input"));
document.title+=" FOUND "+document.querySelectorAll("#list li:not([hidden])").length;
</script>"""


def guest(make: SimpleNamespace, devices: int) -> Guest:
    """A q35 guest of two nodes with so many devices, a third of them functions of shared slots."""
    found = make.q35(
        make.disk("vda", "01:00.0"),
        make.bridge(200, "pcie-expander-bus", "00:1e.0", bus_nr=200, node=1),
        *(make.bridge(201 + n, "pcie-root-port", f"c8:00.{n}", hotplug=n % 2 == 0) for n in range(8)),
        make.nic(255, "c9:00.0"),
        Controller(type="scsi", index=0, model="virtio-scsi", address=make.pci("02:00.0")),
        *(make.scsi(f"sd{chr(97 + n)}", n) for n in range(min(devices // 4, 26))),
        ports=min(3 + devices // 2, 150),
    )
    left = devices - len([d for d in found.devices if d.kind != "controller"])
    for port in range(3, 150):
        for function in range(8 if port % 3 == 0 or devices > 100 else 1):
            if left > 0:
                mac = f"52:54:00:dd:{port:02x}:{function:02x}"
                found.devices.append(
                    Interface(mac=mac, model="virtio", address=PciAddress(bus=port, function=function))
                )
                left -= 1
    return found


def browse(page: str, tmp_path: Path, *arguments: str) -> str:
    """What the browser makes of a page."""
    file = tmp_path / "page.html"
    file.write_text(page)
    assert CHROMIUM is not None
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *arguments, file.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def title(dom: str) -> str:
    found = re.search(r"<title>(.*?)</title>", dom)
    assert found
    return found[1]


def layout(make: SimpleNamespace, devices: int) -> Outline:
    return outline(Plan(guest=guest(make, devices)))


@pytest.mark.parametrize("devices", [8, 60, 300])
def test_every_text_is_legible(make: SimpleNamespace, tmp_path: Path, devices: int) -> None:
    page = as_html([layout(make, devices)]).replace("</body>", f"{CHECK}</body>")
    found = title(browse(page, tmp_path, "--dump-dom"))
    assert found.startswith("GOOD ")
    assert int(found.split()[1]) >= devices


@pytest.mark.parametrize("devices", [8, 60, 300])
def test_screenshot(make: SimpleNamespace, tmp_path: Path, devices: int) -> None:
    shot = tmp_path / "shot.png"
    browse(as_html([layout(make, devices)]), tmp_path, f"--screenshot={shot}")
    data = shot.read_bytes()
    assert struct.unpack(">II", data[16:24]) == (1400, 900)
    assert len(data) > 30_000


def test_the_list_lights_boxes_and_boxes_light_the_list(make: SimpleNamespace, tmp_path: Path) -> None:
    page = as_html([layout(make, 60)]).replace("</body>", f"{HOVER}</body>")
    assert title(browse(page, tmp_path, "--dump-dom")) == "LIT 0:vda ZOOM true ROW 1 FOUND 1"


#: Works the page by keyboard and click, and puts what comes of it into the title.
KEYBOARD = """<script>
const out=[],press=(e,key)=>e.dispatchEvent(new KeyboardEvent("keydown",{key,bubbles:true,cancelable:true}));
const style=()=>svg.style.transform,field=document.getElementById("find");
const input=text=>{field.value=text;field.dispatchEvent(new Event("input"))};
const rowsFound=()=>[...document.querySelectorAll("#list li:not([hidden])")].map(r=>r.dataset.ref).join();
let before=style();press(stage,"ArrowRight");out.push("PAN "+(before!==style()));
before=style();press(stage,"+");out.push("ZOOM "+(before!==style()));
before=style();window.dispatchEvent(new Event("resize"));out.push("KEPT "+(before===style()));
input("enp");out.push("NETWORK "+document.querySelectorAll("#list li:not([hidden])").length);
input("cell 1");out.push("CELL "+(rowsFound().split(",").length>1));
input("0000:c9:00.0");out.push("GUEST "+rowsFound());
input("c9:00.0");press(field,"Enter");
out.push("TOLD "+!document.getElementById("about").hidden+" "+document.querySelector("#about span").textContent);
press(document.body,"Escape");out.push("CLOSED "+document.getElementById("about").hidden);input("");
boxes.get("0:vda")[0].dispatchEvent(new MouseEvent("click",{bubbles:true}));
out.push("CLICKED "+document.querySelector("#about span").textContent);
press(stage,"f");out.push("FOLDED "+(svg!==drawings[0])+" "+drawings[0].hasAttribute("hidden"));
press(document.body,"/");out.push("FIELD "+(document.activeElement===field));
document.title=out.join("; ");
</script>"""


def test_the_keyboard_does_everything(make: SimpleNamespace, tmp_path: Path) -> None:
    page = as_html([layout(make, 60)]).replace("</body>", f"{KEYBOARD}</body>")
    stated = dict(part.split(" ", 1) for part in title(browse(page, tmp_path, "--dump-dom")).split("; "))
    assert stated.pop("NETWORK") != "0"
    assert stated.pop("GUEST") == "0:52:54:00:00:00:ff"
    assert stated.pop("TOLD").startswith("true interface")
    assert stated == {
        "PAN": "true",
        "ZOOM": "true",
        "KEPT": "true",
        "CELL": "true",
        "CLOSED": "true",
        "CLICKED": "disk vda",
        "FOLDED": "true true",
        "FIELD": "true",
    }


def test_a_large_guest_opens_readable(make: SimpleNamespace, tmp_path: Path) -> None:
    script = "<script>document.title=`${k} ${drawings.length}`</script>"
    page = as_html([layout(make, 300)]).replace("</body>", f"{script}</body>")
    scale, drawings = title(browse(page, tmp_path, "--dump-dom")).split()
    assert float(scale) >= 0.75
    assert drawings == "2"
