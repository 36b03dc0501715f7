// The doors, live: each issuance and refusal as it happens, why, and what mends it.
import { html, useLoad, useState, useEffect, useRef, Page, Loaded, Badge, Time, Facts, Code, Empty, Field, Act, Dialog, Refusal, Notice, plural, utc } from "./ui.js";
import { get, ask, post, query, segment, url } from "./api.js";

const KEPT = 500;
const BATCH = 100;

// -- what mends a refusal: by its code, the words on the button and what it does --

const profilePath = ({ base, event }) => `${base}/profiles/${segment(event.profile)}`;
const patchRenewal = (renewal) => (context) => ask("PATCH", profilePath(context), { patch: { renewal } });

const remedies = {
  ip_not_allowed: { anyProfile: true, label: ({ event }) => `Allow ${event.peer}`, may: "administrator", done: "Allowed; the next request from there is let in",
    act: ({ base, event }) => post(`${base}/addresses`, { texts: [event.peer], comment: "after a refusal" }) },
  untrusted_issuer: { anyProfile: true, label: () => "Trust its issuer", may: "administrator", go: ({ at }) => at("trust") },
  chain_incomplete: { anyProfile: true, label: () => "Add the intermediate CA", may: "administrator", go: ({ at }) => at("trust") },
  profile_suspended: { label: () => "Resume the profile", may: "administrator", done: "Resumed", act: (context) => post(`${profilePath(context)}/resume`) },
  renewal_too_early: { label: () => "Open the window at any time", may: "administrator", done: "Renewals are taken at any time now", act: patchRenewal({ while_valid: "any-time" }) },
  renewal_too_late: { label: () => "Renew up to 30 days after expiry", may: "administrator", done: "The window closes 30 days after expiry now",
    act: patchRenewal({ after_expiry: "in-window", closes_after: "30d" }) },
  cert_expired: { label: () => "Renew up to 30 days after expiry", may: "administrator", done: "The window closes 30 days after expiry now",
    act: patchRenewal({ after_expiry: "in-window", closes_after: "30d" }) },
  key_must_change: { label: () => "Let the key stay", may: "administrator", done: "Renewals may keep their key now", act: patchRenewal({ key: "allowed" }) },
  key_must_stay: { label: () => "Let the key change", may: "administrator", done: "Renewals may change their key now", act: patchRenewal({ key: "allowed" }) },
  pop_link_missing: { label: () => "Make the binding optional", may: "administrator", done: "The binding is optional now",
    act: (context) => ask("PATCH", profilePath(context), { patch: { binding: "optional" } }) },
  bad_passphrase: { label: () => "New passphrase", may: "administrator", go: ({ at, event }) => at(`profiles/${segment(event.profile)}?tab=passphrase`) },
  no_credentials: { label: () => "See how to enroll", go: ({ at, event }) => at(`profiles/${segment(event.profile)}`) },
  no_client_cert: { label: () => "See how to enroll", go: ({ at, event }) => at(`profiles/${segment(event.profile)}`) },
  ra_scope: { anyProfile: true, label: () => "Widen the RA's scope", may: "administrator", go: ({ at }) => at("ra") },
  pending_approval: { anyProfile: true, label: () => "Approve or reject", go: ({ at, event }) => at(`approvals/${event.request_id}`) },
  ca_retired: { label: () => "Choose another CA", may: "administrator", go: ({ at, event }) => at(`profiles/${segment(event.profile)}/edit`) },
  ca_disabled: { anyProfile: true, label: () => "Look at the CA", may: "administrator", go: ({ at }) => at("cas") },
  unknown_label: { anyProfile: true, label: () => "See the EST URLs", go: ({ at }) => at("profiles") },
};
for (const [code, words] of Object.entries({
  device_not_registered: "Put it on the list", device_suspended: "Look at the device", code_locked: "Look at the device", code_guessed: "Look at the device", bad_code: "See the devices and codes", code_expired: "Make a new code", code_used_up: "Make a new code",
})) remedies[code] = { label: () => words, may: "ra-operator", go: ({ at, event }) => at(`devices?profile=${segment(event.profile)}`) };
const profileRule = { label: () => "Change the profile's rules", may: "administrator", go: ({ at, event }) => at(`profiles/${segment(event.profile)}/edit`) };
for (const code of ["key_too_weak", "key_type_not_allowed", "subject_rule", "san_rule", "extension_not_allowed", "subject_mismatch", "renewal_not_allowed", "renewal_rate", "subject_limit", "name_not_authorized"]) remedies[code] = profileRule;

function Remedy({ context }) {
  const row = remedies[context.event.reason];
  if (!row || (row.may && !context.may(row.may)) || (!row.anyProfile && !context.event.profile)) return null;
  if (row.go) return html`<a class="button small" href=${row.go(context)}>${row.label(context)}</a>`;
  return html`<${Act} kind="small" label=${row.label(context)} act=${() => row.act(context)} done=${row.done} />`;
}

// -- one of them --

const measured = ["request", "credentials", "records"]; // by themselves; the rules together
/** What it took, where that was measured. */
function duration(step, us) {
  if (!Number.isInteger(us)) return "";
  const ms = `${(us / 1000).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}\u00a0ms`;
  return measured.includes(step) ? ms : `all rules ${ms}`;
}

/** The steps of a request, numbered; of what was issued every one is passed. */
export function Steps({ steps, label = "Steps of the request" }) {
  return html`<ol class="trace" aria-label=${label}>${steps.map(({ step, outcome, words, took_us: took }) => html`<li class=${outcome}>
    <span class="step">${step}</span> <${Badge} state=${outcome}>${outcome.replace("-", " ")}<//>${(words || duration(step, took)) && html` <span class="saw">${[words, duration(step, took)].filter(Boolean).join("; ")}</span>`}</li>`)}</ol>`;
}

function Detail({ context, close }) {
  const { event, base, at } = context;
  const page = useLoad(event.certificate_id ? `${base}/certificates?limit=1&cursor=${event.certificate_id + 1}` : null);
  const certificate = page.value?.certificates.find((c) => c.id === event.certificate_id);
  const traced = useLoad(`${base}/events?after=${event.id - 1}&limit=1&trace=true`);
  return html`<${Dialog} title=${event.words || "Certificate issued"} close=${close} wide>
    ${event.detail && html`<p>${event.detail}</p>`}
    ${event.remedy && html`<${Notice}><strong>What helps:</strong> ${event.remedy}.<//>`}
    <${Remedy} context=${context} />
    <h3>Step by step</h3>
    <${Loaded} of=${traced}>${({ events }) => (events[0]?.id === event.id ? html`<${Steps} steps=${events[0].trace} />` : html`<p class="faint">This request is too old: its steps are no longer kept.</p>`)}<//>
    <${Facts} of=${[
      ["When", utc(event.at)], ["Operation", event.operation], ["Profile", event.profile && html`<a href=${at(`profiles/${segment(event.profile)}`)} onClick=${close}>${event.profile}</a>`],
      ["Label in the URL", event.label], ["From", event.peer], ["Client says", event.client], ["Reason", event.reason && html`<code>${event.reason}</code>`],
      ["Request", html`<${Code}>${event.request_id}<//>`], ["Certificate", certificate && html`<a href=${at(`certificates/${certificate.serial}`)} onClick=${close}>${certificate.subject}</a>`],
    ]} />
    ${event.profile && html`<p><a href=${at(`profiles/${segment(event.profile)}/test`)} onClick=${close}>Try a request against the profile as it is now</a></p>`}
  <//>`;
}

// -- all of them --

/** The newest first; grows at its head while the stream is open. */
function useEvents(base, search, paused) {
  const first = useLoad(`${base}/events${search}`);
  const [events, setEvents] = useState([]);
  const [live, setLive] = useState(false);
  const waiting = useRef([]);
  const [held, setHeld] = useState(0);
  const isPaused = useRef(paused);
  useEffect(() => {
    if (first.value) setEvents((old) => merge(old, first.value.events));
  }, [first.value]);
  useEffect(() => {
    isPaused.current = paused;
    if (!paused && waiting.current.length > 0) {
      setEvents((old) => merge(waiting.current, old));
      waiting.current = [];
      setHeld(0);
    }
  }, [paused]);
  useEffect(() => {
    const source = new EventSource(url(`${base}/events/stream`));
    source.onopen = () => setLive(true);
    source.onerror = () => setLive(false);
    source.addEventListener("enrollment", ({ data }) => {
      const event = JSON.parse(data);
      if (isPaused.current) {
        waiting.current = merge([event], waiting.current);
        setHeld(waiting.current.length);
      } else setEvents((old) => merge([event], old));
    });
    return () => source.close();
  }, [base]);
  return { events, live, held, problem: first.problem, loading: !first.value && first.loading };
}

function merge(some, others) {
  const byId = new Map([...others, ...some].map((event) => [event.id, event]));
  return [...byId.values()].sort((a, b) => b.id - a.id).slice(0, KEPT);
}

function matches(event, { outcome, reason, profile, text }) {
  const words = `${event.client} ${event.peer} ${event.words || ""} ${event.detail || ""} ${event.request_id}`.toLowerCase();
  return (!outcome || event.outcome === outcome) && (!reason || event.reason === reason) && (!profile || event.profile === profile) && (!text || words.includes(text.toLowerCase()));
}

function Row({ context, open }) {
  const { event } = context;
  return html`<li class=${`event ${event.outcome}`}>
    <div class="event-head"><${Badge} state=${event.outcome} /><strong>${event.client || "unnamed client"}</strong><span class="faint">${event.peer}</span><${Time} at=${event.at} /></div>
    <div class="event-body"><span>${event.operation || "EST"} ${event.profile ? html`at <a href=${context.at(`profiles/${segment(event.profile)}`)}>${event.profile}</a>` : event.label ? `at “${event.label}”` : ""}</span>
      ${event.words && html`<p class="why">${event.words}${event.detail && html`<span class="faint"> – ${event.detail}</span>`}</p>`}</div>
    <div class="event-actions">${event.reason && html`<${Remedy} context=${context} />`}<button type="button" class="small" onClick=${open} aria-label=${`Details of request ${event.request_id}`}>Details</button></div>
  </li>`;
}

export function Enrollments({ account, query: values, here, at, may }) {
  const base = `/accounts/${segment(account)}`;
  const [paused, setPaused] = useState(false);
  const [hovered, setHovered] = useState(false);
  const [shown, setShown] = useState(null);
  const [text, setText] = useState("");
  const search = query({ limit: BATCH, request: values.request, ...(values.outcome === "refused" ? { refusals: true } : {}) });
  const { events, live, held, problem, loading } = useEvents(base, search, paused || hovered);
  const go = (changes) => {
    location.hash = here + query({ ...values, ...changes });
  };
  const found = events.filter((event) => matches(event, { ...values, text }) && (!values.request || event.request_id.startsWith(values.request)));
  const profiles = [...new Set(events.map(({ profile }) => profile).filter(Boolean))];
  return html`<${Page} title="Enrollments" help="Each request to EST as it happens." actions=${html`
      <span class="badge ${live ? "good" : "off"}" role="status">${live ? "● live" : "○ not connected"}</span>
      <button type="button" aria-pressed=${paused} onClick=${() => setPaused(!paused)}>${paused ? "Go on" : "Pause"}${held > 0 ? ` (${held} new)` : ""}</button>`}>
    <div class="filters">
      <${Field} label="Filter" type="search" value=${text} onValue=${setText} wide />
      <${Field} label="Outcome" type="select" value=${values.outcome || ""} onValue=${(outcome) => go({ outcome })} options=${[["", "Any"], "issued", "refused", "pending"]} />
      <${Field} label="Profile" type="select" value=${values.profile || ""} onValue=${(profile) => go({ profile })} options=${[["", "Any"], ...profiles]} />
      ${(values.reason || values.request) && html`<a class="button" href=${here}>${values.reason ? `Reason ${values.reason}` : `Request ${values.request}`} ✕</a>`}
    </div>
    <${Refusal} problem=${problem} />
    ${found.length === 0 && !loading
      ? html`<${Empty} title=${events.length ? "Nothing matches" : "No device has asked yet"} action=${html`<a class="button primary" href=${at("profiles")}>Go to profiles</a>`}>
          Requests appear here the moment they come, with the reason in words when they are refused.<//>`
      : html`<ul class="events" aria-live="polite" aria-relevant="additions" onMouseEnter=${() => setHovered(true)} onMouseLeave=${() => setHovered(false)}>
          ${found.map((event) => html`<${Row} key=${event.id} context=${{ event, base, at, may }} open=${() => setShown(event)} />`)}</ul>`}
    ${shown && html`<${Detail} context=${{ event: shown, base, at, may }} close=${() => setShown(null)} />`}
  <//>`;
}
