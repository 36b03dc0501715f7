// RA certificates: who may ask for certificates in devices' names.
import { html, useLoad, useState, Page, Loaded, Table, Badge, Time, Empty, Opens, Act, Form, TypedConfirmation, Notice, ago, utc } from "./ui.js";
import { ask, post, segment, base64, fromBase64, save, files } from "./api.js";
import { keyChoices } from "./ca-forms.js";
import { revocationReasons } from "./certificates.js";

function Handover({ made, close }) {
  return html`<${Notice} tone="good">${made.old ? "The successor of" : "RA certificate"} <strong>${made.name}</strong> is made.${made.p12 && " Take its file now: the key is nowhere else."}<//>
    ${made.old && html`<p>${made.old.until ? html`The old certificate holds until ${utc(made.old.until)} (${ago(made.old.until)}); give the proxy the new one before.` : "The old certificate holds no longer: from the next request on the proxy needs the new one."}</p>`}
    ${(made.warnings || []).map((text) => html`<${Notice} tone="warn">${text}<//>`)}
    <div class="actions gap">
      ${made.p12 && html`<button type="button" class="primary" onClick=${() => save(`${made.name}.p12`, fromBase64(made.p12), "application/x-pkcs12")}>Download PKCS#12</button>`}
      <button type="button" onClick=${() => save(`${made.name}.pem`, made.pem + (made.chain || ""))}>Download certificate</button>
      <button type="button" onClick=${close}>Done</button></div>
    ${made.p12 && html`<p class="hint">With curl: <code>--cert-type P12 --cert ${made.name}.p12</code></p>`}`;
}

function Profiles({ profiles, chosen, choose }) {
  return html`<fieldset class="plain-set"><legend>May enroll by</legend><div class="ticks">
    <label><input type="checkbox" checked=${chosen === true} onChange=${(e) => choose(e.currentTarget.checked ? true : [])} /> every profile</label>
    ${chosen !== true && profiles.map((name) => html`<label><input type="checkbox" checked=${chosen.includes(name)} onChange=${() => choose(chosen.includes(name) ? chosen.filter((n) => n !== name) : [...chosen, name])} /> ${name}</label>`)}
  </div></fieldset>`;
}

const scopeOf = (chosen) => (chosen === true ? { all_profiles: true } : { profiles: chosen });

const passphrase = { name: "passphrase", label: "Passphrase of the PKCS#12 file", type: "password", autocomplete: "new-password",
  hint: "The node makes the key and gives it to you in this file, once. At least 8 characters" };

function Enroll({ base, profiles, cas, done, close }) {
  const [made, setMade] = useState(null);
  const [chosen, choose] = useState([]);
  if (made) return html`<${Handover} made=${made} close=${() => { close(); done(); }} />`;
  const submit = async ({ csr, ...values }) => setMade(await post(`${base}/ra-certificates`, { ...values, ...scopeOf(chosen), ...(csr ? { csr: base64(csr) } : {}) }));
  return html`<${Form} label="Enroll" close=${close} submit=${submit} fields=${[
    { name: "name", label: "Name", required: true, placeholder: "plant-3" },
    { name: "ca", label: "Issued by", type: "select", options: cas.filter((ca) => ca.state === "active" && !ca.root).map(({ name }) => name).concat(cas.filter((ca) => ca.state === "active" && ca.root).map(({ name }) => name)) },
    { name: "validity", label: "Valid for", value: "1y" },
    passphrase,
    { name: "csr", label: "Or a request of your own", type: "file", hint: "PEM or DER: then the key stays with you, and no passphrase is needed" },
    { name: "key", label: "Key", type: "select", options: keyChoices },
  ]}><${Profiles} profiles=${profiles} chosen=${chosen} choose=${choose} /><//>`;
}

// -- rotating --

const overlaps = [["7d", "7 days"], ["1d", "1 day"], ["1h", "1 hour"], ["30d", "30 days"], ["0", "Not at all: it is revoked at once"]];

function Rotate({ base, ra, done, close }) {
  const [made, setMade] = useState(null);
  if (made) return html`<${Handover} made=${made} close=${() => { close(); done(); }} />`;
  const submit = async (values) => setMade(await post(`${base}/ra-certificates/${segment(ra.name)}/rotate`, files(values, "csr")));
  return html`<p>It gets a successor with the same name, subject and scope, for a new key. Until the old certificate ends both may enroll.</p>
    <${Form} label="Rotate" close=${close} submit=${submit} fields=${[
    { name: "overlap", label: "The old one holds for", type: "select", options: overlaps, hint: "Then it is revoked as superseded, by itself. Was its key seen by others: not at all" },
    passphrase,
    { name: "csr", label: "Or a request of your own", type: "file", hint: "PEM or DER, with a new key: then it stays with you, and no passphrase is needed" },
  ]} />`;
}

/** Those that it was rotated from and that still hold. */
function Former({ base, ra, at, may, done }) {
  if (!ra.former?.length) return null;
  return html`<ul class="former">${ra.former.map(({ certificate, until }) => html`<li>
      <a href=${at(`certificates/${certificate.serial}`)}>The old one</a> ends <${Time} at=${until} /></li>`)}</ul>
    ${may("ra-operator") && html`<${Act} label=${ra.former.length > 1 ? "End them now" : "End it now"} kind="small danger" act=${async () => { await post(`${base}/ra-certificates/${segment(ra.name)}/revoke`, { former: true, reason: "superseded" }); done(); }} />`}`;
}

function Scope({ base, ra, profiles, done, close }) {
  const [chosen, choose] = useState(reach(ra) === "every profile" ? true : listOf(ra));
  return html`<${Form} label="Save" close=${close} fields=${[]} submit=${async () => { await ask("PATCH", `${base}/ra-certificates/${segment(ra.name)}`, scopeOf(chosen)); close(); done(); }}>
    <${Profiles} profiles=${profiles} chosen=${chosen} choose=${choose} /><//>`;
}

const listOf = ({ profiles }) => (Array.isArray(profiles) ? profiles : []);
const reach = (ra) => (ra.all_profiles || ra.profiles === "all" || ra.profiles === null ? "every profile" : listOf(ra).join(", ") || "no profile");

export function RaCertificates({ account, at, may }) {
  const base = `/accounts/${segment(account)}`;
  const loaded = useLoad(`${base}/ra-certificates`);
  const cas = useLoad(`${base}/cas`).value?.cas || [];
  const profiles = (useLoad(`${base}/profiles`).value?.profiles || []).map(({ profile }) => profile.name);
  const enroll = may("administrator") && html`<${Opens} label="Enroll an RA certificate" kind="primary">${(close) => html`<${Enroll} base=${base} cas=${cas} profiles=${profiles} done=${loaded.reload} close=${close} />`}<//>`;
  return html`<${Page} title="RA certificates" help="A registration authority asks for certificates in the name of devices that it vouches for." actions=${loaded.value?.ras.length > 0 && enroll}>
    <${Loaded} of=${loaded}>${({ ras }) => (ras.length === 0
      ? html`<${Empty} title="There is no registration authority" action=${enroll}>Plants and gateways that enroll for others authenticate with an RA certificate; its scope says by which profiles.<//>`
      : html`<${Table} caption="RA certificates" rows=${ras} keyOf=${(ra) => ra.name} columns=${[
          ["Name", (ra) => (ra.certificate ? html`<a href=${at(`certificates/${ra.certificate.serial}`)}>${ra.name}</a>` : ra.name), "name"],
          ["State", (ra) => html`<div><${Badge} state=${ra.certificate?.state || ra.state || "issued"} /><${Former} base=${base} ra=${ra} at=${at} may=${may} done=${loaded.reload} /></div>`], ["May enroll by", (ra) => reach(ra)], ["Issued by", (ra) => ra.certificate?.ca], ["Ends", (ra) => html`<${Time} at=${ra.certificate?.not_after} none="" />`],
          ["", (ra) => html`<div class="actions">
            ${may("administrator") && html`<${Opens} label="Rotate" kind="small" title=${`A successor of ${ra.name}`}>${(close) => html`<${Rotate} base=${base} ra=${ra} done=${loaded.reload} close=${close} />`}<//>`}
            ${may("administrator") && html`<${Opens} label="Scope" kind="small" title=${`What ${ra.name} may do`}>${(close) => html`<${Scope} base=${base} ra=${ra} profiles=${profiles} done=${loaded.reload} close=${close} />`}<//>`}
            ${may("ra-operator") && ra.certificate?.state !== "revoked" && html`<${Opens} label="Revoke" kind="small danger" title=${`Revoke ${ra.name}`}>${(close) => html`<${TypedConfirmation} word=${ra.name} label="Revoke" close=${close}
              fields=${[{ name: "reason", label: "Reason", type: "select", options: revocationReasons }]}
              submit=${async (values) => { await post(`${base}/ra-certificates/${segment(ra.name)}/revoke`, values); close(); loaded.reload(); }}><p>It can enroll nothing more, from the next request on${ra.former?.length ? ", and neither can those that it was rotated from" : ""}.</p><//>`}<//>`}</div>`],
        ]} />`)}<//><//>`;
}
