// Which view is behind which address.
import { screenTitles } from "./titles.js";
import { Overview } from "./overview.js";
import { Certificates } from "./certificates.js";
import { Enrollments } from "./enrollments.js";
import { Approvals } from "./approvals.js";
import { Profiles } from "./profiles.js";
import { Devices } from "./devices.js";
import { Cas } from "./cas.js";
import { Trust } from "./trust.js";
import { RaCertificates } from "./ra.js";
import { Revocation } from "./revocation.js";
import { Audit } from "./audit.js";
import { Access, Me } from "./access.js";
import { System } from "./system.js";

const views = {
  overview: Overview, certificates: Certificates, enrollments: Enrollments, approvals: Approvals, profiles: Profiles, devices: Devices, cas: Cas, trust: Trust,
  ra: RaCertificates, revocation: Revocation, audit: Audit, access: Access, system: System,
};

export const screens = [
  ...screenTitles.map(([path, title]) => ({ path, title, view: views[path] })),
  { path: "me", title: "Your sign-in", view: Me, may: () => false, nodeWide: true },
];
