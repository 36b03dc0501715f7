// The frame around the screens: who is signed in, which account, and what the address asks for.
import { render } from "preact";
import { html, useState, useEffect, Page, Refusal } from "./ui.js";
import { get, ask, rememberCsrf } from "./api.js";
import { screens } from "./screens.js";
import { SignIn } from "./sign-in.js";
import { Palette } from "./palette.js";
import { ThemeSwitch, applyTheme } from "./theme.js";

applyTheme();

// -- the address: #/a/ACCOUNT/SCREEN/PART...?query --

function readAddress() {
  const [path, search = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return { parts, query: Object.fromEntries(new URLSearchParams(search)) };
}

function useAddress() {
  const [address, setAddress] = useState(readAddress);
  useEffect(() => {
    const follow = () => setAddress(readAddress());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return address;
}

const ranks = { auditor: 1, "ra-operator": 2, administrator: 3, owner: 4 };

/** Whether the session may do what `role` may on `account`; null is the node. */
function mayOn(session, account) {
  return (role) => session.administrator.roles.some((held) => (held.account === null || held.account === account) && ranks[held.role] >= ranks[role]);
}

function Nav({ account, current, session }) {
  const may = mayOn(session, account);
  return html`<nav id="nav" aria-label="Screens"><ul>${screens.filter((screen) => !screen.may || screen.may(may)).map((screen) => html`<li>
    <a href=${`#/a/${encodeURIComponent(account)}/${screen.path}`} aria-current=${screen.path === current ? "page" : undefined}>${screen.title}</a>
  </li>`)}</ul></nav>`;
}

function AccountSwitcher({ account, accounts, screen }) {
  if (accounts.length < 2) return html`<span class="account">${account}</span>`;
  const go = (event) => {
    location.hash = `#/a/${encodeURIComponent(event.currentTarget.value)}/${screen}`;
  };
  return html`<label class="account"><span class="hidden">Account</span><select onChange=${go} value=${account}>
    ${accounts.map(({ name }) => html`<option value=${name} selected=${name === account}>${name}</option>`)}</select></label>`;
}

function Frame({ session, accounts, address, signOut, reloadAccounts }) {
  const account = accounts.some(({ name }) => name === address.parts[1]) ? address.parts[1] : accounts[0]?.name;
  const wanted = address.parts[2] || "overview";
  const screen = screens.find(({ path }) => path === wanted) || screens[0];
  const [menu, setMenu] = useState(false);
  useEffect(() => {
    setMenu(false);
    document.querySelector("main")?.scrollTo(0, 0);
    scrollTo(0, 0);
  }, [screen.path, address.parts.join("/")]);
  const node = mayOn(session, undefined);
  const props = {
    account, session, query: address.query, parts: address.parts.slice(3), may: mayOn(session, account),
    mayNode: (role) => session.administrator.roles.some((held) => held.account === null && ranks[held.role] >= ranks[role]),
    here: `#/a/${encodeURIComponent(account ?? "")}/${screen.path}`,
    at: (path) => `#/a/${encodeURIComponent(account ?? "")}/${path}`, reloadAccounts, accounts,
  };
  return html`<a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById("main").focus(); }}>Skip to content</a>
    <header class="top">
      <button type="button" class="menu quiet" aria-expanded=${menu} aria-controls="nav" onClick=${() => setMenu(!menu)}>☰<span class="hidden">Menu</span></button>
      <a class="brand" href=${props.at("overview")}>Bestow</a>
      ${account && html`<${AccountSwitcher} account=${account} accounts=${accounts} screen=${screen.path} />`}
      <span class="grow"></span>
      <${Palette} account=${account} />
      <${ThemeSwitch} />
      <a class="who" href=${props.at("me")}>${session.administrator.name}</a>
      <button type="button" class="quiet" onClick=${signOut}>Sign out</button>
    </header>
    <div class=${`body ${menu ? "menu-open" : ""}`}>
      ${account && html`<${Nav} account=${account} current=${screen.path} session=${session} />`}
      <main id="main" tabindex="-1">${account || screen.nodeWide
        ? html`<${screen.view} key=${`${account}/${screen.path}/${props.parts.join("/")}`} ...${props} />`
        : html`<${FirstAccount} may=${node} reload=${reloadAccounts} />`}</main>
    </div>`;
}

function FirstAccount({ reload }) {
  const [problem, setProblem] = useState(null);
  const [name, setName] = useState("");
  const create = async (event) => {
    event.preventDefault();
    try {
      await ask("POST", "/accounts", { name });
      reload();
    } catch (refusal) {
      setProblem(refusal);
    }
  };
  return html`<${Page} title="Welcome" help="An account holds CAs, profiles and certificates that belong together: a company, a plant, a customer. Begin with one.">
    <form class="form card" onSubmit=${create}>
      <div class="field"><label for="first">Name of the account</label><input id="first" required value=${name} onInput=${(e) => setName(e.currentTarget.value)} placeholder="acme" /></div>
      <${Refusal} problem=${problem} />
      <div class="actions"><button class="primary">Create account</button></div>
    </form><//>`;
}

function App() {
  const address = useAddress();
  const [session, setSession] = useState(undefined);
  const [accounts, setAccounts] = useState(null);
  const [problem, setProblem] = useState(null);

  const enter = (answer) => {
    rememberCsrf(answer.csrf);
    setSession(answer);
  };
  const reloadAccounts = () => get("/accounts").then((answer) => setAccounts(answer.accounts), setProblem);
  useEffect(() => {
    get("/session").then((answer) => (answer.administrator ? enter(answer) : setSession(null)), () => setSession(null));
  }, []);
  useEffect(() => {
    if (session) reloadAccounts();
  }, [session]);
  const signOut = async () => {
    await ask("DELETE", "/session").catch(() => {});
    setSession(null);
    setAccounts(null);
    location.hash = "#/";
  };

  if (session === undefined) return html`<p class="faint center" role="status">Loading…</p>`;
  if (!session || address.parts[0] === "link") return html`<${SignIn} code=${address.parts[0] === "link" ? address.parts[1] : null} enter=${enter} />`;
  if (problem) return html`<main><${Refusal} problem=${problem} /></main>`;
  if (!accounts) return html`<p class="faint center" role="status">Loading…</p>`;
  return html`<${Frame} session=${session} accounts=${accounts} address=${address} signOut=${signOut} reloadAccounts=${reloadAccounts} />`;
}

render(html`<${App} />`, document.getElementById("app"));
