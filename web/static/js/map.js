// The map island: counties below, parcels above, coloured by value per square metre. The table under it says the same.
import * as maplibregl from "maplibre-gl";

const settings = JSON.parse(document.getElementById("map-settings").textContent);
const holder = document.getElementById("map");
const trouble = document.getElementById("map-trouble");
const text = settings.text;

const byClass = (value) => ["step", value, settings.colours[0],
  ...settings.stops.flatMap((stop, index) => [stop, settings.colours[index + 1]])];
const parcelColour = ["case", ["has", "fen_per_m2"], byClass(["get", "fen_per_m2"]), settings.none];
const absolute = (path) => new URL(path, location.origin).href.replaceAll("%7B", "{").replaceAll("%7D", "}");

const style = {
  version: 8,
  sources: {
    counties: { type: "geojson", data: absolute(settings.counties) },
    ...(settings.parts ? { parts: { type: "geojson", data: absolute(settings.parts) } } : {}),
    parcels: { type: "vector", tiles: [absolute(settings.tiles)], minzoom: settings.lowestParcelZoom, maxzoom: 15 },
  },
  layers: [
    { id: "ground", type: "background", paint: { "background-color": "#eef2ec" } },
    { id: "counties", type: "fill", source: "counties", paint: { "fill-color": ["case", ["has", "fen_per_m2"], byClass(["get", "fen_per_m2"]), "#dfe6dc"], "fill-opacity": ["interpolate", ["linear"], ["zoom"], settings.lowestParcelZoom - 0.5, 0.85, settings.lowestParcelZoom + 0.5, 0.15] } },
    ...(settings.parts ? [
      { id: "parts", type: "fill", source: "parts", maxzoom: settings.lowestParcelZoom, paint: { "fill-color": ["case", ["has", "fen_per_m2"], byClass(["get", "fen_per_m2"]), settings.none], "fill-opacity": 0.95 } },
    ] : []),
    { id: "parcels", type: "fill", source: "parcels", "source-layer": "parcels", minzoom: settings.lowestParcelZoom, paint: { "fill-color": parcelColour, "fill-opacity": 0.9 } },
    { id: "parcel-lines", type: "line", source: "parcels", "source-layer": "parcels", minzoom: 12, paint: { "line-color": "#14261e", "line-width": 0.5, "line-opacity": 0.5 } },
    ...(settings.parts ? [
      { id: "part-lines", type: "line", source: "parts", paint: { "line-color": "#14261e", "line-width": 1, "line-dasharray": [3, 2] } },
      { id: "part-names", type: "symbol", source: "parts", layout: { "text-field": ["get", "name"], "text-size": 13 }, paint: { "text-color": "#14261e", "text-halo-color": "#ffffff", "text-halo-width": 1.5 } },
    ] : []),
    { id: "county-lines", type: "line", source: "counties", paint: { "line-color": "#14261e", "line-width": 1.2, "line-opacity": 0.7 } },
    { id: "county-names", type: "symbol", source: "counties", maxzoom: settings.parts ? 9 : 24, layout: { "text-field": ["get", "name"], "text-size": 14 }, paint: { "text-color": "#14261e", "text-halo-color": "#ffffff", "text-halo-width": 1.5 } },
  ],
};

function line(tag, content) {
  const element = document.createElement(tag);
  element.textContent = content;
  return element;
}

function describe(feature) {
  const facts = feature.properties;
  const isParcel = feature.layer.id === "parcels";
  const box = document.createElement("div");
  box.append(line("strong", isParcel ? `${text.parcel} ${facts.code}` : facts.name));
  const value = facts.value_fen === undefined ? text.none
    : `${text.value}${text.colon}${(facts.value_fen / 100).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 })} ${text.yuan}`;
  box.append(document.createElement("br"), line("span", value));
  if (facts.fen_per_m2 !== undefined) box.append(document.createElement("br"), line("span", `${(facts.fen_per_m2 / 100).toFixed(3)} ${text.perSquareMetre}`));
  const link = line("a", isParcel ? text.open : `${text.into} ${facts.name}`);
  link.href = (isParcel ? settings.parcelPage : settings.areaPage).replace("CODE", encodeURIComponent(facts.code));
  box.append(document.createElement("br"), link);
  return box;
}

function show(map, point) {
  const layers = ["parcels", "parts", "counties"].filter((name) => map.getLayer(name));
  const [feature] = map.queryRenderedFeatures(point, { layers });
  if (!feature || (feature.layer.id !== "parcels" && !settings.areaPage)) return;
  new maplibregl.Popup({ maxWidth: "16rem", focusAfterOpen: true }).setLngLat(map.unproject(point)).setDOMContent(describe(feature)).addTo(map);
}

function start() {
  maplibregl.setWorkerUrl(absolute(settings.worker));
  const map = new maplibregl.Map({
    container: holder, style, bounds: settings.bounds, fitBoundsOptions: { padding: 16 }, attributionControl: false,
    maxZoom: 17, minZoom: 6, dragRotate: false, pitchWithRotate: false,
    localIdeographFontFamily: "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif",
    locale: {
      "NavigationControl.ZoomIn": text.zoomIn, "NavigationControl.ZoomOut": text.zoomOut,
      "NavigationControl.ResetBearing": text.north, "Popup.Close": text.close, "Map.Title": text.map,
    },
  });
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-left");
  if (!settings.choose) map.on("click", (event) => show(map, event.point)); // where parcels are chosen, a click chooses
  map.on("mousemove", (event) => {
    const layers = ["parcels", "parts", "counties"].filter((name) => map.getLayer(name));
    map.getCanvas().style.cursor = map.queryRenderedFeatures(event.point, { layers }).length ? "pointer" : "";
  });
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !settings.choose) show(map, map.project(map.getCenter()));
  });
  map.once("idle", () => { holder.dataset.ready = "yes"; });
  document.documentElement.classList.add("has-map");
  window.greenMap = map;
}

try {
  start();
} catch (error) {
  // No WebGL on this machine: the table stays.
  holder.hidden = true;
  trouble.hidden = false;
}
