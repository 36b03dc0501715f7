"""HAProxy and nginx before a real node, set up as docs/guide/load-balancer.md has it. Clients are addresses of this machine's loopback; the
balancers speak to the node from 127.0.0.8, which is its trusted proxy."""
import base64
import http.client
import json
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import time

import pytest

from node import ROOT, Node, free_port, make_csr, make_key

PROXY, LISTED, STRANGER = "127.0.0.8", "127.0.0.21", "127.0.0.22"
GUIDE = (ROOT / "docs" / "guide" / "load-balancer.md").read_text()
BALANCERS = [name for name in ("haproxy", "nginx") if shutil.which(name)]
pytestmark = pytest.mark.skipif(not BALANCERS, reason="needs haproxy or nginx")


def has_v6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def block(language, containing=""):
    return next(text for text in re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.S | re.M) if containing in text)


def replaced(text, **pairs):
    """With each of the guide's names there exactly once, so that the guide says what is tried here."""
    for old, new in pairs.values():
        assert text.count(old) == 1, (old, text)
        text = text.replace(old, new)
    return text


class Site:
    """A node with a listener for each way, and the balancers before it."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = {name: free_port() for name in ("field", "rfc", "proxied", "haproxy", "haproxy-rfc", "haproxy-tcp", "nginx", "nginx-console")}
        self.node = Node(metrics=True, admin=True)
        self.processes = []
        listeners = [replaced(block("ini", "forwarded_header"), port=("10.0.0.5:8444", self.at("field")), proxies=("10.0.0.2, 10.0.0.3", PROXY)),
                     replaced(block("ini", "forwarded_header"), port=("10.0.0.5:8444", self.at("rfc")), proxies=("10.0.0.2, 10.0.0.3", PROXY),
                              name=("balanced", "rfc"), header=("x-forwarded-for", "forwarded")),
                     replaced(block("ini", "proxy_protocol"), port=("10.0.0.5:8444", self.at("proxied")), proxies=("10.0.0.2, 10.0.0.3", PROXY),
                              name=("balanced", "proxied"))]
        config = self.node.config.read_text().replace("[admin]\n", f"[admin]\nforwarded_header = x-forwarded-for\ntrusted_proxies = {PROXY}\n")
        self.node.config.write_text(config + "\n".join(listeners))

    def at(self, name, host="127.0.0.1"):
        return f"{host}:{self.ports[name]}"

    def __enter__(self):
        self.node.__enter__()
        try:
            for address in (LISTED, "::1"):
                self.node.ctl("allow", "add", address)
            self.node.wait(lambda: self.node.request("GET", "/.well-known/est/demo/cacerts", source=LISTED).status == 200, "the list", 10)
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", "/CN=balancer", "-addext",
                            "subjectAltName=IP:127.0.0.1,IP:::1", "-keyout", self.folder / "key.pem", "-out", self.folder / "crt.pem"], check=True, capture_output=True)
            (self.folder / "est.pem").write_text((self.folder / "crt.pem").read_text() + (self.folder / "key.pem").read_text())
            for name in BALANCERS:
                getattr(self, name)()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
            process.wait(20)
        self.node.__exit__()

    def spawn(self, *command, ports):
        log = open(self.folder / f"{command[0]}.log", "wb")
        self.processes.append(subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, stdin=subprocess.DEVNULL))
        for name in ports:
            end = time.monotonic() + 20
            while not reaches(self.ports[name]):
                assert time.monotonic() < end and self.processes[-1].poll() is None, pathlib.Path(log.name).read_text()
                time.sleep(0.05)

    def haproxy(self):
        """As in the guide; and twice more: with Forwarded, and passing TCP on."""
        whole = replaced(block("haproxy"), port=("bind :443", f"bind {self.at('haproxy')}"), pem=("/etc/haproxy/est.pem", f"{self.folder}/est.pem"),
                         ca=("/etc/haproxy/node-ca.pem", f"{self.node.folder}/ca.pem"), node=("10.0.0.5:8444 ssl", f"{self.at('field')} source {PROXY} ssl"))
        whole = whole.replace("option forwardfor", "option forwardfor\n    http-reuse always")
        config = ("global\n    log stderr local0\n    nbthread 1\ndefaults\n    timeout connect 10s\n    timeout client 20s\n    timeout server 20s\n" + whole +
                  f"\nlisten rfc\n    mode http\n    bind {self.at('haproxy-rfc')} ssl crt {self.folder}/est.pem\n" +
                  (f"    bind {self.at('haproxy-rfc', '[::1]')} ssl crt {self.folder}/est.pem\n" if has_v6() else "") +
                  '    http-request add-header Forwarded "for=\\"[%[src]]\\";proto=https" if { src -m sub : }\n'
                  '    http-request add-header Forwarded "for=%[src];proto=https" if !{ src -m sub : }\n'
                  f"    server node {self.at('rfc')} source {PROXY} ssl verify required ca-file {self.node.folder}/ca.pem\n"
                  f"\nlisten passed\n    mode tcp\n    bind {self.at('haproxy-tcp')}\n    server node {self.at('proxied')} source {PROXY} send-proxy-v2\n")
        (self.folder / "haproxy.cfg").write_text(config)
        self.spawn("haproxy", "-db", "-f", self.folder / "haproxy.cfg", ports=("haproxy", "haproxy-rfc", "haproxy-tcp"))

    def nginx(self):
        def server(name, behind):
            location = replaced(block("nginx"), node=("10.0.0.5:8444", behind), ca=("/etc/nginx/node-ca.pem", f"{self.node.folder}/ca.pem"),
                                host=("proxy_ssl_verify on;", f"proxy_ssl_verify on; proxy_ssl_name localhost; proxy_bind {PROXY};"))
            return (f"server {{\nlisten {self.at(name)} ssl;\nssl_certificate {self.folder}/crt.pem;\nssl_certificate_key {self.folder}/key.pem;\n"
                    f"{location}}}\n")

        folders = "".join(f"{name}_temp_path {self.folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(
            f"daemon off;\npid {self.folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{folders}"
            f"{server('nginx', self.at('field'))}{server('nginx-console', f'127.0.0.1:{self.node.admin_port}')}}}\n")
        self.spawn("nginx", "-c", self.folder / "nginx.conf", "-e", "stderr", ports=("nginx", "nginx-console"))

    def curl(self, way, path, *arguments, source=LISTED, host="127.0.0.1", ca=None):
        out = self.folder / "answer"
        done = subprocess.run(["curl", "-sS", "-o", out, "-w", "%{http_code}", "--interface", source, "--cacert", ca or self.folder / "crt.pem",
                               *map(str, arguments), f"https://{host}:{self.ports[way]}/.well-known/est/{path}"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return int(done.stdout), out.read_bytes()

    def enroll(self, way, *arguments, **options):
        key = make_key()
        body = self.folder / "csr.b64"
        body.write_bytes(base64.b64encode(make_csr(key, "balanced")))
        status, answer = self.curl(way, "demo/simpleenroll", "--user", f"device:{self.node.passphrase}", "-H", "Content-Type: application/pkcs10",
                                   "--data-binary", f"@{body}", *arguments, **options)
        return status, answer, key

    def refusal(self, body):
        """The event of the request that was answered so."""
        request_id = body.decode().strip().rsplit("request=", 1)[1]
        self.node.wait(lambda: self.node.events("--request", request_id), "the event", 10)
        return self.node.events("--request", request_id)[0]

    def peers_of(self, reason=None):
        """Newest first. What was issued is recorded before it is answered."""
        return [event["peer"] for event in self.node.events("--limit", "20") if event["reason"] == reason]


def reaches(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    folder.chmod(0o755)  # nginx's workers are somebody else
    with Site(folder) as running:
        yield running


@pytest.fixture(params=BALANCERS)
def balancer(request):
    return request.param


def test_a_listed_client_enrolls_by_passphrase(site, balancer):
    status, body, _ = site.enroll(balancer)
    assert status == 200 and b"MII" in body
    assert site.peers_of()[0] == LISTED


def test_ip_11_a_stranger_is_refused_by_its_own_address(site, balancer):
    """Also one that says to speak for a listed one: nginx writes its word behind that, HAProxy in a field of its own."""
    for spoof in ((), ("-H", f"X-Forwarded-For: {LISTED}"), ("-H", f"Forwarded: for={LISTED}"), ("-H", "X-Forwarded-For: unknown")):
        status, body, _ = site.enroll(balancer, *spoof, source=STRANGER)
        assert status == 403 and body.startswith(b"denied"), body
        event = site.refusal(body)
        assert (event["peer"], event["reason"]) == (STRANGER, "ip_not_allowed")
        assert f"the proxy {PROXY} named (X-Forwarded-For)" in event["detail"]


def test_a_listed_client_behind_a_proxy_of_its_own_is_served(site, balancer):
    assert site.enroll(balancer, "-H", "X-Forwarded-For: 10.9.8.7, unknown")[0] == 200


def metric(site, name):
    text = site.node.monitor("/metrics").text
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name) and 'listener="est"' in line)


@pytest.mark.skipif("haproxy" not in BALANCERS, reason="needs haproxy")
def test_clients_that_share_a_kept_connection_are_told_apart(site):
    accepted = metric(site, "bestow_connections_accepted_total")
    statuses = [site.curl("haproxy", "demo/cacerts", source=source)[0] for source in (LISTED, STRANGER) * 10]
    assert statuses == [200, 403] * 10
    assert metric(site, "bestow_connections_accepted_total") - accepted <= 2  # not one for each request


@pytest.mark.skipif("haproxy" not in BALANCERS, reason="needs haproxy")
def test_forwarded_as_haproxy_is_told_to_write_it(site):
    assert site.curl("haproxy-rfc", "demo/cacerts")[0] == 200
    assert site.curl("haproxy-rfc", "demo/cacerts", source=STRANGER)[0] == 403
    assert site.curl("haproxy-rfc", "demo/cacerts", "-H", f"Forwarded: for={LISTED};x=\"", source=STRANGER)[0] == 403


@pytest.mark.skipif("haproxy" not in BALANCERS or not has_v6(), reason="needs haproxy and IPv6")
def test_forwarded_with_an_ipv6_address(site):
    assert site.enroll("haproxy-rfc", source="::1", host="[::1]")[0] == 200
    assert site.peers_of()[0] == "::1"


@pytest.mark.skipif("nginx" not in BALANCERS, reason="needs nginx")
def test_the_console_behind_nginx(site):
    """An administrator signs in and changes something, from the page that nginx serves; the log has the browser's address."""
    origin = f"https://127.0.0.1:{site.ports['nginx-console']}"
    code = site.node.ctl("administrator", "create", "fronted", "--role", "owner").strip().rsplit("/", 1)[1]
    context = ssl.create_default_context(cafile=site.folder / "crt.pem")

    def ask(method, path, body, **headers):
        connection = http.client.HTTPSConnection("127.0.0.1", site.ports["nginx-console"], context=context, timeout=20, source_address=(LISTED, 0))
        connection.request(method, "/api/v1" + path, json.dumps(body), {"Content-Type": "application/json", "Origin": origin, **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())

    status, headers, session = ask("POST", "/session/link", {"code": code})
    assert status == 200, session
    cookie = {"Cookie": headers["Set-Cookie"].split(";")[0], "X-CSRF-Token": session["csrf"]}
    status, _, answer = ask("POST", "/accounts", {"name": "made-behind-nginx"}, **cookie)
    assert status in (200, 201), answer
    lines = [json.loads(line) for line in site.node.log().splitlines() if '"api.request"' in line]
    assert {line["peer"] for line in lines} == {LISTED}


@pytest.mark.skipif("haproxy" not in BALANCERS, reason="needs haproxy")
def test_renewal_by_certificate_passes_with_the_proxy_protocol_only(site):
    """What the guide says of a balancer that ends TLS: the device's certificate does not arrive."""
    device = site.node.device("balanced-renewal", profile="demo")
    body = site.folder / "renewal.b64"
    body.write_bytes(base64.b64encode(make_csr(device.key, "balanced-renewal", subject=device.certificate.subject)))
    arguments = ("demo/simplereenroll", "--cert", device.path, "-H", "Content-Type: application/pkcs10", "--data-binary", f"@{body}")

    assert site.curl("haproxy-tcp", *arguments, ca=site.node.folder / "ca.pem")[0] == 200
    assert site.peers_of()[0] == LISTED
    status, body = site.curl("haproxy", *arguments)
    assert (status, site.refusal(body)["reason"]) == (403, "no_client_cert")
