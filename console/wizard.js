// Making and changing a profile: one page, with the certificate to be at its side.
import { html, useLoad, useState, useEffect, useRef, Page, Loaded, Field, Refusal, Notice, Empty } from "./ui.js";
import { ask, post, segment } from "./api.js";

const templates = [
  ["client-authentication", "Client authentication", "Devices and services that sign in to others by certificate", { auth: "passphrase", eku: ["clientAuth"], ku: ["digitalSignature", "keyEncipherment"] }],
  ["generic-device", "Generic device authentication", "Devices that bring a certificate from their maker", { auth: "tls-certificate", eku: ["clientAuth"], ku: ["digitalSignature", "keyEncipherment"] }],
  ["tls-server", "TLS server", "Services that others connect to by name", { auth: "passphrase", eku: ["serverAuth", "clientAuth"], ku: ["digitalSignature", "keyEncipherment"] }],
  ["ldevid", "802.1AR LDevID", "A device's identity in your network", { auth: "tls-certificate", eku: [], ku: ["digitalSignature"] }],
];
const auths = [
  ["passphrase", "Passphrase", "A secret that all its devices share; the node makes one for you"],
  ["tls-certificate", "TLS certificate", "From a CA in EST authentication"],
  ["either", "Either of them", "A certificate where the device has one, else the passphrase"],
  ["device-code", "A code of its own", "Each device gets a code, good for its first certificate"],
  ["certificate-and-code", "Certificate and code", "A TLS certificate, and the code of the device that it shows"],
];
const keyTypes = ["p256", "p384", "p521", "ed25519", "rsa"];
const usages = ["digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement"];
const purposes = ["clientAuth", "serverAuth", "codeSigning", "emailProtection", "timeStamping", "ipsecIKE"];
const sanTypes = [["dns", "DNS names"], ["ip", "IP addresses"], ["email", "E-mail addresses"], ["uri", "URIs"]];
const sanRules = [["optional", "may be asked for"], ["required", "must be there"], ["dropped", "are left out"], ["refused", "are refused"]];
const subjectRules = [["csr-optional", "may be asked for"], ["csr-required", "must be there"], ["client-certificate", "from the client certificate"], ["fixed", "is always"], ["dropped", "is left out"]];
const subjectAttributes = ["CN", "serialNumber", "O", "OU", "L", "ST", "C"];

const rule = (attribute, source = "csr-optional", value = "") => ({ attribute, source, value });

function blank() {
  const first = templates[0][3];
  return {
    name: "", template: templates[0][0], ca: "", auth: first.auth, subject: [rule("CN", "csr-required"), rule("serialNumber"), rule("O"), rule("OU")],
    san: { dns: "optional", ip: "optional", email: "optional", uri: "optional" }, key_usage: first.ku, ext_key_usage: first.eku, types: [...keyTypes], rsa_bits_min: 2048,
    validity: "365d", while_valid: "in-window", opens_before: "30d", after_expiry: "never", closes_after: "30d", hold: "none", admit: "any", code_tries: 10, per_subject: 0, identity: "must-match", more: "",
  };
}

function ofProfile(p) {
  return {
    name: p.name, template: p.template, ca: p.ca, auth: p.auth, subject: p.subject.map((r) => ({ ...r, value: r.value || "" })), san: Object.fromEntries(sanTypes.map(([type]) => [type, p.san[type].source])),
    key_usage: p.key_usage, ext_key_usage: p.ext_key_usage, types: p.key.types, rsa_bits_min: p.key.rsa_bits_min, validity: p.validity, while_valid: p.renewal.while_valid,
    opens_before: p.renewal.opens_before, after_expiry: p.renewal.after_expiry, closes_after: p.renewal.after_expiry === "never" ? "30d" : p.renewal.closes_after, hold: p.approval.hold,
    admit: p.devices.admit, code_tries: p.devices.code_tries, per_subject: p.certificates_per_subject, identity: p.identity, more: "",
  };
}

function patchOf(v) {
  const patch = {
    subject: v.subject.map(({ attribute, source, value, pattern }) => ({ attribute, source, ...(source === "fixed" ? { value } : {}), ...(pattern ? { pattern } : {}) })),
    san: Object.fromEntries(Object.entries(v.san).map(([type, source]) => [type, { source }])),
    key_usage: v.key_usage, ext_key_usage: v.ext_key_usage, key: { types: v.types, rsa_bits_min: Number(v.rsa_bits_min) }, validity: v.validity,
    renewal: { while_valid: v.while_valid, opens_before: v.opens_before, after_expiry: v.after_expiry, ...(v.after_expiry === "in-window" ? { closes_after: v.closes_after } : {}) }, approval: { hold: v.hold },
    devices: { admit: v.admit, code_tries: Number(v.code_tries) }, certificates_per_subject: Number(v.per_subject), identity: v.identity,
  };
  if (!v.more.trim()) return patch;
  try {
    return { ...patch, ...JSON.parse(v.more) };
  } catch (error) {
    throw Object.assign(new Error("The further settings are no JSON"), { detail: error.message });
  }
}

// -- parts --

/** What the form offers, and what the profile has beyond it: an own identifier stays until somebody unticks it. */
const withOwn = (offered, present) => [...offered, ...present.filter((one) => !offered.includes(one))];

function Choice({ name, options, value, choose }) {
  return html`<div class="options" role="radiogroup" aria-label=${name}>${options.map(([key, title, hint]) => html`<label><input type="radio" name=${name} value=${key} checked=${value === key} onChange=${() => choose(key)} />
    <span><strong>${title}</strong><span>${hint}</span></span></label>`)}</div>`;
}

function Ticks({ label, options, value, choose }) {
  const toggle = (option) => choose(value.includes(option) ? value.filter((one) => one !== option) : options.filter((one) => one === option || value.includes(one)));
  return html`<div role="group" aria-label=${label}><p class="label">${label}</p><div class="ticks">${options.map((option) => html`<label><input type="checkbox" checked=${value.includes(option)} onChange=${() => toggle(option)} /> ${option}</label>`)}</div></div>`;
}

function Subject({ rules, change }) {
  const set = (i, changes) => change(rules.map((one, j) => (i === j ? { ...one, ...changes } : one)));
  const unused = subjectAttributes.filter((attribute) => !rules.some((one) => one.attribute === attribute));
  return html`<div role="group" aria-label="Subject"><p class="label">Subject</p>${rules.map((one, i) => html`<div class="rule"><code>${one.attribute}</code>
      <select aria-label=${`${one.attribute}: where from`} value=${one.source} onChange=${(e) => set(i, { source: e.currentTarget.value })}>${subjectRules.map(([key, text]) => html`<option value=${key} selected=${one.source === key}>${text}</option>`)}</select>
      ${one.source === "fixed" && html`<input aria-label=${`Value of ${one.attribute}`} value=${one.value} required onInput=${(e) => set(i, { value: e.currentTarget.value })} />`}
      <button type="button" class="small" aria-label=${`Remove ${one.attribute}`} onClick=${() => change(rules.filter((_, j) => j !== i))}>✕</button></div>`)}
    ${unused.length > 0 && html`<div class="rule"><select aria-label="Add an attribute" value="" onChange=${(e) => { change([...rules, rule(e.currentTarget.value)]); }}><option value="">Add…</option>${unused.map((attribute) => html`<option value=${attribute}>${attribute}</option>`)}</select></div>`}</div>`;
}

/** What a device's certificate would look like, from what stands in the form. */
function Sample({ v, ca }) {
  const example = { CN: "my-device", serialNumber: "SN-0001", O: "Acme", OU: "Plant 3", L: "Berlin", ST: "BE", C: "DE" };
  const subject = v.subject.filter(({ source }) => source !== "dropped").map((r) => `${r.attribute}=${r.source === "fixed" ? r.value || "?" : example[r.attribute] || "…"}`).join(", ");
  const san = sanTypes.filter(([type]) => v.san[type] === "required" || v.san[type] === "optional").map(([, title]) => title).join(", ");
  const facts = [["Subject", subject], ["SubjectAltNames", san ? `${san}, as asked for` : "none"], ["Issuer", ca?.certificate.subject || v.ca], ["Valid for", v.validity],
    ["Renewal", v.while_valid === "any-time" ? "at any time" : v.while_valid === "never" ? "never" : `from ${v.opens_before} before the end`], ["Keys", v.types.map((t) => (t === "rsa" ? `RSA ≥ ${v.rsa_bits_min}` : t)).join(", ")],
    ["Key usage", v.key_usage.join(", ") || "none"], ["Extended key usage", v.ext_key_usage.join(", ") || "any"]];
  return html`<aside class="card" aria-label="Preview of the certificate"><h2>A certificate of this profile</h2><dl class="sample">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></aside>`;
}

function Wizardry({ start, name, cas, base, version, at }) {
  const [v, setV] = useState(() => ({ ...start, ca: start.ca || (cas.find((ca) => ca.state === "active" && !ca.root) || cas.find((ca) => ca.state === "active"))?.name || "" }));
  const [state, setState] = useState({});
  const message = useRef();
  const set = (changes) => setV((old) => ({ ...old, ...changes }));
  const ca = cas.find((one) => one.name === v.ca);
  const chooseTemplate = (template) => {
    const preset = templates.find(([key]) => key === template)[3];
    set({ template, auth: preset.auth, key_usage: preset.ku, ext_key_usage: preset.eku });
  };
  const send = async (event) => {
    event.preventDefault();
    setState({ busy: true });
    const from = location.hash;
    try {
      const patch = patchOf(v);
      if (name) await ask("PATCH", `${base}/profiles/${segment(name)}`, { ca: v.ca, auth: v.auth, patch }, { "If-Match": `"v${version}"` });
      else await post(`${base}/profiles`, { name: v.name, template: v.template, ca: v.ca, auth: v.auth, aliases: [v.name], patch });
      if (!name && ca && !ca.trusted && v.trust !== false) await post(`${base}/trust`, { ca: ca.name });
      if (location.hash === from) location.hash = at(`profiles/${segment(name || v.name)}${!name && (v.auth === "passphrase" || v.auth === "either") ? "?tab=passphrase" : ""}`);
    } catch (problem) {
      setState({ problem });
      setTimeout(() => message.current?.focus());
    }
  };
  return html`<form class="wizard" onSubmit=${send}><div>
    ${!name && html`<fieldset><legend>1. Purpose</legend><${Choice} name="Template" options=${templates} value=${v.template} choose=${chooseTemplate} />
      <${Field} label="Name" required value=${v.name} onValue=${(value) => set({ name: value })} placeholder="sensors" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" title="Letters, digits, dots, dashes" hint="Letters, digits, dots and dashes; it becomes the last part of the EST URL" /></fieldset>`}
    <fieldset><legend>${name ? "" : "2. "}CA</legend><${Field} label="Issued by" type="select" value=${v.ca} onValue=${(value) => set({ ca: value })} options=${cas.filter((one) => one.state === "active" || one.name === v.ca).map((one) => [one.name, `${one.name} (${one.certificate.key}, until ${one.certificate.not_after.slice(0, 10)})`])} />
      ${!name && ca && !ca.trusted && html`<${Field} label=${`Add ${ca.name} to EST authentication, so that its certificates can be renewed`} type="checkbox" value=${v.trust !== false} onValue=${(value) => set({ trust: value })} />`}</fieldset>
    <fieldset><legend>${name ? "" : "3. "}Enrollment</legend><p>Method: <strong>EST</strong> (RFC 7030)</p><${Choice} name="Authentication" options=${auths} value=${v.auth} choose=${(value) => set({ auth: value })} />
      <${Field} label="Approval by a person" type="select" value=${v.hold} onValue=${(value) => set({ hold: value })} options=${[["none", "Not needed"], ["enrollments", "For enrollments"], ["enrollments-and-renewals", "For enrollments and renewals"]]} /></fieldset>
    <fieldset><legend>${name ? "" : "4. "}Devices</legend><div class="pair">
      <${Field} label="Admitted are" type="select" value=${v.admit} onValue=${(admit) => set({ admit })} options=${[["any", "Any devices that authenticate"], ["registered", "Those on the profile's list only"]]} hint="The list is under Devices" />
      <${Field} label="A device may ask for" type="select" value=${v.identity} onValue=${(identity) => set({ identity })} options=${[["must-match", "Its own names only"], ["any", "Any names that the rules below take"]]} hint="Its own: those of its certificate, or of its entry on the list" />
      <${Field} label="Live certificates of one subject" type="number" min="0" max="1000" required value=${v.per_subject} onValue=${(per_subject) => set({ per_subject })} hint="One more is refused; 0: as many as it wants" />
      ${v.auth.endsWith("code") && html`<${Field} label="Wrong guesses an address has at a device's code" type="number" min="0" max="1000" required value=${v.code_tries} onValue=${(code_tries) => set({ code_tries })} hint="At codes from elsewhere, which may be short; an hour earns one back. 0: any number" />`}</div></fieldset>
    <fieldset><legend>${name ? "" : "5. "}Content</legend><${Subject} rules=${v.subject} change=${(subject) => set({ subject })} />
      <div class="pair">${sanTypes.map(([type, title]) => html`<${Field} label=${title} type="select" value=${v.san[type]} options=${sanRules} onValue=${(source) => set({ san: { ...v.san, [type]: source } })} />`)}</div>
      <${Ticks} label="Key usage" options=${withOwn(usages, start.key_usage)} value=${v.key_usage} choose=${(key_usage) => set({ key_usage })} />
      <${Ticks} label="Extended key usage" options=${withOwn(purposes, start.ext_key_usage)} value=${v.ext_key_usage} choose=${(ext_key_usage) => set({ ext_key_usage })} />
      <${Ticks} label="Keys that devices may have" options=${keyTypes} value=${v.types} choose=${(types) => set({ types })} />
      ${v.types.includes("rsa") && html`<${Field} label="RSA keys have at least" type="select" value=${String(v.rsa_bits_min)} onValue=${(value) => set({ rsa_bits_min: value })} options=${[["2048", "2048 bits"], ["3072", "3072 bits"], ["4096", "4096 bits"]]} />`}</fieldset>
    <fieldset><legend>${name ? "" : "6. "}Lifetime</legend><div class="pair">
      <${Field} label="Valid for" required value=${v.validity} onValue=${(validity) => set({ validity })} hint="Like 365d, 2y or 12h" />
      <${Field} label="Renewal" type="select" value=${v.while_valid} onValue=${(while_valid) => set({ while_valid })} options=${[["in-window", "In a window before the end"], ["any-time", "At any time"], ["never", "Never"]]} />
      ${v.while_valid === "in-window" && html`<${Field} label="The window opens before the end by" value=${v.opens_before} onValue=${(opens_before) => set({ opens_before })} hint="Common clients try with a third of the lifetime left" />`}
      <${Field} label="After expiry" type="select" value=${v.after_expiry} onValue=${(after_expiry) => set({ after_expiry })} options=${[["never", "No renewal"], ["in-window", "Renewal for a while"]]} />
      ${v.after_expiry === "in-window" && html`<${Field} label="For" value=${v.closes_after} onValue=${(closes_after) => set({ closes_after })} />`}</div></fieldset>
    <details class="card"><summary>Further settings, as JSON</summary><${Field} label="Members that the form above does not have" type="textarea" value=${v.more} onValue=${(more) => set({ more })} placeholder=${'{"serverkeygen": true}'} hint="As in docs/guide/profiles.md" /></details>
    <div ref=${message} tabindex="-1"><${Refusal} problem=${state.problem} /></div>
    <div class="actions"><button class="primary" disabled=${state.busy}>${name ? "Save as a new version" : "Create profile"}</button><a class="button" href=${at(name ? `profiles/${segment(name)}` : "profiles")}>Cancel</a></div>
  </div><${Sample} v=${v} ca=${ca} /></form>`;
}

export function Wizard({ account, at, name, may }) {
  const base = `/accounts/${segment(account)}`;
  const cas = useLoad(`${base}/cas`);
  const present = useLoad(name ? `${base}/profiles/${segment(name)}` : null);
  const ready = cas.value && (!name || present.value);
  return html`<${Page} title=${name ? `Edit ${name}` : "New profile"} trail=${[["Profiles", at("profiles")], ...(name ? [[name, at(`profiles/${segment(name)}`)]] : [])]}>
    <${Refusal} problem=${cas.problem || present.problem} />
    ${ready && (cas.value.cas.some((ca) => ca.state === "active")
      ? html`<${Wizardry} start=${name ? ofProfile(present.value.profile) : blank()} name=${name} version=${present.value?.profile.version} cas=${cas.value.cas} base=${base} at=${at} />`
      : html`<${Empty} title="A CA comes first" action=${html`<a class="button primary" href=${at("cas")}>Create a CA</a>`}>A profile issues from a CA, and there is none yet.<//>`)}<//>`;
}
