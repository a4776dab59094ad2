// The colours are set before anything is painted; the rest waits for the page.

applyTheme(rememberedTheme());
document.documentElement.classList.add("scripted");

document.addEventListener("DOMContentLoaded", () => {
  const nav = document.querySelector("nav.contents");
  if (nav) followContents(nav);
  for (const table of document.querySelectorAll("table")) enhanceTable(table);
  watchFigures();
  watchRuns();
  openForPrint();
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    // A link to where the page already is changes nothing that the browser would tell.
    if (event.target.closest("a[href^='#']")?.hash === location.hash) reveal();
  });
  if (location.hash) reveal();
});
