// Requests that wait for a person.
import { html, useLoad, Page, Loaded, Table, Badge, Time, Facts, Code, Empty, Opens, Form, Act, Field, commonName, utc } from "./ui.js";
import { post, query, segment } from "./api.js";

function Decide({ base, request, reload }) {
  const path = `${base}/requests/${request.request_id}`;
  return html`<${Opens} label="Approve" kind="primary" title=${`Approve ${commonName(request.subject)}`}>${(close) => html`
      <p>The certificate below is signed when the device asks the next time. Compare the key's fingerprint with the device if you can.</p>
      <p><${Code}>${request.key_fingerprint}<//></p>
      <${Form} label="Approve" close=${close} fields=${[{ name: "reason", label: "Remark", hint: "Stays in the audit log" }]}
        submit=${async (values) => { await post(`${path}/approve`, values); close(); reload(); }} />`}<//>
    <${Opens} label="Reject" kind="danger" title=${`Reject ${commonName(request.subject)}`}>${(close) => html`
      <${Form} label="Reject" kind="danger" close=${close} fields=${[{ name: "reason", label: "Reason", hint: "The device is told that it was rejected; this stays in the audit log" }]}
        submit=${async (values) => { await post(`${path}/reject`, values); close(); reload(); }} />`}<//>`;
}

function One({ account, id, at, may }) {
  const base = `/accounts/${segment(account)}`;
  const loaded = useLoad(`${base}/requests/${segment(id)}`);
  const request = loaded.value?.request;
  return html`<${Page} title=${request ? commonName(request.subject) : "Request"} trail=${[["Approvals", at("approvals")]]}
      actions=${request?.state === "pending" && may("ra-operator") && html`<${Decide} base=${base} request=${request} reload=${loaded.reload} />`}>
    <${Loaded} of=${loaded}>${() => html`<p class="sentence"><${Badge} state=${request.state} /> ${request.renewal || request.operation === "simplereenroll" ? "A renewal" : "An enrollment"} by profile ${request.profile}, from ${request.peer}.</p>
      <${Facts} of=${[
        ["Subject", request.subject], ["SubjectAltNames", request.san], ["Requested by", request.requested_by], ["SHA-256 of the key", html`<${Code}>${request.key_fingerprint}<//>`],
        ["Came", utc(request.created)], ["Asked last", html`<${Time} at=${request.last_seen} /> <span class="faint">(${request.polls} times)</span>`], ["Is forgotten", utc(request.ends)],
        ["Decided", request.decided && `${utc(request.decided)} by ${request.decided_by}`], ["Remark", request.remark],
      ]} />
      ${request.certificate?.extensions && html`<h3>The certificate that it would get</h3><${Facts} of=${[["Issuer", request.certificate.issuer], ["Ends", utc(request.certificate.not_after)],
        ...request.certificate.extensions.map((e) => [e.name, e.words])]} />`}`}<//><//>`;
}

function List({ account, query: values, here, at }) {
  const base = `/accounts/${segment(account)}`;
  const state = values.state ?? "pending";
  const page = useLoad(`${base}/requests${query({ state: state === "any" ? "" : state, cursor: values.cursor })}`);
  return html`<${Page} title="Approvals" help="Profiles can hold requests until somebody approves them.">
    <div class="filters"><${Field} label="State" type="select" value=${state} onValue=${(next) => { location.hash = here + query({ state: next }); }}
      options=${[["pending", "Waiting"], ["approved", "Approved"], ["rejected", "Rejected"], ["issued", "Issued"], ["any", "Any"]]} /></div>
    <${Loaded} of=${page}>${({ requests, next_cursor: next }) => (requests.length === 0
      ? html`<${Empty} title="Nothing waits" action=${html`<a class="button" href=${at("profiles")}>Go to profiles</a>`}>A profile whose approval is set to hold enrollments asks here before it signs.<//>`
      : html`<${Table} caption="Requests" rows=${requests} keyOf=${(r) => r.id} columns=${[
          ["State", (r) => html`<${Badge} state=${r.state} />`], ["Name", (r) => html`<a href=${at(`approvals/${r.request_id}`)}>${commonName(r.subject)}</a>`, "name"],
          ["Profile", (r) => r.profile], ["From", (r) => r.peer], ["Requested by", (r) => r.requested_by], ["Came", (r) => html`<${Time} at=${r.created} />`], ["Asked last", (r) => html`<${Time} at=${r.last_seen} />`],
        ]} />${next && html`<nav class="pages" aria-label="Pages"><a class="button" href=${here + query({ state, cursor: next })}>Older</a></nav>`}`)}<//><//>`;
}

export function Approvals(props) {
  return props.parts[0] ? html`<${One} ...${props} id=${props.parts[0]} />` : html`<${List} ...${props} />`;
}
