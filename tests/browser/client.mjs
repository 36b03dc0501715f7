// Other people's clients as the devices of a walk: curl and openssl.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { readFile, writeFile } from "node:fs/promises";

const { FOLDER: folder, EST_PORT: estPort, SERVER_CA: serverCa = "root.pem" } = process.env;
export const run = promisify(execFile);
export const file = (name) => `${folder}/${name}`;
export const est = `https://localhost:${estPort}/.well-known/est`;

/** curl, as a device would call it; its status, and the answer in the file "answer". */
export async function device(path, csr, ...credentials) {
  const { stdout } = await run("curl", ["--silent", "--cacert", file(serverCa), "--header", "Content-Type: application/pkcs10", "--data-binary", `@${file(csr)}`,
    "--output", file("answer"), "--write-out", "%{http_code}", ...credentials, `${est}/${path}`]);
  return Number(stdout);
}

/** What was changed on screen reaches the doors a moment later: asks until the status is `wanted`. */
export async function deviceUntil(wanted, ...request) {
  let status;
  for (let i = 0; i < 50 && (status = await device(...request)) !== wanted; i += 1) await new Promise((done) => setTimeout(done, 100));
  return status;
}

export async function makeRequest(name, subject, ...more) {
  await run("openssl", ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", subject, "-keyout", file(`${name}.key`), "-outform", "DER", "-out", file(`${name}.der`), ...more]);
  await writeFile(file(`${name}.csr`), (await readFile(file(`${name}.der`))).toString("base64"));
}

export async function keepCertificate(name) {
  await writeFile(file(`${name}.p7`), Buffer.from((await readFile(file("answer"))).toString(), "base64"));
  await run("openssl", ["pkcs7", "-inform", "DER", "-in", file(`${name}.p7`), "-print_certs", "-out", file(`${name}.crt`)]);
}

export async function withPassphrase(text, user = "device") {
  await writeFile(file("curl.conf"), `user = "${user}:${text}"\n`, { mode: 0o600 });
  return ["--config", file("curl.conf")];
}
