// Ready commands for common clients.
const request = `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \\
  -subj "/CN=my-device" -keyout device.key -outform DER -out device.csr`;
const unpack = `base64 -d device.p7 | openssl pkcs7 -inform DER -print_certs -out device.crt`;

/** For a URL and the profile behind it. The root is in root.pem, the passphrase in a file, never in an argument. */
export function commandsFor(url, profile) {
  const byPassphrase = profile.auth !== "tls-certificate";
  const { host, pathname } = new URL(url);
  const [name, port = "443"] = host.split(":");
  const label = pathname.split("/").pop();
  const root = "root.pem holds the root certificate that the node's own certificate leads to: CAs, then Download.";
  const secret = byPassphrase ? " passphrase holds the profile's passphrase: see its tab." : " idevid.crt and idevid.key are what the device has already.";
  return [
    { client: "curl and openssl", note: root + secret, text: `${request}
${byPassphrase ? `printf 'user = "device:%s"\\n' "$(cat passphrase)" |
  curl --config - ` : "curl --cert idevid.crt --key idevid.key "}--fail-with-body --cacert root.pem \\
  --header "Content-Type: application/pkcs10" --data-binary @<(base64 device.csr) \\
  --output device.p7 ${url}/simpleenroll
${unpack}` },
    { client: "curl: renew", note: "With the certificate that the device has by now.", text: `${request}
curl --cert device.crt --key device.key --fail-with-body --cacert root.pem \\
  --header "Content-Type: application/pkcs10" --data-binary @<(base64 device.csr) \\
  --output device.p7 ${url}/simplereenroll
${unpack}` },
    { client: "bestow", note: root + secret, text: `bestow enroll --url ${url} --ca root.pem \\
  ${byPassphrase ? "--user device --pass-file passphrase" : "--cert idevid.crt --key idevid.key"} --subject CN=my-device --out device` },
    { client: "strongSwan", note: root, text: `pki --gen --type ecdsa --size 256 --outform pem > device.key
pki --est --url https://${host} --label ${label} --in device.key --type ecdsa --dn "CN=my-device" \\
  --cacert root.pem ${byPassphrase ? '--username device --password "$(cat passphrase)"' : "--cert idevid.crt --key idevid.key"} --outform pem > device.crt` },
    { client: "libest", note: root, text: `EST_OPENSSL_CACERT=root.pem estclient -e -s ${name} -p ${port} --path-seg ${label} \\
  ${byPassphrase ? '-u device -h "$(cat passphrase)"' : "-c idevid.crt -k idevid.key"} --common-name my-device -o .` },
  ];
}
