"""acme2certifier's EST client, an ACME server's way to a CA behind it: asks for one certificate.

usage: acme_bridge.py REQUEST.der     its settings are in $ACME_SRV_CONFIGFILE; run by a Python that has acme2certifier"""
import base64
import json
import logging
import sys

from acme2certifier.cahandlers.est_ca_handler import CAhandler

request = base64.urlsafe_b64encode(open(sys.argv[1], "rb").read()).decode().rstrip("=")
with CAhandler(False, logging.getLogger("acme2certifier")) as handler:
    error, bundle, _, _ = handler.enroll(request)
print(json.dumps({"error": str(error) if error else None, "bundle": bundle}))
