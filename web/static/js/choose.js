// Choosing parcels on the map: by clicks, in a box of two corners, in a polygon. The text field below holds the choice.
const settings = JSON.parse(document.getElementById("map-settings").textContent);
const text = settings.text;
const field = document.getElementById("parcels");
const told = document.getElementById("chosen-told");
const buttons = [...document.querySelectorAll("[data-tool]")];
let tool = "pick";
let corners = [];

const codes = () => [...new Set(field.value.split(/[\s,，、;；]+/).filter(Boolean))];
const point = (at) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } });

function keep(list) {
  field.value = list.join(", ");
  show();
}

function show() {
  const map = window.greenMap;
  const chosen = codes();
  told.textContent = `${text.chosen}${text.colon}${chosen.length}` + (corners.length ? ` · ${text.corner}${text.colon}${corners.length}` : "");
  if (!map || !map.getLayer("chosen")) return;
  map.setFilter("chosen", ["in", ["get", "code"], ["literal", chosen]]);
  map.getSource("corners").setData({ type: "FeatureCollection", features: corners.map(point) });
}

async function take(ring) {
  const answer = await fetch(`${settings.choose}&ring=${ring.flat().map((number) => number.toFixed(7)).join(",")}`);
  const said = await answer.json();
  corners = [];
  if (said.too_many) { show(); told.textContent = text.tooMany; return; }
  keep([...new Set([...codes(), ...said.codes])]);
}

function at(map, spot) {
  const { lng, lat } = map.unproject(spot);
  if (tool === "pick") {
    const [feature] = map.queryRenderedFeatures(spot, { layers: ["parcels"] });
    if (!feature) return;
    const list = codes();
    const code = feature.properties.code;
    keep(list.includes(code) ? list.filter((one) => one !== code) : [...list, code]);
    return;
  }
  corners.push([lng, lat]);
  if (tool === "box" && corners.length === 2) take(corners); else show();
}

function press(button) {
  const name = button.dataset.tool;
  if (name === "clear") { corners = []; keep([]); return; }
  if (name === "close") { if (corners.length > 2) take(corners); return; }
  tool = name;
  corners = [];
  buttons.filter((one) => one.hasAttribute("aria-pressed")).forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
  show();
}

function begin(map) {
  map.addSource("corners", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({ id: "chosen", type: "line", source: "parcels", "source-layer": "parcels", filter: ["in", ["get", "code"], ["literal", codes()]], paint: { "line-color": "#94401a", "line-width": 3.5 } });
  map.addLayer({ id: "corners", type: "circle", source: "corners", paint: { "circle-radius": 6, "circle-color": "#94401a", "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } });
  map.on("click", (event) => at(map, event.point));
  map.getCanvas().addEventListener("keydown", (event) => { if (event.key === "Enter") at(map, map.project(map.getCenter())); });
  show();
}

buttons.forEach((button) => button.addEventListener("click", () => press(button)));
field.addEventListener("input", show);
show();
if (window.greenMap) {
  if (window.greenMap.loaded()) begin(window.greenMap); else window.greenMap.once("load", () => begin(window.greenMap));
}
