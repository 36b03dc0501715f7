// Profiles: what certificates look like, and who gets one.
import { html, useLoad, useState, Page, Loaded, Table, Badge, Time, Facts, Code, Command, Empty, Opens, Form, Act, Tabs, Refusal, Notice, Field, plural, utc } from "./ui.js";
import { get, ask, post, segment, base64, save } from "./api.js";
import { Wizard } from "./wizard.js";
import { Steps } from "./enrollments.js";
import { commandsFor } from "./commands.js";

export const templateWords = {
  "client-authentication": "Client authentication", "generic-device": "Generic device authentication", ldevid: "802.1AR LDevID", "tls-server": "TLS server", ra: "Registration authority",
};
export const authWords = { passphrase: "Passphrase", "tls-certificate": "TLS certificate", either: "TLS certificate or passphrase",
  "device-code": "A code of the device's own", "certificate-and-code": "TLS certificate and the device's code" };

// -- the list --

function List({ account, at, may }) {
  const loaded = useLoad(`/accounts/${segment(account)}/profiles`);
  const make = may("administrator") && html`<a class="button primary" href=${at("profiles/+new")}>New profile</a>`;
  return html`<${Page} title="Profiles" help="What a certificate looks like, who gets one, and at which URL." actions=${loaded.value?.profiles.length > 0 && make}>
    <${Loaded} of=${loaded}>${({ profiles }) => (profiles.length === 0
      ? html`<${Empty} title="There is no profile yet" action=${make}>A profile gives devices an EST URL. The wizard has safe defaults for each purpose.<//>`
      : html`<div class="cards">${profiles.map(({ profile, urls, default: isDefault }) => html`<article class="card"><header class="card-head">
          <h2><a href=${at(`profiles/${segment(profile.name)}`)}>${profile.name}</a></h2><${Badge} state=${profile.state} /></header>
          <p class="faint">${templateWords[profile.template] || profile.template} · ${authWords[profile.auth]} · ${profile.validity} · from ${profile.ca}</p>
          <p><${Code}>${urls[urls.length - 1]}<//></p>
          ${isDefault && html`<p class="hint">Answers also where no label is given</p>`}</article>`)}</div>`)}<//><//>`;
}

// -- one --

/** Of the CA's chain: its last is what clients are told to trust, its first is the CA. */
async function saveOf(base, ca, name, index) {
  const { pem } = await get(`${base}/cas/${segment(ca)}/export?chain=true`);
  save(name, pem.trim().split(/(?=-----BEGIN CERTIFICATE-----)/).at(index).trim() + "\n", "application/x-pem-file");
}

const secretOf = { passphrase: "passphrase", either: "passphrase", "device-code": "codes", "certificate-and-code": "codes" };

function Commands({ base, url, profile, at }) {
  return html`<div class="actions bulk"><span>The commands read files:</span> <${Act} label="Download root.pem" kind="small" act=${() => saveOf(base, profile.ca, "root.pem", -1)} /><${Act} label="Download issuing.pem" kind="small" act=${() => saveOf(base, profile.ca, "issuing.pem", 0)} />
      ${secretOf[profile.auth] === "passphrase" && html`<a class="button small" href=${at(`profiles/${segment(profile.name)}?tab=passphrase`)}>Get the passphrase</a>`}
      ${secretOf[profile.auth] === "codes" && html`<a class="button small" href=${at(`devices?profile=${segment(profile.name)}`)}>Get a device's code</a>`}</div>
    <${Tabs} label="Commands for clients" tabs=${commandsFor(url, profile).map(({ client, text, note }) => [client, () => html`${note && html`<p class="hint">${note}</p>`}<${Command} text=${text} />`])} />`;
}

function Passphrase({ base, profile }) {
  const [made, setMade] = useState(null);
  return html`<p>Devices send it by HTTP Basic, with any user name. The node keeps only what checks it, so the present one cannot be shown again. A new one takes its place; both are good for a while, so that devices can be told.</p>
    ${made && html`<${Notice} tone="good">The new passphrase, shown this once: <${Code}>${made.passphrase}<//> <button type="button" class="small" onClick=${() => save("passphrase", made.passphrase + "\n")}>Download as file</button><//>`}
    <${Form} label="Generate a passphrase" fields=${[{ name: "overlap", label: "The present one stays good for", value: "7d", hint: "Like 7d or 12h; 0: it ends now, as where others have seen it" }]}
      submit=${async (values) => setMade(await post(`${base}/profiles/${segment(profile.name)}/passphrase`, { generate: true, ...values }))} />`;
}

function flatten(value, prefix = "") {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return { [prefix]: Array.isArray(value) ? value.map((item) => (typeof item === "object" ? JSON.stringify(item) : item)).join(", ") : String(value) };
  return Object.assign({}, ...Object.entries(value).map(([name, inner]) => flatten(inner, prefix ? `${prefix}.${name}` : name)));
}

function differences(older, newer) {
  const a = flatten(older), b = flatten(newer);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name] && name !== "version").map((name) => ({ name, before: a[name], after: b[name] }));
}

function Versions({ base, name }) {
  const loaded = useLoad(`${base}/profiles/${segment(name)}/versions`);
  return html`<${Loaded} of=${loaded}>${({ versions }) => html`<ol class="versions" reversed>${versions.map((v, i) => html`<li value=${v.version}><strong>Version ${v.version}</strong> <span class="faint">${utc(v.created)}</span>
    ${versions[i + 1] ? html`<${Table} caption=${`What version ${v.version} changed`} rows=${differences(versions[i + 1].settings, v.settings)} columns=${[["Setting", (d) => html`<code>${d.name}</code>`], ["Before", (d) => d.before ?? ""], ["After", (d) => d.after ?? ""]]} />`
      : html`<p class="hint">As it was created</p>`}</li>`)}</ol>`}<//>`;
}

function Settings({ profile: p }) {
  const subject = p.subject.map((rule) => `${rule.attribute}${rule.source === "fixed" ? `=${rule.value}` : ` (${rule.source})`}`).join(", ");
  const names = Object.entries(p.san).filter(([, rule]) => rule.source !== "refused" && rule.source !== "dropped").map(([type, rule]) => `${type} (${rule.source})`).join(", ");
  return html`<${Facts} of=${[
    ["Template", templateWords[p.template] || p.template], ["CA", p.ca], ["Authentication", authWords[p.auth]], ["Subject", subject], ["SubjectAltNames", names || "none"],
    ["Key usage", p.key_usage.join(", ")], ["Extended key usage", p.ext_key_usage.join(", ")], ["Keys", `${p.key.types.join(", ")}; RSA ${p.key.rsa_bits_min} to ${p.key.rsa_bits_max} bits`],
    ["Validity", p.not_after ? `until ${utc(p.not_after)}` : p.validity],
    ["Renewal", `${{ "any-time": "at any time", "in-window": `from ${p.renewal.opens_before} before the end`, never: "never" }[p.renewal.while_valid]}; after expiry ${p.renewal.after_expiry === "never" ? "never" : `up to ${p.renewal.closes_after}`}${p.renewal.per_minute ? `; one device ${plural(p.renewal.per_minute, "time")} a minute at most` : ""}`],
    ["Devices", `${p.devices.admit === "registered" ? "registered ones only" : "any"}${p.certificates_per_subject ? `; ${plural(p.certificates_per_subject, "live certificate")} for each subject` : ""}`],
    ["Approval", p.approval.hold === "none" ? "not needed" : `holds ${p.approval.hold}`], ["Object identifier", html`<${Code}>${p.oid}<//>`], ["Version", p.version],
  ]} />`;
}

function One({ account, name, at, may, query }) {
  const base = `/accounts/${segment(account)}`;
  const loaded = useLoad(`${base}/profiles/${segment(name)}`);
  const { profile, urls = [], warnings = [] } = loaded.value || {};
  const change = (verb) => async () => {
    await post(`${base}/profiles/${segment(name)}/${verb}`);
    loaded.reload();
  };
  const passphrases = profile && (profile.auth === "passphrase" || profile.auth === "either") && may("administrator");
  const tabs = () => [["Enroll", () => html`<${Commands} base=${base} at=${at} url=${urls[urls.length - 1]} profile=${profile} />`], ["Settings", () => html`<${Settings} profile=${profile} />`],
      ...(passphrases ? [["Passphrase", () => html`<${Passphrase} base=${base} profile=${profile} />`]] : []), ["Versions", () => html`<${Versions} base=${base} name=${name} />`]];
  return html`<${Page} title=${name} trail=${[["Profiles", at("profiles")]]} actions=${profile && html`<a class="button" href=${at(`profiles/${segment(name)}/test`)}>Try this profile</a>
      ${may("administrator") && html`<a class="button" href=${at(`profiles/${segment(name)}/edit`)}>Edit</a>
        ${profile.state === "active" ? html`<${Act} label="Suspend" act=${change("suspend")} />` : html`<${Act} label="Resume" kind="primary" act=${change("resume")} />`}`}`}>
    <${Loaded} of=${loaded}>${() => html`
      <p class="sentence"><${Badge} state=${profile.state} /> ${templateWords[profile.template] || profile.template} from ${profile.ca}, for ${profile.validity}; devices authenticate by ${authWords[profile.auth].toLowerCase()}.</p>
      ${[...urls].reverse().map((url, i) => html`<p class="est-url"><span class="faint">${i === 0 ? "EST URL" : "or, by its object identifier"}</span> <${Code}>${url}<//></p>`)}
      ${warnings.length > 0 && html`<${Notice} tone="warn"><strong>The linter says</strong><ul>${warnings.map((text) => html`<li>${text}</li>`)}</ul><//>`}
      <${Tabs} key=${query.tab} label="Parts of the profile" tabs=${tabs()} first=${query.tab === "passphrase" ? "Passphrase" : undefined} />
      <p class="gap"><a href=${at(`certificates?profile=${segment(name)}`)}>Certificates</a> and <a href=${at(`enrollments?profile=${segment(name)}`)}>requests</a> of this profile; <a href=${at(`devices?profile=${segment(name)}`)}>its list of devices</a></p>`}<//><//>`;
}

// -- trying it --

function Verdict({ result: r }) {
  const good = r.outcome !== "refused";
  return html`<${Notice} tone=${good ? "good" : "bad"}><strong>${{ refused: "✕ It would be refused", issued: "✓ It would be issued", repeated: "✓ It would get again what it has got", waits: "… It would wait for approval" }[r.outcome] || `Outcome: ${r.outcome}`}</strong>
      ${r.refusal && html`<p>${r.refusal.words}: ${r.refusal.detail}</p><p>${r.refusal.remedy}.</p>`}<//>
    ${r.assumptions.length > 0 && html`<p class="hint">Taken for granted: ${r.assumptions.join("; ")}.</p>`}
    ${r.trace.length > 0 && html`<h3>Step by step</h3><${Steps} steps=${r.trace.map(({ rule, ...step }) => ({ step: rule, ...step }))} />`}
    ${r.certificate && html`<h3>The certificate that it would get</h3><${Facts} of=${[["Subject", r.certificate.subject], ["Issuer", r.certificate.issuer], ["Key", r.certificate.key], ["Begins", utc(r.certificate.not_before)], ["Ends", utc(r.certificate.not_after)],
      ...r.certificate.extensions.map((e) => [`${e.name}${e.critical ? " (critical)" : ""}`, e.words])]} />`}`;
}

function Test({ account, name, at }) {
  const [result, setResult] = useState(null);
  const submit = async ({ csrText, csrFile, cert, ...values }) => {
    setResult(null);
    const csr = csrFile || csrText;
    if (!csr) throw Object.assign(new Error("A request is needed"), { detail: "Paste a CSR, or choose its file" });
    setResult(await post(`/accounts/${segment(account)}/profiles/${segment(name)}/test`, { ...values, csr: base64(csr), ...(cert ? { client_cert: base64(cert) } : {}) }));
  };
  return html`<${Page} title="Try this profile" trail=${[["Profiles", at("profiles")], [name, at(`profiles/${segment(name)}`)]]} help="Nothing is signed and nothing is kept: the request walks through every rule as a device's would.">
    <div class="cards"><section class="card"><${Form} label="Try" submit=${submit} fields=${[
      { name: "csrText", label: "Certification request", type: "textarea", placeholder: "-----BEGIN CERTIFICATE REQUEST-----" },
      { name: "csrFile", label: "Or its file", type: "file", hint: "PEM, DER, or base64 as EST clients send it" },
      { name: "cert", label: "Client certificate", type: "file", hint: "The one that the device shows in TLS, without its key; empty: none" },
      { name: "passphrase", label: "The device sends the right passphrase", type: "checkbox", value: true },
      { name: "renew", label: "It is a renewal (simplereenroll)", type: "checkbox" },
      { name: "address", label: "From address", placeholder: "any that is allowed" },
    ]} /></section>
    <section class="card" aria-live="polite"><h2>Outcome</h2>${result ? html`<${Verdict} result=${result} />` : html`<p class="faint">Paste a request to see what would become of it.</p>`}</section></div><//>`;
}

/** No profile is called "+new": names have no '+'. */
export function Profiles(props) {
  const [name, part] = props.parts;
  if (name === "+new") return html`<${Wizard} ...${props} />`;
  if (part === "edit") return html`<${Wizard} ...${props} name=${name} />`;
  if (part === "test") return html`<${Test} ...${props} name=${name} />`;
  return name ? html`<${One} ...${props} name=${name} />` : html`<${List} ...${props} />`;
}
