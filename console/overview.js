// How the account stands: what is missing, what happens, what ends.
import { html, useLoad, useState, useEffect, Page, Loaded, Refusal, Badge, plural } from "./ui.js";
import { segment } from "./api.js";
import { EnrollmentGraph, EndsGraph, CaGraph } from "./chart.js";

const REFRESH_MS = 15000;
const NEWEST = 50;

const steps = [
  ["Create a CA", "Certificates are signed by it; a root and an issuing CA below are two clicks", "cas", (s) => s.cas > 0],
  ["Give the node its certificate", "Devices recognise the EST service by it", "system", (s, status) => status.tls],
  ["Trust a CA for EST authentication", "Renewing devices show certificates of it; so may your device maker's", "trust", (s) => s.trusted_cas > 0],
  ["Allow addresses", "EST requests from elsewhere are refused", "trust", (s) => s.allowed_ranges > 0],
  ["Make a profile", "What a certificate looks like, and who gets one", "profiles/+new", (s) => s.profiles > 0],
  ["Issue the first certificate", "Each profile shows ready commands for common clients", "profiles", (s, status, issued) => issued],
];

function Checklist({ summary, status, issued, at }) {
  const done = steps.filter(([, , , isDone]) => isDone(summary, status, issued)).length;
  const next = steps.findIndex(([, , , isDone]) => !isDone(summary, status, issued));
  return html`<section class="card"><h2>Set up <span class="faint">${done} of ${steps.length}</span></h2>
    <ol class="checklist">${steps.map(([title, why, path, isDone], i) => html`<li class=${isDone(summary, status, issued) ? "done" : i === next ? "next" : ""}>
      <span class="mark" aria-hidden="true">${isDone(summary, status, issued) ? "✓" : i + 1}</span>
      <div><a href=${at(path)}>${title}</a>${isDone(summary, status, issued) && html`<span class="hidden"> (done)</span>`}<p class="hint">${why}</p></div></li>`)}</ol></section>`;
}

function Number({ value, label, href, tone }) {
  return html`<a class="number ${tone || ""}" href=${href}><strong>${value === undefined ? "…" : value.toLocaleString("en")}</strong><span>${label}</span></a>`;
}

function Reasons({ reasons, at }) {
  const top = [...reasons].filter(({ code }) => code !== "pending_approval").sort((a, b) => b.count - a.count).slice(0, 5);
  if (top.length === 0) return html`<p class="faint">No request was refused in this time.</p>`;
  return html`<ul class="reasons">${top.map((reason) => html`<li><a href=${at(`enrollments?outcome=refused&reason=${segment(reason.code)}`)}>${reason.words}</a>
    <strong>${reason.count}</strong><p class="hint">${reason.remedy}.</p></li>`)}</ul>`;
}

const spans = [[60, "Hour"], [360, "6 hours"], [1440, "Day"]];

function Activity({ base, at }) {
  const [minutes, setMinutes] = useState(60);
  const graph = useLoad(`${base}/graphs/enrollments?minutes=${minutes}`);
  useEffect(() => {
    const timer = setInterval(graph.refresh, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  return html`<section class="card wide"><header class="card-head"><h2>Enrollments a minute</h2>
      <div class="choice" role="group" aria-label="Time shown">${spans.map(([n, label]) => html`<button type="button" aria-pressed=${n === minutes} onClick=${() => setMinutes(n)}>${label}</button>`)}</div></header>
      <${Loaded} of=${graph}>${(data) => html`<${EnrollmentGraph} data=${data} />`}<//></section>
    <section class="card"><h2>Why requests were refused</h2><${Loaded} of=${graph}>${(data) => html`<${Reasons} reasons=${data.reasons} at=${at} />`}<//></section>`;
}

export function Overview({ account, at }) {
  const base = `/accounts/${segment(account)}`;
  const status = useLoad(`${base}/status`);
  const ends = useLoad(`${base}/graphs/ends?bars=12&days=7`);
  const day = useLoad(`${base}/graphs/enrollments?minutes=1440`);
  const cas = useLoad(`${base}/cas`);
  const crls = useLoad(`${base}/crls`);
  const newest = useLoad(`${base}/certificates?limit=${NEWEST}`);
  const issued = newest.value?.certificates.some(({ profile }) => profile); // those of CAs and of the node are no device's
  const summary = status.value?.accounts[0];
  const refused = day.value?.refused.reduce((a, b) => a + b, 0);
  const overdue = crls.value?.crls.filter((crl) => crl.overdue).length;
  const soon = ends.value?.bars[0]?.count;
  const linkOf = (bar) => at(`certificates?state=valid&expires_before=${segment(bar.to)}`);
  const lately = newest.value?.certificates.find(({ profile }) => profile)?.profile;
  const enroll = issued && html`<a class="button primary" href=${at(lately ? `profiles/${segment(lately)}` : "profiles")}>Enroll a device</a>`;
  return html`<${Page} title="Overview" actions=${enroll}>
    <${Refusal} problem=${status.problem} />
    ${summary && newest.value && steps.some(([, , , isDone]) => !isDone(summary, status.value, issued)) && html`<${Checklist} summary=${summary} status=${status.value} issued=${issued} at=${at} />`}
    ${summary?.warnings.length > 0 && summary.cas > 0 && html`<section class="notice warn"><strong>Worth a look</strong><ul>${summary.warnings.map((text) => html`<li>${text}</li>`)}</ul></section>`}
    <div class="numbers">
      <${Number} value=${summary?.certificates.valid} label="valid certificates" href=${at("certificates?state=valid")} />
      <${Number} value=${soon} label="end within 7 days" href=${linkOf(ends.value?.bars[0] || { to: "" })} tone=${soon ? "warn" : ""} />
      <${Number} value=${refused} label="refused in 24 hours" href=${at("enrollments?outcome=refused")} tone=${refused ? "bad" : ""} />
      <${Number} value=${summary?.waiting_requests} label="wait for approval" href=${at("approvals")} tone=${summary?.waiting_requests ? "warn" : ""} />
      <${Number} value=${overdue} label="CRLs overdue" href=${at("revocation")} tone=${overdue ? "bad" : ""} />
    </div>
    <div class="cards">
      <${Activity} base=${base} at=${at} />
      <section class="card"><h2>Certificates by the week they end in</h2><${Loaded} of=${ends}>${({ bars }) => html`<${EndsGraph} bars=${bars} linkOf=${linkOf} />`}<//></section>
      <section class="card"><h2>CA lifetimes</h2><${Loaded} of=${cas}>${({ cas: list }) => (list.some((ca) => !ca.csr)
        ? html`<${CaGraph} cas=${list.filter((ca) => !ca.csr)} linkOf=${(ca) => at(`cas/${segment(ca.name)}`)} />`
        : html`<p class="faint">There is no CA yet. <a href=${at("cas")}>Create one</a>.</p>`)}<//></section>
    </div><//>`;
}
