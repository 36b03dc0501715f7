// The inventory: searching, one certificate in all its parts, and revoking.
import { html, useLoad, useState, useEffect, Page, Loaded, Table, Badge, Time, Facts, Tabs, Code, Command, Opens, TypedConfirmation, Empty, Form, Field, Act, Copy, Refusal, Serial, commonName, hexPairs, plural, utc } from "./ui.js";
import { Unknown, UnknownNotice } from "./unknown.js";
import { get, post, query, segment, url, save, fromBase64 } from "./api.js";

const PAGE_SIZE = 50;
export const revocationReasons = [
  ["unspecified", "No particular reason"],
  ["keyCompromise", "Key compromise: somebody else may hold the key"],
  ["affiliationChanged", "Affiliation changed: the names are no longer right"],
  ["superseded", "Superseded: another certificate took its place"],
  ["cessationOfOperation", "Cessation of operation: the device is out of service"],
  ["privilegeWithdrawn", "Privilege withdrawn"],
];

// -- the list --

function Filters({ account, values, here }) {
  const base = `/accounts/${segment(account)}`;
  const profiles = useLoad(`${base}/profiles`).value?.profiles || [];
  const cas = useLoad(`${base}/cas`).value?.cas || [];
  const [text, setText] = useState(values.text || values.subject_begins?.replace(/^CN=/, "") || values.subject || values.san || values.serial || "");
  const [where, setWhere] = useState(["subject_begins", "subject", "san", "serial"].find((name) => values[name]) || "text");
  const go = (changes) => {
    const { cursor, ...kept } = values;
    location.hash = here + query({ ...kept, ...changes });
  };
  const search = (event) => {
    event.preventDefault();
    const wanted = text.trim();
    go({ text: undefined, subject: undefined, subject_begins: undefined, san: undefined, serial: undefined, [where]: wanted && where === "subject_begins" ? `CN=${wanted}` : wanted });
  };
  const inDays = (days) => (days ? new Date(Date.now() + days * 86400000).toISOString().slice(0, 19) + "Z" : undefined);
  return html`<form class="filters" role="search" onSubmit=${search}>
    <${Field} label="Search" type="search" value=${text} onValue=${setText} wide />
    <${Field} label="In" type="select" value=${where} onValue=${setWhere} options=${[["text", "Names: words begin so"], ["subject_begins", "Name begins with"], ["subject", "Anywhere in the subject"], ["san", "SubjectAltName"], ["serial", "Serial number"]]} />
    <${Field} label="State" type="select" value=${values.state || ""} onValue=${(state) => go({ state })} options=${[["", "Any"], "valid", "expired", "revoked", "issued"]} />
    <${Field} label="Profile" type="select" value=${values.profile || ""} onValue=${(profile) => go({ profile })} options=${[["", "Any"], ...profiles.map(({ profile }) => profile.name)]} />
    <${Field} label="CA" type="select" value=${values.ca || ""} onValue=${(ca) => go({ ca })} options=${[["", "Any"], ...cas.map(({ name }) => name)]} />
    <${Field} label="Ends" type="select" value=${values.expires_before ? "kept" : ""} onValue=${(days) => days !== "kept" && go({ expires_before: inDays(Number(days)), ...(days ? { state: "valid" } : {}) })}
      options=${[["", "Any time"], ...(values.expires_before ? [["kept", `Before ${values.expires_before.slice(0, 10)}`]] : []), ["7", "Within 7 days"], ["30", "Within 30 days"], ["90", "Within 90 days"]]} />
    <div class="actions"><button class="primary">Search</button>${Object.keys(values).length > 0 && html`<a class="button" href=${here}>Clear</a>`}</div>
  </form>`;
}

async function revokeAll(base, chosen, reason, note) {
  let done = 0;
  for (const serial of chosen) {
    await post(`${base}/certificates/${segment(serial)}/revoke`, { reason });
    note((done += 1));
  }
}

function BulkRevoke({ base, chosen, finished }) {
  const [done, note] = useState(0);
  return html`<${Opens} label=${`Revoke ${plural(chosen.length, "certificate")}`} kind="danger" title="Revoke certificates">${(close) => html`
    <${TypedConfirmation} word=${String(chosen.length)} label="Revoke" close=${close}
      fields=${[{ name: "reason", label: "Reason", type: "select", options: revocationReasons }]}
      submit=${async ({ reason }) => { await revokeAll(base, chosen, reason, note); close(); finished(); }}>
      <p>${plural(chosen.length, "certificate")} will be revoked for good. Devices that use them can no longer renew; who checks CRLs or OCSP refuses them.</p>
      ${done > 0 && html`<p role="status">${done} of ${chosen.length} revoked</p>`}
    <//>`}<//>`;
}

function columns({ at, may, chosen, choose }) {
  const toggle = (serial) => choose(chosen.includes(serial) ? chosen.filter((other) => other !== serial) : [...chosen, serial]);
  return [
    ...(may("ra-operator") ? [[html`<span class="hidden">Choose</span>`, (c) => c.state !== "revoked" && c.purpose !== "ca" && html`<input type="checkbox" class="choose"
      aria-label=${`Choose ${commonName(c.subject)}`} checked=${chosen.includes(c.serial)} onChange=${() => toggle(c.serial)} />`, "narrow"]] : []),
    ["State", (c) => html`<${Badge} state=${c.state} />`],
    ["Name", (c) => html`<a href=${at(`certificates/${c.serial}`)}>${commonName(c.subject)}</a>`, "name"],
    ["SubjectAltNames", (c) => html`<span class="clip">${c.san || html`<span class="faint">none</span>`}</span>`],
    ["Profile", (c) => c.profile || html`<span class="faint">${c.purpose}</span>`, "word"],
    ["Issuer", (c) => c.ca || html`<span class="faint">itself</span>`],
    ["Ends", (c) => html`<${Time} at=${c.not_after} />`],
    ["Came by", (c) => html`<span>${c.issued_via} <span class="faint">${c.peer}</span></span>`, "word"],
    ["Serial", (c) => html`<${Serial} of=${c.serial} />`],
  ];
}

function List(props) {
  const { account, query: values, here, at, may } = props;
  const base = `/accounts/${segment(account)}`;
  const search = query({ ...values, limit: PAGE_SIZE });
  const page = useLoad(`${base}/certificates${search}`);
  const [chosen, choose] = useState([]);
  useEffect(() => choose([]), [search]);
  const filtered = Object.keys(values).some((name) => name !== "cursor");
  const { cursor, ...rest } = values;
  const all = (page.value?.certificates || []).filter((c) => c.state !== "revoked" && c.purpose !== "ca").map((c) => c.serial);
  return html`<${Page} title="Certificates" actions=${html`
      <a class="button" download="certificates.csv" href=${url(`${base}/certificates${query({ ...rest, format: "csv" })}`)}>CSV</a>
      <a class="button" download="certificates.ndjson" href=${url(`${base}/certificates${query({ ...rest, format: "ndjson" })}`)}>NDJSON</a>`}>
    <${UnknownNotice} base=${base} at=${at} />
    <${Filters} key=${search} account=${account} values=${values} here=${here} />
    <${Loaded} of=${page}>${({ certificates, next_cursor: next }) => (certificates.length === 0
      ? html`<${Empty} title=${filtered ? "Nothing matches" : "Nothing issued yet"} action=${filtered ? html`<a class="button" href=${here}>Clear the filters</a>` : html`<a class="button primary" href=${at("profiles")}>Go to profiles</a>`}>
          ${filtered ? "No certificate of this account has all that was asked for." : "A profile shows ready commands for curl, openssl and other clients; the first certificate appears here."}<//>`
      : html`${may("ra-operator") && html`<div class="bulk"><button type="button" onClick=${() => choose(chosen.length === all.length ? [] : all)}>${chosen.length === all.length && all.length ? "Choose none" : "Choose all shown"}</button>
          ${chosen.length > 0 && html`<${BulkRevoke} base=${base} chosen=${chosen} finished=${() => { choose([]); page.reload(); }} />`}</div>`}
        <${Table} caption="Certificates" rows=${certificates} keyOf=${(c) => c.id} columns=${columns({ at, may, chosen, choose })} />
        <nav class="pages" aria-label="Pages">${cursor && html`<a class="button" href=${here + query(rest)}>First page</a>`}${next && html`<a class="button" href=${here + query({ ...rest, cursor: next })}>Older</a>`}</nav>`)}<//>
  <//>`;
}

// -- one certificate --

function sentence(c) {
  const key = c.x509 ? ` with a ${c.x509.key.toUpperCase()} key` : "";
  const from = c.requested_by ? `, asked for by ${c.requested_by}` : "";
  const state = {
    issued: c.revocation ? `It is valid until ${utc(c.revocation.at)}, when it is revoked (${c.revocation.reason || "no reason"}).` : `It is valid until ${utc(c.not_after)}.`,
    expired: `It expired on ${utc(c.not_after)}.`,
    revoked: `It was revoked on ${utc(c.revocation?.at)} (${c.revocation?.reason || "no reason"}).`,
    intent: "It is about to be signed.",
    abandoned: "It was never signed.",
  }[c.state];
  const profile = c.profile ? ` by profile ${c.profile}, version ${c.profile_version},` : "";
  return `A ${c.purpose} certificate for ${commonName(c.subject)}${key}, issued${profile} from ${c.ca || "itself"} on ${utc(c.created)}${from}${c.peer ? ` at ${c.peer}` : ""}. ${state}`;
}

function chainOf(cas, name) {
  const chain = [];
  for (let ca = cas.find((one) => one.name === name); ca && chain.length < 10; ca = cas.find((one) => one.name === ca.parent)) chain.unshift(ca);
  return chain;
}

function Chain({ cas, certificate, at }) {
  return html`<ol class="chain">${chainOf(cas, certificate.ca).map((ca) => html`<li><a href=${at(`cas/${segment(ca.name)}`)}>${ca.name}</a> <span class="faint">${ca.certificate.subject}</span></li>`)}
    <li aria-current="true"><strong>${commonName(certificate.subject)}</strong></li></ol>`;
}

function FieldsTab({ certificate: c }) {
  const x = c.x509 || {};
  return html`<${Facts} of=${[
    ["Subject", c.subject], ["SubjectAltNames", (x.san || []).length > 0 ? html`<ul class="plain">${x.san.map((n) => html`<li>${n.type}: ${n.value}</li>`)}</ul>` : null],
    ["Issuer", x.issuer], ["Serial number", html`<${Code}>${c.serial}<//>`], ["SHA-256 fingerprint", x.fingerprint && html`<${Code}>${x.fingerprint}<//>`],
    ["Key", x.key], ["Signature", c.content?.signature], ["SHA-256 of the key", c.content?.key_fingerprint && html`<${Code}>${c.content.key_fingerprint}<//>`],
    ["Begins", utc(c.not_before)], ["Ends", utc(c.not_after)],
  ]} />`;
}

function ExtensionsTab({ extensions }) {
  return html`<${Table} caption="Extensions" rows=${extensions} columns=${[
    ["Extension", (e) => html`${e.name}<br /><code class="faint">${e.oid}</code>`],
    ["Critical", (e) => (e.critical ? "yes" : "no")],
    ["Meaning", (e) => e.words],
  ]} />`;
}

function PemTab({ base, certificate: c }) {
  const pem = useLoad(`${base}/certificates/${c.serial}/export`);
  const chain = useLoad(`${base}/certificates/${c.serial}/export?chain=true`);
  return html`<${Loaded} of=${pem}>${({ pem: text, der }) => html`<${Command} text=${text} /><div class="actions">
    <button type="button" onClick=${() => save(`${c.serial}.pem`, text, "application/x-pem-file")}>Download PEM</button>
    <button type="button" onClick=${() => save(`${c.serial}.der`, fromBase64(der))}>Download DER</button>
    ${chain.value && html`<button type="button" onClick=${() => save(`${c.serial}-chain.pem`, chain.value.pem, "application/x-pem-file")}>Download with chain</button>`}</div>`}<//>`;
}

/** Another certificate by its number: the list below the number above it begins with it. */
function Related({ base, id, at, words }) {
  const page = useLoad(id ? `${base}/certificates?limit=1&cursor=${id + 1}` : null);
  const other = page.value?.certificates.find((c) => c.id === id);
  return other ? html`<li>${words} <a href=${at(`certificates/${other.serial}`)}>${commonName(other.subject)} <${Serial} of=${other.serial} /></a> <${Time} at=${other.created} /></li>` : null;
}

function HistoryTab({ base, certificate: c, at }) {
  return html`<ul class="history">
    <${Related} base=${base} id=${c.renews_id} at=${at} words="Renews" />
    <li>Issued <time>${utc(c.created)}</time> by ${c.issued_via}${c.request_id && html`, request <a href=${at(`enrollments?request=${c.request_id}`)}><code>${c.request_id}</code></a>`}</li>
    <${Related} base=${base} id=${c.renewed_by_id} at=${at} words="Renewed by" />
    ${c.revocation && html`<li>${c.state === "issued" ? "To be revoked" : "Revoked"} ${utc(c.revocation.at)}: ${c.revocation.reason || "no reason"}${c.revocation.invalidity_date && `, not to be believed since ${utc(c.revocation.invalidity_date)}`}</li>`}
  </ul>`;
}

function CheckTab({ certificate: c }) {
  return html`<p>What it says, and whether its chain holds, with tools that are not ours:</p>
    <${Command} text=${`openssl x509 -in ${c.serial}.pem -noout -text`} />
    <${Command} text=${`openssl verify -x509_strict -CAfile ca.pem ${c.serial}.pem`} />`;
}

function Actions({ base, certificate: c, may, reload }) {
  if (!may("ra-operator") || c.state === "abandoned" || c.state === "intent") return null;
  const path = `${base}/certificates/${c.serial}`;
  const held = c.state === "revoked" && c.revocation?.reason === "certificateHold";
  const confirm = c.purpose === "ca" ? { confirm: "ca" } : {};
  return html`
    ${held && html`<${Act} label="Release from hold" act=${async () => { await post(`${path}/release`); reload(); }} />`}
    ${c.state === "issued" && html`<${Act} label="Put on hold" act=${async () => { await post(`${path}/hold`, confirm); reload(); }} />`}
    ${(c.state === "issued" || c.state === "expired" || held) && html`<${Opens} label="Revoke" kind="danger" title=${`Revoke ${commonName(c.subject)}`}>${(close) => html`
      <${TypedConfirmation} word="revoke" label="Revoke" close=${close} fields=${[{ name: "reason", label: "Reason", type: "select", options: revocationReasons }]}
        submit=${async ({ reason }) => { await post(`${path}/revoke`, { reason, ...confirm }); close(); reload(); }}>
        <p>Revoking is for good. The device can no longer renew with this certificate.</p><//>`}<//>`}`;
}

function Viewer({ account, serial, at, may }) {
  const base = `/accounts/${segment(account)}`;
  const loaded = useLoad(`${base}/certificates/${segment(serial)}`);
  const cas = useLoad(`${base}/cas`);
  const c = loaded.value?.certificate;
  return html`<${Page} title=${c ? commonName(c.subject) : "Certificate"} trail=${[["Certificates", at("certificates")]]}
      actions=${c && html`<${Actions} base=${base} certificate=${c} may=${may} reload=${loaded.reload} />`}>
    <${Loaded} of=${loaded}>${() => html`
      <p class="sentence"><${Badge} state=${c.state} /> ${sentence(c)}</p>
      ${cas.value && c.ca && html`<${Chain} cas=${cas.value.cas} certificate=${c} at=${at} />`}
      <${Tabs} label="Parts of the certificate" tabs=${[
        ["Fields", () => html`<${FieldsTab} certificate=${c} />`],
        ...(c.content ? [["Extensions", () => html`<${ExtensionsTab} extensions=${c.content.extensions} />`], ["PEM", () => html`<${PemTab} base=${base} certificate=${c} />`]] : []),
        ["History", () => html`<${HistoryTab} base=${base} certificate=${c} at=${at} />`],
        ["Check", () => html`<${CheckTab} certificate=${c} />`],
      ]} />`}<//><//>`;
}

export function Certificates(props) {
  if (props.parts[0] === "unknown") return html`<${Unknown} ...${props} />`;
  return props.parts[0] ? html`<${Viewer} ...${props} serial=${props.parts[0]} />` : html`<${List} ...${props} />`;
}
