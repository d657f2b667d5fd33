"""Pure: why a connection failed, from libpq's text: before the login completes there is no SQLSTATE."""

import errno
import os
import re
from typing import NamedTuple

from newsdesk_postgres.connection import languages


class Refusal(NamedTuple):
    """Why connecting to one server failed."""

    reason: str
    """The message of libpq or the server, in short."""
    remedy: str
    """What to do; may be empty."""
    is_transient: bool
    """Whether a retry may succeed."""
    is_login: bool = False
    """Whether the credentials were refused."""


class _Rule(NamedTuple):
    pattern: str
    """Searched in the text, without what is quoted there, such as names."""
    remedy: str = ""
    """What to do."""
    reason: str | None = None
    """Replaces the text."""


_NETWORK = "|".join(
    re.escape(os.strerror(code))
    for code in (
        *(errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.ETIMEDOUT, errno.EPIPE),
        *(errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH, errno.ENETDOWN, errno.ENETRESET),
        *(errno.EADDRNOTAVAIL, errno.EAGAIN, errno.EINTR, errno.EMFILE, errno.ENFILE, errno.ENOBUFS),
        *(errno.ENOMEM, errno.ENOTCONN),
    )
)

# Everything else is permanent: retrying it would use up the deadline, and may lock an account.
_TRANSIENT = (
    # The network, as libpq reports it.
    _Rule("Connection refused", "check `host` and `port`", "refused"),
    _Rule("timeout expired|Connection timed out", "check `host` and `port`, or raise `connect_timeout`"),
    _Rule("could not translate host name", "check `host`", "the host name is not known"),
    _Rule("No such file or directory\\s+Is the server running", "check `host` and `port`", "no such socket"),
    _Rule(_NETWORK),
    _Rule("server closed the connection unexpectedly|could not (?:send|receive)|SSL SYSCALL error"),
    _Rule("SSL connection has been closed unexpectedly|unexpected eof|error response during SSL exchange"),
    # None of the servers has the requested role.
    _Rule(
        "session is (?:not )?read-only|server is (?:not )?in hot standby mode", "check `target_session_attrs`"
    ),
    # PostgreSQL: 57P03, 57P01, 53300 and others of class 53, authentication timeout.
    _Rule("the database system is "),
    _Rule("(?:cannot connect|not) now"),  # the name of 57P03, for servers that imitate PostgreSQL
    _Rule("terminating connection|canceling authentication due to timeout|conflict with recovery"),
    _Rule("[Tt]oo many (?!.*(?:authentication|login|password))|remaining connection slots are reserved"),
    _Rule("out of (?:shared )?memory|[Nn]o space left|could not fork|could not create .*process"),
    # Poolers and proxies: PgBouncer, Supavisor, RDS Proxy, Pgpool, PgCat.
    _Rule("no more connections allowed|[Mm]ax(?:imum)? ?(?:number of )?(?:client|connection)|MaxClients"),
    _Rule("query_wait_timeout|server_login_retry|client_login_timeout|cannot connect to server"),
    _Rule("server conn crashed|(?:bouncer|server|pooler|proxy) is shutting down|AllServersDown"),
    _Rule(
        "[Tt]imed[- ]out|[Tt]emporar(?:y|ily)|try again later|backend nodes are down|not accepting clients"
    ),
    _Rule(
        "unavailable|exhausted|overloaded|unable to check out|(?:failed to|[Cc]ould ?n[o']t) (?:get|connect)"
    ),
    *map(_Rule, languages.TRANSIENT.values()),
)

_LOGIN = (
    _Rule("no password supplied", "set `password`", "no password is set"),
    *(
        _Rule(pattern, "check `user` and `password`")
        for pattern in ("authentication failed|[Ll]ogin rejected", *languages.REFUSED_LOGIN.values())
    ),
)

# Permanent failures with a known remedy.
_PERMANENT = (
    *_LOGIN,
    _Rule(
        "unsupported startup parameter.*(?:options|statement_timeout)",
        "set `statement_timeout: null`, and give no `options`",
    ),
    _Rule("unsupported startup parameter", "leave it out of `url`, or let the pooler ignore it"),
    _Rule("role .*does not exist|no such user|not permitted to log in", "check `user`"),
    _Rule("database .*does not exist|no such database", "check `database`"),
    _Rule("permission denied for database", "run as the database's owner: GRANT CONNECT ON DATABASE … TO …"),
    _Rule("[Tt]enant or user not found", "check `host` and `user` (it names the tenant)"),
    _Rule("pg_hba.conf.*(?:no encryption|SSL off)", "set `sslmode: require`, or add an entry to pg_hba.conf"),
    _Rule("pg_hba.conf", "an entry in the server's pg_hba.conf must admit this user and host"),
    _Rule("does not support SSL", "set `sslmode: prefer`, or let the server offer TLS"),
    _Rule("private key file", "let its owner alone read that file (chmod 0600), or check `sslkey`"),
    _Rule("certificate", "check the server's certificate, `sslrootcert` and `sslmode`"),
    _Rule("invalid port number", "check `port`"),
    _Rule("definition of service", "check the file pg_service.conf and `service`"),
    _Rule("channel binding", "check `channel_binding` and `sslmode`"),
    _Rule("GSS", "check `gssencmode`"),
    _Rule("authentication method requirement", "check `require_auth`"),
    _Rule("configuration parameter|command-line argument", "check `options`"),
    _Rule("sslmode", "check `sslmode`"),
    _Rule(
        "invalid response to SSL negotiation|expected authentication request from server, but received",
        "the server there is not a PostgreSQL: check `host` and `port`",
    ),
)

_ATTEMPT = re.compile(
    r"(?:^|\n)(?:connection to server (?:at|on) .*? failed: |(?=could not translate host name))"
)
_SEVERITY = re.compile(r"^(?:FATAL|ERROR|PANIC):\s+")
_ASIDE = re.compile(r"\s*\bIs the server running.*", re.DOTALL)
_QUOTED = re.compile(r'".*"', re.DOTALL)


def refusals(text: str) -> list[Refusal]:
    """Return why connecting failed, for each server that was tried; equal ones once.

    Args:
        text: libpq's message, one or more lines for each server and address.
    """
    parts = [part for part in _ATTEMPT.split(text) if part.strip()]
    return list(dict.fromkeys(map(_refusal, parts or [text])))


def _refusal(text: str) -> Refusal:
    plain = _QUOTED.sub('""', text)
    passing, lasting = _first(_TRANSIENT, plain), _first(_PERMANENT, plain)
    rule = passing or lasting or _Rule("")
    said = " ".join(_SEVERITY.sub("", _ASIDE.sub("", text)).split())
    return Refusal(rule.reason or said or "no reason given", rule.remedy, passing is not None, rule in _LOGIN)


def _first(rules: tuple[_Rule, ...], text: str) -> _Rule | None:
    return next((rule for rule in rules if re.search(rule.pattern, text)), None)
