// Parts of which every screen is made.
import { h } from "preact";
import { useState, useEffect, useRef, useMemo } from "preact/hooks";
import htm from "htm";
import { background, get } from "./api.js";

export const html = htm.bind(h);
export { useState, useEffect, useRef, useMemo };

/** What `path` holds: {value, problem, loading, reload}. The old value stays while the next is on its way. */
export function useLoad(path) {
  const [state, setState] = useState({ loading: true });
  const [round, setRound] = useState(0);
  const byTimer = useRef(false);
  useEffect(() => {
    let wanted = true;
    const headers = byTimer.current ? background : {};
    byTimer.current = false;
    if (!path) {
      setState({ loading: false });
      return undefined;
    }
    setState((old) => ({ ...old, loading: true }));
    get(path, headers).then(
      (value) => wanted && setState({ value, loading: false }),
      (problem) => wanted && setState({ problem, loading: false }),
    );
    return () => {
      wanted = false;
    };
  }, [path, round]);
  const reload = () => setRound((n) => n + 1);
  const refresh = () => {
    byTimer.current = true;
    reload();
  };
  return { ...state, reload, refresh };
}

// -- words --

const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function ago(text, now = Date.now()) {
  const seconds = (Date.parse(text) - now) / 1000;
  const [unit, size] = units.find(([, n]) => Math.abs(seconds) >= n) || units[5];
  return relative.format(Math.trunc(seconds / size), unit);
}

export function Time({ at, none = "never" }) {
  if (!at) return html`<span class="faint">${none}</span>`;
  return html`<time datetime=${at} title=${at.replace("T", " ").replace("Z", " UTC")}>${ago(at)}</time>`;
}

export const utc = (at) => (at ? at.replace("T", " ").replace("Z", " UTC") : "");
export const plural = (n, one, many = one + "s") => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
export const hexPairs = (text) => (text || "").replace(/(..)(?=.)/g, "$1:");

/** A serial number in short: those given in the same moment begin alike, and end as nothing else does. */
export function Serial({ of }) {
  return html`<code class="serial" title=${of}>${of.length > 18 ? html`${of.slice(0, 8)}…<wbr />${of.slice(-8)}` : of}</code>`;
}

/** The common name of a name in text, or the whole. */
export function commonName(subject) {
  const match = /(?:^|, )CN=((?:\\.|[^,\\])+)/.exec(subject || "");
  return match ? match[1].replace(/\\(.)/g, "$1") : subject || "(no subject)";
}

const marks = {
  good: "✓", bad: "✕", warn: "!", off: "–", wait: "…", new: "+",
};
const tones = {
  active: "good", issued: "good", valid: "good", renewed: "good", enrolled: "good", registered: "wait", allowed: "good", added: "new", new: "new", passed: "good",
  revoked: "bad", refused: "bad", rejected: "bad", disabled: "bad", locked: "bad", overdue: "bad",
  expired: "off", "used-up": "off", retired: "off", suspended: "off", abandoned: "off", skipped: "off", "not-reached": "off", present: "off",
  pending: "wait", intent: "wait", waiting: "wait", approved: "good",
};

/** A state as sign and word, never as colour alone. */
export function Badge({ state, tone, children }) {
  const kind = tone || tones[state] || "off";
  return html`<span class="badge ${kind}"><span aria-hidden="true">${marks[kind]}</span> ${children || state}</span>`;
}

// -- messages --

export function Refusal({ problem }) {
  if (!problem) return null;
  return html`<div class="notice bad" role="alert">
    <strong>${problem.message}</strong>
    ${problem.detail && html`<p>${problem.detail}</p>`}
    ${problem.remedy && html`<p class="remedy">${problem.remedy}.</p>`}
    ${problem.requestId && html`<p class="faint small">Request ${problem.requestId}</p>`}
  </div>`;
}

export function Notice({ tone = "info", children }) {
  return html`<div class="notice ${tone}" role="status">${children}</div>`;
}

export function Empty({ title, children, action, command }) {
  return html`<div class="empty">
    <h2>${title}</h2>
    <p>${children}</p>
    ${action}
    ${command && html`<${Command} text=${command} />`}
  </div>`;
}

export function Loaded({ of, children }) {
  if (of.problem) return html`<${Refusal} problem=${of.problem} />`;
  if (!of.value) return html`<p class="faint" role="status">Loading…</p>`;
  return children(of.value);
}

// -- copying --

export function Copy({ text, what = "Copy" }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text).catch(() => {});
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return html`<button type="button" class="copy" onClick=${copy} aria-label=${`${what}: ${String(text).slice(0, 60)}`}>${done ? "Copied" : "Copy"}</button>`;
}

export function Command({ text }) {
  return html`<div class="command"><pre tabindex="0" aria-label="Command">${text}</pre><${Copy} text=${text} /></div>`;
}

export function Code({ children }) {
  return html`<span class="code-copy"><code>${children}</code><${Copy} text=${[children].flat().join("")} /></span>`;
}

// -- structure --

export function Page({ title, trail, actions, help, children }) {
  useEffect(() => {
    document.title = `${title} – Bestow`;
  }, [title]);
  return html`<header class="page-head">
      <div>
        ${trail && html`<nav class="trail" aria-label="Breadcrumb">${trail.map(([text, href]) => html`<a href=${href}>${text}</a> / `)}</nav>`}
        <h1 tabindex="-1">${title}</h1>
        ${help && html`<p class="lead">${help}</p>`}
      </div>
      ${actions && html`<div class="actions">${actions}</div>`}
    </header>
    ${children}`;
}

/** `columns`: [title, render(row), options]; on a phone each row is a card with the titles beside the values. */
export function Table({ caption, columns, rows, keyOf = (row, i) => i, rowProps = () => ({}) }) {
  return html`<div class="table-wrap" tabindex="0" role="region" aria-label=${caption}><table role="table">
    <caption class="hidden">${caption}</caption>
    <thead role="rowgroup"><tr role="row">${columns.map(([title, , options]) => html`<th scope="col" role="columnheader" class=${options || ""}>${title}</th>`)}</tr></thead>
    <tbody role="rowgroup">${rows.map((row, i) => html`<tr role="row" key=${keyOf(row, i)} ...${rowProps(row)}>
      ${columns.map(([title, render, options]) => html`<td role="cell" class=${options || ""} data-label=${typeof title === "string" ? title : ""}>${render(row)}</td>`)}
    </tr>`)}</tbody>
  </table></div>`;
}

export function Facts({ of }) {
  return html`<dl class="facts">${of.filter(([, value]) => value !== null && value !== undefined && value !== "").map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** `first`: the title of the tab that is shown in the beginning, where it is not the first one. */
export function Tabs({ tabs, label, first }) {
  const [chosen, choose] = useState(() => Math.max(0, tabs.findIndex(([title]) => title === first)));
  const id = useMemo(() => "tab" + Math.random().toString(36).slice(2), []);
  const keys = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (chosen + step + tabs.length) % tabs.length;
    choose(next);
    event.currentTarget.children[next].focus();
  };
  return html`<div class="tabs">
    <div role="tablist" aria-label=${label} onKeyDown=${keys}>${tabs.map(([title], i) => html`<button type="button" role="tab" id=${`${id}-${i}`}
      aria-selected=${i === chosen} aria-controls=${`${id}-panel`} tabindex=${i === chosen ? 0 : -1} onClick=${() => choose(i)}>${title}</button>`)}</div>
    <div role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${chosen}`}>${tabs[chosen][1]()}</div>
  </div>`;
}

export function Dialog({ title, close, wide, children }) {
  const box = useRef();
  useEffect(() => {
    const dialog = box.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  return html`<dialog ref=${box} class=${wide ? "wide" : ""} aria-label=${title} onCancel=${(event) => { event.preventDefault(); close(); }}>
    <header><h2>${title}</h2><button type="button" class="quiet" aria-label="Close" onClick=${close}>✕</button></header>
    <div class="dialog-body">${children}</div>
  </dialog>`;
}

/** A button that opens a dialog; `children(close)` makes its content. */
export function Opens({ label, title, kind = "", wide, children, ...rest }) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return html`<button type="button" class=${kind} onClick=${() => setOpen(true)} ...${rest}>${label}</button>
    ${open && html`<${Dialog} title=${title || label} close=${close} wide=${wide}>${children(close)}<//>`}`;
}

/** A button that does something, shows that it is under way, and tells why it failed. */
export function Act({ label, act, kind = "", done, ...rest }) {
  const [state, setState] = useState({});
  const run = async () => {
    setState({ busy: true });
    try {
      await act();
      setState({ finished: true });
    } catch (problem) {
      setState({ problem });
    }
  };
  return html`<span class="act"><button type="button" class=${kind} disabled=${state.busy} onClick=${run} ...${rest}>${state.busy ? "Working…" : label}</button>
    ${state.finished && done && html`<span class="done" role="status">✓ ${done}</span>`}
    <${Refusal} problem=${state.problem} /></span>`;
}

// -- forms --

let fieldNumber = 0;

export function Field({ label, hint, error, children, type = "text", options, value, onValue, wide, ...rest }) {
  const id = useMemo(() => `f${(fieldNumber += 1)}`, []);
  const described = hint || error ? `${id}-hint` : undefined;
  const shared = { id, "aria-describedby": described, "aria-invalid": error ? "true" : undefined, ...rest };
  const change = (event) => onValue(event.currentTarget.value);
  const control = {
    select: () => html`<select ...${shared} value=${value} onChange=${change}>${options.map((option) => {
      const [key, text] = Array.isArray(option) ? option : [option, option];
      return html`<option value=${key} selected=${key === value}>${text}</option>`;
    })}</select>`,
    textarea: () => html`<textarea ...${shared} spellcheck="false" value=${value} onInput=${change}></textarea>`,
    file: () => html`<input ...${shared} type="file" onChange=${(event) => onValue(event.currentTarget.files)} />`,
    checkbox: () => html`<input ...${shared} type="checkbox" checked=${value} onChange=${(event) => onValue(event.currentTarget.checked)} />`,
  }[type] || (() => html`<input ...${shared} type=${type} value=${value} onInput=${change} />`);
  return html`<div class="field ${type === "checkbox" ? "check" : ""} ${wide ? "wide" : ""}">
    <label for=${id}>${label}</label>${control()}
    ${children}
    ${(hint || error) && html`<p id=${described} class=${error ? "error" : "hint"}>${error || hint}</p>`}
  </div>`;
}

async function readFile(files) {
  return files && files[0] ? new Uint8Array(await files[0].arrayBuffer()) : undefined;
}

const startOf = (field) => field.value ?? (field.type === "checkbox" ? false : field.type === "select" ? optionKey(field.options[0]) : "");
const optionKey = (option) => (Array.isArray(option) ? option[0] : option);

/**
 * A form of rows {name, label, type, hint, options, value, required}. `submit` gets what was filled in; what was
 * typed stays when it is refused, and the focus goes to the message.
 */
export function Form({ fields, submit, label = "Save", kind = "primary", children, close }) {
  const [values, setValues] = useState(() => Object.fromEntries(fields.map((field) => [field.name, startOf(field)])));
  const [state, setState] = useState({});
  const message = useRef();
  const send = async (event) => {
    event.preventDefault();
    setState({ busy: true });
    try {
      const filled = {};
      for (const field of fields) {
        const shown = values[field.name] ?? startOf(field); // a list's options may have come after the form
        const value = field.type === "file" ? await readFile(shown) : shown;
        if (value !== "" && value !== undefined && value !== null) filled[field.name] = value;
      }
      await submit(filled);
      setState({});
    } catch (problem) {
      setState({ problem });
      setTimeout(() => message.current?.focus());
    }
  };
  return html`<form onSubmit=${send} class="form">
    ${fields.filter((field) => !field.when || field.when(values)).map(({ name, when, value, ...field }) => html`<${Field} key=${name} name=${name} ...${field} value=${values[name]}
      onValue=${(changed) => setValues((old) => ({ ...old, [name]: changed }))} />`)}
    ${children}
    <div ref=${message} tabindex="-1"><${Refusal} problem=${state.problem} /></div>
    <div class="actions"><button type="submit" class=${kind} disabled=${state.busy}>${state.busy ? "Working…" : label}</button>
      ${close && html`<button type="button" onClick=${close}>Cancel</button>`}</div>
  </form>`;
}

/** What cannot be undone is confirmed by typing what it is about. */
export function TypedConfirmation({ word, label, submit, close, fields = [], children }) {
  const check = async ({ typed, ...values }) => {
    if (typed !== word) throw Object.assign(new Error("That is not what stands above"), { detail: `Type ${word} to go on` });
    await submit(values);
  };
  return html`<div>${children}
    <${Form} label=${label} kind="danger" close=${close} submit=${check}
      fields=${[...fields, { name: "typed", label: `Type ${word} to confirm`, autocomplete: "off", required: true }]} /></div>`;
}
