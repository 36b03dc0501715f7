// How CAs come to be: made here, imported, requested elsewhere; and how a CA of somebody else is signed.
import { html, useLoad, useState, Opens, Form, Field, Act, Facts, Table, Time, Command, Notice, Refusal, TypedConfirmation, utc } from "./ui.js";
import { ask, post, segment, base64, files, save } from "./api.js";
import { usePreview } from "./trust.js";

export const keyChoices = [["", "The usual (EC P-256)"], ["p256", "EC P-256"], ["p384", "EC P-384"], ["rsa-2048", "RSA 2048"], ["rsa-3072", "RSA 3072"], ["rsa-4096", "RSA 4096"]];
const lines = (text) => (text || "").split(/[\s,]+/).filter(Boolean);
const constraintsOf = ({ permitted, excluded, path_len: below, ...values }) => ({
  ...values, ...(permitted ? { permitted: lines(permitted) } : {}), ...(excluded ? { excluded: lines(excluded) } : {}), ...(below !== undefined ? { path_len: Number(below) } : {}),
});
const pathField = { name: "path_len", label: "CAs that may stand below it", type: "number", min: 0, max: 9, value: "0", hint: "0: it issues to devices only" };
const permittedField = { name: "permitted", label: "Only for these names", placeholder: "dns:acme.example ip:10.0.0.0/8", hint: "Name constraints; empty: any" };
const excludedField = { name: "excluded", label: "Not for these names", placeholder: "dns:office.acme.example" };

// -- keys in the token --

/** The node's token where there is one and the person may know of it: {ready, keys…}. */
export function useToken(mayNode) {
  const node = useLoad(mayNode("auditor") ? "/node" : null);
  return useLoad(node.value?.token ? "/node/token" : null).value?.token;
}

const placeFields = (token) => (token ? [{ name: "key_store", label: "The key lies", type: "select", options: [["", "In a file of the node, encrypted"], ["token", `In the token${token.ready ? "" : " (which is away)"}`]] }] : []);
const keyOfToken = ({ label, id, type }) => [id ? `id:${id}` : label, `${label || "no label"}, ${type}${id ? `, id ${id}` : ""}`];

// -- made here --

export function Create({ base, cas, token, done, label = "Create a CA", kind = "primary" }) {
  const parents = cas.filter((ca) => ca.state === "active").map(({ name }) => name);
  const submit = (close) => async (values) => {
    await post(`${base}/cas`, constraintsOf(values));
    close();
    done();
  };
  return html`<${Opens} label=${label} kind=${kind} title="Create a CA">${(close) => html`<${Form} label="Create" close=${close} submit=${submit(close)} fields=${[
    { name: "name", label: "Name", required: true, placeholder: "Acme Issuing", hint: "As you will speak of it here" },
    { name: "subject", label: "Subject", required: true, placeholder: "CN=Acme Issuing,O=Acme", hint: "The name in its certificate" },
    { name: "parent", label: "Signed by", type: "select", value: parents[0] || "", options: [["", "Itself: a root"], ...parents] },
    { name: "key", label: "Key", type: "select", options: keyChoices },
    ...placeFields(token),
    { name: "validity", label: "Valid for", value: "10y", hint: "Like 10y or 365d; never longer than the CA above" },
    permittedField,
    { name: "trust", label: "Trust it for EST authentication, so that devices can renew", type: "checkbox", value: true },
  ]} />`}<//>`;
}

/** `free`: the token's keys that no CA has yet. */
function importFields(free) {
  const inFile = (values) => values.source !== "token";
  const inToken = (values) => values.source === "token";
  return [
    { name: "name", label: "Name", required: true },
    ...(free ? [{ name: "source", label: "The key is", type: "select", options: [["file", "In a file that you have"], ["token", "In the node's token"]] }] : []),
    { name: "file", label: "Certificate, chain and key", type: "file", required: true, when: inFile, hint: "PKCS#12, or PEM with all of them" },
    { name: "passphrase", label: "Passphrase of the file", type: "password", autocomplete: "off", when: inFile, hint: "Empty where the key is not encrypted" },
    ...(free ? [{ name: "token_key", label: "Key in the token", type: "select", when: inToken, options: free.length ? free.map(keyOfToken) : [["", "There is none that no CA has"]] },
      { name: "certificates", label: "Its certificate, and all above it", type: "file", when: inToken, hint: "PEM, the CA's own first. Empty: the certificate that lies in the token beside the key" }] : []),
    { name: "trust", label: "Trust it for EST authentication", type: "checkbox", value: true },
  ];
}

const importOf = ({ source, name, trust, file, passphrase, token_key: key, certificates }) => (source === "token"
  ? files({ name, trust, token_key: key, file: certificates }, "file")
  : files({ name, trust, file, passphrase }, "file"));

export function Import({ base, token, mayNode, done }) {
  const free = token?.ready && mayNode("administrator") ? token.keys.filter((key) => !key.ca) : null;
  const submit = (close) => async (values) => {
    await post(`${base}/cas/import`, importOf(values));
    close();
    done();
  };
  return html`<${Opens} label="Import" title="Import a CA">${(close) => html`<${Form} label="Import" close=${close} submit=${submit(close)} fields=${importFields(free)}>
    <p>A key from a file is kept on this node from then on: delete the file, or keep it where nobody finds it.${free && " A key in the token stays there; a trial signature proves that it is the certificate's."}</p><//>`}<//>`;
}

// -- what it signs with --

const signatures = { rsa: ["rsa-sha256", "rsa-sha384", "rsa-sha512", "rsa-pss-sha256", "rsa-pss-sha384", "rsa-pss-sha512"], p: ["ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha512"] };
const signaturesOf = (key) => Object.entries(signatures).find(([begin]) => key.startsWith(begin))?.[1] || [];

/** Nothing to choose for Ed25519. */
export function Signature({ path, ca, done }) {
  const choices = signaturesOf(ca.certificate.key);
  const submit = (close) => async (values) => {
    await ask("PATCH", path, values);
    close();
    done();
  };
  return choices.length > 0 && html`<${Opens} label="Change" kind="small" title=${`What ${ca.name} signs with`} aria-label="Change what it signs with">${(close) => html`<${Form} label="Save" close=${close} submit=${submit(close)} fields=${[
    { name: "signature", label: "Signs with", type: "select", value: ca.signature, options: [["auto", "The usual for its key"], ...choices] },
  ]}><p>It holds for CRLs, CAs below it, its own next certificate, and for profiles that leave it to the CA, from the next signature on. Old clients may not know RSA-PSS.</p><//>`}<//>`;
}

// -- signed elsewhere --

export function RequestElsewhere({ base, at, token, label = "Request elsewhere" }) {
  const submit = (close) => async (values) => {
    await post(`${base}/cas/request`, constraintsOf(values));
    close();
    location.hash = at(`cas/${segment(values.name)}`);
  };
  return html`<${Opens} label=${label} title="A CA that is signed elsewhere">${(close) => html`<${Form} label="Make key and request" close=${close} submit=${submit(close)} fields=${[
    { name: "name", label: "Name", required: true, placeholder: "Acme Issuing G1" },
    { name: "subject", label: "Subject", required: true, placeholder: "CN=Acme Issuing G1,O=Acme" },
    { name: "key", label: "Key", type: "select", options: keyChoices },
    ...placeFields(token),
    pathField, permittedField, excludedField,
  ]}><p>The key is made here and stays here. You take the request to the other CA, an offline root for example, and bring back the certificate.</p><//>`}<//>`;
}

/** The certificate that came back, shown before it is taken in. */
function Arrival({ base, path, renews, done }) {
  const [text, setText] = useState("");
  const [upload, setUpload] = useState(null);
  const [trust, setTrust] = useState(true);
  const file = upload || (text.trim() ? base64(text) : null);
  const preview = usePreview(`${base}/trust/preview`, file ? { file } : null);
  const take = async () => {
    await post(`${path}/certificate`, { file, ...(renews ? {} : { trust }) });
    done();
  };
  return html`<section class="card gap"><h2>2. The certificate that came back</h2>
    <${Field} label="Certificate, and all above it" type="textarea" rows="6" value=${text} onValue=${(value) => { setUpload(null); setText(value); }} placeholder="-----BEGIN CERTIFICATE-----" hint="PEM or PKCS#7, in any order, up to the root" />
    <${Field} label="Or its file" type="file" onValue=${async (files) => setUpload(files[0] ? base64(await files[0].arrayBuffer()) : null)} />
    <${Refusal} problem=${preview.problem} />
    ${preview.value && html`<h3>This is what was understood</h3><${Table} caption="Certificates in it" rows=${preview.value.items} columns=${[
      ["Subject", (item) => item.certificate.subject, "name"], ["Issuer", (item) => item.certificate.issuer], ["SHA-256 fingerprint", (item) => html`<code title=${item.certificate.fingerprint}>${item.certificate.fingerprint.slice(0, 16)}…</code>`],
      ["Ends", (item) => html`<${Time} at=${item.certificate.not_after} />`]]} />`}
    ${!renews && html`<div class="gap"><${Field} label="Trust it for EST authentication, so that devices can renew" type="checkbox" value=${trust} onValue=${setTrust} /></div>`}
    <div class="actions gap"><${Act} kind="primary" label="Take it in" act=${take} disabled=${!file} /></div></section>`;
}

/** What waits for a certificate: the request out, the certificate in. */
export function Waiting({ base, request, done, gone, may }) {
  const path = `${base}/cas/${segment(request.name)}`;
  const name = `${request.name.replace(/[^\w.-]+/g, "-")}.csr`;
  const cancel = (close) => async () => {
    await ask("DELETE", `${path}/request`);
    close();
    gone();
  };
  return html`<section class="card gap"><h2>1. The request</h2>
    <p>Take it to the CA that is to sign it. On the other machine, compare the key with what this prints here:</p>
    <${Command} text=${`openssl req -in ${name} -pubkey -noout | openssl pkey -pubin -outform DER | openssl dgst -sha256`} />
    <${Command} text=${request.csr} />
    <div class="actions"><button type="button" onClick=${() => save(name, request.csr)}>Download the request</button>
      ${may("administrator") && html`<${Opens} label="Cancel the request" kind="danger">${(close) => html`<${TypedConfirmation} word=${request.name} label="Cancel it" close=${close} submit=${cancel(close)}>
        <p>${request.renews ? "The CA stays as it is; a certificate that comes back for this request is refused." : "Its key is destroyed: a certificate that comes back for it is of no use."}</p><//>`}<//>`}</div></section>
    ${may("administrator") && html`<${Arrival} base=${base} path=${path} renews=${request.renews} done=${done} />`}`;
}

// -- somebody else's --

const shownFacts = (c) => [["Subject", c.subject], ["Issuer", c.issuer], ["Key", c.key], ["Begins", utc(c.not_before)], ["Ends", utc(c.not_after)], ["CAs below it", c.path_len === null ? "any number" : String(c.path_len)],
  ["Only for", c.name_constraints?.permitted?.join(", ")], ["Not for", c.name_constraints?.excluded?.join(", ")]];

function SignSteps({ path, ca, close }) {
  const [wish, setWish] = useState(null);
  const [preview, setPreview] = useState(null);
  const [signed, setSigned] = useState(null);
  const look = async ({ csrText, csrFile, ...values }) => {
    const csr = csrFile || csrText;
    if (!csr) throw Object.assign(new Error("A request is needed"), { detail: "Paste the other CA's request, or choose its file" });
    const body = { ...constraintsOf(values), csr: base64(csr) };
    setPreview((await post(`${path}/sign`, { ...body, dry_run: true })).certificate);
    setWish({ body, values: { csrText, ...values } });
  };
  const again = (field) => ({ ...field, value: wish?.values[field.name] ?? field.value });
  if (signed)
    return html`<${Notice} tone="good"><strong>${signed.certificate.subject}</strong> is signed. It is among the certificates; revoking it there ends it.<//>
      <${Command} text=${signed.pem} /><div class="actions"><button type="button" class="primary" onClick=${() => save("signed-ca.pem", signed.pem + signed.chain)}>Download with its chain</button><button type="button" onClick=${close}>Done</button></div>`;
  if (preview)
    return html`<p>Nothing is signed yet. This is the certificate that ${ca.name} would sign:</p><${Facts} of=${shownFacts(preview)} />
      <${Notice} tone="warn">Whoever holds that key can issue certificates that everybody who trusts ${ca.name} believes${preview.name_constraints ? ", within these names" : ", for any name"}.<//>
      <${TypedConfirmation} word="sign" label="Sign it" close=${() => setPreview(null)} submit=${async () => setSigned(await post(`${path}/sign`, wish.body))} />`;
  return html`<${Form} label="Show it first" close=${close} submit=${look} fields=${[
    { name: "csrText", label: "The other CA's request", type: "textarea", placeholder: "-----BEGIN CERTIFICATE REQUEST-----", hint: "Of it only name, key and key identifier are taken" },
    { name: "csrFile", label: "Or its file", type: "file", hint: "PEM or DER" },
    { name: "validity", label: "Valid for", value: "3y" }, pathField, permittedField, excludedField,
    { name: "key_id", label: "Key identifier", placeholder: "as the request says", hint: "Hexadecimal; where certificates of that CA are out already and the request names none" },
  ].map(again)} />`;
}

export function SignOther({ path, ca }) {
  return html`<${Opens} label="Sign another's CA" title="Sign somebody else's CA" wide>${(close) => html`<${SignSteps} path=${path} ca=${ca} close=${close} />`}<//>`;
}
