// Certification authorities: made, imported, renewed, rolled over, retired.
import { html, useLoad, Page, Loaded, Table, Badge, Time, Facts, Code, Command, Empty, Opens, Form, Act, TypedConfirmation, Tabs, plural, utc } from "./ui.js";
import { get, post, segment, files, save } from "./api.js";

export const keyChoices = [["", "The usual (EC P-256)"], ["p256", "EC P-256"], ["p384", "EC P-384"], ["rsa-2048", "RSA 2048"], ["rsa-3072", "RSA 3072"], ["rsa-4096", "RSA 4096"]];
const lines = (text) => (text || "").split(/[\s,]+/).filter(Boolean);

function Create({ base, cas, done, label = "Create a CA", kind = "primary" }) {
  const parents = cas.filter((ca) => ca.state === "active").map(({ name }) => name);
  const submit = (close) => async ({ permitted, ...values }) => {
    await post(`${base}/cas`, { ...values, ...(permitted ? { permitted: lines(permitted) } : {}) });
    close();
    done();
  };
  return html`<${Opens} label=${label} kind=${kind} title="Create a CA">${(close) => html`<${Form} label="Create" close=${close} submit=${submit(close)} fields=${[
    { name: "name", label: "Name", required: true, placeholder: "Acme Issuing", hint: "As you will speak of it here" },
    { name: "subject", label: "Subject", required: true, placeholder: "CN=Acme Issuing,O=Acme", hint: "The name in its certificate" },
    { name: "parent", label: "Signed by", type: "select", value: parents[0] || "", options: [["", "Itself: a root"], ...parents] },
    { name: "key", label: "Key", type: "select", options: keyChoices },
    { name: "validity", label: "Valid for", value: "10y", hint: "Like 10y or 365d; never longer than the CA above" },
    { name: "permitted", label: "Only for these names", placeholder: "dns:acme.example", hint: "Name constraints; empty: any" },
    { name: "trust", label: "Trust it for EST authentication, so that devices can renew", type: "checkbox", value: true },
  ]} />`}<//>`;
}

function Import({ base, done }) {
  return html`<${Opens} label="Import" title="Import a CA">${(close) => html`<${Form} label="Import" close=${close}
    submit=${async (values) => { await post(`${base}/cas/import`, files(values, "file")); close(); done(); }} fields=${[
    { name: "name", label: "Name", required: true },
    { name: "file", label: "Certificate, chain and key", type: "file", required: true, hint: "PKCS#12, or PEM with all of them" },
    { name: "passphrase", label: "Passphrase of the file", type: "password", autocomplete: "off" },
    { name: "trust", label: "Trust it for EST authentication", type: "checkbox", value: true },
  ]} />`}<//>`;
}

function inTree(cas) {
  const below = (parent, depth) => cas.filter((ca) => ca.parent === parent).flatMap((ca) => [{ ...ca, depth }, ...below(ca.name, depth + 1)]);
  return below(null, 0);
}

function List({ account, at, may }) {
  const base = `/accounts/${segment(account)}`;
  const loaded = useLoad(`${base}/cas`);
  const rollovers = useLoad(`${base}/rollovers`);
  const cas = loaded.value?.cas || [];
  const create = may("administrator") && html`<${Create} base=${base} cas=${cas} done=${loaded.reload} key=${cas.length} label=${cas.length ? "Create a CA" : "Create the root CA"} />`;
  return html`<${Page} title="CAs" help="Who signs what. A root signs issuing CAs; profiles issue from an issuing CA." actions=${may("administrator") && cas.length > 0 && html`${create}<${Import} base=${base} done=${loaded.reload} />`}>
    <${Loaded} of=${loaded}>${() => (cas.length === 0
      ? html`<${Empty} title="There is no CA yet" action=${html`<div class="actions center-actions">${create}${may("administrator") && html`<${Import} base=${base} done=${loaded.reload} />`}</div>`}>
          Begin with a root, then create an issuing CA signed by it. Keys are made and kept on the node.<//>`
      : html`<${Table} caption="CAs" rows=${inTree(cas)} keyOf=${(ca) => ca.id} columns=${[
          ["Name", (ca) => html`<span class=${`depth-${Math.min(ca.depth, 3)}`}>${ca.depth > 0 && html`<span aria-hidden="true">└ </span>`}<a href=${at(`cas/${segment(ca.name)}`)}>${ca.name}</a></span>`, "name"],
          ["State", (ca) => html`<${Badge} state=${ca.state} />`], ["Subject", (ca) => ca.certificate.subject], ["Key", (ca) => ca.certificate.key],
          ["EST authentication", (ca) => (ca.trusted ? html`<${Badge} tone="good">trusted<//>` : html`<span class="faint">no</span>`)],
          ["Profiles", (ca) => ca.profiles, "num"], ["Ends", (ca) => html`<${Time} at=${ca.certificate.not_after} />`],
        ]} />`)}<//>
    ${rollovers.value?.rollovers.length > 0 && html`<h2 class="gap">Rollovers</h2><${Rollovers} base=${base} rollovers=${rollovers.value.rollovers} may=${may} reload=${() => { rollovers.reload(); loaded.reload(); }} />`}
  <//>`;
}

const nameOf = (value) => (value && typeof value === "object" ? value.name : value);

function Rollovers({ base, rollovers, may, reload }) {
  const path = (r) => `${base}/rollovers/${segment(nameOf(r.old))}`;
  return html`<${Table} caption="Rollovers" rows=${rollovers} columns=${[
    ["From", (r) => nameOf(r.old)], ["To", (r) => nameOf(r.new)], ["Began", (r) => html`<${Time} at=${r.started} />`],
    ["State", (r) => (r.finished ? html`<${Badge} tone="good">finished<//>` : html`<${Badge} tone="wait">under way<//>`)],
    ["", (r) => may("administrator") && !r.finished && html`<div class="actions"><${Act} label="Switch the profiles" kind="small" act=${async () => { await post(`${path(r)}/switch`); reload(); }} />
      <${Opens} label="Finish" kind="small" title="Finish the rollover">${(close) => html`<${TypedConfirmation} word=${nameOf(r.old)} label="Finish" close=${close}
        submit=${async () => { await post(`${path(r)}/finish`, { confirm: nameOf(r.old) }); close(); reload(); }}><p>The old CA is retired and no longer trusted for EST authentication; devices that have not renewed yet must enroll anew.</p><//>`}<//></div>`],
  ]} />`;
}

function Actions({ base, ca, reload }) {
  const path = `${base}/cas/${segment(ca.name)}`;
  const change = (verb, words) => html`<${Opens} label=${verb[0].toUpperCase() + verb.slice(1)} kind="danger" title=${`${verb[0].toUpperCase() + verb.slice(1)} ${ca.name}`}>${(close) => html`
    <${TypedConfirmation} word=${ca.name} label=${verb[0].toUpperCase() + verb.slice(1)} close=${close} submit=${async () => { await post(`${path}/${verb}`, { confirm: ca.name }); close(); reload(); }}><p>${words}</p><//>`}<//>`;
  return html`
    ${ca.state !== "active" && html`<${Act} label="Activate" act=${async () => { await post(`${path}/activate`); reload(); }} />`}
    ${ca.state === "active" && html`
      <${Opens} label="Renew" title="Renew the certificate">${(close) => html`<${Form} label="Renew" close=${close} fields=${[{ name: "validity", label: "Valid for", value: "10y" }]}
        submit=${async (values) => { await post(`${path}/renew`, values); close(); reload(); }}><p>A new certificate for the same key: nothing changes for devices.</p><//>`}<//>
      <${Opens} label="Roll over" title=${`Roll over ${ca.name}`}>${(close) => html`<${Form} label="Begin" close=${close} fields=${[
        { name: "successor", label: "Name of the new CA", required: true, value: `${ca.name} 2` }, { name: "subject", label: "Subject", placeholder: ca.certificate.subject, hint: "Empty: that of the old one" },
        { name: "key", label: "Key", type: "select", options: keyChoices }, { name: "validity", label: "Valid for", placeholder: "10y" }]}
        submit=${async (values) => { await post(`${base}/rollovers`, { name: ca.name, ...values }); close(); location.hash = location.hash.replace(/\/cas\/.*/, "/cas"); }}>
        <p>A new CA with a new key takes over without a gap: both are trusted until every device has renewed.</p><//>`}<//>
      ${change("retire", `It issues nothing more, but still signs CRLs. ${plural(ca.profiles, "profile")} issue from it.`)}
      ${change("disable", `It is switched off. ${plural(ca.profiles, "profile")} issue from it.`)}`}`;
}

function One({ account, name, at, may }) {
  const base = `/accounts/${segment(account)}`;
  const loaded = useLoad(`${base}/cas/${segment(name)}`);
  const exported = useLoad(`${base}/cas/${segment(name)}/export?chain=true`);
  const ca = loaded.value?.ca;
  const c = ca?.certificate;
  return html`<${Page} title=${name} trail=${[["CAs", at("cas")]]} actions=${ca && may("administrator") && html`<${Actions} base=${base} ca=${ca} reload=${loaded.reload} />`}>
    <${Loaded} of=${loaded}>${() => html`<p class="sentence"><${Badge} state=${ca.state} /> ${ca.root ? "A root" : `An issuing CA below ${ca.parent || "an imported chain"}`} with a ${c.key.toUpperCase()} key, valid until ${utc(c.not_after)}. ${plural(ca.profiles, "profile")} issue from it.</p>
      <${Facts} of=${[["Subject", c.subject], ["Issuer", c.issuer], ["Serial number", html`<${Code}>${c.serial}<//>`], ["SHA-256 fingerprint", html`<${Code}>${c.fingerprint}<//>`],
        ["Begins", utc(c.not_before)], ["Ends", utc(c.not_after)], ["CAs below it", c.path_len === null ? "any number" : c.path_len],
        ["Only for", c.name_constraints?.permitted?.join(", ")], ["Not for", c.name_constraints?.excluded?.join(", ")],
        ["EST authentication", ca.trusted ? "trusted" : html`not trusted; <a href=${at("trust")}>add it</a>`]]} />
      <p><a href=${at(`certificates?ca=${segment(name)}`)}>Certificates that it issued</a></p>
      ${exported.value && html`<h3>Certificate with its chain</h3><${Command} text=${exported.value.pem} /><button type="button" onClick=${() => save(`${name}.pem`, exported.value.pem)}>Download</button>`}`}<//><//>`;
}

export function Cas(props) {
  return props.parts[0] ? html`<${One} ...${props} name=${props.parts[0]} />` : html`<${List} ...${props} />`;
}
