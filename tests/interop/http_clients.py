"""EST by the HTTP libraries that most clients in the field are built on: each fetches, what they fetched is read here."""
import atexit
import base64
import functools
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs7, pkcs12

from node import Identity, make_csr, make_key

try:
    import pycurl
except ImportError:
    pycurl = None

HERE = pathlib.Path(__file__).resolve().parent
JARS = ":".join(f"/usr/share/java/{name}.jar" for name in ("bcprov", "bcpkix", "bcutil", "bctls"))
# what a program that ends within a second loses its time with
SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")


@functools.cache
def java_classes(source):
    """The folder of a program's classes: compiling takes longer than most of its runs."""
    folder = tempfile.mkdtemp(prefix="bestow-java-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    subprocess.run(["javac", "-cp", JARS, "-d", folder, HERE / source], check=True, capture_output=True)
    return folder


def java(source, *options):
    return "java", *SHORT_LIVED, *options, "-cp", f"{JARS}:{java_classes(source)}", pathlib.Path(source).stem


class HttpClient:
    """What a library is asked to do; `fetch` returns the status and the body."""

    def __init__(self, node, folder, version=None):
        self.node, self.folder, self.version, self.ca = node, folder, version, node.folder / "ca.pem"

    def url(self, operation):
        return f"https://localhost:{self.node.port}/.well-known/est/demo/{operation}"

    def cacerts(self):
        status, body = self.fetch("cacerts")
        assert status == 200, body
        return b"".join(c.public_bytes(Encoding.PEM) for c in pkcs7.load_der_pkcs7_certificates(base64.b64decode(body)))

    def csrattrs(self):
        return self.fetch("csrattrs")

    def enroll(self, name, passphrase, source=None):
        return self.post("simpleenroll", name, passphrase=passphrase, **({"source": source} if source else {}))

    def reenroll(self, name, identity, source=None):
        return self.post("simplereenroll", name, identity=identity)

    def post(self, operation, name, **who):
        key = make_key()
        request = self.folder / "request.b64"
        request.write_bytes(base64.encodebytes(make_csr(key, name)))
        status, body = self.fetch(operation, request, **who)
        if status != 200:
            return None, f"{status}: {body}"
        (leaf,) = pkcs7.load_der_pkcs7_certificates(base64.b64decode(body))
        return Identity(self.folder, key, leaf), ""

    def run(self, *command):
        return subprocess.run(list(map(str, command)), capture_output=True, timeout=120)


class NodeJs(HttpClient):
    """node:https with an agent that keeps its connection."""

    name = "nodejs"
    is_there = bool(shutil.which("node"))

    def fetch(self, operation, request="-", passphrase="-", identity=None, source="-"):
        done = self.run("node", HERE / "est_fetch.mjs", self.url(operation), self.ca, request, passphrase, identity.path if identity else "-",
                        self.version or "-", source)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        return answer["status"], answer["body"]


class JavaHttp(HttpClient):
    """java.net.http, which offers HTTP/2 and waits for the 401 before it says who it is."""

    name = "java"
    is_there = bool(shutil.which("java"))

    def fetch(self, operation, request="-", passphrase="-", identity=None):
        store = self.folder / "identity.p12"
        if identity:
            store.write_bytes(pkcs12.serialize_key_and_certificates(b"device", identity.key, identity.certificate, None,
                                                                    BestAvailableEncryption(b"identity")))
        done = self.run(*java("EstFetch.java"), self.url(operation), self.ca, request, passphrase, store if identity else "-")
        assert done.returncode == 0, done.stderr
        status, _, body = done.stdout.partition(b"\n")
        return int(status), body


class Wget(HttpClient):
    """wget, by GnuTLS in Debian: the 401 and the second try come on one connection."""

    name = "wget"
    is_there = bool(shutil.which("wget"))

    def fetch(self, operation, request=None, passphrase=None, identity=None, source=None):
        out = self.folder / "wget.out"
        out.unlink(missing_ok=True)
        done = self.run("wget", "-q", "-S", "-O", out, "--tries=1", "--content-on-error", f"--ca-certificate={self.ca}",
                        *([f"--bind-address={source}"] if source else []),
                        *([f"--secure-protocol=TLSv{self.version.replace('.', '_')}"] if self.version else []),
                        *(["--header=Content-Type: application/pkcs10", f"--post-file={request}"] if request else []),
                        *(["--user=device", f"--password={passphrase}"] if passphrase else []),
                        *([f"--certificate={identity.path}", f"--private-key={identity.path}"] if identity else []), self.url(operation))
        statuses = re.findall(r"^ *HTTP/1\.1 (\d+)", done.stderr.decode(), re.M)
        assert statuses, done.stderr
        return int(statuses[-1]), out.read_bytes()


class GnutlsCurl(HttpClient):
    """libcurl with GnuTLS, as Python's pycurl has it in Debian; it chooses how to say who it is."""

    name = "gnutls-curl"
    is_there = pycurl is not None

    def fetch(self, operation, request=None, passphrase=None, identity=None, source=None):
        curl, body = pycurl.Curl(), []
        curl.setopt(pycurl.URL, self.url(operation))
        curl.setopt(pycurl.CAINFO, str(self.ca))
        curl.setopt(pycurl.WRITEFUNCTION, body.append)
        if source:
            curl.setopt(pycurl.INTERFACE, source)
        if self.version:
            one = self.version.replace(".", "_")
            curl.setopt(pycurl.SSLVERSION, getattr(pycurl, f"SSLVERSION_TLSv{one}") | getattr(pycurl, f"SSLVERSION_MAX_TLSv{one}"))
        if request:
            curl.setopt(pycurl.POSTFIELDS, request.read_bytes())
            curl.setopt(pycurl.HTTPHEADER, ["Content-Type: application/pkcs10"])
        if passphrase:
            curl.setopt(pycurl.HTTPAUTH, pycurl.HTTPAUTH_ANY)
            curl.setopt(pycurl.USERPWD, f"device:{passphrase}")
        if identity:
            curl.setopt(pycurl.SSLCERT, str(identity.path))
            curl.setopt(pycurl.SSLKEY, str(identity.path))
        curl.perform()
        return curl.getinfo(pycurl.RESPONSE_CODE), b"".join(body)


KINDS = {kind.name: kind for kind in (NodeJs, JavaHttp, Wget, GnutlsCurl)}
