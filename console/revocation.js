// What relying parties are told: CRLs and OCSP.
import { html, useLoad, Page, Loaded, Table, Badge, Time, Code, Act, Empty, Command, utc } from "./ui.js";
import { get, post, segment, save, fromBase64 } from "./api.js";

async function download(base, crl) {
  const answer = await get(`${base}/crls/${segment(crl.ca)}${crl.kind === "delta" ? "?delta=true" : ""}`);
  save(`${crl.ca}${crl.kind === "delta" ? "-delta" : ""}.crl`, fromBase64(answer.der), "application/pkix-crl");
}

export function Revocation({ account, at, may }) {
  const base = `/accounts/${segment(account)}`;
  const crls = useLoad(`${base}/crls`);
  const ocsp = useLoad(`${base}/ocsp`);
  return html`<${Page} title="Revocation" help="Revoked certificates are told to whoever asks: by list (CRL) and one by one (OCSP)." actions=${html`<a class="button" href=${at("certificates?state=revoked")}>Revoked certificates</a>`}>
    <h2>CRLs</h2>
    <${Loaded} of=${crls}>${({ crls: list }) => (list.length === 0 ? html`<${Empty} title="There is no CRL yet">Each CA has one as soon as it exists.<//>` : html`<${Table} caption="CRLs" rows=${list} columns=${[
      ["CA", (c) => html`<a href=${at(`cas/${segment(c.ca)}`)}>${c.ca}</a>`, "name"], ["State", (c) => (c.overdue ? html`<${Badge} state="overdue" />` : html`<${Badge} tone="good">current<//>`)],
      ["Kind", (c) => c.kind], ["Revoked", (c) => c.entries, "num"], ["Number", (c) => html`<code>${c.number}</code>`], ["Made", (c) => html`<${Time} at=${c.this_update} />`], ["Next", (c) => html`<${Time} at=${c.next_update} />`],
      ["Published at", (c) => (c.url ? html`<${Code}>${c.url}<//>` : html`<span class="faint">nowhere: set [va] url</span>`)],
      ["", (c) => html`<div class="actions"><${Act} label="Download" kind="small" act=${() => download(base, c)} />${may("ra-operator") && c.kind === "full" && html`<${Act} label="Issue now" kind="small" act=${async () => { await post(`${base}/crls/${segment(c.ca)}`); crls.reload(); }} />`}</div>`],
    ]} />`)}<//>
    <h2 class="gap">OCSP</h2>
    <${Loaded} of=${ocsp}>${(o) => (o.responders.length === 0
      ? html`<p class="card">No OCSP responder answers. With <code>[va] listen</code> and <code>url</code> in the node's configuration each CA gets one; see bestowd.conf(5).</p>`
      : html`<p>Answers at <${Code}>${o.url}<//>; ${o.answers_made} made, ${o.answers_kept} kept ready.</p><${Table} caption="OCSP responders" rows=${o.responders} columns=${[
          ["CA", (r) => r.ca, "name"], ["Key", (r) => r.key], ["Since", (r) => html`<${Time} at=${r.since} />`], ["Until", (r) => html`<${Time} at=${r.until} />`], ["Serial", (r) => html`<code>${r.serial.slice(0, 12)}…</code>`]]} />`)}<//>
  <//>`;
}
