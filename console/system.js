// The node itself.
import { html, useLoad, Page, Loaded, Table, Badge, Facts, Code, Opens, Form, Act, Notice, Time, Empty, TypedConfirmation, Refusal, utc } from "./ui.js";
import { ask, post, segment, base64 } from "./api.js";

function Identity({ account, base, node, may, reload }) {
  const cas = (useLoad(`${base}/cas`).value?.cas || []).filter((ca) => ca.state === "active");
  return html`<section class="card"><h2>The node's certificate</h2>
    ${node.tls ? html`<${Facts} of=${[["Subject", node.tls.subject], ["Names", node.tls.san.map((n) => n.value).join(", ")], ["Issuer", node.tls.issuer], ["Ends", html`<${Time} at=${node.tls.not_after} />`], ["SHA-256 fingerprint", html`<${Code}>${node.tls.fingerprint}<//>`]]} />`
      : html`<p>Devices cannot connect yet: the node has no certificate.</p>`}
    ${may && cas.length > 0 && html`<div class="actions gap"><${Opens} label=${node.tls ? "Replace it" : "Issue it"} kind=${node.tls ? "" : "primary"} title="The node's certificate">${(close) => html`<${Form} label="Issue" close=${close} fields=${[
      { name: "ca", label: "Issued by", type: "select", options: cas.map(({ name }) => name).reverse() },
      { name: "hosts", label: "Host names and addresses", required: true, value: node.tls ? node.tls.san.map((n) => n.value).join(" ") : location.hostname, hint: "As devices write them in the URL; several with spaces between" }]}
      submit=${async ({ hosts, ...values }) => { await post(`${base}/node-certificate`, { ...values, hosts: hosts.split(/[\s,]+/).filter(Boolean) }); close(); reload(); }} />`}<//></div>`}
    ${may && cas.length === 0 && html`<p class="hint">Create a CA first; it issues the node's certificate.</p>`}</section>`;
}

function BlockedKeys({ may }) {
  const loaded = useLoad("/blocked-keys");
  return html`<section class="gap"><div class="card-head"><h2>Blocked keys</h2>${may("administrator") && html`<${Opens} label="Block keys">${(close) => html`<${Form} label="Block" close=${close} fields=${[
      { name: "file", label: "File", type: "file", required: true, hint: "Certificates, requests or public keys; or fingerprints, one a line" }, { name: "remark", label: "Remark" }]}
      submit=${async ({ file, ...values }) => { await post("/blocked-keys", { ...values, file: base64(file) }); close(); loaded.reload(); }} />`}<//>`}</div>
    <${Loaded} of=${loaded}>${({ keys, count }) => (count === 0 ? html`<p class="faint">No key is blocked. Requests with a key that is known to be weak are refused when it is listed here.</p>` : html`<p>${count.toLocaleString("en")} keys; the first of them:</p><${Table} caption="Blocked keys" rows=${keys} columns=${[
      ["Fingerprint", (k) => html`<code>${k.fingerprint.slice(0, 24)}…</code>`, "name"], ["Of the", (k) => k.of], ["Since", (k) => html`<${Time} at=${k.created} />`], ["Remark", (k) => k.remark],
      ["", (k) => may("administrator") && html`<${Act} label="Unblock" kind="small" act=${async () => { await ask("DELETE", `/blocked-keys/${k.fingerprint}`); loaded.reload(); }} />`]]} />`)}<//></section>`;
}

function Token() {
  const loaded = useLoad("/node/token");
  return html`<section class="gap"><h2>Token</h2><${Loaded} of=${loaded}>${({ token: t }) => html`
    <p>${t.ready ? html`<${Badge} tone="good">ready<//>` : html`<${Badge} tone="bad">away<//> ${t.detail}`} ${[t.manufacturer, t.model, t.serial].filter(Boolean).join(", ")}</p>
    ${t.keys.length > 0 && html`<${Table} caption="Keys in the token" rows=${t.keys} columns=${[["Label", (k) => k.label || html`<span class="faint">none</span>`, "name"], ["Id", (k) => html`<code>${k.id}</code>`], ["Key", (k) => k.type], ["CA", (k) => k.ca || html`<span class="faint">none</span>`]]} />`}`}<//></section>`;
}

export function System({ account, mayNode }) {
  const base = `/accounts/${segment(account)}`;
  const visible = mayNode("auditor");
  const node = useLoad(visible ? "/node" : null);
  if (!visible) return html`<${Page} title="System"><${Empty} title="This is the node's operator's">Your role holds on ${account}. The node's certificate and blocked keys are seen by who has a role on the node.<//><//>`;
  return html`<${Page} title="System" help="The node that serves EST and this console.">
    <${Loaded} of=${node}>${(n) => html`
      <${Facts} of=${[["Version", n.version], ["EST URL", n.est_url && html`<${Code}>${n.est_url}<//>`], ["Default profile", n.default_profile || "none"], ["Configuration", `version ${n.configuration}`], ["API", html`<a href="/api/v1/openapi.json">OpenAPI description</a>`]]} />
      <div class="gap"><${Identity} account=${account} base=${base} node=${n} may=${mayNode("administrator")} reload=${node.reload} /></div>
      ${n.token && html`<${Token} />`}
      <h2>Backup</h2><p>The store, while the node runs, to a new file on the node:</p><p><${Code}>bestowctl backup /var/lib/bestowd/backup/${new Date().toISOString().slice(0, 10)}.db<//></p>
      <p class="hint">The CA keys in <code>keys/</code> and the passphrase file are no part of it: copy them too, and keep the passphrase file apart.</p>
      <${BlockedKeys} may=${mayNode} />`}<//><//>`;
}
