"""A layout as one page: the drawing, to be moved and zoomed, and a list that shows where each device is."""

from __future__ import annotations

from collections.abc import Sequence

from devaddr_xml.views.outline import Item, Outline
from devaddr_xml.views.svg import as_svg, escape, tooltip

#: Nothing is fetched, whatever the document that is drawn holds.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

STYLE = """
*{box-sizing:border-box}
html,body{margin:0;height:100%;font:13px/1.4 Inter,"Helvetica Neue",Arial,"Liberation Sans",sans-serif;color:#1d2733}
body{display:flex;background:#fff}
#stage{flex:1;overflow:hidden;position:relative;cursor:grab;touch-action:none}
#stage.drag{cursor:grabbing}
#stage svg{position:absolute;left:0;top:0;transform-origin:0 0;max-width:none}
#tools{position:absolute;right:14px;bottom:14px;display:flex;gap:6px}
#tools button{width:34px;height:34px;border:1px solid #c3ccd6;border-radius:8px;background:#fff;font-size:17px;
cursor:pointer;color:#1d2733}
#tools button:hover{background:#eef1f5}
#side{width:300px;border-left:1px solid #d4dae1;display:flex;flex-direction:column;background:#fafbfc}
#side label{display:block;padding:14px 14px 10px}
#side input{width:100%;padding:8px 10px;border:1px solid #c3ccd6;border-radius:8px;font:inherit}
#list{list-style:none;margin:0;padding:0 8px 12px;overflow:auto;flex:1}
#list h2{font-size:12px;margin:10px 6px 4px;color:#5b6877}
#list li{padding:5px 8px;border-radius:6px;cursor:pointer;display:flex;justify-content:space-between;gap:8px}
#list li span:first-child{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
#list li span:last-child{color:#5b6877;white-space:nowrap}
#list li:hover,#list li.lit,#list li:focus-visible{background:#dce8f8;outline:none}
#list li[data-mark] span:first-child{font-weight:700}
[hidden]{display:none!important}
g.lit>rect:first-of-type{stroke:#d6006c!important;stroke-width:3.5!important}
@media(max-width:760px){body{flex-direction:column}
#side{width:auto;height:40%;border-left:0;border-top:1px solid #d4dae1}}
"""

SCRIPT = """
"use strict";
const stage=document.getElementById("stage"),svg=stage.querySelector("svg");
const width=+svg.getAttribute("width"),height=+svg.getAttribute("height");
let x=0,y=0,k=1;
function show(){svg.style.transform=`translate(${x}px,${y}px) scale(${k})`}
function fit(){const r=stage.getBoundingClientRect();k=Math.min(r.width/width,r.height/height,1.5);
x=Math.max(0,(r.width-width*k)/2);y=Math.max(0,(r.height-height*k)/2);show()}
function zoom(by,cx,cy){const n=Math.min(8,Math.max(.05,k*by));x=cx-(cx-x)*n/k;y=cy-(cy-y)*n/k;k=n;show()}
function middle(){const r=stage.getBoundingClientRect();return[r.width/2,r.height/2]}
stage.addEventListener("wheel",e=>{e.preventDefault();const r=stage.getBoundingClientRect();
zoom(Math.exp(-e.deltaY*.0015),e.clientX-r.left,e.clientY-r.top)},{passive:false});
let from=null;
stage.addEventListener("pointerdown",e=>{if(e.target.closest("#tools"))return;from=[e.clientX-x,e.clientY-y];
stage.setPointerCapture(e.pointerId);stage.classList.add("drag")});
stage.addEventListener("pointermove",e=>{if(from){x=e.clientX-from[0];y=e.clientY-from[1];show()}});
for(const t of["pointerup","pointercancel"])stage.addEventListener(t,()=>{from=null;stage.classList.remove("drag")});
document.getElementById("in").onclick=()=>zoom(1.3,...middle());
document.getElementById("out").onclick=()=>zoom(1/1.3,...middle());
document.getElementById("fit").onclick=fit;
stage.addEventListener("dblclick",fit);
addEventListener("resize",fit);
const boxes=new Map(),rows=new Map();
for(const g of svg.querySelectorAll("g[data-ref]")){const r=g.dataset.ref;
if(!boxes.has(r))boxes.set(r,[]);boxes.get(r).push(g)}
function light(ref,on){for(const g of boxes.get(ref)||[])g.classList.toggle("lit",on);
const row=rows.get(ref);if(row)row.classList.toggle("lit",on)}
function centre(ref){const g=(boxes.get(ref)||[])[0];if(!g)return;
const b=g.querySelector("rect,path").getBBox(),m=middle();k=Math.max(k,1);
x=m[0]-(b.x+b.width/2)*k;y=m[1]-(b.y+b.height/2)*k;show()}
for(const row of document.querySelectorAll("#list li")){const r=row.dataset.ref;rows.set(r,row);
row.onpointerenter=row.onfocus=()=>light(r,true);row.onpointerleave=row.onblur=()=>light(r,false);
row.onclick=()=>centre(r);row.onkeydown=e=>{if(e.key==="Enter")centre(r)}}
for(const [r,gs] of boxes)for(const g of gs){g.addEventListener("pointerenter",()=>{const row=rows.get(r);
if(row){row.classList.add("lit");row.scrollIntoView({block:"nearest"})}});
g.addEventListener("pointerleave",()=>{const row=rows.get(r);if(row)row.classList.remove("lit")})}
document.getElementById("find").oninput=e=>{const w=e.target.value.toLowerCase();
for(const row of rows.values())row.hidden=!row.textContent.toLowerCase().includes(w)};
fit();
"""


def as_html(outlines: Sequence[Outline], titles: Sequence[str] = ()) -> str:
    """The layouts as one self-contained page. titles: what to call each, when there are several."""
    rows: list[str] = []
    for number, layout in enumerate(outlines):
        if titles:
            rows.append(f"<h2>{escape(titles[number])}</h2>")
        rows += [_row(item, number) for item in layout.walk() if item.ref]
    name = escape(outlines[0].name if outlines else "")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f'<style>{STYLE}</style></head><body><main id="stage">{as_svg(outlines, titles)}'
        '<div id="tools"><button id="in" title="zoom in">+</button><button id="out" title="zoom out">&minus;</button>'
        '<button id="fit" title="fit the window">⤢</button></div></main>'
        '<aside id="side"><label><input id="find" type="search" placeholder="find a device" aria-label="find a device">'
        f'</label><ul id="list">{"".join(rows)}</ul></aside><script>{SCRIPT}</script></body></html>\n'
    )


def _row(item: Item, number: int) -> str:
    mark = f' data-mark="{item.mark}"' if item.mark else ""
    return (
        f'<li tabindex="0" data-ref="{number}:{escape(item.ref)}"{mark} title="{escape(tooltip(item))}">'
        f"<span>{escape(item.label)}</span><span>{escape(item.mark or item.place)}</span></li>"
    )
