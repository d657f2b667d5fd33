"""The SQL of this plugin: `{table}` is the table's name, `%(…)s` a value, in psycopg2's notation.

A row of unknown project (`project_name IS NULL`) is read as one of the project ''.
"""

COLUMNS = {
    "name": "text NOT NULL",
    "project_name": "text NOT NULL",
    "dataset": "jsonb",
    "model": "jsonb",
    "metadata": "jsonb",
    "runtime": "jsonb",
    "evaluation": "jsonb",
    "extra": "jsonb",
    "revision": "text",
    "model_key": "text",
    "reported_at": "timestamptz DEFAULT now()",
    "record": "text",
    "written_xid": "bigint",
}
"""The columns of a new table, with their types.

`written_xid` tells whether another writer has changed a row since newsdesk wrote it: it is then not the row's
`xmin`, the transaction that wrote it last, which costs nothing to read. VACUUM, pg_upgrade and physical
replication keep `xmin`; in a restored dump each row counts as changed, until it is reported again.
"""

CREATE_SCHEMA = "CREATE SCHEMA {schema}"
"""Create the table's schema."""

# The name is first, so that the key's index also serves queries by name alone.
CREATE_TABLE = """\
CREATE TABLE {table} (
    {columns},
    UNIQUE (name, project_name)
)"""
"""Create the table."""

UPSERT = """
INSERT INTO {table} AS old (
    name, project_name, dataset, model, metadata, runtime, evaluation, extra, revision, model_key, record,
    reported_at, written_xid
)
SELECT
    name, project_name, dataset::jsonb, model::jsonb, metadata::jsonb, runtime::jsonb, evaluation::jsonb,
    extra::jsonb, revision, model_key, record, now(), txid_current()
FROM unnest(
    %(name)s::text[], %(project_name)s::text[], %(dataset)s::text[], %(model)s::text[], %(metadata)s::text[],
    %(runtime)s::text[], %(evaluation)s::text[], %(extra)s::text[], %(revision)s::text[],
    %(model_key)s::text[], %(record)s::text[]
) AS new (
    name, project_name, dataset, model, metadata, runtime, evaluation, extra, revision, model_key, record
)
ORDER BY name, project_name
ON CONFLICT (name, project_name) DO UPDATE SET
    dataset = excluded.dataset,
    model = excluded.model,
    metadata = excluded.metadata,
    runtime = excluded.runtime,
    evaluation = excluded.evaluation,
    extra = excluded.extra,
    revision = excluded.revision,
    model_key = excluded.model_key,
    reported_at = excluded.reported_at,
    record = excluded.record,
    written_xid = excluded.written_xid
WHERE old.revision IS DISTINCT FROM excluded.revision
    OR old.xmin::text::bigint IS DISTINCT FROM (old.written_xid & 4294967295)
    OR (
        old.dataset, old.model, old.metadata, old.runtime, old.evaluation, old.extra, old.model_key,
        old.record
    ) IS DISTINCT FROM (
        excluded.dataset, excluded.model, excluded.metadata, excluded.runtime, excluded.evaluation,
        excluded.extra, excluded.model_key, excluded.record
    )
RETURNING name, project_name
"""
"""Write rows, except those that the table has unchanged; returns the keys of the written ones.

Each column is an array, so that the statement is the same for any number of rows. The revision alone is not
enough: other writers, such as gordo's reporter, change only the other columns.
"""

ADOPT = """
UPDATE {table} AS unknown SET project_name = %(project_name)s
WHERE unknown.name = %(name)s AND unknown.project_name IS NULL AND NOT EXISTS (
    SELECT FROM {table} AS other WHERE other.name = %(name)s AND other.project_name = %(project_name)s
)
"""
"""Assign a row of unknown project to the project that reports its machine, unless it has a row."""

EXISTING = """
SELECT name, project_name
FROM unnest(%(name)s::text[], %(project_name)s::text[]) AS asked (name, project_name)
WHERE EXISTS (
    SELECT FROM {table} AS held WHERE held.name = asked.name AND held.project_name = asked.project_name
) OR asked.project_name = '' AND EXISTS (
    SELECT FROM {table} AS held WHERE held.name = asked.name AND held.project_name IS NULL
)
"""
"""Return the keys that have a row."""

FIND = """
SELECT
    name, project_name, record, dataset::text, model::text, metadata::text, runtime::text, evaluation::text,
    extra::text
FROM {table}
WHERE name = %(name)s
    AND (project_name = %(project_name)s OR %(project_name)s = '' AND project_name IS NULL)
ORDER BY project_name NULLS LAST, reported_at DESC NULLS LAST
LIMIT 1
"""
"""Return the row of a machine. The key allows several rows of unknown project: the last one written."""

PROJECTS = """
SELECT DISTINCT coalesce(project_name, '') FROM {table} WHERE name = %(name)s ORDER BY 1
"""
"""Return the projects that have a machine of a name."""

PAGE = """
SELECT
    page.name, coalesce(page.project_name, ''), page.unchanged, page.revision, page.model_key,
    page.reported_at, page.record IS NOT NULL,
    jsonb_build_array(
        read.metadata #> %(created)s::text[],
        (
            SELECT jsonb_object_agg(
                key, CASE jsonb_typeof(value) WHEN 'object' THEN value -> 'fold-mean' ELSE value END
            )
            FROM jsonb_each(CASE jsonb_typeof(read.scores) WHEN 'object' THEN read.scores END)
        ),
        page.dataset #> %(tags)s::text[],
        page.dataset #> %(target_tags)s::text[]
    )::text
FROM (
    SELECT *, row_number() OVER () AS number
    FROM (
        SELECT *, xmin::text::bigint = (written_xid & 4294967295) AS unchanged
        FROM {table}
        WHERE name >= %(name)s AND (name, coalesce(project_name, '')) > (%(name)s, %(project_name)s)
        ORDER BY
            name, coalesce(project_name, ''), project_name NULLS LAST, reported_at DESC NULLS LAST
        LIMIT %(rows)s
    ) AS held
) AS page
CROSS JOIN LATERAL (
    SELECT whole AS metadata, whole #> %(scores)s::text[] AS scores
    FROM (SELECT page.metadata #> '{{}}' AS whole OFFSET 0) AS once
    OFFSET 0
) AS read
ORDER BY number
"""
"""Return the rows after a key, without their records: date of the build, means of the scores, tags.

`#> '{}'` is the whole value, decompressed once and not for each path. Rows of one key, which only those of
unknown project may share, follow each other, the one that `FIND` returns first.
"""

CREATE_VIEW = """
CREATE OR REPLACE VIEW {view} AS
SELECT DISTINCT ON (name) * FROM {table}
ORDER BY name, reported_at DESC NULLS LAST, project_name
"""
"""Create a view with one machine of each name: that which was reported last."""

CREATE_VIEW_OF_PROJECT = (
    "CREATE OR REPLACE VIEW {view} AS SELECT * FROM {table} WHERE project_name = %(project_name)s"
)
"""Create a view with the machines of one project."""

ANY_UNKNOWN_PROJECT = "SELECT EXISTS (SELECT FROM {table} WHERE project_name IS NULL)"
"""Return whether a row has no project."""

STATE = """
SELECT
    %(schema)s::text IS NULL OR to_regnamespace(%(schema)s) IS NOT NULL AS schema_exists,
    ARRAY(
        SELECT quote_ident(nspname) FROM pg_namespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY nspname
    ) AS schemas,
    ARRAY(
        SELECT attname::text FROM pg_attribute
        WHERE attrelid = to_regclass(%(table)s) AND attnum > 0 AND NOT attisdropped
    ) AS columns,
    EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = to_regclass(%(table)s) AND attname = 'project_name' AND attnotnull
    ) AS project_required,
    (
        SELECT coalesce(json_agg(json_build_array(
            i.indexrelid::regclass::text,
            (
                SELECT quote_ident(conname) FROM pg_constraint
                WHERE conindid = i.indexrelid AND contype IN ('u', 'p')
            ),
            ARRAY(
                SELECT attname::text FROM pg_attribute
                WHERE attrelid = i.indrelid AND attnum = ANY(i.indkey) ORDER BY attname
            )
        )), '[]')
        FROM pg_index i
        WHERE i.indrelid = to_regclass(%(table)s) AND i.indisunique AND i.indisvalid
            AND i.indpred IS NULL AND i.indexprs IS NULL
    ) AS uniques
"""
"""Return the schemas of the database, the table's columns, and each unique index with name, constraint
and columns."""

LOCK_MIGRATION = """
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = '{seconds}s';
SELECT pg_advisory_xact_lock({lock});
"""
"""Take the lock for changing the table. Creating an index may take long, so there is no statement timeout."""

SERVER_INFO = """
SELECT
    current_setting('server_version'),
    current_setting('server_encoding'),
    current_user::text,
    pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool,
    ARRAY(
        SELECT wanted FROM unnest(%(privileges)s::text[]) AS wanted
        WHERE NOT has_table_privilege(%(table)s::text, wanted)
    )
"""
"""Return the server's version and settings, and which privileges on the table the user lacks."""
