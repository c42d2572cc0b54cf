// The chart island: stacked bars with patterns besides colours; the table under it says the same.
(function () {
  const holder = document.getElementById("chart");
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const root = getComputedStyle(document.documentElement);
  const ink = root.getPropertyValue("--ink").trim();
  const rem = parseFloat(root.fontSize);
  const small = window.innerWidth < 640;
  holder.style.height = `${Math.max(20 * rem, data.areas.length * rem * (data.stacked === false ? 3 : 1.9) + 8 * rem)}px`;
  const chart = echarts.init(holder, null, { renderer: "svg" });
  const label = (value) => value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });
  chart.setOption({
    animation: false,
    aria: { enabled: true, decal: { show: true } },
    color: ["#2f7d5b", "#c98a1b", "#2c6fb0", "#94401a", "#6b5b95", "#4a9fa5"],
    textStyle: { fontFamily: root.getPropertyValue("--sans"), fontSize: rem * 0.875, color: ink },
    legend: { top: 0, left: 0, textStyle: { color: ink, fontSize: rem * 0.875 } },
    grid: { top: rem * (small ? 5.5 : 3.5), left: 0, right: rem * (small ? 1 : 2), bottom: rem * 2.2, containLabel: true },
    tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" }, valueFormatter: (value) => `${label(value)} ${data.unit}` },
    xAxis: { type: "value", name: data.unit, nameLocation: "middle", nameGap: rem * 1.6, splitNumber: small ? 2 : 6, axisLabel: { color: ink, hideOverlap: true, fontSize: rem * 0.8 }, nameTextStyle: { color: ink, fontSize: rem * 0.8 } },
    yAxis: { type: "category", inverse: true, data: data.areas, axisLabel: { color: ink, fontSize: rem * 0.8 } },
    series: data.series.map((row) => ({ name: row.name, type: "bar", ...(data.stacked === false ? {} : { stack: "all" }), data: row.values, barMaxWidth: rem * 1.5 })),
  });
  window.addEventListener("resize", () => chart.resize());
  holder.dataset.ready = "yes";
})();
