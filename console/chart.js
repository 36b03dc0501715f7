// Graphs for people who look rather than read; under each lies its table.
import uPlot from "uplot";
import { html, useEffect, useRef, useState, Table, plural, utc } from "./ui.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The same numbers for who cannot see the picture, or wants them exactly. */
function Twin({ caption, columns, rows }) {
  const [open, setOpen] = useState(false);
  return html`<details class="twin" onToggle=${(event) => setOpen(event.currentTarget.open)}><summary>As a table</summary>
    ${open && html`<${Table} caption=${caption} columns=${columns} rows=${rows} />`}</details>`;
}

const series = [
  ["enrolled", "Enrolled", "--good"],
  ["renewed", "Renewed", "--accent"],
  ["pending", "Waiting", "--warn"],
  ["refused", "Refused", "--bad"],
];

function stack(data) {
  const minutes = data.enrolled.map((_, i) => Date.parse(data.from) / 1000 + 60 * i);
  const sums = minutes.map(() => 0);
  const layers = series.map(([name]) => data[name].map((n, i) => (sums[i] += n)));
  // the highest is drawn first, so that each lower one covers its foot
  return [minutes, ...layers.reverse()];
}

function options(width) {
  const axis = { stroke: colour("--faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 }, font: "12px system-ui" };
  const bars = uPlot.paths.bars({ size: [0.9, 40] });
  return {
    width, height: 200, fmtDate: (template) => uPlot.fmtDate(template.replace("{h}", "{HH}").replace("{aa}", "").replace("{M}/{D}/{YY}", "{YYYY}-{MM}-{DD}")), legend: { show: false }, cursor: { show: false },
    scales: { y: { range: (u, low, high) => [0, Math.max(high, 4)] } },
    axes: [axis, { ...axis, size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000] }],
    series: [{}, ...[...series].reverse().map(([, label, name]) => ({ label, fill: colour(name), stroke: colour(name), width: 0, paths: bars, points: { show: false } }))],
  };
}

export function EnrollmentGraph({ data }) {
  const box = useRef();
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    const again = () => setTheme((n) => n + 1);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    addEventListener("theme", again);
    dark.addEventListener("change", again);
    return () => {
      removeEventListener("theme", again);
      dark.removeEventListener("change", again);
    };
  }, []);
  useEffect(() => {
    const plot = new uPlot(options(box.current.clientWidth), stack(data), box.current);
    const watch = new ResizeObserver(() => plot.setSize({ width: box.current.clientWidth, height: 200 }));
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [data, theme]);
  const total = (name) => data[name].reduce((sum, n) => sum + n, 0);
  const rows = data.enrolled.map((_, i) => ({ at: new Date(Date.parse(data.from) + 60000 * i).toISOString().slice(0, 16) + ":00Z", i }))
    .filter(({ i }) => series.some(([name]) => data[name][i]));
  const words = series.map(([name, label]) => `${label.toLowerCase()} ${total(name)}`).join(", ");
  return html`<figure class="chart" role="group" aria-label=${`Enrollments a minute: ${words}`}>
    <ul class="legend">${series.map(([name, label, tone]) => html`<li class=${tone.slice(2)}>${label} <strong>${total(name)}</strong></li>`)}</ul>
    <div ref=${box} aria-hidden="true"></div>
    <${Twin} caption="Enrollments a minute" rows=${rows} columns=${[["Minute", (r) => utc(r.at)], ...series.map(([name, label]) => [label, (r) => data[name][r.i], "num"])]} />
  </figure>`;
}

/** When certificates end: one bar a week, each the way to its certificates. */
export function EndsGraph({ bars, linkOf }) {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const width = 100 / bars.length;
  const total = bars.reduce((sum, { count }) => sum + count, 0);
  const label = (bar) => `${plural(bar.count, "certificate")} from ${bar.from.slice(0, 10)} to ${bar.to.slice(0, 10)}`;
  if (total === 0) return html`<p class="faint">No certificate ends in the next ${bars.length} weeks.</p>`;
  return html`<figure class="chart" role="group" aria-label=${`Certificates that end in the next ${bars.length} weeks: ${total}`}>
    <div class="bars">${bars.map((bar, i) => html`<a href=${linkOf(bar)} title=${label(bar)}>
      <span class="hidden">${label(bar)}</span><span class="count" aria-hidden="true">${bar.count || ""}</span>
      <svg viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden="true"><rect x="1" width="8" y=${100 - (bar.count ? 4 + 96 * bar.count / most : 1)} height="100" /></svg>
      <span class="when" aria-hidden="true">${i === 0 ? "now" : i % 3 === 0 ? `${i} w` : ""}</span></a>`)}</div>
    <${Twin} caption="When certificates end" rows=${bars} columns=${[["From", (b) => utc(b.from)], ["To", (b) => utc(b.to)], ["Certificates", (b) => b.count, "num"]]} />
  </figure>`;
}

/** How much of each CA's life is over. */
export function CaGraph({ cas, linkOf }) {
  const now = Date.now();
  const life = ({ certificate: c }) => {
    const from = Date.parse(c.not_before), to = Date.parse(c.not_after);
    return Math.min(1, Math.max(0, (now - from) / (to - from)));
  };
  return html`<figure class="chart" role="group" aria-label="CA lifetimes">
    <ul class="lives">${cas.map((ca) => html`<li><a href=${linkOf(ca)}>${ca.name}</a>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label=${`${Math.round(100 * life(ca))} % of its life is over`}>
        <rect class="whole" width="100" height="8" /><rect class=${life(ca) > 0.8 ? "late" : "spent"} width=${100 * life(ca)} height="8" /></svg>
      <span class="faint">until ${ca.certificate.not_after.slice(0, 10)}</span></li>`)}</ul>
    <${Twin} caption="CA lifetimes" rows=${cas} columns=${[["CA", (c) => c.name], ["Begins", (c) => utc(c.certificate.not_before)], ["Ends", (c) => utc(c.certificate.not_after)]]} />
  </figure>`;
}
