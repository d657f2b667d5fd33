"""Pure: what PostgreSQL answers before a login completes, in the languages of its message catalogs.

From the catalogs of PostgreSQL 15. Transient: the server starts, stops or recovers (57P03, 57P01), or it has
no connection left (53300).
"""

TRANSIENT = {
    "de": "Datenbanksystem|zu viele Verbindungen|verbleibenden Verbindungen|Verbindung wird abgebrochen",
    "es": "sistema de bases? de datos|demasiad[oa]s|conexiones restantes|terminando la conexión",
    "fr": "système de bases? de données|trop de |connexions restants|arrêt des connexions",
    "it": "database (?:si sta|è in|non accetta)|tropp[ie] |rimanenti slot|interruzione della connessione",
    "ja": "データベースシステム|多すぎます|残りの接続スロット|接続を終了しています",
    "ka": "ბაზის სისტემ|მეტისმეტად ბევრი|ძალიან ბევრი|მიერთების შეწყვეტა",
    "ko": "데이터베이스 시스템|접속자? ?수를 초과|남은 연결 슬롯|연결을 끝냅니다",
    "ru": "система (?:баз данных|БД)|слишком много|оставшиеся слоты|закрытие подключения",
    "sv": "databassystemet|för många|resterande anslutningsslottar|avslutar anslutning",
    "uk": "система бази даних|забагато|занадто|слоти підключень|завершення підключення",
    "zh": "数据库系统|太多|连接位置|中断联接",
}
"""Patterns of answers that a retry may change."""

REFUSED_LOGIN = {
    "de": "uthentifizierung .*fehlgeschlagen",
    "es": "autentificación .*falló",
    "fr": "authentification .*échouée",
    "it": "autenticazione .*fallita",
    "ja": "認証に失敗",
    "ka": "ავთენტიფიკაცია .*ვერ მოხერხდა",
    "ko": "인증을 실패",
    "ru": "не прошёл проверку подлинности",
    "sv": "utentisering .*misslyckades",
    "uk": "не пройшов автентифікацію",
    "zh": "认证失败",
}
"""Patterns of answers to a wrong password."""
