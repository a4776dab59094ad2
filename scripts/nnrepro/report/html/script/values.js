// What stands in table cells, as numbers and as CSV.

const NUMBER = /^[<>]?[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?/;

/** A cell's text as a program reads it: plain minus signs, no spaces inside numbers. */
function plain(text) {
  return text
    .replace(/\u2212/g, "-")
    .replace(/(?<=[\d<>])[\u202f\u00a0](?=\d)/g, "")
    .replace(/[\u202f\u00a0\s]+/g, " ")
    .trim();
}

/** Whether a cell has no value. */
function missing(text) {
  return text === "" || text === "–" || text === "unknown";
}

/** A cell's text without what stands behind it: intervals, marks. */
function mainText(cell) {
  const copy = cell.cloneNode(true);
  for (const extra of copy.querySelectorAll("small, .mark")) extra.remove();
  return plain(copy.textContent);
}

/** What rows are sorted by: a number, a text, or null for what has to stand last. */
function sortKey(cell, numeric) {
  const text = cell ? mainText(cell) : "";
  if (missing(text)) return null;
  if (!numeric) return text;
  const found = NUMBER.exec(text);
  if (!found) return null;
  const value = Number(found[0].replace(/^[<>]/, ""));
  const nudge = { "<": -1e-9, ">": 1e-9 }[text[0]] ?? 0;
  return value + nudge;
}

const collator = new Intl.Collator("en", { numeric: true });

/** Order of two keys; missing ones stand last in either direction. */
function compareKeys(a, b, direction) {
  if (a === null || b === null) return (a === null) - (b === null);
  return direction * (typeof a === "number" ? a - b : collator.compare(a, b));
}

/** The whole table as CSV; intervals become two columns, other additions one. */
function csvOf(table) {
  const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells].map((cell) =>
    plain(cell.textContent),
  );
  const above = table.tHead.rows.length > 1 ? plain(table.tHead.rows[0].textContent) : "";
  const rows = [];
  for (const body of table.tBodies) {
    const group = body.querySelector(":scope > tr.group");
    for (const row of body.rows) {
      if (row !== group) rows.push({ group: group ? plain(group.textContent) : null, row });
    }
  }
  const columns = [];
  if (rows.some(({ group }) => group !== null)) {
    columns.push({ head: "Group", text: ({ group }) => group ?? "" });
  }
  heads.forEach((head, index) => {
    const name = above && index > 0 ? `${above} ${head}` : head;
    columns.push({ head: name, text: ({ row }) => number(mainText(row.cells[index])) });
    columns.push(...additions(name, rows, index));
  });
  const lines = [columns.map(({ head }) => head), ...rows.map((row) => columns.map((c) => c.text(row)))];
  return lines.map((line) => `${line.map(quoted).join(",")}\r\n`).join("");
}

/** Columns for what stands smaller behind the values of a column. */
function additions(name, rows, index) {
  const found = (row, selector) => plain(row.cells[index].querySelector(selector)?.textContent ?? "");
  const details = rows.map(({ row }) => found(row, "small"));
  const range = /^([+-]?[\d.]+)–([+-]?[\d.]+)$/;
  const columns = [];
  const known = details.filter((text) => text !== "");
  if (known.length && known.every((text) => range.test(text))) {
    for (const [place, end] of ["low", "high"].entries()) {
      const text = ({ row }) => range.exec(found(row, "small"))?.[place + 1] ?? "";
      columns.push({ head: `${name}, ${end}`, text });
    }
  } else if (known.length) {
    columns.push({ head: `${name}, detail`, text: ({ row }) => found(row, "small") });
  }
  if (rows.some(({ row }) => found(row, ".mark") !== "")) {
    columns.push({ head: `${name}, mark`, text: ({ row }) => found(row, ".mark") });
  }
  return columns;
}

/** A value for CSV: nothing where there is none, numbers without a plus sign. */
function number(text) {
  if (missing(text)) return "";
  return /^\+[\d.]+$/.test(text) ? text.slice(1) : text;
}

function quoted(text) {
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
