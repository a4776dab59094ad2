// Figures of curves: traces can be switched off, and every epoch read off by pointer or keyboard.
// The picture is the same SVG that stands there as an image for readers without this script.

let figures = 0;
const MOST_SPOKEN = 6;

/** Make figures interactive shortly before they come into view. */
function watchFigures() {
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        enhanceFigure(target);
      }
    },
    { rootMargin: "600px 0px" },
  );
  for (const image of document.querySelectorAll("figure.curves img, figure.comparison img")) {
    watcher.observe(image);
  }
}

function enhanceFigure(image) {
  const svg = parsedFigure(image.currentSrc || image.src);
  const content = svg && readings(svg);
  if (!content) return;
  if (image.currentSrc && image.currentSrc !== image.src) {
    // The drawing for a narrow page leaves the values to the other one.
    svg.toggleAttribute("data-narrow", true);
    const { lines } = readings(parsedFigure(image.src));
    for (const [index, line] of content.lines.entries()) line.values = lines[index].values;
  }
  const chart = new Chart(svg, content);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", image.alt);
  (image.closest("picture") ?? image).replaceWith(svg);
  const frame = svg.closest(".scroll");
  frame.after(chart.controls(frame.getAttribute("aria-labelledby")));
}

/** What a drawing says of its lines, taken out of it; undefined where it says nothing. */
function readings(svg) {
  const metadata = svg.querySelector("metadata");
  metadata?.remove();
  return metadata && JSON.parse(metadata.textContent);
}

/** The SVG of an image as an element whose ids are like no other figure's. */
function parsedFigure(address) {
  const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
  figures += 1;
  const prefix = `f${figures}-`;
  const own = text
    .replace(/\bid=(["'])/g, `id=$1${prefix}`)
    .replace(/href=(["'])#/g, `href=$1#${prefix}`)
    .replace(/url\(#/g, `url(#${prefix}`);
  const parsed = new DOMParser().parseFromString(own, "image/svg+xml").documentElement;
  if (parsed.localName !== "svg") return null;
  for (const extra of parsed.querySelectorAll("style, script, foreignObject")) extra.remove();
  parsed.removeAttribute("width");
  parsed.removeAttribute("height");
  return document.importNode(parsed, true);
}

class Chart {
  /** `content` is what `nnrepro.plots.traces` writes. */
  constructor(svg, content) {
    this.svg = svg;
    this.panels = content.panels;
    this.traces = content.traces.map((trace, index) => ({
      ...trace,
      visible: true,
      groups: [...svg.querySelectorAll(`.trace-${index}`)],
      lines: content.lines.filter((line) => line.trace === index),
    }));
    this.traces = this.traces.filter((trace) => trace.groups.length > 0);
    for (const line of content.lines) line.points = unpacked(line.values);
    this.first = Math.min(...content.lines.map((line) => line.first));
    this.last = Math.max(...content.lines.map((line) => line.first + line.points.length - 1));
    this.cursor = draw("g", { class: "cursor" });
    svg.append(this.cursor);
    svg.addEventListener("pointermove", (event) => this.point(event));
    this.speak = settled(() => {
      this.voice.textContent = this.sentence();
    }, 700);
  }

  /** Buttons with the value of each trace, and the slider that chooses the epoch. */
  controls(label) {
    this.slider = make("input", {
      type: "range",
      min: this.first,
      max: this.last,
      value: this.last,
      "aria-label": "Epoch",
      "aria-describedby": label,
      input: () => {
        this.read();
        this.speak();
      },
    });
    this.epoch = make("span", { class: "now" });
    this.voice = make("p", { class: "spoken", role: "status" });
    const list = make("ul", { "aria-label": "Curves" }, ...this.traces.map((trace) => this.item(trace)));
    const row = make("div", { class: "epoch" }, make("span", {}, "Epoch"), this.slider, this.epoch);
    if (this.traces.length > 3) row.append(this.all("Show all", true), this.all("Hide all", false));
    const controls = make("div", { class: "traces" }, row, list, this.voice);
    this.read(false);
    return controls;
  }

  item(trace) {
    trace.value = make("span", { class: "value" });
    trace.button = make(
      "button",
      {
        type: "button",
        "aria-pressed": "true",
        click: () => this.show(trace, !trace.visible),
        pointerenter: () => this.lift(trace),
        pointerleave: () => this.lift(null),
        focus: () => this.lift(trace),
        blur: () => this.lift(null),
      },
      sample(trace),
      trace.label,
    );
    return make("li", {}, trace.button, trace.value);
  }

  all(title, visible) {
    const click = () => {
      for (const trace of this.traces) this.show(trace, visible);
    };
    return make("button", { type: "button", click }, title);
  }

  show(trace, visible) {
    trace.visible = visible;
    trace.button.setAttribute("aria-pressed", String(visible));
    for (const group of trace.groups) group.classList.toggle("off", !visible);
    this.read(this.cursor.hasChildNodes());
  }

  /** Let the other traces step back while one is pointed at. */
  lift(chosen) {
    for (const trace of this.traces) {
      const back = chosen !== null && chosen.visible && trace !== chosen;
      for (const group of trace.groups) group.classList.toggle("dimmed", back);
    }
  }

  point(event) {
    const matrix = this.svg.getScreenCTM();
    if (!matrix) return;
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    const panel = this.panels.find(({ box: [left, top, width, height] }) =>
      x >= left - 4 && x <= left + width + 4 && y >= top && y <= top + height);
    if (!panel) return;
    const [left, , width] = panel.box;
    const [from, to] = panel.x;
    this.slider.value = Math.round(from + ((x - left) / width) * (to - from));
    this.read();
  }

  /** Write every trace's value at the chosen epoch, and mark the epoch in the picture. */
  read(marked = true) {
    const epoch = Number(this.slider.value);
    this.epoch.textContent = String(epoch);
    for (const trace of this.traces) {
      trace.value.textContent = trace.visible ? this.words(trace, epoch) : "";
    }
    this.cursor.replaceChildren(...(marked ? this.marks(epoch) : []));
  }

  /** A trace's values; with the panels' names where it is in several. */
  words(trace, epoch) {
    const values = trace.lines.map((line) => {
      const name = trace.lines.length > 1 ? `${this.panels[line.panel].name.toLowerCase()} ` : "";
      return `${name}${shown(line.points[epoch - line.first])}`;
    });
    return values.join(", ");
  }

  sentence() {
    const visible = this.traces.filter((trace) => trace.visible && trace.lines.length > 0);
    const spoken = visible.slice(0, MOST_SPOKEN).map((trace) => `${trace.label} ${trace.value.textContent}`);
    const rest = visible.length - spoken.length;
    return `Epoch ${this.slider.value}: ${spoken.join("; ")}${rest > 0 ? `; and ${rest} more` : ""}`;
  }

  /** A line across each panel at the epoch, and a dot on each visible line. */
  marks(epoch) {
    const made = this.panels.map(({ box: [left, top, width, height], x: [from, to] }) => {
      const x = left + (width * (epoch - from)) / (to - from);
      return draw("line", { x1: x, x2: x, y1: top, y2: top + height });
    });
    for (const trace of this.traces.filter((each) => each.visible)) {
      for (const line of trace.lines) {
        const { box: [left, top, width, height], x: [from, to], y: [low, high] } = this.panels[line.panel];
        const value = line.points[epoch - line.first];
        if (!(value >= low && value <= high)) continue;
        const cx = left + (width * (epoch - from)) / (to - from);
        const cy = top + height * (1 - (value - low) / (high - low));
        made.push(draw("circle", { cx, cy, r: 2.6, fill: trace.color ?? "#000000" }));
      }
    }
    return made;
  }
}

/** A short stroke that looks like the trace. */
function sample({ color, dash }) {
  const stroke = draw("line", {
    x1: 0,
    x2: 28,
    y1: 5,
    y2: 5,
    stroke: color ?? "#000000",
    "stroke-width": 2.2,
    "stroke-dasharray": (dash ?? []).map((length) => 2 * length).join(" ") || null,
  });
  return draw("svg", { viewBox: "0 0 28 10", width: 28, height: 10, "aria-hidden": "true" }, stroke);
}
