// The contents list: it marks the section being read, and folds where there is no room beside it.

function followContents(nav) {
  const links = [...nav.querySelectorAll("a[href^='#']")];
  const targets = links.map((link) => document.getElementById(link.hash.slice(1)));
  const heading = nav.querySelector("h2");
  const here = make("span", { class: "here" });
  const list = heading.nextElementSibling;
  list.id = "contents-list";
  const button = make(
    "button",
    {
      type: "button",
      "aria-expanded": "false",
      "aria-controls": list.id,
      click: () => fold(button.getAttribute("aria-expanded") === "true"),
    },
    make("span", {}, heading.textContent),
    here,
  );

  function fold(closed) {
    button.setAttribute("aria-expanded", String(!closed));
    nav.classList.toggle("folded", closed);
  }

  heading.replaceChildren(make("span", { class: "title" }, heading.textContent), button);
  nav.setAttribute("aria-label", "Contents");
  nav.removeAttribute("aria-labelledby");
  list.append(themeControl());
  fold(true);
  list.addEventListener("click", (event) => {
    if (event.target.closest("a")) fold(true);
  });
  nav.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && button.getAttribute("aria-expanded") === "true") {
      fold(true);
      button.focus();
    }
  });

  let current = null;
  const follow = () => {
    const line = window.innerHeight / 3;
    let last = -1;
    targets.forEach((target, index) => {
      if (target && target.getBoundingClientRect().top < line) last = index;
    });
    const found = last < 0 ? null : links[last];
    if (found === current) return;
    current?.removeAttribute("aria-current");
    current = found;
    here.textContent = current ? current.textContent.trim() : "";
    if (!current) return;
    current.setAttribute("aria-current", "location");
    keepInView(nav, current);
  };
  addEventListener("scroll", framed(follow), { passive: true });
  addEventListener("resize", framed(follow), { passive: true });
  follow();
}

/** Scroll the list, and nothing else, so that a link in it can be seen. */
function keepInView(nav, link) {
  const frame = nav.getBoundingClientRect();
  const place = link.getBoundingClientRect();
  if (place.top < frame.top + 48) nav.scrollTop -= frame.top + 48 - place.top;
  else if (place.bottom > frame.bottom - 48) nav.scrollTop += place.bottom - frame.bottom + 48;
}

/** Open what hides the target of a link, and show the row if a filter hides it. */
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.matches("tr[hidden]")) target.closest("table").dispatchEvent(new Event("unfilter"));
  let moved = false;
  for (let place = target; place; place = place.parentElement) {
    if (place.tagName === "DETAILS" && !place.open) {
      place.open = true;
      moved = true;
    }
  }
  if (moved || target.matches("tr")) target.scrollIntoView();
}

/** On paper folded tables stand open. */
function openForPrint() {
  let opened = [];
  matchMedia("print").addEventListener("change", (event) => {
    if (event.matches) {
      opened = [...document.querySelectorAll("details.fold:not(.details):not([open])")];
      for (const fold of opened) fold.open = true;
    } else {
      for (const fold of opened) fold.open = false;
    }
  });
}
