"""What policy should say, written anew from the rules in words (mission.md, gates 1 to 5) and not from the C code.

A case is a dictionary of words. `judge` answers with the reason's code ("none" is leave), whether the caller had
proven who it is, and whether it was taken as a renewal.
"""

DAY = 86400
BEGINS = -365 * DAY  # of the certificate, which ends at 0
OPENS = 30 * DAY
CLOSES = 10 * DAY

MOMENTS = {
    "before-begin": BEGINS - 1, "second-before-window": -OPENS - 1, "window-opens": -OPENS, "last-second": 0,
    "second-after-end": 1, "window-closes": CLOSES, "second-after-window": CLOSES + 1,
}
STATUS = ["issued", "revoked", "revoked-in-a-second", "intent"]

# The dimensions of each table, in the order of test_policy_table.c.
TABLES = {
    "who": {
        "operation": ["simpleenroll", "simplereenroll", "serverkeygen", "unknown"],
        "auth": ["tls-certificate", "passphrase", "either", "unknown"],
        "address": ["listed", "unlisted"],
        "passphrase": ["absent", "right", "wrong"],
        "certificate": ["absent", "untrusted", "own", "own-of-other-profile", "third-party", "ra-for-profile",
                        "ra-for-all", "ra-for-other"],
        "status": STATUS,
        "moment": list(MOMENTS),
        "own_certificate": ["renews", "enrolls", "refused", "unknown"],
        "windows": ["any/never", "window/window", "window/endless", "never/window"],
    },
    "renew": {
        "by": ["own", "ra"],
        "moment": list(MOMENTS),
        "ra": ["valid", "expired"],
        "renewed": ["issued", "absent", "of-other-profile", "revoked", "revoked-in-a-second", "intent"],
        "while_valid": ["any", "window", "never", "unknown"],
        "after_expiry": ["never", "window", "endless"],
        "names": ["same", "other-case", "same-by-rules", "other-subject", "other-san", "asks-for-change"],
        "change_subject": ["refused", "honoured"],
        "key": ["same", "new"],
        "renew_key": ["allowed", "same-required", "new-required", "unknown"],
    },
    "what": {
        "by": ["passphrase", "third-party", "own", "ra-for-profile"],
        "binding": ["absent/optional", "absent/required", "matches/required", "differs/optional",
                    "not-comparable/optional", "not-comparable/required"],
        "key": ["p256", "rsa-2048", "ed25519"],
        "key_rule": ["all", "none", "rsa-3072-at-least"],
        "key_reuse": ["same-device", "any", "never", "unknown"],
        "key_use": ["unused", "used", "used-by-other", "revoked"],
        "names": ["right", "other-cn", "other-san", "no-cn"],
        "identity": ["must-match", "any"],
        "extension": ["none", "ca/drop", "ca/refuse", "unknown-critical/drop"],
        "ca": ["active", "retired", "ended", "not-begun"],
    },
    "devices": {
        "operation": ["simpleenroll", "simplereenroll"],
        "auth": ["device-code", "certificate-and-code", "tls-certificate", "either"],
        "code": ["absent", "right", "wrong", "expired", "used-up", "locked"],
        "owner": ["nobody", "first", "second"],
        "certificate": ["absent", "untrusted", "own", "third-party", "ra-for-profile", "ra-for-all"],
        "holder": ["nobody", "first"],
        "first": ["in-good-standing", "suspended"],
        "admit": ["any", "registered", "unknown"],
        "live": ["no-limit", "below", "reached"],
    },
}

LEAVE = "none"


class Refused(Exception):
    pass


def refuse_if(condition, reason):
    if condition:
        raise Refused(reason)


class Caller:
    """Filled in as the gates are passed."""

    def __init__(self):
        self.identity = None
        self.by_code = False
        self.renews = False


# -- gate 2: authentication ------------------------------------------------------------------------------------------

def speak_by_passphrase(case):
    refuse_if(case["passphrase"] == "absent", "no_credentials")
    refuse_if(case["passphrase"] == "wrong", "bad_passphrase")
    return "passphrase"


def speak_by_certificate(case):
    refuse_if(case["certificate"] == "absent", "no_client_cert")
    refuse_if(case["certificate"] == "untrusted", "untrusted_issuer")
    return case["certificate"]


def judge_code(case):
    refuse_if(case["code"] == "absent", "no_credentials")
    words = {"wrong": "bad_code", "expired": "code_expired", "used-up": "code_used_up", "locked": "code_locked"}
    refuse_if(case["code"] in words, words.get(case["code"]))


def authenticate_by_code(case, caller):
    """Where the profile asks for a device's code, alone or beside a certificate."""
    if case["auth"] == "device-code" and case["code"] == "absent" and case["certificate"] == "ra-for-profile":
        return case["certificate"]
    identity = speak_by_certificate(case) if case["auth"] == "certificate-and-code" else "device-code"
    judge_code(case)
    caller.by_code = True
    return identity


def authenticate(case, caller):
    method, ra_named = case["auth"], case["certificate"] == "ra-for-profile"
    refuse_if(method == "unknown", "internal")
    if case["operation"] == "simplereenroll" or method == "tls-certificate":
        return speak_by_certificate(case)
    if method in ("device-code", "certificate-and-code"):
        return authenticate_by_code(case, caller)
    if method == "passphrase":
        # an RA that was given this very profile stands in for a passphrase
        if case["passphrase"] == "absent" and ra_named:
            return case["certificate"]
        return speak_by_passphrase(case)
    if case["passphrase"] != "absent":
        return speak_by_passphrase(case)
    if case["certificate"] != "absent":
        return speak_by_certificate(case)
    raise Refused("no_credentials")


def is_ra(identity):
    return identity.startswith("ra-")


def judge_status(status):
    refuse_if(status == "revoked", "cert_revoked")
    refuse_if(status == "intent", "cert_unknown")


def wants_renewal(case, identity):
    return case["operation"] == "simplereenroll" or (identity == "own" and case["own_certificate"] == "renews")


def judge_credential(case, identity):
    """Time, revocation and reach of the certificate that speaks; a passphrase has none of them."""
    if identity in ("passphrase", "device-code"):
        return
    now = case["credential_now"]
    refuse_if(now < BEGINS, "cert_not_yet_valid")
    may_be_expired = identity in ("own", "own-of-other-profile") and wants_renewal(case, identity)
    refuse_if(now > 0 and not may_be_expired, "cert_expired")
    if identity != "third-party":
        judge_status(case["status"])
    refuse_if(identity == "ra-for-other", "ra_scope")


# -- whose the credential is --------------------------------------------------------------------------------------------

def judge_device(case, caller):
    by_certificate = caller.identity != "device-code"
    if caller.by_code and by_certificate and case["owner"] != "nobody":
        refuse_if(case["owner"] != case["holder"], "bad_code")
    device = "nobody"
    if by_certificate and caller.identity != "passphrase":
        device = case["holder"]
    elif caller.by_code:
        device = case["owner"]
    refuse_if(case["admit"] == "unknown", "internal")
    refuse_if(case["admit"] == "registered" and device == "nobody", "device_not_registered")
    refuse_if(device == "first" and case["first"] == "suspended", "device_suspended")


# -- gate 5: renewal -------------------------------------------------------------------------------------------------

def decide_kind(case, identity):
    """Renewal (true) or enrollment (false)."""
    if case["operation"] == "simpleenroll":
        if identity != "own":
            return False
        refuse_if(case["own_certificate"] in ("refused", "unknown"), "renewal_not_allowed")
        return case["own_certificate"] == "renews"
    refuse_if(identity == "own-of-other-profile", "wrong_profile")
    refuse_if(identity == "third-party", "renewal_not_allowed")
    refuse_if(case["renewed"] == "absent", "renewal_not_allowed")
    refuse_if(case["renewed"] == "of-other-profile", "wrong_profile")
    return True


def judge_window(case):
    now = MOMENTS[case["moment"]]
    judge_status(case["renewed"])
    refuse_if(now < BEGINS, "cert_not_yet_valid")
    if now <= 0:
        refuse_if(case["while_valid"] in ("never", "unknown"), "renewal_not_allowed")
        refuse_if(case["while_valid"] == "window" and now < -OPENS, "renewal_too_early")
        return
    refuse_if(case["after_expiry"] == "never", "cert_expired")
    refuse_if(case["after_expiry"] == "window" and now > CLOSES, "renewal_too_late")


def judge_renewal(case):
    judge_window(case)
    refuse_if(case["names"] in ("other-subject", "other-san"), "subject_mismatch")
    refuse_if(case["names"] == "asks-for-change" and case["change_subject"] == "refused", "subject_mismatch")
    refuse_if(case["renew_key"] == "same-required" and case["key"] == "new", "key_must_stay")
    refuse_if(case["renew_key"] == "new-required" and case["key"] == "same", "key_must_change")
    refuse_if(case["renew_key"] == "unknown", "internal")


# -- gates 3 and 4: possession and the request -----------------------------------------------------------------------

def judge_binding(case, identity):
    finding, rule = case["binding"].split("/")
    if is_ra(identity):
        return
    refuse_if(finding == "differs", "pop_link_failed")
    refuse_if(rule == "required" and finding == "absent", "pop_link_missing")
    refuse_if(rule == "required" and finding == "not-comparable", "pop_link_failed")


def judge_key(case):
    refuse_if(case["key_rule"] == "none", "key_type_not_allowed")
    refuse_if(case["key_rule"] == "rsa-3072-at-least" and case["key"] == "rsa-2048", "key_too_weak")


def judge_names(case, identity):
    refuse_if(case["names"] == "no-cn", "subject_rule")
    # a code speaks for the device that it was given to; the second one is called otherwise than the request
    refuse_if(identity == "device-code" and case["owner"] == "second" and case["identity"] == "must-match", "name_not_authorized")
    speaks_for_itself = identity in ("own", "own-of-other-profile", "third-party")
    if speaks_for_itself and case["identity"] == "must-match":
        refuse_if(case["names"] in ("other-cn", "other-san"), "name_not_authorized")


def judge_key_use(case, same_key_renewal):
    refuse_if(case["key_reuse"] == "unknown", "internal")
    if case["key_reuse"] == "any":
        return
    refuse_if(case["key_use"] in ("revoked", "used-by-other"), "key_reused")
    refuse_if(case["key_reuse"] == "never" and case["key_use"] == "used" and not same_key_renewal, "key_reused")


CA_REASONS = {"active": LEAVE, "retired": "ca_retired", "ended": "ca_expired", "not-begun": "ca_unavailable"}


def run_gates(case, caller):
    refuse_if(case["operation"] not in ("simpleenroll", "simplereenroll"), "unknown_operation")
    refuse_if(case["address"] == "unlisted", "ip_not_allowed")
    caller.identity = authenticate(case, caller)
    judge_credential(case, caller.identity)
    try:
        judge_device(case, caller)
    except Refused:
        caller.identity = None  # a stranger, as long as nobody knows whose the credential is
        raise
    judge_binding(case, caller.identity)
    caller.renews = decide_kind(case, caller.identity)
    judge_key(case)
    refuse_if(case["extension"] in ("ca/refuse", "unknown-critical/drop"), "extension_not_allowed")
    if caller.renews:
        judge_renewal(case)
    else:
        judge_names(case, caller.identity)
    judge_key_use(case, caller.renews and case["key"] == "same")
    refuse_if(case["live"] == "reached", "subject_limit")
    refuse_if(CA_REASONS[case["ca"]] != LEAVE, CA_REASONS[case["ca"]])


# -- what a table leaves unsaid --------------------------------------------------------------------------------------

USUAL = {
    "operation": "simpleenroll", "auth": "either", "address": "listed", "passphrase": "absent",
    "certificate": "absent", "status": "issued", "moment": "last-second", "own_certificate": "enrolls",
    "renewed": "issued", "while_valid": "any", "after_expiry": "never", "names": "right",
    "change_subject": "refused", "renew_key": "allowed", "binding": "absent/optional", "key": "new",
    "key_rule": "all", "key_reuse": "same-device", "key_use": "unused", "identity": "must-match",
    "extension": "none", "ca": "active", "code": "absent", "owner": "nobody", "holder": "nobody", "first": "in-good-standing",
    "admit": "any", "live": "no-limit",
}


def complete_who(case):
    case["while_valid"], case["after_expiry"] = case["windows"].split("/")
    case["credential_now"] = MOMENTS[case["moment"]]
    # what is renewed is the presented certificate, or for an RA a certificate in good standing
    case["renewed"] = "issued" if is_ra(case["certificate"]) else case["status"]


def complete_renew(case):
    case["operation"] = "simplereenroll"
    if case["by"] == "ra":
        case["certificate"] = "ra-for-profile"
        case["credential_now"] = 1 if case["ra"] == "expired" else 0
        return
    case["certificate"] = "own-of-other-profile" if case["renewed"] == "of-other-profile" else "own"
    case["credential_now"] = MOMENTS[case["moment"]]
    case["status"] = case["renewed"] if case["renewed"] in STATUS else "issued"


def complete_what(case):
    case["credential_now"] = -DAY
    if case["by"] == "passphrase":
        case["passphrase"] = "right"
    else:
        case["certificate"] = case["by"]


def complete_devices(case):
    case["credential_now"] = -DAY


COMPLETE = {"who": complete_who, "renew": complete_renew, "what": complete_what, "devices": complete_devices}


def judge(table, values):
    """`values` are the places of the words in the table's dimensions. -> (reason, authenticated, renews)"""
    case = dict(USUAL)
    for (dimension, words), value in zip(TABLES[table].items(), values):
        case[dimension] = words[value]
    COMPLETE[table](case)
    caller = Caller()
    try:
        run_gates(case, caller)
        reason = LEAVE
    except Refused as refusal:
        reason = str(refusal)
    return reason, caller.identity is not None, caller.renews


def describe(table, values):
    return {dimension: words[value] for (dimension, words), value in zip(TABLES[table].items(), values)}
