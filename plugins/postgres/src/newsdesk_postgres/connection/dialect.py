"""PostgreSQL as SQLAlchemy knows it: how names are quoted, and what a lost connection looks like."""

import psycopg2
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2

# "named": the driver's own style doubles percent signs in names. The class has no annotations.
DIALECT = PGDialect_psycopg2(paramstyle="named", dbapi=psycopg2)  # type: ignore[no-untyped-call]

# Reserved by PostgreSQL as well, see "SQL Key Words" in its manual.
_ALSO_RESERVED = {"collation", "concurrently", "lateral", "system_user", "tablesample"}
_preparer = DIALECT.identifier_preparer
_preparer.reserved_words = _preparer.reserved_words | _ALSO_RESERVED
