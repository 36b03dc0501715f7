// Signing in: by password, by a one-time link, and choosing the first password.
import { html, useState, useEffect, Form, Notice } from "./ui.js";
import { ask, post, rememberCsrf } from "./api.js";

function ByPassword({ enter }) {
  const [wantsTotp, setWantsTotp] = useState(false);
  const submit = async (values) => {
    try {
      enter(await post("/session", values));
    } catch (problem) {
      if (problem.code === "totp_wanted") setWantsTotp(true);
      throw problem;
    }
  };
  return html`<${Form} label="Sign in" submit=${submit} fields=${[
    { name: "name", label: "Name", autocomplete: "username", required: true },
    { name: "password", label: "Password", type: "password", autocomplete: "current-password", required: true },
    { name: "totp", label: "One-time password", inputmode: "numeric", autocomplete: "one-time-code", hint: "Six digits from your authenticator",
      when: () => wantsTotp },
  ]} />
  <p class="hint">No password yet? An owner makes a one-time link: <code>bestowctl administrator link NAME</code></p>`;
}

function ByLink({ code, use }) {
  return html`<${Notice}>This link works once. Signing in with it uses it up.<//>
    <${Form} label="Sign in" fields=${[]} submit=${async () => use(await post("/session/link", { code }))} />`;
}

function FirstPassword({ name, done }) {
  const submit = async ({ password }) => {
    await ask("PUT", "/session/password", { password });
    done();
  };
  return html`<p>Welcome, <strong>${name}</strong>. Choose a password for the next time.</p>
    <input class="hidden" aria-hidden="true" tabindex="-1" type="text" autocomplete="username" value=${name} readonly />
    <${Form} label="Set password" submit=${submit} fields=${[
      { name: "password", label: "New password", type: "password", autocomplete: "new-password", required: true, hint: "At least 12 characters; a few words do well" },
    ]} />
    <p><button type="button" class="link" onClick=${done}>Later: an owner can make me a new link</button></p>`;
}

export function SignIn({ code, enter }) {
  const [session, setSession] = useState(null);
  useEffect(() => {
    document.title = "Sign in – Bestow";
  }, []);
  const use = (answer) => {
    rememberCsrf(answer.csrf);
    if (answer.administrator.has_password) finish(answer);
    else setSession(answer);
  };
  const finish = (answer) => {
    location.hash = "#/";
    enter(answer);
  };
  return html`<main class="sign-in" id="main"><div class="card">
    <p class="brand">Bestow</p>
    <h1>${session ? "First password" : "Sign in"}</h1>
    ${session ? html`<${FirstPassword} name=${session.administrator.name} done=${() => finish(session)} />`
      : code ? html`<${ByLink} code=${code} use=${use} />`
      : html`<${ByPassword} enter=${enter} />`}
  </div></main>`;
}
