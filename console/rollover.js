// A CA's key replaced without a gap: begun, learnt by devices, switched, finished.
import { html, useLoad, useState, Page, Loaded, Table, Badge, Time, Form, Act, Opens, TypedConfirmation, Notice, Command, plural, utc } from "./ui.js";
import { get, post, segment, save } from "./api.js";
import { keyChoices } from "./ca-forms.js";

export const isOpen = (rollover) => !rollover.finished;

export function Rollovers({ rollovers, at }) {
  return html`<${Table} caption="Rollovers" rows=${rollovers} columns=${[
    ["From", (r) => html`<a href=${at(`cas/${segment(r.old.name)}/rollover`)}>${r.old.name}</a>`, "name"], ["To", (r) => r.new.name], ["Began", (r) => html`<${Time} at=${r.started} />`],
    ["State", (r) => (r.finished ? html`<${Badge} tone="good">finished<//>` : html`<${Badge} tone="wait">under way<//>`)], ["Devices left", (r) => r.old.devices_left, "num"],
  ]} />`;
}

// -- the beginning --

function Start({ base, ca, others, done }) {
  const submit = async ({ way, existing, ...values }) => {
    await post(`${base}/rollovers`, way === "existing" ? { name: ca.name, successor: existing, existing: true } : { name: ca.name, ...values });
    done();
  };
  const fresh = ({ way }) => way !== "existing";
  return html`<section class="card"><p>A new CA with a new key takes over without a gap: <code>/cacerts</code> carries both until every device has renewed${ca.root ? ", with cross certificates for whoever knows only one of them" : ""}. Nothing is issued from the new one before you switch.</p>
    <${Form} label="Begin" submit=${submit} fields=${[
      ...(others.length ? [{ name: "way", label: "Successor", type: "select", options: [["new", "A new CA, like this one"], ["existing", "A CA that is there already"]] }] : []),
      { name: "existing", label: "Which one", type: "select", options: others.length ? others : [""], when: ({ way }) => way === "existing" },
      { name: "successor", label: "Name of the new CA", required: true, value: `${ca.name} 2`, when: fresh },
      { name: "subject", label: "Subject", placeholder: ca.certificate.subject, hint: "Empty: that of the old one", when: fresh },
      { name: "key", label: "Key", type: "select", options: [["", `The same kind (${ca.certificate.key})`], ...keyChoices.slice(1)], when: fresh },
      { name: "validity", label: "Valid for", placeholder: "as long as the old one was", when: fresh },
    ]} /></section>`;
}

// -- the way --

function Share({ label, part, whole }) {
  return html`<p class="share"><span>${label}: <strong>${part} of ${whole}</strong></span>${whole > 0 && html`<progress aria-label=${label} max=${whole} value=${Math.min(part, whole)}></progress>`}</p>`;
}

function Step({ state, title, children }) {
  return html`<li class=${state}><h2>${title} <${Badge} tone=${{ done: "good", now: "wait", later: "off" }[state]}>${{ done: "done", now: "now", later: "later" }[state]}<//></h2>${children}</li>`;
}

function Switch({ base, rollover, reload }) {
  const [chosen, choose] = useState(rollover.old.profiles);
  const [warnings, setWarnings] = useState([]);
  const toggle = (name) => choose(chosen.includes(name) ? chosen.filter((n) => n !== name) : [...chosen, name]);
  const act = async () => {
    const answer = await post(`${base}/rollovers/${segment(rollover.old.name)}/switch`, { profiles: chosen });
    setWarnings(answer.warnings);
    reload();
  };
  return html`<p>From then on these profiles issue from ${rollover.new.name}. A profile can be switched back in its editor.</p>
    <div class="ticks" role="group" aria-label="Profiles to switch">${rollover.old.profiles.map((name) => html`<label><input type="checkbox" checked=${chosen.includes(name)} onChange=${() => toggle(name)} /> ${name}</label>`)}</div>
    <${Act} kind="primary" label=${`Switch ${plural(chosen.length, "profile")}`} act=${act} disabled=${chosen.length === 0} />
    ${warnings.map((text) => html`<${Notice} tone="warn">${text}<//>`)}`;
}

function Finish({ base, rollover, reload }) {
  const { old, new: successor } = rollover;
  const submit = (close) => async () => {
    await post(`${base}/rollovers/${segment(old.name)}/finish`, { confirm: old.name });
    close();
    reload();
  };
  return html`<${Opens} label="Finish" kind=${old.devices_left || old.profiles.length ? "" : "primary"} title="Finish the rollover">${(close) => html`<${TypedConfirmation} word=${old.name} label="Finish" close=${close} submit=${submit(close)}>
    ${old.profiles.length > 0 && html`<${Notice} tone="warn">${old.profiles.join(", ")} still issue from it: their devices will be refused.<//>`}
    ${old.devices_left > 0 && html`<${Notice} tone="warn">${plural(old.devices_left, "device has", "devices have")} no certificate of ${successor.name} yet.<//>`}
    <p>${old.name} is retired: it issues nothing more, its CRLs go on, and <code>/cacerts</code> drops it. Devices can renew as long as it is in EST authentication.</p><//>`}<//>`;
}

function Way({ base, rollover, may, at, reload }) {
  const { old, new: successor, fetched } = rollover;
  const roots = rollover.old_with_new !== null;
  const finished = Boolean(rollover.finished);
  const switched = old.profiles.length === 0;
  const administrator = may("administrator");
  const cross = async () => save(`cross-${old.name.replace(/[^\w.-]+/g, "-")}.pem`, (await get(`${base}/rollovers/${segment(old.name)}/export`)).pem);
  return html`<ol class="way">
    <${Step} state="done" title="Begun"><p>${utc(rollover.started)}: <a href=${at(`cas/${segment(successor.name)}`)}>${successor.name}</a> was made${successor.trusted ? " and is trusted for EST authentication" : ""}. <code>/cacerts</code> carries both.</p>
      ${roots && html`<div class="actions"><${Act} label="Download the cross certificates" act=${cross} /></div>`}<//>
    <${Step} state=${finished || switched ? "done" : "now"} title="Devices learn of it">
      <p>They fetch <code>/cacerts</code>, as clients do before they renew. Behind a NAT many are one address.</p>
      <${Share} label="Devices that fetched it, by their certificate" part=${fetched.devices} whole=${Math.max(old.devices, fetched.devices)} /><p>${plural(fetched.addresses, "address", "addresses")} without a certificate.</p><//>
    <${Step} state=${finished || switched ? "done" : "now"} title=${roots ? "The CAs below are replaced" : "Profiles switch"}>
      ${roots ? html`<p>${switched ? "No profile issues from below the old root." : html`${plural(old.profiles.length, "profile issues", "profiles issue")} from below it still: ${old.profiles.join(", ")}. Roll over <a href=${at("cas")}>the issuing CAs</a> one by one.`}</p>`
        : switched ? html`<p>${successor.profiles.length ? `${successor.profiles.join(", ")} issue from ${successor.name}.` : "No profile issues from the old one."} If the node's own certificate is of the old CA, <a href=${at("system")}>issue it anew</a>.</p>`
          : administrator && !finished ? html`<${Switch} key=${old.profiles.join()} base=${base} rollover=${rollover} reload=${reload} />` : html`<p>${old.profiles.join(", ")} issue from the old one still.</p>`}<//>
    <${Step} state=${finished ? "done" : switched ? "now" : "later"} title="Devices renew"><${Share} label="Devices that have a certificate of the new CA" part=${successor.devices} whole=${successor.devices + old.devices_left} /><//>
    <${Step} state=${finished ? "done" : switched && old.devices_left === 0 ? "now" : "later"} title="The end">${finished ? html`<p>Finished ${utc(rollover.finished)}.</p>`
      : html`<p>When no device is left, or you will wait no longer.</p>${administrator && html`<div class="actions"><${Finish} base=${base} rollover=${rollover} reload=${reload} /></div>`}`}<//>
  </ol>
  <details><summary>As commands</summary><${Command} text=${`bestowctl rollover show '${old.name}'\nbestowctl rollover switch '${old.name}'\nbestowctl rollover finish '${old.name}'`} /></details>`;
}

export function Rollover({ account, name, at, may }) {
  const base = `/accounts/${segment(account)}`;
  const list = useLoad(`${base}/rollovers`);
  const cas = useLoad(`${base}/cas`);
  const found = list.value?.rollovers.filter((r) => r.old.name === name) || [];
  const rollover = found.find(isOpen) || found[found.length - 1];
  const shown = useLoad(rollover && isOpen(rollover) ? `${base}/rollovers/${segment(name)}` : null);
  const all = cas.value?.cas || [];
  const ca = all.find((one) => one.name === name && !one.csr);
  const others = all.filter((one) => one.state === "active" && one.name !== name && one.root === ca?.root).map((one) => one.name);
  const reload = () => [list, cas, shown].forEach((one) => one.reload());
  return html`<${Page} title=${`Roll over ${name}`} trail=${[["CAs", at("cas")], [name, at(`cas/${segment(name)}`)]]} help="A new key takes over while devices go on renewing." actions=${rollover && html`<button type="button" onClick=${reload}>Refresh</button>`}>
    <${Loaded} of=${list}>${() => (rollover
      ? html`${(shown.value?.warnings || []).map((text) => html`<${Notice} tone="warn">${text}.<//>`)}<${Way} base=${base} rollover=${rollover} may=${may} at=${at} reload=${reload} />`
      : html`<${Loaded} of=${cas}>${() => (ca && may("administrator") ? html`<${Start} base=${base} ca=${ca} others=${others} done=${reload} />` : html`<${Notice}>No rollover of this CA is under way.<//>`)}<//>`)}<//><//>`;
}
