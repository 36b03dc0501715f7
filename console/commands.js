// Ready commands for common clients.
const request = `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \\
  -subj "/CN=my-device" -keyout device.key -outform DER -out device.csr`;
const unpack = `base64 -d device.p7 | openssl pkcs7 -inform DER -print_certs -out device.crt`;

const certificate = { curl: "--cert idevid.crt --key idevid.key", bestow: "--cert idevid.crt --key idevid.key", strongSwan: "--cert idevid.crt --key idevid.key", libest: "-c idevid.crt -k idevid.key" };
const secret = { bestow: "--user device --pass-file passphrase", strongSwan: '--username device --password "$(cat passphrase)"', libest: '-u device -h "$(cat passphrase)"' };
const has = "idevid.crt and idevid.key are what the device has already.";
const code = "passphrase holds the device's enrollment code: Devices, then Make codes.";

/** What a device shows, by the profile's authentication. */
const ways = {
  "tls-certificate": { shows: [certificate], note: has },
  passphrase: { shows: [secret], isSecret: true, note: "passphrase holds the profile's passphrase: see its tab." },
  either: { shows: [secret], isSecret: true, note: "passphrase holds the profile's passphrase: see its tab." },
  "device-code": { shows: [secret], isSecret: true, note: code },
  "certificate-and-code": { shows: [certificate, secret], isSecret: true, note: `${code} ${has}` },
};

/** For a URL and the profile behind it. The root is in root.pem, a secret in a file, never in an argument. */
export function commandsFor(url, profile) {
  const way = ways[profile.auth] || ways.passphrase;
  const by = (client) => way.shows.map((options) => options[client]).filter(Boolean).join(" ");
  const { host, pathname } = new URL(url);
  const [name, port = "443"] = host.split(":");
  const label = pathname.split("/").pop();
  const root = "root.pem holds the root certificate that the node's own certificate leads to: CAs, then Download. ";
  const curl = `${way.isSecret ? `printf 'user = "device:%s"\\n' "$(cat passphrase)" |
  curl --config - ` : "curl "}${by("curl") ? `${by("curl")} ` : ""}`;
  return [
    { client: "curl and openssl", note: root + way.note, text: `${request}
${curl}--fail-with-body --cacert root.pem \\
  --header "Content-Type: application/pkcs10" --data-binary @<(base64 device.csr) \\
  --output device.p7 ${url}/simpleenroll
${unpack}` },
    { client: "curl: renew", note: "With the certificate that the device has by now.", text: `${request}
curl --cert device.crt --key device.key --fail-with-body --cacert root.pem \\
  --header "Content-Type: application/pkcs10" --data-binary @<(base64 device.csr) \\
  --output device.p7 ${url}/simplereenroll
${unpack}` },
    { client: "bestow", note: root + way.note, text: `bestow enroll --url ${url} --ca root.pem \\
  ${by("bestow")} --subject CN=my-device --out device` },
    { client: "strongSwan", note: root, text: `pki --gen --type ecdsa --size 256 --outform pem > device.key
pki --est --url https://${host} --label ${label} --in device.key --type ecdsa --dn "CN=my-device" \\
  --cacert root.pem ${by("strongSwan")} --outform pem > device.crt` },
    { client: "libest", note: root, text: `EST_OPENSSL_CACERT=root.pem estclient -e -s ${name} -p ${port} --path-seg ${label} \\
  ${by("libest")} --common-name my-device -o .` },
  ];
}
