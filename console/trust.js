// EST Authentication: which CAs vouch for devices, and from which addresses devices may come.
import { html, useLoad, useState, useEffect, Page, Loaded, Table, Badge, Time, Code, Empty, Opens, Field, Form, Act, Refusal, TypedConfirmation, Notice, plural, utc } from "./ui.js";
import { ask, get, post, segment, base64 } from "./api.js";

const PAUSE_MS = 400;

/** Asks for `path` with what was typed, a moment after the last key. */
export function usePreview(path, body) {
  const [state, setState] = useState({});
  const key = JSON.stringify(body);
  useEffect(() => {
    if (!body) {
      setState({});
      return undefined;
    }
    let wanted = true;
    const timer = setTimeout(() => post(path, body).then((value) => wanted && setState({ value }), (problem) => wanted && setState({ problem })), PAUSE_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [path, key]);
  return state;
}

// -- CAs --

async function joinFiles(list) {
  const parts = await Promise.all([...list].map((file) => file.arrayBuffer()));
  return parts;
}

function Understood({ items }) {
  return html`<${Table} caption="What was understood" rows=${items} columns=${[
    ["", (item) => html`<${Badge} tone=${item.outcome === "refused" ? "bad" : item.outcome === "present" ? "off" : "new"}>${{ new: "new", added: "added", present: "already trusted", refused: "refused" }[item.outcome]}<//>`],
    ["Subject", (item) => item.certificate.subject], ["SHA-256 fingerprint", (item) => html`<code>${item.certificate.fingerprint}</code>`],
    ["Ends", (item) => html`<${Time} at=${item.certificate.not_after} />`], ["", (item) => item.why && html`<span class="error">${item.why}</span>`],
  ]} />`;
}

/** Files and text are understood one by one, so that each may be of another kind. */
function AddAnchors({ base, done }) {
  const [text, setText] = useState("");
  const [uploads, setUploads] = useState([]);
  const pieces = [...(text.trim() ? [base64(text)] : []), ...uploads];
  const [understood, setUnderstood] = useState([]);
  const [problem, setProblem] = useState(null);
  const [saved, setSaved] = useState(null);
  useEffect(() => {
    let wanted = true;
    setProblem(null);
    const timer = setTimeout(() => Promise.all(pieces.map((file) => post(`${base}/trust/preview`, { file }))).then(
      (answers) => wanted && setUnderstood(answers.flatMap(({ items }) => items)),
      (refusal) => wanted && (setUnderstood([]), setProblem(refusal))), PAUSE_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [pieces.join(" ")]);
  const take = async (list) => {
    setSaved(null);
    setUploads((await joinFiles(list)).map((bytes) => base64(bytes)));
  };
  const drop = (event) => {
    event.preventDefault();
    take(event.dataTransfer.files);
  };
  const usable = understood.filter(({ outcome }) => outcome === "new").length;
  const add = async () => {
    for (const file of pieces) await post(`${base}/trust`, { file });
    setSaved(usable);
    setText("");
    setUploads([]);
    setUnderstood([]);
    done();
  };
  return html`<section class="card" onDragOver=${(event) => event.preventDefault()} onDrop=${drop}><h2>Add CAs</h2>
    <${Field} label="Certificates" type="textarea" value=${text} onValue=${(value) => { setSaved(null); setText(value); }} placeholder=${"-----BEGIN PKCS7-----\n…\n-----END PKCS7-----"}
      hint="Several PKCS#7 or PEM certificates, one after the other. Text between them does no harm." />
    <${Field} label="Or files" type="file" multiple onValue=${take} hint="PEM, DER or PKCS#7; they can also be dropped here" />
    <${Refusal} problem=${problem} />
    ${understood.length > 0 && html`<h3>This is what was understood</h3><${Understood} items=${understood} />
      <div class="actions gap">${usable > 0 ? html`<${Act} kind="primary" label=${`Trust ${plural(usable, "CA")}`} act=${add} />` : html`<p>There is nothing new to trust in it.</p>`}</div>`}
    ${saved !== null && html`<${Notice} tone="good">${plural(saved, "CA")} added. Devices with certificates of ${saved === 1 ? "it" : "them"} are recognised from now on.<//>`}</section>`;
}

function Anchors({ base, anchors, cas, may, reload }) {
  const untrusted = cas.filter((ca) => !ca.trusted && ca.state === "active");
  const remove = (anchor, close) => async () => {
    await ask("DELETE", `${base}/trust/${anchor.id}?confirm=${segment("last")}`);
    close();
    reload();
  };
  return html`${anchors.length === 0
    ? html`<${Empty} title="No CA is trusted yet">Devices that authenticate by TLS certificate, and all renewals, need the CA of their certificate here.<//>`
    : html`<${Table} caption="Trusted CAs" rows=${anchors} keyOf=${(a) => a.id} columns=${[
        ["Subject", (a) => a.certificate.subject, "name"], ["Ours", (a) => a.ca || html`<span class="faint">another's</span>`], ["Key", (a) => a.certificate.key],
        ["SHA-256 fingerprint", (a) => html`<code title=${a.certificate.fingerprint}>${a.certificate.fingerprint.slice(0, 16)}…</code>`], ["Ends", (a) => html`<${Time} at=${a.certificate.not_after} />`],
        ["", (a) => may("administrator") && html`<${Opens} label="Remove" kind="small" title="Trust it no longer">${(close) => html`<${TypedConfirmation} word="remove" label="Remove" close=${close} submit=${remove(a, close)}>
          <p>Devices with certificates of <strong>${a.certificate.subject}</strong> can no longer authenticate by them.</p><//>`}<//>`],
      ]} />`}
    ${may("administrator") && untrusted.length > 0 && html`<p class="actions gap">Your own: ${untrusted.map((ca) => html`<${Act} kind="small" label=${`Trust ${ca.name}`} act=${async () => { await post(`${base}/trust`, { ca: ca.name }); reload(); }} />`)}</p>`}`;
}

// -- addresses --

const words = (text) => text.split(/[\n,;]+/).map((line) => line.trim()).filter(Boolean);
const range = ({ first, last }) => (first === last ? first : `${first} – ${last}`);

function AddAddresses({ base, done }) {
  const [text, setText] = useState("");
  const [comment, setComment] = useState("");
  const texts = words(text);
  const preview = usePreview(`${base}/addresses/preview`, texts.length ? { texts } : null);
  const items = preview.value?.items || [];
  const everywhere = items.some((item) => item.everywhere);
  const add = async () => {
    await post(`${base}/addresses`, { texts, comment, ...(everywhere ? { confirm: "any" } : {}) });
    setText("");
    setComment("");
    done();
  };
  const choose = (line, form) => setText(text.replace(line, `${form} ${line}`));
  return html`<section class="card"><h2>Allow addresses</h2>
    <${Field} label="Addresses" type="textarea" rows="3" value=${text} onValue=${setText} placeholder=${"143.11.129.0/255\n10.1.0.0/16\n2001:db8::/32"}
      hint="One a line: an address, a range with a dash, a CIDR block, or a last octet after a slash" />
    ${items.length > 0 && html`<ul class="plain understood" aria-label="What was understood">${items.map((item) => html`<li><code>${item.text}</code> = <strong>${item.everywhere ? "every address there is" : range(item)}</strong>
      ${item.present && html` <${Badge} tone="off">already allowed<//>`}</li>`)}</ul>`}
    <${Refusal} problem=${preview.problem} />
    ${preview.problem?.code === "ambiguous_notation" && html`<div class="actions">${texts.filter((line) => /^[\d.]+\/\d+$/.test(line)).map((line) => html`
      <button type="button" class="small" onClick=${() => choose(line, "cidr")}>${line} is a CIDR block</button><button type="button" class="small" onClick=${() => choose(line, "last-octet")}>…/N is the last octet</button>`)}</div>`}
    ${everywhere && html`<${Notice} tone="warn">This lets the whole Internet ask for certificates. Passphrases and certificates still guard the door.<//>`}
    <${Field} label="Remark" value=${comment} onValue=${setComment} placeholder="Plant 3" />
    <div class="actions gap">${items.length > 0 && html`<${Act} kind="primary" label="Allow" act=${add} />`}</div></section>`;
}

function Addresses({ base, addresses, may, reload }) {
  return addresses.length === 0
    ? html`<${Empty} title="Nobody is let in yet">EST requests from addresses that are not listed are refused before anything else is looked at.<//>`
    : html`<${Table} caption="Allowed addresses" rows=${addresses} keyOf=${(a) => a.id} columns=${[
        ["Written", (a) => html`<code>${a.text}</code>`, "name"], ["Means", (a) => (a.everywhere ? "every address there is" : range(a))], ["Remark", (a) => a.comment],
        ["", (a) => may("administrator") && html`<${Opens} label="Remove" kind="small" title=${`Refuse ${a.text}`}>${(close) => html`<${TypedConfirmation} word="remove" label="Remove" close=${close}
          submit=${async () => { await ask("DELETE", `${base}/addresses/${a.id}?confirm=last`); close(); reload(); }}><p>Requests from ${range(a)} are refused from now on${addresses.length === 1 ? "; it is the last address, so every device is" : ""}.</p><//>`}<//>`],
      ]} />`;
}

function TestAddress({ base }) {
  const [answer, setAnswer] = useState(null);
  return html`<section class="card"><h2>Would this address be let in?</h2>
    <${Form} label="Ask" kind="" fields=${[{ name: "address", label: "Address", required: true, placeholder: "143.11.129.7" }]}
      submit=${async ({ address }) => { setAnswer(null); setAnswer(await get(`${base}/addresses/test?address=${segment(address)}`)); }} />
    ${answer && html`<${Notice} tone=${answer.allowed ? "good" : "bad"}>${answer.allowed ? `✓ Yes: ${answer.address} is let in.` : `✕ No: ${answer.address} is refused.`}<//>`}</section>`;
}

export function Trust({ account, may }) {
  const base = `/accounts/${segment(account)}`;
  const trust = useLoad(`${base}/trust`);
  const cas = useLoad(`${base}/cas`);
  const addresses = useLoad(`${base}/addresses`);
  const again = () => {
    trust.reload();
    cas.reload();
  };
  return html`<${Page} title="EST Authentication" help="Which CAs vouch for devices, and where devices may come from.">
    <h2>Trusted CAs</h2>
    <${Loaded} of=${trust}>${({ anchors }) => html`<${Anchors} base=${base} anchors=${anchors} cas=${cas.value?.cas || []} may=${may} reload=${again} />`}<//>
    ${may("administrator") && html`<div class="gap"><${AddAnchors} base=${base} done=${again} /></div>`}
    <h2 class="gap">Allowed addresses</h2>
    <${Loaded} of=${addresses}>${({ addresses: list }) => html`<${Addresses} base=${base} addresses=${list} may=${may} reload=${addresses.reload} />`}<//>
    <div class="cards gap">${may("administrator") && html`<${AddAddresses} base=${base} done=${addresses.reload} />`}<${TestAddress} base=${base} /></div>
  <//>`;
}
