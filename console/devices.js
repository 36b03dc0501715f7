// The devices that a profile knows by name, and their enrollment codes.
import { html, useLoad, useState, useEffect, Page, Loaded, Table, Badge, Time, Facts, Code, Empty, Opens, Form, Field, Act, Refusal, TypedConfirmation, Notice, plural, utc } from "./ui.js";
import { ask, get, post, query, segment, base64, save } from "./api.js";

const PAGE_SIZE = 50;
const PIECE_LINES = 200; // codes from elsewhere take some milliseconds each
const PREVIEW_PIECES = 5;
const SHOWN_CODES = 8;

const listOf = (base, profile) => `${base}/profiles/${segment(profile)}/devices`;
const nameOfKind = { serial: "Serial number", fingerprint: "SHA-256 fingerprint" };
export const takesCodes = (profile) => profile.auth === "device-code" || profile.auth === "certificate-and-code";

// -- making codes --

/** All that are wanted: a list of many comes in pieces. */
async function makeCodes(base, profile, wish) {
  const made = { codes: [], warnings: [] };
  for (let after; ; ) {
    const answer = await post(`${base}/profiles/${segment(profile)}/device-codes`, { ...wish, ...(after ? { after } : {}) });
    made.codes.push(...answer.codes);
    made.warnings = answer.warnings;
    made.ends = answer.ends;
    if (!answer.next || wish.devices || wish.count) return made;
    after = answer.next;
  }
}

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const csvOf = (codes) => "device,code\n" + codes.map(({ device, code }) => `${quoted(device || "")},${code}\n`).join("");

function Codes({ made, profile, close }) {
  const [taken, setTaken] = useState(false);
  const download = () => {
    save(`codes-${profile}.csv`, csvOf(made.codes), "text/csv");
    setTaken(true);
  };
  if (made.codes.length === 0)
    return html`<${Notice}>Each device of the list has a certificate, or a code that still works. Nothing was made.<//><div class="actions"><button type="button" onClick=${close}>Done</button></div>`;
  return html`<${Notice} tone="good"><strong>${plural(made.codes.length, "code")} made.</strong> They are shown this once: the node keeps only what it needs to recognise them.<//>
    ${made.warnings.map((text) => html`<${Notice} tone="warn">${text[0].toUpperCase() + text.slice(1)}.<//>`)}
    <${Table} caption="Codes" rows=${made.codes.slice(0, SHOWN_CODES)} columns=${[["Device", (c) => c.device || html`<span class="faint">whoever holds it</span>`, "name"], ["Code", (c) => html`<${Code}>${c.code}<//>`]]} />
    ${made.codes.length > SHOWN_CODES && html`<p class="hint">and ${made.codes.length - SHOWN_CODES} more in the file</p>`}
    <p class="hint">A device sends its code as the password of HTTP Basic, with any user name.${made.ends ? ` The codes end on ${utc(made.ends)}.` : ""}</p>
    <div class="actions gap"><button type="button" class="primary" onClick=${download}>${taken ? "Download again" : "Download as CSV"}</button><button type="button" onClick=${close}>Done</button></div>`;
}

const codeFields = [
  { name: "uses", label: "Uses of each code", type: "number", min: 1, value: "1", hint: "How many certificates one code gets" },
  { name: "ends", label: "They end after", placeholder: "30d", hint: "Like 30d or 12h; empty: never" },
];
const wishOf = ({ uses, ends }) => ({ uses: Number(uses || 1), ...(ends ? { ends } : {}) });

function MakeCodes({ base, profile, done, close }) {
  const [made, setMade] = useState(null);
  const anybody = profile.devices.admit === "any";
  if (made) return html`<${Codes} made=${made} profile=${profile.name} close=${() => { close(); done(); }} />`;
  const submit = async ({ whom, count, ...values }) => setMade(await makeCodes(base, profile.name, { ...wishOf(values), ...(whom === "anybody" ? { count: Number(count) } : {}) }));
  return html`<${Form} label="Make codes" close=${close} submit=${submit} fields=${[
    { name: "whom", label: "For", type: "select", options: [["lacking", "Each device of the list that has no certificate and no code"], ...(anybody ? [["anybody", "Whoever holds one"]] : [])] },
    { name: "count", label: "How many", type: "number", min: 1, max: 1000, value: "10", when: ({ whom }) => whom === "anybody" },
    ...codeFields,
  ]} />`;
}

function NewCode({ base, profile, device, done }) {
  return html`<${Opens} label="New code" title=${`A code for ${device.identity}`}>${(close) => html`<${CodeFor} base=${base} profile=${profile} device=${device} close=${close} done=${done} />`}<//>`;
}

function CodeFor({ base, profile, device, done, close }) {
  const [made, setMade] = useState(null);
  if (made) return html`<${Codes} made=${made} profile=${profile} close=${() => { close(); done(); }} />`;
  return html`<${Form} label="Make it" close=${close} fields=${codeFields} submit=${async (values) => setMade(await makeCodes(base, profile, { devices: [device.identity], ...wishOf(values) }))}>
    <p>The code that it has now, if any, ends with that.</p><//>`;
}

// -- entering --

function Add({ path, done, close }) {
  const submit = async ({ kind, identity, ...values }) => {
    await post(path, { [kind]: identity, ...values });
    close();
    done();
  };
  return html`<${Form} label="Add" close=${close} submit=${submit} fields=${[
    { name: "kind", label: "It is known by its", type: "select", options: [["serial", "Serial number"], ["fingerprint", "Certificate's SHA-256 fingerprint"]] },
    { name: "identity", label: "Serial number or fingerprint", required: true, placeholder: "SN-0042", hint: "The serialNumber in its certificate's subject, or 64 hexadecimal digits" },
    { name: "name", label: "Name", placeholder: "gate-7.example", hint: "What it may be called beside: its CN or DNS name" },
    { name: "remark", label: "Remark", placeholder: "Hall 3" },
  ]} />`;
}

/** The list's first line, and the others in pieces that one request takes. */
function cut(text) {
  const [header, ...lines] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  while (lines.length && !lines[lines.length - 1].trim()) lines.pop();
  const pieces = [];
  for (let i = 0; i < lines.length; i += PIECE_LINES) pieces.push({ first_line: i + 2, file: base64(lines.slice(i, i + PIECE_LINES).join("\n") + "\n") });
  return { header, pieces, lines: lines.length };
}

/** Sends piece after piece and adds up what came of them. */
async function sendPieces(path, { header, pieces }, options, progress) {
  const sums = { added: 0, present: 0, codes: 0, refused_count: 0, refused: [], rows: [] };
  for (const piece of pieces) {
    const answer = await post(`${path}/import`, { header, ...piece, ...options });
    for (const name of ["added", "present", "codes", "refused_count"]) sums[name] += answer[name];
    sums.refused.push(...answer.refused);
    sums.rows.push(...(answer.rows || []));
    progress?.(piece.first_line);
  }
  return sums;
}

function Understood({ sums, list }) {
  const looked = Math.min(list.lines, PREVIEW_PIECES * PIECE_LINES);
  return html`<h3>This is what was understood</h3>
    <p>${looked < list.lines ? `Of the first ${looked} of ${list.lines} lines: ` : ""}${plural(sums.added, "device is", "devices are")} new, ${sums.present} on the list already, ${plural(sums.codes, "code")} set, ${plural(sums.refused_count, "line is", "lines are")} refused.</p>
    ${sums.refused.length > 0 && html`<${Table} caption="Refused lines" rows=${sums.refused.slice(0, 20)} columns=${[["Line", (r) => r.line, "num"], ["Why", (r) => html`<span class="error">${r.detail}</span>`]]} />`}
    ${sums.rows.length > 0 && html`<div class="gap"><${Table} caption="Devices in the list" rows=${sums.rows.slice(0, 10)} columns=${[
      ["Line", (r) => r.line, "num"], ["", (r) => html`<${Badge} tone=${r.outcome === "new" ? "new" : "off"}>${r.outcome === "new" ? "new" : "on the list"}<//>`],
      ["Known by", (r) => html`<code>${r.identity}</code>`], ["Name", (r) => r.name], ["Remark", (r) => r.remark], ["Code", (r) => (r.code ? "yes" : "")]]} /></div>
      ${sums.rows.length > 10 && html`<p class="hint">and so on</p>`}`}`;
}

async function textOf(files) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await files[0].arrayBuffer());
  } catch {
    throw Object.assign(new Error("The file is no UTF-8 text"), { remedy: "Save it as CSV in UTF-8" });
  }
}

function Import({ path, done, close }) {
  const [text, setText] = useState("");
  const [ends, setEnds] = useState("");
  const [replace, setReplace] = useState(false);
  const [state, setState] = useState({});
  const [progress, setProgress] = useState(0);
  const list = cut(text);
  const options = { ...(ends ? { ends } : {}), ...(replace ? { replace_codes: true } : {}) };
  const hasCodes = /(^|,)code(,|$)/.test(list.header);
  useEffect(() => {
    if (list.lines === 0) {
      setState({});
      return undefined;
    }
    let wanted = true;
    const timer = setTimeout(() => sendPieces(path, { ...list, pieces: list.pieces.slice(0, PREVIEW_PIECES) }, { ...options, dry_run: true }).then(
      (sums) => wanted && setState({ sums }), (problem) => wanted && setState({ problem })), 400);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [text, ends, replace]);
  const take = (files) => textOf(files).then(setText, (problem) => setState({ problem }));
  const enter = async () => {
    const sums = await sendPieces(path, list, options, setProgress);
    setState({ entered: sums });
  };
  if (state.entered)
    return html`<${Notice} tone=${state.entered.refused_count ? "warn" : "good"}><strong>${plural(state.entered.added, "device")} added</strong>, ${state.entered.present} were there, ${plural(state.entered.codes, "code")} set, ${plural(state.entered.refused_count, "line")} refused.<//>
      <div class="actions"><button type="button" class="primary" onClick=${() => { close(); done(); }}>Done</button></div>`;
  return html`<p>The first line names the columns: <code>serial</code> or <code>fingerprint</code>, and where you have them <code>name</code>, <code>remark</code>, <code>code</code>, <code>uses</code>, <code>ends</code>.</p>
    <${Field} label="File" type="file" accept=".csv,text/csv,text/plain" onValue=${take} />
    <${Field} label="Or paste the list" type="textarea" rows="5" value=${text} onValue=${setText} placeholder=${"serial,name,remark\nSN-0042,gate-7.example,hall 3"} />
    ${hasCodes && html`<${Field} label="Codes end after" value=${ends} onValue=${setEnds} placeholder="30d" hint="Where a line does not say; empty: never" />
      <${Field} label="Give devices that are on the list already the code of their line" type="checkbox" value=${replace} onValue=${setReplace} />`}
    <${Refusal} problem=${state.problem} />
    ${state.sums && html`<${Understood} sums=${state.sums} list=${list} />`}
    <div class="actions gap">${state.sums && (state.sums.added + state.sums.codes > 0
      ? html`<${Act} kind="primary" label=${list.lines === state.sums.added ? `Import ${plural(list.lines, "device")}` : "Import"} act=${enter} />` : html`<p>There is nothing new in it.</p>`)}
      <button type="button" onClick=${close}>Cancel</button>${progress > 2 && html`<span role="status">from line ${progress}…</span>`}</div>`;
}

// -- the list --

function Admission({ profile, at }) {
  const edit = html`<a href=${at(`profiles/${segment(profile.name)}/edit`)}>Change that</a>`;
  if (profile.devices.admit === "registered") return html`<p class="sentence"><${Badge} tone="good">registered devices only<//> ${profile.name} admits nobody who is not on this list. ${edit}</p>`;
  return html`<p class="sentence"><${Badge} tone="off">any device<//> ${profile.name} admits devices whether or not they are on this list${takesCodes(profile) ? "; with a code" : ""}. ${edit}</p>`;
}

function Chosen({ base, profile, query: values, here, at, may }) {
  const path = listOf(base, profile.name);
  const [find, setFind] = useState("");
  const list = useLoad(path + query({ state: values.state, after: values.after, limit: PAGE_SIZE }));
  const go = (changes) => {
    location.hash = here + query({ profile: profile.name, state: values.state, ...changes });
  };
  const open = (device) => at(`devices/${segment(device)}`) + query({ profile: profile.name });
  const operator = may("ra-operator");
  const enter = operator && html`<${Opens} label="Add a device" kind="primary">${(close) => html`<${Add} path=${path} done=${list.reload} close=${close} />`}<//>
    <${Opens} label="Import a list" wide>${(close) => html`<${Import} path=${path} done=${list.reload} close=${close} />`}<//>`;
  const codes = operator && html`<${Opens} label="Make codes" title=${`Enrollment codes of ${profile.name}`}>${(close) => html`<${MakeCodes} base=${base} profile=${profile} done=${list.reload} close=${close} />`}<//>`;
  const state = (device, verb) => async () => {
    await post(`${path}/${segment(device.identity)}/${verb}`);
    list.reload();
  };
  return html`<${Admission} profile=${profile} at=${at} />
    <${Loaded} of=${list}>${({ devices, next }) => (devices.length === 0 && !values.state && !values.after
      ? html`<${Empty} title="There is no device on this list" action=${html`<div class="actions center-actions">${enter}${profile.devices.admit === "any" && codes}</div>`}
          command=${`bestowctl device import fleet.csv --profile ${profile.name}`}>Put in the serial numbers of the devices that you expect. Each can get a code of its own for its first certificate.<//>`
      : html`<div class="actions bulk">${enter}${codes}</div>
        <form class="filters" role="search" onSubmit=${(event) => { event.preventDefault(); if (find.trim()) location.hash = open(find.trim()); }}>
          <${Field} label="Serial number or fingerprint" type="search" value=${find} onValue=${setFind} wide />
          <${Field} label="State" type="select" value=${values.state || ""} onValue=${(wanted) => go({ state: wanted, after: undefined })} options=${[["", "Any"], "registered", "enrolled", "suspended"]} />
          <div class="actions"><button>Find</button></div></form>
        ${devices.length === 0 ? html`<${Empty} title="Nothing matches" action=${html`<a class="button" href=${here + query({ profile: profile.name })}>Show all</a>`}>No device of this list is in that state.<//>`
          : html`<${Table} caption="Devices" rows=${devices} keyOf=${(d) => d.id} columns=${[
            ["Device", (d) => html`<a href=${open(d.identity)}>${d.kind === "fingerprint" ? `${d.identity.slice(0, 16)}…` : d.identity}</a>`, "name"], ["State", (d) => html`<${Badge} state=${d.state} />`],
            ["Name", (d) => d.name], ["Remark", (d) => d.remark], ["On the list since", (d) => html`<${Time} at=${d.created} />`],
            ["", (d) => operator && (d.state === "suspended" ? html`<${Act} label="Resume" kind="small" act=${state(d, "resume")} aria-label=${`Resume ${d.identity}`} />`
              : html`<${Act} label="Suspend" kind="small" act=${state(d, "suspend")} aria-label=${`Suspend ${d.identity}`} />`)],
          ]} />`}
        <nav class="pages" aria-label="Pages">${values.after && html`<button type="button" onClick=${() => go({ after: undefined })}>First page</button>`}${next && html`<button type="button" onClick=${() => go({ after: next })}>Next page</button>`}</nav>`)}<//>`;
}

const ownProfile = (profiles, wanted) => profiles.find(({ name }) => name === wanted) || profiles.find((p) => p.devices.admit === "registered" || takesCodes(p)) || profiles[0];

function List(props) {
  const { account, query: values, here, at } = props;
  const base = `/accounts/${segment(account)}`;
  const loaded = useLoad(`${base}/profiles`);
  const profiles = (loaded.value?.profiles || []).map(({ profile }) => profile);
  const profile = ownProfile(profiles, values.profile);
  return html`<${Page} title="Devices" help="Which devices a profile expects, and the codes by which they get their first certificate."
    actions=${profiles.length > 1 && html`<${Field} label="Profile" type="select" value=${profile.name} options=${profiles.map(({ name }) => name)} onValue=${(name) => { location.hash = here + query({ profile: name }); }} />`}>
    <${Loaded} of=${loaded}>${() => (profile ? html`<${Chosen} key=${profile.name} base=${base} profile=${profile} ...${props} />`
      : html`<${Empty} title="A profile comes first" action=${html`<a class="button primary" href=${at("profiles")}>Go to profiles</a>`}>Each profile has a list of its own.<//>`)}<//><//>`;
}

// -- one device --

const codeWords = { live: "good", expired: "its time is over", "used-up": "all its uses are spent", locked: "locked after wrong guesses" };

function CodeOf({ code }) {
  if (!code) return html`<p class="faint">It has no code.</p>`;
  return html`<${Facts} of=${[
    ["State", html`<${Badge} state=${code.state === "live" ? "active" : code.state}>${codeWords[code.state] || code.state}<//>`], ["Uses", `${code.uses} of ${code.uses_max}`], ["Wrong guesses", code.failures], ["Locked", code.locked_at && utc(code.locked_at)],
    ["Made", `${utc(code.created)}, ${code.kind === "generated" ? "by the node" : "elsewhere"}`], ["Ends", code.ends ? utc(code.ends) : "never"],
  ]} />`;
}

function One({ account, parts, query: values, at, may }) {
  const base = `/accounts/${segment(account)}`;
  const path = `${listOf(base, values.profile)}/${segment(parts[0])}`;
  const loaded = useLoad(path);
  const { device, code } = loaded.value || {};
  const page = useLoad(device?.certificate_id ? `${base}/certificates?limit=1&cursor=${device.certificate_id + 1}` : null);
  const certificate = page.value?.certificates.find((c) => c.id === device.certificate_id);
  const back = at("devices") + query({ profile: values.profile });
  const change = (verb) => async () => {
    await post(`${path}/${verb}`);
    loaded.reload();
  };
  const remove = (close) => async () => {
    await ask("DELETE", path);
    close();
    location.hash = back;
  };
  const locked = code?.state === "locked";
  return html`<${Page} title=${device?.name || parts[0]} trail=${[["Devices", back]]} actions=${device && may("ra-operator") && html`
      <${NewCode} base=${base} profile=${values.profile} device=${device} done=${loaded.reload} />
      ${device.state === "suspended" || locked ? html`<${Act} label=${device.state === "suspended" ? "Resume" : "Unlock the code"} kind="primary" act=${change("resume")} />` : ""}
      ${device.state !== "suspended" && html`<${Act} label="Suspend" act=${change("suspend")} />`}
      <${Opens} label="Remove" kind="danger" title=${`Take ${device.identity} off the list`}>${(close) => html`<${TypedConfirmation} word="remove" label="Remove" close=${close} submit=${remove(close)}>
        <p>Its code goes with it. Its certificates stay valid until they are revoked.</p><//>`}<//>`}>
    <${Loaded} of=${loaded}>${() => html`
      <p class="sentence"><${Badge} state=${device.state} /> ${{ registered: "On the list, and has no certificate yet.", enrolled: "It has got a certificate.", suspended: "It gets and renews nothing until it is resumed; its certificates stay valid." }[device.state]}</p>
      <${Facts} of=${[
        ["Profile", html`<a href=${at(`profiles/${segment(values.profile)}`)}>${values.profile}</a>`], [nameOfKind[device.kind], html`<${Code}>${device.identity}<//>`], ["Name", device.name], ["Remark", device.remark],
        ["On the list since", utc(device.created)], ["Suspended", device.suspended_at && utc(device.suspended_at)], ["Newest certificate", certificate && html`<a href=${at(`certificates/${certificate.serial}`)}>${certificate.subject}</a>`],
      ]} />
      <h2 class="gap">Enrollment code</h2><${CodeOf} code=${code} />`}<//><//>`;
}

export function Devices(props) {
  return props.parts[0] ? html`<${One} ...${props} />` : html`<${List} ...${props} />`;
}
