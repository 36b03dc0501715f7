/* The rows of the catalogue: REASON(NAME, code, kind, words, remedy). Included by reason.h and
 * reason.c. A code never changes its meaning; docs/reference/reasons.md is made from this file. */

/* -- who may speak, and from where -- */
REASON(IP_NOT_ALLOWED, "ip_not_allowed", ERROR_DENIED,
       "The request came from an address that the account does not list",
       "Add the address to the account's allowlist; if it is a load balancer's, name that as a "
       "trusted proxy, with proxy_protocol or forwarded_header")
REASON(NO_SOURCE, "no_source_address", ERROR_DENIED,
       "A trusted proxy did not say for whom it speaks",
       "Let the proxy name the client's address: in the PROXY protocol's header, or in the field "
       "that forwarded_header tells")
REASON(NO_CLIENT_CERT, "no_client_cert", ERROR_DENIED,
       "A TLS client certificate is needed and the client sent none",
       "Check the client's certificate and key options, and for a proxy that ends TLS in between")
REASON(NO_CREDENTIALS, "no_credentials", ERROR_UNAUTHENTICATED, "The client offered no credentials",
       "Send the passphrase by HTTP Basic, or a TLS client certificate where the profile accepts "
       "one")
REASON(UNTRUSTED_ISSUER, "untrusted_issuer", ERROR_DENIED,
       "The client certificate's issuer is not among the trusted EST-authentication CAs",
       "Add the issuing CA to the account's EST authentication, after checking its fingerprint out "
       "of band")
REASON(CHAIN_INCOMPLETE, "chain_incomplete", ERROR_DENIED,
       "The client sent only its leaf and its intermediate CA is unknown",
       "Add the intermediate CA to EST authentication, or let the device send its full chain")
REASON(CLIENT_CERT_INVALID, "client_cert_invalid", ERROR_DENIED,
       "The client certificate breaks a rule that every certificate must keep",
       "Replace the device's certificate")
REASON(CLIENT_CERT_WEAK, "client_cert_weak", ERROR_DENIED,
       "The client certificate, or a certificate above it, is signed with a broken algorithm or a "
       "weak key",
       "Replace the certificate by one signed with SHA-256 or better")
REASON(CLIENT_CERT_USAGE, "client_cert_usage", ERROR_DENIED,
       "The client certificate's key usage does not permit client authentication",
       "Use a certificate with digitalSignature, and with clientAuth where it names extended key "
       "usages")
REASON(CERT_EXPIRED, "cert_expired", ERROR_DENIED, "The client certificate has expired",
       "Renew within the profile's window, allow renewal after expiry, or enroll the device anew; "
       "check its clock")
REASON(CERT_NOT_YET_VALID, "cert_not_yet_valid", ERROR_DENIED,
       "The client certificate is not valid yet", "Check the clocks of the device and of the node")
REASON(CERT_REVOKED, "cert_revoked", ERROR_DENIED, "The client certificate is revoked",
       "Enroll the device anew; do not lift the revocation of a lost key")
REASON(CERT_UNKNOWN, "cert_unknown", ERROR_DENIED,
       "The client certificate carries our CA's signature but the store does not know it",
       "Treat this as an alarm: was the store restored from an older backup, or the CA key used "
       "elsewhere? bestowctl cert unknown tells them apart, and cert adopt takes in what is ours")
REASON(BAD_PASSPHRASE, "bad_passphrase", ERROR_UNAUTHENTICATED, "The passphrase is wrong",
       "Check the device's passphrase, or rotate the profile's")
REASON(BAD_CREDENTIALS, "bad_credentials", ERROR_UNAUTHENTICATED,
       "The Authorization header cannot be read", "Use HTTP Basic with user:passphrase")
REASON(TOO_MANY_FAILURES, "too_many_failures", ERROR_LIMITED,
       "Too many wrong passphrases came from this address",
       "Wait for the time in Retry-After; look for the device that guesses")
REASON(BAD_CODE, "bad_code", ERROR_UNAUTHENTICATED, "The enrollment code is wrong",
       "Compare with the code that the device was given; bestowctl device show tells how often it "
       "failed")
REASON(CODE_EXPIRED, "code_expired", ERROR_UNAUTHENTICATED,
       "The enrollment code is right, but its time is over",
       "Make a new code: bestowctl device codes")
REASON(CODE_USED_UP, "code_used_up", ERROR_UNAUTHENTICATED,
       "The enrollment code is right, but all its uses are spent",
       "Make a new code, and look at who used this one: bestowctl events")
REASON(CODE_GUESSED, "code_guessed", ERROR_UNAUTHENTICATED,
       "This address has guessed too often at the device's enrollment code",
       "Find who guesses there; an hour earns a try back, and a new code made here begins anew. "
       "The device is served at any other address")
REASON(CODE_LOCKED, "code_locked", ERROR_UNAUTHENTICATED,
       "The device's enrollment code is locked after wrong guesses from many addresses",
       "Find who guessed, then bestowctl device resume, or make a new code")
REASON(DEVICE_NOT_REGISTERED, "device_not_registered", ERROR_DENIED,
       "The profile admits registered devices only, and this one is none of them",
       "Register it: bestowctl device add, or import")
REASON(DEVICE_SUSPENDED, "device_suspended", ERROR_DENIED, "The device is suspended",
       "bestowctl device resume, if it is to have certificates again")
REASON(RA_SCOPE, "ra_scope", ERROR_DENIED, "The RA certificate does not reach this profile",
       "Add the profile to the RA certificate's scope")
REASON(NO_COMMON_TLS, "no_common_tls", ERROR_INVALID,
       "Client and node share no TLS version, suite or group",
       "Update the client; TLS 1.2 is the floor")
REASON(NO_SERVER_CERT, "no_server_cert", ERROR_BUSY, "The node has no TLS certificate to show",
       "bestowctl node certificate, or certificate and key in the configuration's [est]")

/* -- where to -- */
REASON(UNKNOWN_LABEL, "unknown_label", ERROR_NOT_FOUND, "There is no such EST service",
       "Compare the URL with bestowctl profile show")
REASON(PROFILE_SUSPENDED, "profile_suspended", ERROR_NOT_FOUND, "The profile is suspended",
       "Resume the profile if its devices are to enroll again")
REASON(UNKNOWN_OPERATION, "unknown_operation", ERROR_NOT_FOUND,
       "There is no such EST operation here", "Check the URL's last segment")
REASON(METHOD_NOT_ALLOWED, "method_not_allowed", ERROR_INVALID,
       "The operation does not take this HTTP method",
       "GET for cacerts and csrattrs, POST for the rest")
REASON(HTTP_MALFORMED, "http_malformed", ERROR_INVALID, "The HTTP request is malformed",
       "Check the client, or what lies between")
REASON(TOO_LARGE, "too_large", ERROR_TOO_LARGE, "The request is larger than the limit",
       "Send less, or raise the limit")
REASON(TIMEOUT, "timeout", ERROR_INVALID, "The client took too long", "Check the network between")
REASON(MEDIA_TYPE, "media_type", ERROR_UNSUPPORTED,
       "The Content-Type or Content-Encoding is not accepted", "Send application/pkcs10")

/* -- the request -- */
REASON(CSR_BAD_ENCODING, "csr_bad_encoding", ERROR_INVALID,
       "The body is not base64 of one DER certification request",
       "Send base64 of the DER; PEM and raw DER are accepted unless the profile is strict")
REASON(CSR_MALFORMED, "csr_malformed", ERROR_INVALID, "The certification request is malformed",
       "Make the request with another tool and compare")
REASON(POP_FAILED, "pop_failed", ERROR_INVALID,
       "The request's own signature is wrong, so the key's possession is not proven",
       "Sign the request with the key that it carries")
REASON(POP_MISSING, "pop_missing", ERROR_INVALID,
       "The request does not prove that its key is possessed",
       "Sign the request with the key that it carries; nobody else's word stands in for that")
REASON(POP_LINK_FAILED, "pop_link_failed", ERROR_INVALID,
       "The request is tied to another TLS session",
       "Sign the request anew in every TLS session; a replay looks like this")
REASON(POP_LINK_MISSING, "pop_link_missing", ERROR_INVALID,
       "The profile wants the request tied to its TLS session",
       "Put tls-unique or tls-exporter into the request, or make the binding optional in the "
       "profile")
REASON(KEY_INVALID, "key_invalid", ERROR_INVALID, "The public key is not a sound key",
       "Generate a new key")
REASON(KEY_TOO_WEAK, "key_too_weak", ERROR_INVALID,
       "The public key is weaker than the profile's minimum", "Generate a stronger key")
REASON(KEY_TYPE_NOT_ALLOWED, "key_type_not_allowed", ERROR_INVALID,
       "The profile does not accept this type of key",
       "Generate a key of a type that the profile lists")
REASON(KEY_BLOCKLISTED, "key_blocklisted", ERROR_INVALID, "The public key is known to be weak",
       "Generate a new key with a current library")
REASON(KEY_REUSED, "key_reused", ERROR_DENIED, "The key is already in use, or was revoked",
       "Generate a new key")
REASON(KEY_MUST_CHANGE, "key_must_change", ERROR_DENIED, "The profile wants a new key at renewal",
       "Generate a new key for the renewal")
REASON(KEY_MUST_STAY, "key_must_stay", ERROR_DENIED, "The profile wants the same key at renewal",
       "Sign the renewal request with the present key")
REASON(SIGNATURE_WEAK, "signature_weak", ERROR_INVALID,
       "The request is signed with a weak algorithm", "Sign with SHA-256 or better")
REASON(CMS_MALFORMED, "cms_malformed", ERROR_INVALID,
       "The message is not a signed message as it should be",
       "Send base64 of one DER SignedData around a PKIData (RFC 5272 3.2), not BER")
REASON(CMC_CONTROL, "cmc_control", ERROR_INVALID, "The CMC message asks for what is not done here",
       "See docs/guide/serverkeygen-and-cmc.md for what is")
REASON(CMS_SIGNATURE, "cms_signature", ERROR_DENIED, "The message's signature is wrong",
       "Sign the message with the certificate that it names, and send that certificate along")
REASON(DECRYPT_KEY, "decrypt_key", ERROR_INVALID,
       "The private key cannot be encrypted as the client asks, so none was made",
       "Name the key of the TLS client certificate, by its subjectKeyIdentifier, and send "
       "smimeCapabilities with an AES-CBC cipher; or ask without encryption")
REASON(NAME_INVALID, "name_invalid", ERROR_INVALID, "A name in the request is not a legal name",
       "Use printable text within the lengths of RFC 5280")
REASON(SUBJECT_RULE, "subject_rule", ERROR_INVALID, "The subject breaks a rule of the profile",
       "Compare the rule and the value")
REASON(SAN_RULE, "san_rule", ERROR_INVALID, "A subjectAltName breaks a rule of the profile",
       "Compare the rule and the value")
REASON(NAME_NOT_AUTHORIZED, "name_not_authorized", ERROR_DENIED,
       "The client asks for a name that its credential does not speak for",
       "Use the device's own name, or an RA certificate")
REASON(EXTENSION_NOT_ALLOWED, "extension_not_allowed", ERROR_INVALID,
       "The request asks for an extension that the profile refuses", "Leave the extension out")
REASON(SUBJECT_MISMATCH, "subject_mismatch", ERROR_DENIED,
       "The renewal changes subject or subjectAltName",
       "Keep the names, enroll anew, or permit ChangeSubjectName in the profile")

REASON(OCSP_MALFORMED, "ocsp_malformed", ERROR_INVALID,
       "The OCSP request is malformed, or asks for too much at once",
       "Ask for few certificates at a time, with a nonce of 1 to 128 octets or none")

/* -- renewal -- */
REASON(RENEWAL_TOO_EARLY, "renewal_too_early", ERROR_DENIED, "The renewal window is not open yet",
       "Widen the window or delay the client's schedule")
REASON(RENEWAL_TOO_LATE, "renewal_too_late", ERROR_DENIED, "The renewal window has closed",
       "Enroll the device anew, or let the window stay open longer")
REASON(RENEWAL_NOT_ALLOWED, "renewal_not_allowed", ERROR_DENIED,
       "The profile does not allow this renewal", "Look at the profile's renewal rules")
REASON(WRONG_PROFILE, "wrong_profile", ERROR_DENIED,
       "The certificate was issued by another profile",
       "Renew at the URL of the profile that issued it")
REASON(SUPERSEDED, "superseded", ERROR_DENIED, "The certificate was already renewed",
       "Use the newest certificate of the device")

/* -- limits and state -- */
REASON(QUOTA, "quota", ERROR_LIMITED, "Too many requests in this time",
       "Wait for the time in Retry-After")
REASON(RENEWAL_RATE, "renewal_rate", ERROR_LIMITED,
       "One device renews more often than the profile allows in a minute",
       "Wait for the time in Retry-After; look for the device that renews in a loop. Where many "
       "devices share a name and an address, raise renewal.per_minute")
REASON(SUBJECT_LIMIT, "subject_limit", ERROR_DENIED,
       "The subject has as many live certificates as the profile allows",
       "Renew the present certificate, revoke what is no longer used, or raise "
       "certificates_per_subject")
REASON(PENDING_APPROVAL, "pending_approval", ERROR_PENDING, "The request waits for a person",
       "See it with bestowctl request show, then approve or reject it")
REASON(REQUEST_REJECTED, "request_rejected", ERROR_DENIED, "An operator has rejected the request",
       "Ask the operator; a request for other names, or with another key, is looked at anew")
REASON(CA_UNAVAILABLE, "ca_unavailable", ERROR_BUSY, "The CA cannot sign now",
       "Look at the CA's key and state")
REASON(CA_RETIRED, "ca_retired", ERROR_DENIED, "The profile's CA is retired and issues nothing more",
       "Switch the profile to the CA that took its place: bestowctl profile set PROFILE --ca CA")
REASON(CA_DISABLED, "ca_disabled", ERROR_DENIED, "The profile's CA is switched off",
       "Switch the profile to another CA, or let this one issue again: bestowctl ca activate CA")
REASON(SIGNATURE_WRONG, "signature_wrong", ERROR_INTERNAL,
       "The token returned a signature that is not the CA key's, and it was discarded",
       "Treat this as an alarm: look at the token, and at who can reach it, before the CA goes on")
REASON(CA_EXPIRED, "ca_expired", ERROR_BUSY, "The CA's own certificate is at its end",
       "Replace the CA and switch the profile to it")
REASON(BUSY, "busy", ERROR_BUSY, "The node is busy", "Wait for the time in Retry-After")
REASON(STORE_UNAVAILABLE, "store_unavailable", ERROR_BUSY, "The store cannot be written",
       "Look at disk space and the database")
REASON(CLOCK, "clock", ERROR_BUSY, "The node's clock runs behind what it has already issued",
       "Set the clock; if it ran ahead before, revoke what was issued then")
REASON(END_UNREACHABLE, "end_unreachable", ERROR_INTERNAL,
       "The profile's fixed end is over, or later than its CA's",
       "Set another not_after in the profile, or give it a CA that lasts as long")
REASON(NAME_CONSTRAINTS, "name_constraints", ERROR_DENIED,
       "A name lies outside what the CA, or a CA above it, may certify",
       "Issue from a CA whose name constraints permit the name, or narrow the profile's rules to "
       "what they permit")
REASON(LINT_FAILED, "lint_failed", ERROR_INTERNAL,
       "The certificate to be signed breaks a rule, so it was not signed",
       "Mend the profile; the detail names the rule")

/* -- operators -- */
REASON(NOT_FOUND, "not_found", ERROR_NOT_FOUND, "There is no such object", "List what there is")
REASON(CONFLICT, "conflict", ERROR_CONFLICT, "This clashes with what exists",
       "Choose another name, or change the other")
REASON(INVALID, "invalid", ERROR_INVALID, "A value is not acceptable", "See the detail")
REASON(NEEDS_CONFIRMATION, "needs_confirmation", ERROR_CONFLICT,
       "This has a wide effect and was not confirmed",
       "Repeat with the confirmation that the detail names")
REASON(AMBIGUOUS_NOTATION, "ambiguous_notation", ERROR_INVALID,
       "a.b.c.d/N with N up to 32 has two readings",
       "Write `cidr a.b.c.d/N` or `last-octet a.b.c.d/N`")
REASON(NOT_PERMITTED, "not_permitted", ERROR_DENIED, "The operator may not do this",
       "Ask an administrator of the account")
REASON(SIGNED_OUT, "signed_out", ERROR_UNAUTHENTICATED, "Nobody is signed in",
       "Sign in, or give a token that is still in force")
REASON(BAD_SIGN_IN, "bad_sign_in", ERROR_UNAUTHENTICATED, "Signing in failed",
       "Check name, password and one-time password; an owner can make a new link")
REASON(ADMIN_CERTIFICATE_MISSING, "admin_certificate_missing", ERROR_UNAUTHENTICATED,
       "An administrator signed in without the certificate that is required",
       "Sign in where the certificate is, on a new connection; or take the requirement away: "
       "bestowctl administrator no-cert")
REASON(ADMIN_CERTIFICATE_WRONG, "admin_certificate_wrong", ERROR_UNAUTHENTICATED,
       "An administrator signed in with another certificate than the registered one",
       "Choose the registered one; register another with bestowctl administrator cert, after "
       "making sure whose it is")
REASON(ADMIN_CERTIFICATE_ENDED, "admin_certificate_ended", ERROR_UNAUTHENTICATED,
       "An administrator signed in with a certificate that is not valid at this time",
       "Renew it, and register the new one unless its key was registered; check the node's clock")
REASON(SESSION_CERTIFICATE, "session_certificate", ERROR_UNAUTHENTICATED,
       "The session began with a certificate that this connection does not show",
       "Choose that certificate on a new connection, or sign in anew")
REASON(TOTP_WANTED, "totp_wanted", ERROR_UNAUTHENTICATED, "A one-time password is needed too",
       "Give the six digits that the authenticator shows")
REASON(FORGED, "forged", ERROR_DENIED, "The change was not made by the console's own page",
       "Send the X-CSRF-Token that signing in gave; programs use an API token instead")
REASON(PRECONDITION, "precondition", ERROR_CONFLICT, "The object has changed meanwhile",
       "Read it again, and make the change to what it is now")
REASON(NOT_A_CA, "not_a_ca", ERROR_INVALID, "The certificate is not that of a usable CA",
       "Paste the issuing CA's own certificate")
REASON(CERT_OF_OTHER_KEY, "cert_of_other_key", ERROR_INVALID,
       "No certificate in the file is of the key that the request was made for",
       "Load the certificate that was made of this request: bestowctl ca export CA prints it")
REASON(PRIVATE_KEY_REFUSED, "private_key_refused", ERROR_INVALID,
       "The text holds a private key; nothing was read or kept",
       "Paste certificates only, and consider that key exposed")
REASON(IMPORT_MALFORMED, "import_malformed", ERROR_INVALID, "The text or file cannot be read",
       "Use PEM, DER or PKCS#7; PKCS#12 for a CA with its key")
REASON(AUDIT_BROKEN, "audit_broken", ERROR_CONFLICT, "The audit log was altered",
       "Compare with a backup and find who wrote to the store")

/* -- the node -- */
REASON(CONFIG, "config", ERROR_INVALID, "The configuration is not acceptable",
       "Mend the named line; bestowd --check-config tries it")
REASON(SECRET_FILE, "secret_file", ERROR_INVALID, "A file that must be secret cannot be used",
       "Check path, owner and mode 0600")
REASON(LISTEN, "listen", ERROR_INVALID, "An address cannot be listened on",
       "See what holds the port, or choose another")
REASON(SCHEMA_NEWER, "schema_newer", ERROR_INVALID, "The store was written by a newer release",
       "Run the newer release, or restore the backup made before the upgrade")
REASON(STORE_RESTORED, "store_restored", ERROR_CONFLICT,
       "The store is a backup that was put in place: what came after it is not known here",
       "Make sure that the node it was taken from cannot come back, and run bestowd --after-restore "
       "once: docs/guide/backup.md")
REASON(STORE_CORRUPT, "store_corrupt", ERROR_INTERNAL, "The store is damaged",
       "Restore the last backup; keep the damaged file for analysis")
REASON(FILE, "file", ERROR_INTERNAL, "A file cannot be read or written", "See the detail")
REASON(PROTOCOL, "protocol", ERROR_INTERNAL,
       "Two processes of the node do not understand each other", "Restart the node")
REASON(CRYPTO, "crypto", ERROR_INTERNAL, "The cryptographic library failed", "See the log")
REASON(NO_MEMORY, "no_memory", ERROR_BUSY, "Memory is out", "Give the node more memory")
REASON(INTERNAL, "internal", ERROR_INTERNAL, "Something failed inside",
       "See the log under the request id")

/* -- the device -- */
REASON(SERVER_UNTRUSTED, "server_untrusted", ERROR_DENIED,
       "The server did not prove that it is the one to talk to",
       "Compare host name, trust anchors and the device's clock; nothing was sent to it")
REASON(SERVER_UNREACHABLE, "server_unreachable", ERROR_BUSY, "The server cannot be reached",
       "Check name, route, port and firewall; try again later")
REASON(SERVER_BUSY, "server_busy", ERROR_BUSY, "The server cannot answer now",
       "Try again after the time that it names")
REASON(SERVER_REFUSED, "server_refused", ERROR_DENIED, "The server refuses the request",
       "Read its words in the detail, and its log")
REASON(SERVER_PENDING, "server_pending", ERROR_PENDING, "The server has not decided yet",
       "Ask again after the time that it names, with the same key")
REASON(SERVER_ANSWER, "server_answer", ERROR_INTERNAL, "The server's answer is not one that EST knows",
       "Look at the URL, at the server, and at what stands between")
REASON(REDIRECT_REFUSED, "redirect_refused", ERROR_INTERNAL,
       "The server points to a place that is not followed",
       "Enter the URL of that place if you trust it")
REASON(ANSWER_UNFIT, "answer_unfit", ERROR_INTERNAL,
       "The certificate that came is not the one that was asked for; nothing was kept",
       "Compare the request with the server's profile, and its CA certificates with those in use")
REASON(NO_ANCHORS, "no_anchors", ERROR_INVALID, "Nothing says which server to trust",
       "Name a file of CA certificates, the fingerprint of one, or the system's trust store")
REASON(KEY_ACCESS, "key_access", ERROR_INTERNAL, "The private key cannot be used",
       "Check path, owner and passphrase; for a token, its provider and PIN")
REASON(UPSTREAM_UNAVAILABLE, "upstream_unavailable", ERROR_BUSY,
       "The server behind this proxy cannot be reached, or cannot answer now",
       "Look at the upstream server and the route to it; devices are told to come again")
REASON(UPSTREAM_SLOW, "upstream_slow", ERROR_BUSY,
       "The server behind this proxy did not answer in time",
       "Look at the upstream server's load, or raise timeout in [upstream NAME]")
REASON(UPSTREAM_BROKEN, "upstream_broken", ERROR_BUSY,
       "The server behind this proxy gave no answer that may go on to a device",
       "Read the detail in the proxy's log: credential, URL, trust anchors, or the answer itself")
REASON(UPSTREAM_REFUSED, "upstream_refused", ERROR_DENIED,
       "The server behind this proxy refuses the request",
       "Read its words in the proxy's log, and its own log")
REASON(UPSTREAM_REJECTED, "upstream_rejected", ERROR_INVALID,
       "The server behind this proxy does not take such a request",
       "Read its words in the proxy's log, and its own log")
REASON(UPSTREAM_LOOP, "upstream_loop", ERROR_INTERNAL,
       "The request came back to a proxy that it had passed, or passed too many",
       "Look at url in [upstream NAME] of each proxy: they ask one another")
REASON(RELOAD_FAILED, "reload_failed", ERROR_INTERNAL,
       "The service did not take the new certificate", "Read the service's own log, then renew again")
