"""Rows PP-*: passphrases in every carrier, guessing, rotation, and where they must not be found."""
import base64
import subprocess

import pytest
from cryptography.x509.oid import AttributeOID

from node import Node, make_csr, make_key


def ask(node, authorization, **options):
    return node.post_csr("simpleenroll", make_csr(make_key(), "pp"), headers={"Authorization": authorization}, **options)


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def test_pp_01_the_forms(node):
    secret = node.passphrase
    for text in (f"user:{secret}", f":{secret}", secret):
        assert ask(node, "Basic " + encoded(text)).status == 200
        assert ask(node, "basic " + encoded(text).rstrip("=")).status == 200
    assert ask(node, "Basic " + encoded(f"user:{secret} ")).status == 200  # outer white space is not part of it
    assert ask(node, "Basic " + encoded(f"user:{secret[:-1]}")).status == 401


def test_pp_02_and_07_wrong_ones(node):
    secret = node.passphrase
    for wrong in (("y" if secret[0] == "x" else "x") + secret[1:], secret[:-1] + "!", secret[:8], secret + "x", "", "a" * 1000, secret + "\0", "\udcff".encode("utf-8", "surrogateescape").decode("latin-1")):
        assert ask(node, "Basic " + base64.b64encode(b"user:" + wrong.encode()).decode()).status == 401
    assert ask(node, "Basic " + "A" * 6000).status in (401, 431)
    assert ask(node, "Basic " + encoded(f"user:{secret}")).status == 200


def test_pp_06_a_passphrase_is_its_bytes(tmp_path):
    """As docs/guide/operator.md has it: white space around it is dropped, Unicode is not normalised."""
    composed, decomposed = "Gr\u00fc\u00dfe an alle", "Gru\u0308\u00dfe an alle"
    with Node() as node:
        for stored, other in ((composed, decomposed), (decomposed, composed)):
            file = tmp_path / "passphrase"
            file.write_text(stored + "\n")
            file.chmod(0o600)
            node.ctl("profile", "passphrase", "demo", "--passphrase-file", file)
            for text in (stored, f" {stored}\t", stored + "\n"):
                assert ask(node, "Basic " + encoded(f"u:{text}")).status == 200
            full_width = stored.replace("a", "\uff41")
            for text in (other, "\ufeff" + stored, full_width, stored.replace(" ", "\u00a0")):
                assert ask(node, "Basic " + encoded(f"u:{text}")).status == 401


def test_pp_03_no_passphrase_set(node):
    node.ctl("profile", "create", "pp-03", "--template", "client-authentication", "--ca", "Demo Issuing", "--auth", "passphrase", "--alias", "pp-03")
    node.wait(lambda: node.request("GET", "/.well-known/est/pp-03/cacerts").status == 200, "the profile", 5)
    for text in ("user:", ":", "", f"user:{node.passphrase}"):
        answer = node.post_csr("simpleenroll", make_csr(make_key(), "pp"), "pp-03", {"Authorization": "Basic " + encoded(text)})
        assert answer.status == 401


def test_pp_05_a_right_passphrase_from_outside_reads_as_a_wrong_one(node):
    answers = [ask(node, "Basic " + encoded(f"u:{text}"), source="127.0.0.2") for text in (node.passphrase, "wrong passphrase")]
    assert [a.status for a in answers] == [403, 403]
    assert len({(a.text.split("request=")[0], tuple(sorted(a.headers.keys()))) for a in answers}) == 1


def test_pp_12_other_schemes(node):
    for header in ("Bearer abc", "Negotiate", "Digest username=x", "Basic", "Basic !!!", "garbage", "Basic\tYTpi"):
        assert ask(node, header).status in (400, 401)
    assert ask(node, "bAsIc  " + encoded(f"u:{node.passphrase}")).status == 200


def test_pp_in_the_csr():
    with Node() as node:
        node.set_profile("demo", "challenge_password=passphrase")
        good, bad = ([(AttributeOID.CHALLENGE_PASSWORD, text.encode())] for text in (node.passphrase, "not the passphrase"))

        def post(attributes):
            return node.post_csr("simpleenroll", make_csr(make_key(), "pp-csr", attributes=attributes)).status

        node.wait(lambda: post(good) == 200, "the change", 5)
        assert post(bad) == 401 and post(()) == 401
        assert b"challengePassword" not in node.log().encode() and node.passphrase not in node.log()


def test_pp_08_guessing_is_slowed_and_good_clients_are_served():
    with Node(settings="", est_settings="") as node:
        node.ctl("allow", "add", "127.0.0.5")
        statuses = [ask(node, "Basic " + encoded(f"u:wrong-guess-{i}"), source="127.0.0.5").status for i in range(60)]
        assert statuses[0] == 401 and 429 in statuses
        answer = ask(node, "Basic " + encoded("u:wrong-guess"), source="127.0.0.5")
        if answer.status == 429:
            assert int(answer.headers["Retry-After"]) > 0
        assert ask(node, "Basic " + encoded(f"u:{node.passphrase}")).status == 200


def test_pp_09_a_flood_of_human_passphrases_runs_one_slow_function(node, tmp_path):
    import concurrent.futures
    secret = tmp_path / "human"
    secret.touch(mode=0o600)
    secret.write_text("a person's choice\n")
    node.ctl("profile", "create", "pp-09", "--template", "client-authentication", "--ca", "Demo Issuing", "--auth", "passphrase", "--alias", "pp-09")
    node.ctl("profile", "passphrase", "pp-09", "--passphrase-file", secret)

    def post(text):
        return node.post_csr("simpleenroll", make_csr(make_key(), "pp"), "pp-09", {"Authorization": "Basic " + encoded(f"u:{text}")}).status

    node.wait(lambda: post("a person's choice") == 200, "the profile", 5)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(post, [f"wrong guess {i}" for i in range(25)]))
    assert statuses <= {401, 429, 503}
    # who was found right before is remembered, and pays nothing
    assert node.enroll(make_csr(make_key(), "pp-09")).status == 200


def human_profile(node, name, folder):
    secret = folder / name
    secret.touch(mode=0o600)
    secret.write_text("a person's choice\n")
    node.ctl("profile", "create", name, "--template", "client-authentication", "--ca", "Demo Issuing", "--auth", "passphrase", "--alias", name)
    node.ctl("profile", "passphrase", name, "--passphrase-file", secret)
    node.wait(lambda: node.request("GET", f"/.well-known/est/{name}/csrattrs").status in (200, 204), "the profile", 5)


def test_pp_09_a_fleet_that_comes_at_once_waits_its_turn_and_is_served(node, tmp_path):
    import concurrent.futures
    human_profile(node, "fleet", tmp_path)
    basic = {"Authorization": "Basic " + encoded("u:a person's choice")}
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda i: node.post_csr("simpleenroll", make_csr(make_key(), f"fleet-{i}"), "fleet", basic).status, range(16)))
    assert answers == [200] * 16


def test_pp_08_guesses_made_all_at_once_are_counted_too():
    import concurrent.futures
    import pathlib
    with Node(settings="", est_settings="") as node:
        human_profile(node, "guessed", pathlib.Path(node.folder))
        csr = make_csr(make_key(), "x")

        answers = []

        def guess(_):
            # one failure a second is forgiven: a slow machine takes more of them until one is too many
            while 429 not in answers and len(answers) < 2000:
                secret = encoded(f"u:wrong guess {len(answers)}")
                answers.append(node.post_csr("simpleenroll", csr, "guessed", {"Authorization": "Basic " + secret}).status)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(guess, range(16)))
        assert 429 in answers and 200 not in answers, answers


def test_pp_10_rotation_with_an_overlap():
    with Node() as node:
        old = node.passphrase
        new_file = node.folder / "new"
        node.ctl("profile", "passphrase", "demo", "--generate", "--out", new_file, "--overlap", "1h")
        new = new_file.read_text().strip()
        node.wait(lambda: ask(node, "Basic " + encoded(f"u:{new}")).status == 200, "the new passphrase", 5)
        assert ask(node, "Basic " + encoded(f"u:{old}")).status == 200
        last_file = node.folder / "last"
        node.ctl("profile", "passphrase", "demo", "--generate", "--out", last_file)
        node.wait(lambda: ask(node, "Basic " + encoded(f"u:{new}")).status == 401, "the end of the old one", 5)
        assert ask(node, "Basic " + encoded(f"u:{last_file.read_text().strip()}")).status == 200


def test_pp_11_the_secret_is_nowhere(node):
    secret = node.passphrase
    ask(node, "Basic " + encoded(f"user:{secret}"))
    backup = node.folder / "backup.db"
    node.ctl("backup", backup)
    for path in (node.log_path, backup, *(node.folder / "state").rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            assert secret.encode() not in data and encoded(f"user:{secret}").encode() not in data, path
    for pid in (node.process.pid, *node.children().values()):
        for name in ("cmdline", "environ"):
            assert secret.encode() not in open(f"/proc/{pid}/{name}", "rb").read()


def test_pp_15_a_passphrase_renews_nothing(node):
    answer = node.post_csr("simplereenroll", make_csr(make_key(), "pp-15"), headers=node.basic())
    assert answer.status == 403 and "no_client_cert" in answer.text
