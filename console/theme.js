// Light or dark: the system's choice until somebody makes another.
import { html, useState } from "./ui.js";

const order = ["auto", "light", "dark"];

export function applyTheme(choice = localStorage.getItem("theme") || "auto") {
  document.documentElement.dataset.theme = choice;
  localStorage.setItem("theme", choice);
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme);
  const next = () => {
    const choice = order[(order.indexOf(theme) + 1) % order.length];
    applyTheme(choice);
    setTheme(choice);
    dispatchEvent(new Event("theme"));
  };
  return html`<button type="button" class="quiet theme" onClick=${next} aria-label=${`Theme: ${theme}; change it`}>${{ auto: "◐", light: "☀", dark: "☾" }[theme]}</button>`;
}
