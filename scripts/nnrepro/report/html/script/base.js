// What the other files use: making elements, waiting, saving files.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes, properties of the same name as functions, and children. */
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** As `make`, for SVG. */
function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** `action`, put off until nobody has asked for it for a while. */
function settled(action, milliseconds) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
}

/** `action` at most once per frame. */
function framed(action) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      action();
    });
  };
}

/** Offer text as a file; nothing leaves the page. */
function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Values of a series that is written as differences in units of 1e-4; NaN for gaps. */
function unpacked(text) {
  let units = 0;
  return text.split(",").map((word) => {
    if (word === "") return NaN;
    units += Number(word);
    return units / 1e4;
  });
}

/** A number as the figures write it. */
function shown(value) {
  if (!Number.isFinite(value)) return "–";
  const text = Math.abs(value) < 100 ? value.toFixed(4) : value.toPrecision(5);
  return text.replace("-", "−");
}
