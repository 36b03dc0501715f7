// One EST call by Node.js, for the tests: node est_fetch.mjs URL CA.pem REQUEST|- PASSPHRASE|- IDENTITY.pem|- 1.2|1.3|- SOURCE|-
import fs from "node:fs";
import https from "node:https";

const [url, ca, request, passphrase, identity, version, localAddress] = process.argv.slice(2).map((word) => (word === "-" ? undefined : word));
const pem = identity && fs.readFileSync(identity, "utf8");
const tls = version && `TLSv${version}`;
const agent = new https.Agent({ keepAlive: true, ca: fs.readFileSync(ca), cert: pem, key: pem, minVersion: tls, maxVersion: tls });

const call = https.request(url, {
  agent,
  localAddress,
  family: localAddress && 4, // the name may have an IPv6 address, which comes first
  method: request ? "POST" : "GET",
  auth: passphrase && `device:${passphrase}`,
  headers: request ? { "Content-Type": "application/pkcs10" } : {},
});
call.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
call.on("response", async (answer) => {
  const parts = await answer.toArray();
  console.log(JSON.stringify({ status: answer.statusCode, body: Buffer.concat(parts).toString() }));
  agent.destroy();
});
if (request) {
  // in two pieces without a length, which makes the body chunked
  const body = fs.readFileSync(request);
  call.write(body.subarray(0, 100));
  call.end(body.subarray(100));
} else {
  call.end();
}
