// Tables: sorting by a heading, a filter where they are long, and a download of what they show.

const FEW_ROWS = 3;
const MANY_ROWS = 12;

function enhanceTable(table) {
  if (!table.tHead || !table.tBodies.length) return;
  const rows = movableRows(table);
  const bar = make("div", { class: "tools" });
  if (rows.length >= FEW_ROWS) addSorting(table);
  if (rows.length >= MANY_ROWS) bar.append(...filterControl(table, rows));
  const name = `${table.closest(".panel")?.id || table.className || "table"}.csv`;
  const click = () => save(name, "text/csv;charset=utf-8", csvOf(table));
  bar.append(
    make("button", { type: "button", click, "aria-label": `Download as CSV: ${titleOf(table)}` }, "Download as CSV"),
  );
  const frame = table.closest(".scroll") ?? table;
  const sideways = make("span", { class: "sideways" }, "Scroll sideways for more columns");
  bar.append(sideways);
  new ResizeObserver(() => {
    sideways.hidden = frame.scrollWidth <= frame.clientWidth;
  }).observe(frame);
  if (rows.length >= MANY_ROWS) frame.before(bar);
  else frame.after(bar);
}

function titleOf(table) {
  return plain(table.caption?.querySelector("b")?.textContent ?? table.caption?.textContent ?? "table");
}

/** Rows that sorting moves and the filter hides; averages and headings of groups stay. */
function movableRows(place) {
  return [...place.querySelectorAll("tbody > tr:not(.average):not(.group)")];
}

function addSorting(table) {
  const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  const first = new Map([...table.tBodies].map((body) => [body, [...body.rows]]));
  heads.forEach((head, index) => {
    if (!head.matches("th") || !head.textContent.trim()) return;
    const click = () => {
      const next = nextOrder(head);
      for (const other of heads) other.removeAttribute("aria-sort");
      if (next) head.setAttribute("aria-sort", next);
      for (const [body, rows] of first) sortBody(body, rows, index, head, next);
    };
    head.replaceChildren(make("button", { type: "button", class: "sort", click }, ...head.childNodes));
  });
}

/** Numbers begin with the highest, words with the first; a third press restores the order. */
function nextOrder(head) {
  const orders = head.matches(".n") ? ["descending", "ascending"] : ["ascending", "descending"];
  return orders[orders.indexOf(head.getAttribute("aria-sort")) + 1] ?? null;
}

function sortBody(body, rows, index, head, order) {
  const numeric = head.matches(".n");
  const direction = order === "descending" ? -1 : 1;
  const moving = rows.filter((row) => !row.matches(".average, .group"));
  if (order) {
    const keys = new Map(moving.map((row) => [row, sortKey(row.cells[index], numeric)]));
    moving.sort((a, b) => compareKeys(keys.get(a), keys.get(b), direction));
  }
  const queue = moving.values();
  body.append(...rows.map((row) => (row.matches(".average, .group") ? row : queue.next().value)));
}

function filterControl(table, rows) {
  const texts = new Map(rows.map((row) => [row, searchable(row)]));
  const status = make("span", { class: "count", role: "status" });
  const input = make("input", {
    type: "search",
    placeholder: "Filter rows",
    "aria-label": `Filter rows: ${titleOf(table)}`,
    autocomplete: "off",
    spellcheck: "false",
  });
  const tell = settled((count) => {
    status.textContent = count === rows.length ? "" : `${count} of ${rows.length} rows`;
  }, 250);
  const filter = () => {
    const words = plain(input.value).toLowerCase().split(" ").filter(Boolean);
    let count = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => texts.get(row).includes(word));
      count += !row.hidden;
    }
    for (const group of table.querySelectorAll("tr.group")) {
      group.hidden = movableRows(group.parentElement.parentElement)
        .filter((row) => row.parentElement === group.parentElement)
        .every((row) => row.hidden);
    }
    tell(count);
  };
  input.addEventListener("input", filter);
  table.addEventListener("unfilter", () => {
    input.value = "";
    filter();
  });
  return [input, status];
}

/** A row's words in lower case, with those of its group. */
function searchable(row) {
  const group = row.parentElement.querySelector(":scope > tr.group");
  const cells = [...row.cells, ...(group ? group.cells : [])];
  return plain(cells.map((cell) => cell.textContent).join(" ")).toLowerCase();
}
