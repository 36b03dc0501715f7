// What was done, by whom; and whether the log is whole.
import { html, useLoad, useState, Page, Loaded, Table, Badge, Time, Code, Act, Opens, Empty, Refusal, utc } from "./ui.js";
import { get, query, segment } from "./api.js";

const shown = (value) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2));

function Difference({ entry }) {
  return html`<div class="pair"><div><h3>Before</h3><pre class="block" tabindex="0">${shown(entry.before) || "–"}</pre></div><div><h3>After</h3><pre class="block" tabindex="0">${shown(entry.after) || "–"}</pre></div></div>`;
}

function Verification() {
  const [state, setState] = useState(null);
  const verify = async () => setState(await get("/audit/verification").catch((problem) => ({ problem })));
  if (!state) return html`<${Act} label="Verify the log" act=${verify} />`;
  if (state.problem) return html`<${Refusal} problem=${state.problem} />`;
  return html`<span class="badge good" role="status">✓ ${state.entries.toLocaleString("en")} entries, unbroken</span> <span class="faint small">head <code title=${state.head}>${state.head.slice(0, 16)}…</code></span>`;
}

export function Audit({ account, query: values, here, mayNode }) {
  const page = useLoad(`/accounts/${segment(account)}/audit${query({ limit: 100, cursor: values.cursor })}`);
  return html`<${Page} title="Audit log" help="Every change and every issuance, each entry tied to the one before it by its hash." actions=${mayNode("auditor") && html`<${Verification} />`}>
    <${Loaded} of=${page}>${({ entries, next_cursor: next }) => (entries.length === 0 ? html`<${Empty} title="Nothing has happened yet">Changes that people and devices make appear here.<//>` : html`
      <${Table} caption="Audit log" rows=${entries} keyOf=${(e) => e.id} columns=${[
        ["When", (e) => html`<${Time} at=${e.at} />`], ["Who", (e) => e.actor], ["Did", (e) => html`<code>${e.action}</code>`, "name"], ["To", (e) => e.object],
        ["", (e) => (e.before !== null || e.after !== null) && html`<${Opens} label="Change" kind="small" wide title=${`${e.action}, ${utc(e.at)}`}>${() => html`<p>${e.actor}, ${e.object}</p><${Difference} entry=${e} />`}<//>`],
      ]} /><nav class="pages" aria-label="Pages">${values.cursor && html`<a class="button" href=${here}>Newest</a>`}${next && html`<a class="button" href=${here + query({ cursor: next })}>Older</a>`}</nav>`)}<//><//>`;
}
