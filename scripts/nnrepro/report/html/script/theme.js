// Light, dark, or as the system has it; remembered where the browser allows that.

const THEME_KEY = "nnrepro-theme";
const THEMES = { system: "System", light: "Light", dark: "Dark" };

function rememberedTheme() {
  try {
    return localStorage.getItem(THEME_KEY) ?? "system";
  } catch {
    return "system"; // storage is switched off: the choice lasts as long as the page
  }
}

function applyTheme(theme) {
  const known = theme in THEMES && theme !== "system";
  if (known) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  return known ? theme : "system";
}

function chooseTheme(theme) {
  applyTheme(theme);
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {
    return; // as above
  }
}

/** The three buttons. */
function themeControl() {
  const group = make("div", { class: "theme", role: "group", "aria-label": "Colours" });
  const mark = (chosen) => {
    for (const button of group.children) {
      button.setAttribute("aria-pressed", String(button.value === chosen));
    }
  };
  for (const [theme, title] of Object.entries(THEMES)) {
    const click = () => {
      chooseTheme(theme);
      mark(theme);
    };
    group.append(make("button", { type: "button", value: theme, click }, title));
  }
  mark(applyTheme(rememberedTheme()));
  return group;
}
