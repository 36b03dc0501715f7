// Certification authorities: the tree, each one with what can be done to it.
import { html, useLoad, Page, Loaded, Table, Badge, Time, Facts, Code, Command, Empty, Opens, Form, Act, TypedConfirmation, Notice, plural, utc } from "./ui.js";
import { post, segment, save } from "./api.js";
import { Create, Import, RequestElsewhere, Signature, SignOther, Waiting, useToken } from "./ca-forms.js";
import { Rollover, Rollovers, isOpen } from "./rollover.js";

function inTree(cas) {
  const below = (parent, depth) => cas.filter((ca) => ca.parent === parent).flatMap((ca) => [{ ...ca, depth }, ...below(ca.name, depth + 1)]);
  return below(null, 0);
}

const State = ({ ca }) => html`<${Badge} state=${ca.csr ? "waiting" : ca.state}>${ca.state}<//>`;

function List({ account, at, may, mayNode }) {
  const base = `/accounts/${segment(account)}`;
  const loaded = useLoad(`${base}/cas`);
  const rollovers = useLoad(`${base}/rollovers`);
  const all = loaded.value?.cas || [];
  const cas = all.filter((ca) => !ca.renews);
  const renewing = all.filter((ca) => ca.renews).map(({ name }) => name);
  const token = useToken(mayNode);
  const create = html`<${Create} base=${base} cas=${cas} token=${token} done=${loaded.reload} key=${cas.length} label=${cas.length ? "Create a CA" : "Create the root CA"} />`;
  const ways = may("administrator") && html`${create}<${RequestElsewhere} base=${base} at=${at} token=${token} /><${Import} base=${base} token=${token} mayNode=${mayNode} done=${loaded.reload} />`;
  return html`<${Page} title="CAs" help="Who signs what. A root signs issuing CAs; profiles issue from an issuing CA." actions=${cas.length > 0 && ways}>
    <${Loaded} of=${loaded}>${() => (cas.length === 0
      ? html`<${Empty} title="There is no CA yet" action=${html`<div class="actions center-actions">${ways}</div>`}>
          Begin with a root, then create an issuing CA signed by it. Keys are made and kept on the node. Where your root is elsewhere, request the issuing CA from it.<//>`
      : html`<${Table} caption="CAs" rows=${inTree(cas)} keyOf=${(ca) => ca.name} columns=${[
          ["Name", (ca) => html`<span class=${`depth-${Math.min(ca.depth, 3)}`}>${ca.depth > 0 && html`<span aria-hidden="true">└ </span>`}<a href=${at(`cas/${segment(ca.name)}`)}>${ca.name}</a></span>`, "name"],
          ["State", (ca) => html`<${State} ca=${ca} />${renewing.includes(ca.name) && html` <${Badge} tone="wait">renewal waits<//>`}`], ["Subject", (ca) => ca.certificate.subject], ["Key", (ca) => ca.certificate.key, "tight"],
          ["EST authentication", (ca) => (ca.trusted ? html`<${Badge} tone="good">trusted<//>` : html`<span class="faint">no</span>`)],
          ["Profiles", (ca) => ca.profiles, "num"], ["Ends", (ca) => html`<${Time} at=${ca.certificate.not_after} none="" />`],
        ]} />`)}<//>
    ${rollovers.value?.rollovers.length > 0 && html`<h2 class="gap">Rollovers</h2><${Rollovers} rollovers=${rollovers.value.rollovers} at=${at} />`}
  <//>`;
}

// -- one --

function Renew({ path, ca, done }) {
  const elsewhere = !ca.root && !ca.parent;
  const submit = (close) => async (values) => {
    await (elsewhere ? post(path.replace(/[^/]+$/, "request"), { name: ca.name, renew: true }) : post(`${path}/renew`, values));
    close();
    done();
  };
  return html`<${Opens} label="Renew" title=${`Renew ${ca.name}`}>${(close) => (elsewhere
    ? html`<${Form} label="Make the request" close=${close} fields=${[]} submit=${submit(close)}><p>This CA was signed elsewhere, so it is renewed there: a request for the same key and name goes out, and its new certificate comes in. Nothing changes for devices.</p><//>`
    : html`<${Form} label="Renew" close=${close} submit=${submit(close)} fields=${[{ name: "validity", label: "Valid for", placeholder: "as long as it was", hint: `It ends on ${utc(ca.certificate.not_after)} now` }]}>
        <p>A new certificate with the same name and key: what was issued stays valid under it, and nothing changes for devices.</p><//>`)}<//>`;
}

function Actions({ path, ca, at, rolling, reload }) {
  const change = (verb, words) => html`<${Opens} label=${verb[0].toUpperCase() + verb.slice(1)} kind="danger" title=${`${verb[0].toUpperCase() + verb.slice(1)} ${ca.name}`}>${(close) => html`
    <${TypedConfirmation} word=${ca.name} label=${verb[0].toUpperCase() + verb.slice(1)} close=${close} submit=${async () => { await post(`${path}/${verb}`, { confirm: ca.name }); close(); reload(); }}><p>${words}</p><//>`}<//>`;
  return html`
    ${(ca.state === "retired" || ca.state === "disabled") && html`<${Act} label="Activate" act=${async () => { await post(`${path}/activate`); reload(); }} />`}
    ${ca.state === "active" && html`<${Renew} path=${path} ca=${ca} done=${reload} />
      <a class="button" href=${at(`cas/${segment(ca.name)}/rollover`)}>${rolling ? "Go on with the rollover" : "Roll over"}</a>
      ${ca.certificate.path_len !== 0 && html`<${SignOther} path=${path} ca=${ca} />`}
      ${change("retire", `It issues nothing more, but still signs CRLs. ${plural(ca.profiles, "profile")} issue from it.`)}
      ${change("disable", `It is switched off. ${plural(ca.profiles, "profile")} issue from it.`)}`}`;
}

function Present({ base, ca, at, may, reload }) {
  const c = ca.certificate;
  const exported = useLoad(`${base}/cas/${segment(ca.name)}/export?chain=true`);
  return html`<p class="sentence"><${State} ca=${ca} /> ${ca.root ? "A root" : `An issuing CA below ${ca.parent || "a CA elsewhere"}`} with a ${c.key.toUpperCase()} key, valid until ${utc(c.not_after)}. ${plural(ca.profiles, "profile issues", "profiles issue")} from it.</p>
    <${Facts} of=${[["Subject", c.subject], ["Issuer", c.issuer], ["Serial number", html`<${Code}>${c.serial}<//>`], ["SHA-256 fingerprint", html`<${Code}>${c.fingerprint}<//>`],
      ["Begins", utc(c.not_before)], ["Ends", utc(c.not_after)], ["CAs below it", c.path_len === null ? "any number" : String(c.path_len)],
      ["Key", ca.key_store === "token" ? `${c.key}, in the token` : `${c.key}, in a file of the node`],
      ["Signs with", html`${ca.signature} ${may("administrator") && html`<${Signature} path=${`${base}/cas/${segment(ca.name)}`} ca=${ca} done=${reload} />`}`],
      ["Only for", c.name_constraints?.permitted?.join(", ")], ["Not for", c.name_constraints?.excluded?.join(", ")],
      ["EST authentication", ca.trusted ? "trusted" : html`not trusted; <a href=${at("trust")}>add it</a>`]]} />
    <p><a href=${at(`certificates?ca=${segment(ca.name)}`)}>Certificates that it issued</a></p>
    ${exported.value && html`<h3>Certificate with its chain</h3><${Command} text=${exported.value.pem} /><button type="button" onClick=${() => save(`${ca.name}.pem`, exported.value.pem)}>Download</button>`}`;
}

function One({ account, name, at, may }) {
  const base = `/accounts/${segment(account)}`;
  const loaded = useLoad(`${base}/cas`);
  const rollovers = useLoad(`${base}/rollovers`).value?.rollovers || [];
  const called = (loaded.value?.cas || []).filter((one) => one.name === name);
  const ca = called.find((one) => !one.csr);
  const request = called.find((one) => one.csr);
  const rolling = rollovers.some((r) => r.old.name === name && isOpen(r));
  const gone = () => (ca ? loaded.reload() : (location.hash = at("cas")));
  return html`<${Page} title=${name} trail=${[["CAs", at("cas")]]} actions=${ca && may("administrator") && html`<${Actions} path=${`${base}/cas/${segment(name)}`} ca=${ca} at=${at} rolling=${rolling} reload=${loaded.reload} />`}>
    <${Loaded} of=${loaded}>${() => html`
      ${!ca && !request && html`<${Notice} tone="bad">There is no CA ${name}.<//>`}
      ${request && !ca && html`<p class="sentence"><${State} ca=${request} /> The key of ${request.certificate.subject} (${request.certificate.key}) is here; its certificate is not.</p>`}
      ${request && ca && html`<${Notice} tone="warn"><strong>A renewal waits for its certificate.</strong> ${name} goes on as it is until then.<//>`}
      ${request && html`<${Waiting} base=${base} request=${request} done=${loaded.reload} gone=${gone} may=${may} />`}
      ${ca && html`<${Present} base=${base} ca=${ca} at=${at} may=${may} reload=${loaded.reload} />`}`}<//><//>`;
}

export function Cas(props) {
  const [name, part] = props.parts;
  if (part === "rollover") return html`<${Rollover} ...${props} name=${name} />`;
  return name ? html`<${One} ...${props} name=${name} />` : html`<${List} ...${props} />`;
}
