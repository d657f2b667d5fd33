"""What libpq 17, PostgreSQL 15 to 18 and poolers say of a connection that was not made."""

import pytest
from newsdesk_postgres.connection.refusals import refusals

AT = 'connection to server at "10.0.0.7", port 5432 failed: '

PASSING = [
    "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n",
    "timeout expired\n",
    "Connection timed out\n\tIs the server running on that host and accepting TCP/IP connections?\n",
    "Connection reset by peer\n",
    "No route to host\n\tIs the server running on that host and accepting TCP/IP connections?\n",
    "Network is unreachable\n\tIs the server running on that host and accepting TCP/IP connections?\n",
    "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n",
    "could not send startup packet: Broken pipe\n",
    "could not receive data from server: Connection reset by peer\n",
    "SSL SYSCALL error: EOF detected\n",
    "SSL error: unexpected eof while reading\n",
    "server sent an error response during SSL exchange\n",
    "session is read-only\n",
    "server is in hot standby mode\n",
    "FATAL:  the database system is starting up\n",
    "FATAL:  the database system is shutting down\n",
    "FATAL:  the database system is in recovery mode\n",
    "FATAL:  the database system is not yet accepting connections\nDETAIL:  Consistent recovery state has not…\n",
    "FATAL:  the database system is not accepting connections\nDETAIL:  Hot standby mode is disabled.\n",
    "FATAL:  terminating connection due to administrator command\n",
    "FATAL:  canceling authentication due to timeout\n",
    "FATAL:  sorry, too many clients already\n",
    'FATAL:  too many connections for role "temporary"\n',
    'FATAL:  too many connections for database "d"\n',
    "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute\n",
    "FATAL:  out of memory\n",
    "could not fork new process for connection: Resource temporarily unavailable\n",
    # PgBouncer, Supavisor, RDS Proxy
    "FATAL:  no more connections allowed (max_client_conn)\n",
    "FATAL:  query_wait_timeout\n",
    "FATAL:  server login has been failing, cached error: connect failed (server_login_retry)\n",
    "ERROR:  pgbouncer cannot connect to server\n",
    "FATAL:  Max client connections reached\n",
    "FATAL:  MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size\n",
    "FATAL:  Timed-out waiting to acquire database connection\n",
    "FATAL:  unable to check out connection from the pool after 15000ms\n",
    "ERROR:  Couldn't connect to compute node\n",
    "FATAL:  Too many database connection attempts are currently ongoing\n",
    # Other languages
    "FATAL:  das Datenbanksystem startet\n",
    "FATAL:  das Datenbanksystem nimmt noch keine Verbindungen an\n",
    "FATAL:  tut mir leid, schon zu viele Verbindungen\n",
    "FATAL:  die verbleibenden Verbindungen sind für Superuser auf Nicht-Replikationsverbindungen reserviert\n",
    "FATAL:  Verbindung wird abgebrochen aufgrund von Anweisung des Administrators\n",
    "FATAL:  el sistema de base de datos está iniciándose\n",
    "FATAL:  lo siento, ya tenemos demasiados clientes\n",
    "FATAL:  le système de bases de données se lance\n",
    "FATAL:  désolé, trop de clients sont déjà connectés\n",
    "FATAL:  il database si sta avviando\n",
    "FATAL:  troppe connessioni al database «d»\n",
    "FATAL:  データベースシステムは起動処理中です\n",
    "FATAL:  現在クライアント数が多すぎます\n",
    "FATAL:  მიმდინარეობს მონაცემთა ბაზის სისტემის გაშვება\n",
    "치명적오류:  최대 동시 접속자 수를 초과했습니다.\n",
    "치명적오류:  데이터베이스 시스템이 새로 가동 중입니다.\n",
    "ВАЖНО:  система баз данных запускается\n",
    "ВАЖНО:  извините, уже слишком много клиентов\n",
    "FATALT:  databassystemet startar upp\n",
    "ФАТАЛЬНО:  вибачте, вже забагато клієнтів\n",
    "致命错误:  数据库系统启动中\n",
    "致命错误:  对不起, 已经有太多的客户\n",
]

LASTING = {
    'FATAL:  password authentication failed for user "u"\n': "check `user` and `password`",
    "FATAL:  SASL authentication failed\n": "check `user` and `password`",
    "FATAL:  too many password failures\n": "",
    "FATAL:  Passwort-Authentifizierung für Benutzer »u« fehlgeschlagen\n": "check `user` and `password`",
    "FATAL:  la autentificación password falló para el usuario «u»\n": "check `user` and `password`",
    "FATAL:  authentification par mot de passe échouée pour l'utilisateur  « u »\n": "check `user` and `password`",
    'FATAL:  autenticazione con password fallita per l\'utente "u"\n': "check `user` and `password`",
    'FATAL:  ユーザー"u"のパスワード認証に失敗しました\n': "check `user` and `password`",
    '치명적오류:  사용자 "u"의 password 인증을 실패했습니다\n': "check `user` and `password`",
    'ВАЖНО:  пользователь "u" не прошёл проверку подлинности (по паролю)\n': "check `user` and `password`",
    'FATALT:  Lösenordsautentisering misslyckades för användare "u"\n': "check `user` and `password`",
    'ФАТАЛЬНО:  користувач "u" не пройшов автентифікацію за допомогою пароля\n': "check `user` and `password`",
    '致命错误:  用户 "u" Password 认证失败\n': "check `user` and `password`",
    "FATAL:  Datenbank »d« existiert nicht\n": "",
    'ВАЖНО:  база данных "d" не существует\n': "",
    'FATAL:  PAM authentication failed for user "u"\n': "check `user` and `password`",
    "fe_sendauth: no password supplied\n": "set `password`",
    'FATAL:  role "too many clients" does not exist\n': "check `user`",
    'FATAL:  role "u" is not permitted to log in\n': "check `user`",
    'FATAL:  database "timed out, temporary" does not exist\n': "check `database`",
    "FATAL:  no such database: d\n": "check `database`",
    "FATAL:  Tenant or user not found\n": "check `host` and `user` (it names the tenant)",
    'FATAL:  database "d" is not currently accepting connections\n': "",
    'FATAL:  permission denied for database "d"\nDETAIL:  User does not have CONNECT privilege.\n': (
        "run as the database's owner: GRANT CONNECT ON DATABASE … TO …"
    ),
    "FATAL:  unsupported startup parameter: options\n": "set `statement_timeout: null`, and give no `options`",
    "FATAL:  unsupported startup parameter in options: statement_timeout\n": (
        "set `statement_timeout: null`, and give no `options`"
    ),
    "FATAL:  unsupported startup parameter: search_path\n": "leave it out of `url`, or let the pooler ignore it",
    'FATAL:  pg_hba.conf rejects connection for host "10.0.0.1", user "u", database "d", no encryption\n': (
        "set `sslmode: require`, or add an entry to pg_hba.conf"
    ),
    'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "u", database "d", SSL encryption\n': (
        "an entry in the server's pg_hba.conf must admit this user and host"
    ),
    "server does not support SSL, but SSL was required\n": "set `sslmode: prefer`, or let the server offer TLS",
    "SSL error: certificate verify failed\n": "check the server's certificate, `sslrootcert` and `sslmode`",
    'server certificate for "a" does not match host name "b"\n': (
        "check the server's certificate, `sslrootcert` and `sslmode`"
    ),
    'root certificate file "/x" does not exist\nEither provide the file, or change sslmode to disable…\n': (
        "check the server's certificate, `sslrootcert` and `sslmode`"
    ),
    'could not open certificate file "/x": No such file or directory\n': (
        "check the server's certificate, `sslrootcert` and `sslmode`"
    ),
    'private key file "/x" has group or world access; file must have permissions u=rw (0600) or less\n': (
        "let its owner alone read that file (chmod 0600), or check `sslkey`"
    ),
    'definition of service "nix" not found\n': "check the file pg_service.conf and `service`",
    "channel binding required, but SSL not in use\n": "check `channel_binding` and `sslmode`",
    "GSSAPI encryption required but no credential cache\n": "check `gssencmode`",
    'authentication method requirement "scram-sha-256" failed: server requested a cleartext password\n': (
        "check `require_auth`"
    ),
    'FATAL:  unrecognized configuration parameter "nix"\n': "check `options`",
    "FATAL:  invalid command-line argument for server process: -x\n": "check `options`",
    'invalid sslmode value: "bogus"\n': "check `sslmode`",
    'invalid port number: "99999"\n': "check `port`",
    "received invalid response to SSL negotiation: H\n": (
        "the server there is not a PostgreSQL: check `host` and `port`"
    ),
    "FATAL:  something that nobody has seen yet\n": "",
    "Permission denied\n\tIs the server running locally and accepting connections on that socket?\n": "",
}


@pytest.mark.parametrize("text", PASSING)
def test_what_may_pass_is_worth_another_try(text):
    [refusal] = refusals(AT + text)
    assert (refusal.is_transient, refusal.is_login) == (True, False)


@pytest.mark.parametrize("text", LASTING)
def test_all_else_does_not_pass_and_has_a_remedy_where_one_is_known(text):
    [refusal] = refusals(AT + text)
    assert (refusal.is_transient, refusal.remedy) == (False, LASTING[text])
    assert refusal.is_login == ("password" in LASTING[text])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (AT + PASSING[0], "refused"),
        (
            'could not translate host name "h" to address: Name or service not known\n',
            "the host name is not known",
        ),
        (
            'connection to server on socket "/x/.s.PGSQL.5432" failed: No such file or directory\n'
            "\tIs the server running locally and accepting connections on that socket?\n",
            "no such socket",
        ),
        (
            AT
            + 'FATAL:  permission denied for database "d"\nDETAIL:  User does not have CONNECT privilege.\n',
            'permission denied for database "d" DETAIL: User does not have CONNECT privilege.',
        ),
        ("", "no reason given"),
    ],
)
def test_a_reason_is_short_and_on_one_line(text, reason):
    assert [refusal.reason for refusal in refusals(text)] == [reason]


def test_of_several_servers_each_has_its_reason_and_what_they_share_is_given_once():
    text = (
        AT
        + PASSING[0]
        + 'connection to server at "h2" (::1), port 5433 failed: FATAL:  role "u" does not exist\n'
        + 'connection to server at "h2" (10.0.0.8), port 5433 failed: FATAL:  role "u" does not exist\n'
        + 'could not translate host name "h3" to address: Name or service not known\n'
    )
    assert [refusal.reason for refusal in refusals(text)] == [
        "refused",
        'role "u" does not exist',
        "the host name is not known",
    ]
