// Ctrl-K: to a screen, or to certificates, by a few letters.
import { html, useState, useEffect, Dialog } from "./ui.js";
import { screenTitles } from "./titles.js";

function choices(account, text) {
  const at = (path) => `#/a/${encodeURIComponent(account)}/${path}`;
  const wanted = text.trim().toLowerCase();
  const found = screenTitles.filter(([, title]) => title.toLowerCase().includes(wanted)).map(([path, title]) => [`Go to ${title}`, at(path)]);
  if (!wanted) return found;
  const hex = wanted.replace(/[:\s]/g, "");
  const search = encodeURIComponent(text.trim());
  return [
    ...found,
    [`Certificates named “${text.trim()}”`, at(`certificates?text=${encodeURIComponent(text.trim())}`)],
    [`Certificates with “${text.trim()}” in their subject`, at(`certificates?subject=${search}`)],
    [`Certificates with “${text.trim()}” in a subjectAltName`, at(`certificates?san=${search}`)],
    ...(/^[0-9a-f]{6,40}$/.test(hex) ? [[`Certificate with serial ${hex}`, at(`certificates?serial=${hex}`)], [`Request ${hex}`, at(`enrollments?request=${hex}`)]] : []),
  ];
}

function Finder({ account, close }) {
  const [text, setText] = useState("");
  const [chosen, choose] = useState(0);
  const found = choices(account, text);
  const go = (href) => {
    location.hash = href;
    close();
  };
  const keys = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      choose((chosen + step + found.length) % found.length);
    } else if (event.key === "Enter" && found[chosen]) {
      event.preventDefault();
      go(found[chosen][1]);
    }
  };
  return html`<div class="finder">
    <input type="search" role="combobox" aria-expanded="true" aria-controls="found" aria-activedescendant=${`found-${chosen}`} aria-label="Find" placeholder="A screen, a name, a serial number, a request id"
      autofocus value=${text} onKeyDown=${keys} onInput=${(event) => { setText(event.currentTarget.value); choose(0); }} />
    <ul role="listbox" id="found" aria-label="Found">${found.map(([title, href], i) => html`<li role="option" id=${`found-${i}`} aria-selected=${i === chosen} onClick=${() => go(href)}>${title}</li>`)}</ul>
  </div>`;
}

export function Palette({ account }) {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const keys = (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "k") {
        event.preventDefault();
        setOpen(true);
      }
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
  return html`<button type="button" class="quiet find" onClick=${() => setOpen(true)}>Find <kbd>Ctrl K</kbd></button>
    ${open && html`<${Dialog} title="Find" close=${() => setOpen(false)}><${Finder} account=${account} close=${() => setOpen(false)} /><//>`}`;
}
