// The screens by their address, in the order of the menu.
export const screenTitles = [
  ["overview", "Overview"],
  ["certificates", "Certificates"],
  ["enrollments", "Enrollments"],
  ["approvals", "Approvals"],
  ["profiles", "Profiles"],
  ["devices", "Devices"],
  ["cas", "CAs"],
  ["trust", "EST Authentication"],
  ["ra", "RA certificates"],
  ["revocation", "Revocation"],
  ["audit", "Audit log"],
  ["access", "Accounts & access"],
  ["system", "System"],
];
