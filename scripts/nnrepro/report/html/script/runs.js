// Runs one by one: small curves, drawn when a run is opened, and its history as a file.

let histories = null;

function historyOf(runId) {
  histories ??= JSON.parse(document.getElementById("histories")?.textContent ?? "{}");
  const found = histories[runId];
  if (!found) return null;
  return Object.fromEntries(Object.entries(found).map(([name, text]) => [name, unpacked(text)]));
}

function watchRuns() {
  for (const details of document.querySelectorAll("details.details[data-run]")) {
    details.addEventListener("toggle", () => {
      if (details.open && !details.querySelector(".charts")) showHistory(details);
    });
  }
}

function showHistory(details) {
  const { run } = details.dataset;
  const history = historyOf(run);
  if (!history) return;
  const charts = make(
    "div",
    { class: "charts" },
    ...metricsOf(history).map((name) => smallChart(
      titled(name), history[name] ?? [], history[`val_${name}`], ...rangeOf(name, history),
    )),
  );
  const click = () => save(`${run.replaceAll("/", "_")}_history.json`, "application/json", asJson(history));
  const button = make("button", { type: "button", click }, "Download history as JSON");
  const note = make("small", {}, "rounded to four decimals");
  details.querySelector("summary").after(charts, make("div", { class: "tools" }, button, note));
}

/** The loss and the first metric beside it, which the run is judged by. */
function metricsOf(history) {
  const judged = Object.keys(history).filter((key) => key.startsWith("val_") && key !== "val_loss");
  return ["loss", ...judged.slice(0, 1).map((key) => key.slice(4))];
}

function titled(name) {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
}

/** Least and largest value that an axis may show: a metric that stays within 0 and 1 ends there. */
function rangeOf(name, history) {
  const values = history[`val_${name}`].filter(Number.isFinite);
  const within = name !== "loss" && values.every((value) => value >= 0 && value <= 1);
  return [values.some((value) => value < 0) ? -Infinity : 0, within ? 1 : Infinity];
}

/** Series by name; what was no finite number is null. */
function asJson(history) {
  return JSON.stringify(history, (_, value) => (Number.isNaN(value) ? null : value), 1);
}

const CHART = { width: 320, height: 150, left: 46, right: 8, top: 22, bottom: 20 };

/** Training and test set by epoch, on axes that show the least and the largest value. */
function smallChart(title, train, test, floor, ceiling) {
  const { width, height, left, right, top, bottom } = CHART;
  const values = [...train, ...test].filter(Number.isFinite);
  const low = Math.max(floor, Math.min(...values, ceiling));
  const high = Math.max(low + 1e-3, ...values);
  const last = Math.max(train.length, test.length);
  const x = (epoch) => left + ((width - left - right) * (epoch - 1)) / Math.max(last - 1, 1);
  const y = (value) => top + (height - top - bottom) * (1 - (value - low) / (high - low));
  const text = (content, place) => draw("text", place, content);
  const end = shown(test.findLast(Number.isFinite) ?? NaN);
  const label = `${title} by epoch, from ${shown(low)} to ${shown(high)}; test set at the end ${end}`;
  return draw(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    text(title, { x: left, y: 12, class: "title" }),
    text("train", { x: width - 70, y: 12, class: "train" }),
    text("test", { x: width - 34, y: 12, class: "test" }),
    draw("path", { class: "axes", d: `M${left} ${top}V${height - bottom}H${width - right}` }),
    text(shown(high), { x: left - 4, y: top + 8, class: "up" }),
    text(shown(low), { x: left - 4, y: height - bottom, class: "up" }),
    text("1", { x: left, y: height - 6 }),
    text(`epoch ${last}`, { x: width - right, y: height - 6, class: "up" }),
    draw("path", { class: "train", d: linePath(train, x, y) }),
    draw("path", { class: "test", d: linePath(test, x, y) }),
  );
}

function linePath(values, x, y) {
  let pen = "M";
  let path = "";
  values.forEach((value, index) => {
    if (!Number.isFinite(value)) {
      pen = "M";
      return;
    }
    path += `${pen}${x(index + 1).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
  });
  return path;
}
