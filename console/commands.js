// Ready commands for common clients.
const makeRequest = (subject, name = "device") => `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \\
  -subj "/${subject.replace(",", "/")}" -keyout ${name}.key -outform DER | base64 > ${name}.csr`;
const unpack = `base64 -d device.p7 | openssl pkcs7 -inform DER -print_certs -out device.crt`;

const certificate = { curl: "--cert idevid.crt --key idevid.key", bestow: "--cert idevid.crt --key idevid.key", libest: "-c idevid.crt -k idevid.key" };
const secretOf = (user) => ({ bestow: `--user ${user} --pass-file passphrase`, strongSwan: `--userpass "${user}:$(cat passphrase)"`, libest: `-u ${user} -h "$(cat passphrase)"` });
const has = "idevid.crt and idevid.key are what the device has already; my-device is the name in it.";
const shared = "The file passphrase holds the profile's passphrase.";
const code = "The file passphrase holds the code of the device SN-0042: put your own in its place.";

/** What a device shows, by the profile's authentication, and how it is called then. */
const ways = {
  "tls-certificate": { shows: [certificate], note: has },
  passphrase: { shows: [secretOf("device")], user: "device", note: shared },
  either: { shows: [secretOf("device")], user: "device", note: shared },
  "device-code": { shows: [secretOf("SN-0042")], user: "SN-0042", subject: "CN=SN-0042,serialNumber=SN-0042", note: code },
  "certificate-and-code": { shows: [certificate, secretOf("SN-0042")], user: "SN-0042", note: `${code} ${has}` },
};

/** For a URL and the profile behind it. The root is in root.pem, a secret in a file, and in no argument where the client has another way. */
export function commandsFor(url, profile) {
  const way = ways[profile.auth] || ways.passphrase;
  const by = (client) => way.shows.map((options) => options[client]).filter(Boolean).join(" ");
  const { host, pathname } = new URL(url);
  const { hostname: name, port } = new URL(url);
  const label = pathname.split("/").pop();
  const { subject = "CN=my-device" } = way;
  const root = "root.pem is the root that the node's own certificate leads to. ";
  const own = way.user ? "chmod 600 passphrase\n" : "";
  const curl = `${way.user ? `printf 'user = "${way.user}:%s"\\n' "$(cat passphrase)" |
  curl --config - ` : "curl "}${by("curl") ? `${by("curl")} ` : ""}`;
  return [
    { client: "curl and openssl", note: root + way.note, text: `${own}${makeRequest(subject)}
${curl}--fail-with-body --cacert root.pem \\
  --header "Content-Type: application/pkcs10" --data-binary @device.csr \\
  --output device.p7 ${url}/simpleenroll
${unpack}` },
    { client: "curl: renew", note: "With the certificate that the device has by now, and a new key.", text: `${makeRequest(subject, "new")}
curl --cert device.crt --key device.key --fail-with-body --cacert root.pem \\
  --header "Content-Type: application/pkcs10" --data-binary @new.csr \\
  --output device.p7 ${url}/simplereenroll && mv new.key device.key
${unpack}` },
    { client: "bestow", note: root + way.note, text: `${own}bestow enroll --url ${url} --ca root.pem \\
  ${by("bestow")} --subject ${subject}` },
    // its --cert is for renewals only
    ...(way.shows.includes(certificate) ? [] : [{ client: "strongSwan", note: `${root}issuing.pem is the CA below it. ${way.note}`, text: `${own}pki --gen --type ecdsa --size 256 --outform pem > device.key
pki --req --in device.key --type priv --dn "${subject}" --outform pem > device.csr
pki --est --url https://${host}/${label} --in device.csr --cacert root.pem --cacert issuing.pem \\
  ${by("strongSwan")} --outform pem > device.crt` }]),
    { client: "libest", note: `${root}${way.note} libest knows no label, so the node's default profile answers: bestowctl profile default ${profile.name}.`, text: `${own}export EST_OPENSSL_CACERT=root.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out device.key
estclient -g -s ${name} -p ${port || 443} -o .
estclient -e -s ${name} -p ${port || 443} -o . ${by("libest")} \\
  --common-name ${subject.replace(/CN=([^,]*).*/, "$1")} -x device.key` },
  ];
}
