"""Pure: why a request got no answer, in a few words, and whether another try may get one."""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

import requests

from newsdesk_mlflow.responses import is_transient_status


class Reason(NamedTuple):
    """Why there was no answer."""

    text: str
    """What happened, and after a semicolon what to do."""
    may_pass: bool
    """Whether the same request may get an answer later, without anybody changing anything."""
    is_connected: bool = False
    """Whether the server could be reached."""


_CHECK_PROXY = "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
# Where a text names the host and the path, whose words mean nothing.
_ADDRESS = re.compile(r"\(host='[^']*', port=\w+\)|with url: \S+")
_KINDS = (
    # Its text has the value, which is a secret.
    (
        requests.exceptions.InvalidHeader,
        Reason("a header has a line break or a space in its value; check the token", may_pass=False),
    ),
    (requests.ReadTimeout, Reason("no answer in time", may_pass=True, is_connected=True)),
    (requests.Timeout, Reason("no answer in time", may_pass=True)),
    (requests.TooManyRedirects, Reason("it redirects in a circle; check the address", may_pass=False)),
)
# In the order in which they are looked for: the first that fits is the reason.
_TEXTS = (
    # An alert of TLS, in place of a line of HTTP.
    (r"BadStatusLine\(.{0,3}\\x15\\x03", Reason("the server speaks TLS; use https://", may_pass=False)),
    ("BadStatusLine", Reason("it does not speak HTTP; check the port", may_pass=False)),
    # A name server that is down, or a service of a cluster that is not there yet, gives the same.
    (
        "NameResolutionError|getaddrinfo|name resolution|Name or service not known",
        Reason("unknown host; check the name", may_pass=True),
    ),
    ("refused", Reason("refused; check host and port", may_pass=True)),
    ("No route to host|unreachable", Reason("no route to it; check the network", may_pass=True)),
    (
        "RemoteDisconnected|reset|aborted|Broken pipe|IncompleteRead|closed connection",
        Reason("it closed the connection", may_pass=True, is_connected=True),
    ),
    ("timed? ?out", Reason("no answer in time", may_pass=True)),
)
# OpenSSL's words, by what the other side does. A handshake that is broken off, say by a restart, may pass;
# all other failures of TLS are a matter of settings.
_PLAIN_HTTP = re.compile(
    "WRONG_VERSION_NUMBER|UNKNOWN_PROTOCOL|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG|record layer failure|"
    "appears to only use HTTP"
)
_BROKEN_OFF = re.compile("EOF|timed out|INTERNAL_ERROR|SYSCALL|ZERO_RETURN|BAD_RECORD_MAC|DECRYPTION_FAILED")
_UNVERIFIED = re.compile(r"certificate verify failed: ([^(\]']+)")
_TLS_REASON = re.compile(r"\[SSL:? ?(\w*)\] ?([^('\"]*)")


def reason_of(error: requests.RequestException) -> Reason:
    """Say why a request got no answer; nothing of what was sent is quoted."""
    text = _ADDRESS.sub("", str(error))
    if isinstance(error, requests.exceptions.ProxyError) or "Tunnel connection failed" in text:
        return _of_proxy(text)
    if isinstance(error, requests.exceptions.SSLError):
        return _of_tls(text)
    known = next((reason for kind, reason in _KINDS if isinstance(error, kind)), None)
    is_invalid = isinstance(error, ValueError)  # a URL or a body
    if known is None and not is_invalid:
        known = _reason_in(text)
    other = f"{type(error).__name__}: {' '.join(text.split())}".removesuffix(": ")
    return known or Reason(other, may_pass=not is_invalid)


def proxy_of(url: str) -> str:
    """Give the proxy that the environment names for a URL, without credentials; empty, when there is none."""
    if urlsplit(url).scheme not in ("http", "https"):
        return ""
    proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    return "" if proxy is None else re.sub(r"(?<=://)\S+@", "***@", proxy)


def _reason_in(text: str) -> Reason | None:
    return next((reason for pattern, reason in _TEXTS if re.search(pattern, text, re.IGNORECASE)), None)


def _of_proxy(text: str) -> Reason:
    if answered := re.search(r"Tunnel connection failed: (\d{3})", text):
        status = int(answered[1])
        wants = " (it wants a login)" if status == requests.codes.proxy_authentication_required else ""
        return Reason(f"the proxy answers {status}{wants}; {_CHECK_PROXY}", is_transient_status(status))
    if _PLAIN_HTTP.search(text):
        return Reason("the proxy speaks plain HTTP; write http:// for it in HTTPS_PROXY", may_pass=False)
    reason = _reason_in(text)
    why = reason.text.partition(";")[0] if reason else "no answer"
    return Reason(f"the proxy: {why}; {_CHECK_PROXY}", may_pass=True)


def _of_tls(text: str) -> Reason:
    if _PLAIN_HTTP.search(text):
        return Reason("the server speaks plain HTTP; use http://", may_pass=False)
    if found := _UNVERIFIED.search(text):
        why = found[1].strip().rstrip(".")
        remedy = "set REQUESTS_CA_BUNDLE to its CA, or use the host name that the certificate is for"
        return Reason(f"its certificate cannot be verified ({why}); {remedy}", may_pass=False)
    if _BROKEN_OFF.search(text):
        return Reason("it broke off the TLS handshake", may_pass=True)
    found = _TLS_REASON.search(text)
    why = (found[2].strip() or found[1]) if found else "unknown reason"
    remedy = "check the versions of TLS, and MLFLOW_TRACKING_CLIENT_CERT_PATH if it asks for a certificate"
    return Reason(f"no TLS connection ({why}); {remedy}", may_pass=False)
