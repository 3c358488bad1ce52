"use strict";
const stage = document.getElementById("stage");
const about = document.getElementById("about");
const find = document.getElementById("find");
const found = document.getElementById("found");
const drawings = [...stage.querySelectorAll("svg")];
let svg = drawings[0];
let x = 0, y = 0, k = 1;
let fitted = true;

// The smallest scale at which a page opens: text of 11 pixels stays readable.
const READABLE = 0.75;

function size() { return [+svg.getAttribute("width"), +svg.getAttribute("height")]; }
function show() { svg.style.transform = `translate(${x}px,${y}px) scale(${k})`; }
function whole() {
  const r = stage.getBoundingClientRect(), [width, height] = size();
  return Math.min(r.width / width, r.height / height, 1.5);
}
function fit(least = 0) {
  const r = stage.getBoundingClientRect(), [width, height] = size();
  k = Math.max(whole(), least);
  x = Math.max(0, (r.width - width * k) / 2);
  y = Math.max(0, (r.height - height * k) / 2);
  fitted = true;
  show();
}
function zoom(by, cx, cy) {
  const n = Math.min(8, Math.max(0.05, k * by));
  x = cx - (cx - x) * n / k;
  y = cy - (cy - y) * n / k;
  k = n;
  fitted = false;
  show();
}
function pan(dx, dy) { x += dx; y += dy; fitted = false; show(); }
function middle() { const r = stage.getBoundingClientRect(); return [r.width / 2, r.height / 2]; }

stage.addEventListener("wheel", e => {
  e.preventDefault();
  const r = stage.getBoundingClientRect();
  zoom(Math.exp(-e.deltaY * 0.0015), e.clientX - r.left, e.clientY - r.top);
}, { passive: false });

let from = null, moved = false;
stage.addEventListener("pointerdown", e => {
  if (e.target.closest("#tools")) return;
  from = [e.clientX - x, e.clientY - y, e.clientX, e.clientY];
  moved = false;
});
stage.addEventListener("pointermove", e => {
  if (!from) return;
  if (!moved && Math.hypot(e.clientX - from[2], e.clientY - from[3]) < 4) return;
  if (!moved) { moved = true; stage.setPointerCapture(e.pointerId); stage.classList.add("drag"); }
  x = e.clientX - from[0];
  y = e.clientY - from[1];
  fitted = false;
  show();
});
for (const t of ["pointerup", "pointercancel"]) stage.addEventListener(t, () => { from = null; stage.classList.remove("drag"); });

const STEP = 80;
const KEYS = {
  "+": () => zoom(1.25, ...middle()), "=": () => zoom(1.25, ...middle()), "-": () => zoom(0.8, ...middle()),
  "0": () => fit(), "1": () => zoom(1 / k, ...middle()), f: () => fold(),
  ArrowLeft: () => pan(STEP, 0), ArrowRight: () => pan(-STEP, 0), ArrowUp: () => pan(0, STEP), ArrowDown: () => pan(0, -STEP),
};
stage.addEventListener("keydown", e => {
  const act = e.target === stage && !e.ctrlKey && !e.metaKey && !e.altKey && KEYS[e.key];
  if (act) { e.preventDefault(); act(); }
});
addEventListener("keydown", e => {
  if (e.key === "/" && document.activeElement !== find) { e.preventDefault(); find.focus(); }
  if (e.key === "Escape") tell(null);
});
document.getElementById("in").onclick = KEYS["+"];
document.getElementById("out").onclick = KEYS["-"];
document.getElementById("fit").onclick = () => fit();
stage.addEventListener("dblclick", e => { if (!e.target.closest("#tools")) fit(); });
new ResizeObserver(() => { if (fitted) fit(whole() < READABLE ? READABLE : 0); }).observe(stage);

// Folded: each bus as one box with its counts.
const folder = document.getElementById("fold");
function fold(on = svg === drawings[0]) {
  if (drawings.length < 2) return;
  svg = drawings[on ? 1 : 0];
  drawings.forEach(d => { d.toggleAttribute("hidden", d !== svg); });
  folder.setAttribute("aria-pressed", String(on));
  fit(on ? 0 : READABLE);
}
folder.hidden = drawings.length < 2;
folder.onclick = () => fold();

const boxes = new Map(), rows = new Map();
for (const g of drawings[0].querySelectorAll("g[data-ref]")) {
  const r = g.dataset.ref;
  if (!boxes.has(r)) boxes.set(r, []);
  boxes.get(r).push(g);
}
for (const row of document.querySelectorAll("#list li")) rows.set(row.dataset.ref, row);

function light(ref, on) {
  for (const g of boxes.get(ref) || []) g.classList.toggle("lit", on);
  const row = rows.get(ref);
  if (row) row.classList.toggle("lit", on);
}
function centre(ref) {
  if (svg !== drawings[0]) fold(false);
  const g = (boxes.get(ref) || [])[0];
  if (!g) return;
  const b = g.querySelector("rect,path").getBBox(), m = middle();
  k = Math.max(k, 1);
  x = m[0] - (b.x + b.width / 2) * k;
  y = m[1] - (b.y + b.height / 2) * k;
  fitted = false;
  show();
}
let told = null;
function tell(ref) {
  if (told) light(told, false);
  told = ref;
  about.hidden = ref === null;
  if (ref === null) return;
  light(ref, true);
  const lines = rows.get(ref).dataset.about.split("\n");
  about.querySelector("span").textContent = lines[0];
  about.querySelector("p").textContent = lines.slice(1).join("\n");
}
document.getElementById("close").onclick = () => tell(null);

for (const [r, row] of rows) {
  row.onpointerenter = row.onfocus = () => light(r, true);
  row.onpointerleave = row.onblur = () => { if (r !== told) light(r, false); };
  row.onclick = () => { centre(r); tell(r); };
  row.onkeydown = e => {
    if (e.key === "Enter" || e.key === " ") { e.preventDefault(); centre(r); tell(r); }
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) { e.preventDefault(); neighbour(row, step)?.focus(); }
  };
}
function shown() { return [...rows.values()].filter(row => !row.hidden && row.closest("details").open); }
function neighbour(row, step) { const all = shown(); return all[all.indexOf(row) + step]; }
for (const [r, gs] of boxes) for (const g of gs) {
  g.addEventListener("pointerenter", () => {
    const row = rows.get(r);
    if (row) { row.classList.add("lit"); row.scrollIntoView({ block: "nearest" }); }
  });
  g.addEventListener("pointerleave", () => { if (r !== told) rows.get(r)?.classList.remove("lit"); });
  g.addEventListener("click", e => { if (!moved && rows.has(r)) { e.stopPropagation(); tell(r); } });
}

// A search has words; a device that is found has them all.
function search() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows.values()) {
    const text = row.dataset.find;
    row.hidden = !words.every(word => text.includes(word));
    if (!row.hidden) count++;
  }
  for (const part of document.querySelectorAll("#list details")) {
    part.hidden = !part.querySelector("li:not([hidden])");
    if (words.length) part.open = true;
  }
  found.textContent = words.length ? `${count} found` : "";
}
find.oninput = search;
find.onkeydown = e => {
  const first = shown()[0];
  if (!first) return;
  if (e.key === "Enter") { centre(first.dataset.ref); tell(first.dataset.ref); }
  if (e.key === "ArrowDown") { e.preventDefault(); first.focus(); }
};
fit(whole() < READABLE ? READABLE : 0);
