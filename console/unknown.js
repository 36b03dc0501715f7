// What the account's CAs have signed and the store does not know: lost by a restored backup, or an alarm.
import { html, useLoad, Page, Loaded, Table, Badge, Time, Opens, Empty, Form, Notice, Serial, commonName, plural, utc } from "./ui.js";
import { post, segment } from "./api.js";

const PAGE_SIZE = 200;

const refusal = (refused) => Object.assign(new Error("Not taken in"), { detail: refused.map((one) => `${one.subject}: ${one.detail}`).join("; ") });

async function adoptOne(base, serial, profile) {
  const { refused } = await post(`${base}/unknown-certificates/adopt`, { serial, profile });
  if (refused.length > 0) throw refusal(refused);
}

/** In pieces; the last one holds what was refused. */
async function adoptAll(base, profile) {
  for (;;) {
    const { adopted, refused } = await post(`${base}/unknown-certificates/adopt`, { all: true, profile });
    if (adopted.length > 0) continue;
    if (refused.length > 0) throw refusal(refused);
    return;
  }
}

const words = "It counts as issued by the profile: the device renews there, and you can revoke it.";

function Adopt({ base, certificate: c, profiles, reload }) {
  return html`<${Opens} label="Adopt" title=${`Adopt ${commonName(c.subject)}`} aria-label=${`Adopt ${commonName(c.subject)}`}>${(close) => html`
    <p>${words} If it was revoked after the backup was made, revoke it again.</p>
    ${c.kind !== "lost" && html`<${Notice} tone="warn">No restoration explains it. Whoever holds the CA's key can make such a certificate.<//>`}
    <${Form} label="Adopt" close=${close} fields=${[{ name: "profile", label: "Profile", type: "select", options: profiles, value: c.profile || undefined }]}
      submit=${async ({ profile }) => { await adoptOne(base, c.serial, profile); close(); reload(); }} />`}<//>`;
}

function AdoptAll({ base, profiles, reload }) {
  return html`<${Opens} label="Adopt all lost" title="Adopt all that are lost">${(close) => html`
    <p>All that came to the profile and that a restored backup explains. ${words}</p>
    <${Form} label="Adopt all" close=${close} fields=${[{ name: "profile", label: "Profile", type: "select", options: profiles }]}
      submit=${async ({ profile }) => { await adoptAll(base, profile); close(); reload(); }} />`}<//>`;
}

export function Unknown({ account, at, may }) {
  const base = `/accounts/${segment(account)}`;
  const page = useLoad(`${base}/unknown-certificates?limit=${PAGE_SIZE}`);
  const profiles = (useLoad(`${base}/profiles`).value?.profiles || []).map(({ profile }) => profile.name);
  const mayAdopt = may("administrator") && profiles.length > 0;
  const list = page.value?.certificates || [];
  return html`<${Page} title="Unknown certificates" trail=${[["Certificates", at("certificates")]]}
      help="Signed by a CA of this account and not in its store: made after the backup that the store comes from, or with the CA's key in other hands. They renew once they are adopted."
      actions=${mayAdopt && list.some((c) => c.kind === "lost") && html`<${AdoptAll} base=${base} profiles=${profiles} reload=${page.reload} />`}>
    <${Loaded} of=${page}>${({ certificates, next_cursor: next }) => (certificates.length === 0
      ? html`<${Empty} title="None came by">What a CA has signed and the store does not know is listed when a device shows it.<//>`
      : html`<${Table} caption="Unknown certificates" rows=${certificates} keyOf=${(c) => c.fingerprint} columns=${[
          ["Kind", (c) => html`<${Badge} tone=${c.kind === "lost" ? "wait" : "bad"}>${c.kind}<//>`],
          ["Name", (c) => commonName(c.subject), "name"],
          ["Issuer", (c) => c.ca],
          ["Came to", (c) => html`<span>${c.profile || html`<span class="faint">another account</span>`} <span class="faint">${c.peer}</span></span>`, "word"],
          ["Began", (c) => html`<${Time} at=${c.not_before} />`],
          ["Ends", (c) => html`<${Time} at=${c.not_after} />`],
          ["Seen", (c) => html`<span title=${utc(c.last_seen)}>${plural(c.times, "time")}</span>`],
          ["Serial", (c) => html`<${Serial} of=${c.serial} />`],
          ...(mayAdopt ? [[html`<span class="hidden">Adopt</span>`, (c) => html`<${Adopt} base=${base} certificate=${c} profiles=${profiles} reload=${page.reload} />`]] : []),
        ]} />${next && html`<p class="faint">These are the newest ${PAGE_SIZE}; there are more.</p>`}`)}<//>
  <//>`;
}

/** A line above the certificates, where there is something to look at. */
export function UnknownNotice({ base, at }) {
  const page = useLoad(`${base}/unknown-certificates?limit=1`);
  return page.value?.certificates.length > 0
    ? html`<${Notice} tone="warn">Certificates of these CAs came by that the store does not know. <a href=${at("certificates/unknown")}>Look at them</a><//>` : null;
}
