// The editors: JSON with line numbers and faults at their line; geometry drawn on the map.
const areas = document.querySelectorAll("[data-json-editor]");
if (areas.length) {
  import("./editor/json.js").then(({ editJson }) => areas.forEach((area) => editJson(area)));
}

if (document.querySelector("[data-geometry]")) {
  Promise.all([import("./editor/geometry.js"), import("./maps.js")]).then(
    ([{ editGeometry }, { frameTo, mapOf }]) => {
      const start = (started) => editGeometry({ ...started, frameTo });
      for (const frame of document.querySelectorAll("[data-geometry]")) {
        const running = mapOf(frame.querySelector("[data-map]"));
        if (running) start(running);
        else frame.addEventListener("map:ready", ({ detail }) => start(detail), { once: true });
      }
    },
  );
}
