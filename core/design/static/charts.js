// Draws charts out of the page's own tables: the table is what is true, and it stands where this does not run.
//
// A figure[data-chart] holds one table. Each column whose cells have data-value is a series named by its head;
// the first cell of a row names the place on the axis. Kinds: "line", "bar", "stacked", and "flow", whose rows
// are from, to and how many. data-unit: "percent" or a currency's code (values in whole units of it).
// data-newest-first: the table begins with what the axis ends with.

const LANGUAGE = document.documentElement.lang;
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const DARK = matchMedia("(prefers-color-scheme: dark)");
const SYMBOLS = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect"];
const drawn = new Map();

function look() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: value("ink"),
    muted: value("muted"),
    line: value("line"),
    surface: value("surface"),
    series: [1, 2, 3, 4, 5, 6].map((n) => value(`chart-${n}`)),
    font: getComputedStyle(document.body).fontFamily,
  };
}

const text = (cell) => cell.textContent.trim().replace(/\s+/g, " ");
const number = (cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value));

function read(figure) {
  const table = figure.querySelector("table");
  const rows = [...table.tBodies[0].rows];
  if ("newestFirst" in figure.dataset) rows.reverse();
  const heads = [...table.tHead.rows[0].cells];
  const plotted = heads.map((_, at) => at).filter((at) => rows.some((row) => "value" in row.cells[at].dataset));
  return {
    places: rows.map((row) => text(row.cells[0])),
    series: plotted.map((at) => ({
      name: text(heads[at]),
      values: rows.map((row) => number(row.cells[at])),
      said: rows.map((row) => text(row.cells[at])),
    })),
    rows,
  };
}

// Marks of an axis are no closer than what their labels can tell apart.
const finest = (unit) => (unit === "percent" ? 0.001 : 0.1);

function shortly(unit) {
  const how =
    unit === "percent"
      ? { style: "percent", maximumFractionDigits: 1 }
      : unit
        ? { style: "currency", currency: unit, notation: "compact", maximumFractionDigits: 1 }
        : { notation: "compact", maximumFractionDigits: 1 };
  const format = new Intl.NumberFormat(LANGUAGE, how);
  return (value) => format.format(value);
}

function common(colours) {
  return {
    animation: !CALM.matches,
    animationDuration: 300,
    color: colours.series,
    textStyle: { fontFamily: colours.font, color: colours.ink },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.ink, fontFamily: colours.font, fontSize: 13 },
    },
  };
}

// Room above the drawing for the names of its series, which take a second line where there is no width for them.
function legendPx(figure, data) {
  if (data.series.length < 2) return 12;
  return data.series.length > 3 && figure.clientWidth < 480 ? 64 : 40;
}

function axes(figure, data, colours) {
  const kind = figure.dataset.chart;
  const label = { color: colours.muted, hideOverlap: true };
  const base = common(colours);
  return {
    ...base,
    tooltip: {
      ...base.tooltip,
      trigger: "axis",
      axisPointer: { type: kind === "line" ? "line" : "shadow", lineStyle: { color: colours.line } },
      formatter: (points) => {
        const at = points[0].dataIndex;
        return [data.places[at], ...data.series.map((each) => `${each.name}: ${each.said[at]}`)].join("\n");
      },
    },
    legend: data.series.length > 1 ? { top: 0, left: 0, textStyle: { color: colours.ink }, selectedMode: false } : undefined,
    grid: {
      top: legendPx(figure, data), left: 4, right: 16, bottom: 4,
      outerBoundsMode: "same", outerBoundsContain: "axisLabel",
    },
    xAxis: {
      type: "category", data: data.places, axisLabel: label, axisTick: { show: false },
      axisLine: { lineStyle: { color: colours.line } }, boundaryGap: kind !== "line",
    },
    yAxis: {
      type: "value", axisLabel: { ...label, formatter: shortly(figure.dataset.unit) },
      minInterval: finest(figure.dataset.unit),
      splitLine: { lineStyle: { color: colours.line } },
      min: figure.dataset.from === undefined ? undefined : Number(figure.dataset.from),
    },
    series: data.series.map((each, n) => ({
      type: kind === "line" ? "line" : "bar",
      name: each.name,
      data: each.values,
      stack: kind === "stacked" ? "all" : undefined,
      barMaxWidth: 40,
      symbol: SYMBOLS[n % SYMBOLS.length],
      symbolSize: 7,
      lineStyle: { width: 2, type: n % 2 ? "dashed" : "solid" },
    })),
  };
}

function flow(data, colours) {
  const names = [...new Set(data.rows.flatMap((row) => [text(row.cells[0]), text(row.cells[1])]))];
  const colour = (name) => colours.series[names.indexOf(name) % colours.series.length];
  const links = data.rows
    .map((row) => {
      const [from, to, many] = [text(row.cells[0]), text(row.cells[1]), row.querySelector("[data-value]")];
      return { source: `0${from}`, target: `1${to}`, value: number(many), said: `${from} → ${to}: ${text(many)}` };
    })
    .filter((each) => each.value > 0);
  const ends = new Set(links.flatMap((each) => [each.source, each.target]));
  const base = common(colours);
  return {
    ...base,
    tooltip: {
      ...base.tooltip,
      trigger: "item",
      formatter: ({ dataType, data: item, value }) => (dataType === "edge" ? item.said : `${item.name.slice(1)}: ${new Intl.NumberFormat(LANGUAGE).format(value)}`),
    },
    series: [
      {
        type: "sankey",
        draggable: false,
        layoutIterations: 0,
        left: 8, right: 110, top: 8, bottom: 8,
        data: [...ends].sort((a, b) => names.indexOf(a.slice(1)) - names.indexOf(b.slice(1))).map((name) => ({
          name, depth: Number(name[0]), itemStyle: { color: colour(name.slice(1)), borderWidth: 0 },
        })),
        links,
        lineStyle: { color: "source", opacity: 0.35 },
        label: { color: colours.ink, formatter: ({ name }) => name.slice(1) },
      },
    ],
  };
}

function draw(figure) {
  const data = read(figure);
  const colours = look();
  if (!drawn.has(figure)) {
    const place = document.createElement("div");
    place.className = "chart-drawing";
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", text(figure.querySelector("caption")));
    figure.prepend(place);
    const chart = globalThis.echarts.init(place, null, { renderer: "svg" });
    drawn.set(figure, chart);
    new ResizeObserver(() => chart.resize()).observe(place);
  }
  drawn.get(figure).setOption(figure.dataset.chart === "flow" ? flow(data, colours) : axes(figure, data, colours), true);
}

// Charts of parts that htmx has taken away go with them.
function drawAll() {
  for (const [figure, chart] of drawn) {
    if (figure.isConnected) continue;
    chart.dispose();
    drawn.delete(figure);
  }
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    if (figure.querySelector("tbody tr")) draw(figure);
  }
}

if (globalThis.echarts) {
  drawAll();
  document.addEventListener("htmx:afterSettle", drawAll);
  DARK.addEventListener("change", drawAll);
}
