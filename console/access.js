// Who may: accounts, administrators, tokens, and one's own sign-in.
import { html, useLoad, useState, Page, Loaded, Table, Badge, Time, Code, Opens, Form, Act, Notice, TypedConfirmation, Facts, Empty } from "./ui.js";
import { ask, post, get, segment, files } from "./api.js";

export const roles = [["auditor", "Auditor: reads everything"], ["ra-operator", "RA operator: revokes, holds, approves"], ["administrator", "Administrator: changes what there is"], ["owner", "Owner: says who may"]];

function Link({ link }) {
  return html`<${Notice} tone="good">A link to sign in with, good once and until ${link.ends?.replace("T", " ").replace("Z", " UTC")}: <${Code}>${link.url || `${location.origin}/#/link/${link.code}`}<//><//>`;
}

function NewAdministrator({ base, account, done, mayNode }) {
  const [link, setLink] = useState(null);
  const places = [[base, `on ${account}`], ...(mayNode("owner") ? [["", "on the node and every account"]] : [])];
  return html`${link && html`<${Link} link=${link} />`}<${Form} label="Create" fields=${[
    { name: "name", label: "Name", required: true, autocomplete: "off" }, { name: "role", label: "Role", type: "select", options: roles },
    { name: "where", label: "Holds", type: "select", options: places }]}
    submit=${async ({ where = "", ...values }) => { const answer = await post(`${where}/administrators`, values); setLink(answer.link); done(); }} />`;
}

function Administrators({ base, account, may, mayNode, me }) {
  const loaded = useLoad(`${base}/administrators`);
  const [link, setLink] = useState(null);
  const path = (a) => `/administrators/${segment(a.name)}`;
  const change = (act) => async () => {
    await act();
    loaded.reload();
  };
  return html`<div class="card-head"><h2>Administrators</h2>${may("owner") && html`<${Opens} label="Add an administrator" kind="primary">${() => html`<${NewAdministrator} base=${base} account=${account} done=${loaded.reload} mayNode=${mayNode} />`}<//>`}</div>
    ${link && html`<${Link} link=${link} />`}
    <${Loaded} of=${loaded}>${({ administrators }) => html`<${Table} caption="Administrators" rows=${administrators} keyOf=${(a) => a.name} columns=${[
      ["Name", (a) => a.name, "name"], ["State", (a) => (a.locked ? html`<${Badge} state="locked" />` : html`<${Badge} tone="good">active<//>`)],
      ["Roles", (a) => a.roles.map((r) => `${r.role}${r.account ? ` of ${r.account}` : " of the node"}`).join(", ")], ["Password", (a) => (a.has_password ? "set" : "not yet")], ["Second factor", (a) => (a.has_totp ? "on" : "off")], ["Certificate", (a) => (a.certificate ? "needed" : "no")],
      ["", (a) => mayNode("owner") && a.name !== me && html`<div class="actions">
        <${Act} label="New link" kind="small" act=${async () => setLink((await post(`${path(a)}/link`)).link)} />
        ${a.locked ? html`<${Act} label="Unlock" kind="small" act=${change(() => post(`${path(a)}/unlock`))} />` : html`<${Act} label="Lock" kind="small" act=${change(() => post(`${path(a)}/lock`))} />`}
        <${Opens} label="Remove" kind="small danger" title=${`Remove ${a.name}`}>${(close) => html`<${TypedConfirmation} word=${a.name} label="Remove" close=${close} submit=${async () => { await ask("DELETE", path(a)); close(); loaded.reload(); }}><p>The sessions end at once.</p><//>`}<//></div>`],
    ]} />`}<//>`;
}

function NewToken({ base, done }) {
  const [secret, setSecret] = useState(null);
  return html`${secret && html`<${Notice} tone="good">The token, shown this once: <${Code}>${secret}<//><//>`}
    <${Form} label="Create" fields=${[{ name: "name", label: "Name", required: true, placeholder: "ci" }, { name: "role", label: "Role", type: "select", options: roles }, { name: "lasts", label: "Lasts", value: "90d" }]}
      submit=${async (values) => { const answer = await post(`${base}/tokens`, values); setSecret(answer.secret); done(); }} />`;
}

function Tokens({ base, may }) {
  const loaded = useLoad(`${base}/tokens`);
  return html`<div class="card-head"><h2>API tokens</h2>${may("administrator") && html`<${Opens} label="Create a token">${() => html`<${NewToken} base=${base} done=${loaded.reload} />`}<//>`}</div>
    <${Loaded} of=${loaded}>${({ tokens }) => (tokens.length === 0 ? html`<p class="faint">No token. Programs use the API with one: see <a href="/api/v1/openapi.json">its description</a>.</p>` : html`<${Table} caption="API tokens" rows=${tokens} keyOf=${(t) => t.name} columns=${[
      ["Name", (t) => t.name, "name"], ["Role", (t) => t.role], ["Made by", (t) => t.created_by], ["Ends", (t) => html`<${Time} at=${t.ends} />`], ["Last used", (t) => html`<${Time} at=${t.last_used} />`],
      ["", (t) => may("administrator") && html`<${Opens} label="Revoke" kind="small danger" title=${`Revoke ${t.name}`}>${(close) => html`<${TypedConfirmation} word=${t.name} label="Revoke" close=${close} submit=${async () => { await ask("DELETE", `${base}/tokens/${segment(t.name)}`); close(); loaded.reload(); }}><p>Programs that use it are refused from now on.</p><//>`}<//>`],
    ]} />`)}<//>`;
}

function Accounts({ accounts, mayNode, reload }) {
  return html`<div class="card-head"><h2>Accounts</h2>${mayNode("owner") && html`<${Opens} label="Create an account">${(close) => html`<${Form} label="Create" close=${close} fields=${[
      { name: "name", label: "Name", required: true }, { name: "oid_arc", label: "OID arc", placeholder: "1.3.6.1.4.1.…", hint: "Of your own, for the identifiers of profiles; empty: random ones" }]}
      submit=${async (values) => { await post("/accounts", values); close(); reload(); }} />`}<//>`}</div>
    <${Table} caption="Accounts" rows=${accounts} keyOf=${(a) => a.id} columns=${[["Name", (a) => html`<a href=${`#/a/${segment(a.name)}/overview`}>${a.name}</a>`, "name"], ["OID arc", (a) => a.oid_arc || html`<span class="faint">none</span>`], ["Allowed ranges", (a) => a.ranges, "num"]]} />`;
}

export function Access({ account, may, mayNode, session, accounts, reloadAccounts }) {
  const base = `/accounts/${segment(account)}`;
  return html`<${Page} title="Accounts & access" help="What one account holds, no other sees. A role on the node holds on every account.">
    <section class="gap"><${Administrators} base=${base} account=${account} may=${may} mayNode=${mayNode} me=${session.administrator.name} /></section>
    <section class="gap"><${Tokens} base=${base} may=${may} /></section>
    <section class="gap"><${Accounts} accounts=${accounts} mayNode=${mayNode} reload=${reloadAccounts} /></section><//>`;
}

// -- oneself --

export function Me({ session }) {
  const [self, setSelf] = useState(session.administrator);
  const [secret, setSecret] = useState(null);
  const again = async () => setSelf((await get("/session")).administrator);
  const present = { name: "present", label: "Present password", type: "password", autocomplete: "current-password", required: true };
  return html`<${Page} title="Your sign-in">
    <${Facts} of=${[["Name", self.name], ["Roles", self.roles.map((r) => `${r.role}${r.account ? ` of ${r.account}` : " of the node"}`).join(", ")], ["Password", self.has_password ? "set" : "not yet"], ["Second factor", self.has_totp ? "on" : "off"], ["Certificate", self.certificate ? `needed: SHA-256 of the ${self.certificate.of} ${self.certificate.sha256}` : "not needed"]]} />
    <div class="cards gap"><section class="card"><h2>Password</h2><${Form} label="Set password" fields=${[...(self.has_password ? [present] : []), { name: "password", label: "New password", type: "password", autocomplete: "new-password", required: true, hint: "At least 12 characters" }]}
        submit=${async (values) => { await ask("PUT", "/session/password", values); await again(); }} /></section>
      <section class="card"><h2>Second factor</h2>
        ${secret && html`<${Notice} tone="good">Enter this into your authenticator: <${Code}>${secret}<//><//>`}
        ${self.has_password ? html`<${Form} key=${self.has_totp} label=${self.has_totp ? "Switch it off" : "Switch it on"} fields=${[present]}
          submit=${async (values) => { const answer = await ask("PUT", "/session/totp", { ...values, enable: !self.has_totp }); setSecret(answer.secret || null); await again(); }} />` : html`<p class="faint">Set a password first.</p>`}</section>
      <section class="card"><h2>Certificate</h2>
        <p class="faint">With one registered, you sign in with your password and this certificate only; your browser must hold its key.</p>
        ${self.has_password ? html`<${Form} key=${self.certificate?.sha256} label=${self.certificate ? "Need none" : "Need it"} fields=${[...(self.certificate ? [] : [{ name: "certificate", label: "Certificate", type: "file", required: true, hint: "PEM or DER, without its key" }]), present]}
          submit=${async (values) => { await ask("PUT", "/session/certificate", files(values, "certificate")); await again(); }} />` : html`<p class="faint">Set a password first.</p>`}</section></div><//>`;
}
