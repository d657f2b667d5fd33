"""Upserts a machine into a table with psycopg2, as a script would: FILE URL TABLE."""

import hashlib
import json
import sys
from pathlib import Path

import psycopg2

PARTS = ("dataset", "model", "metadata", "runtime", "evaluation")
COLUMNS = ("name", "project_name", *PARTS, "revision", "model_key")


def main(file: str, url: str, table: str) -> None:
    machine = json.loads(Path(file).read_bytes())
    record = json.dumps(machine, sort_keys=True).encode()
    built_of = json.dumps(
        [machine[key] for key in ("name", "model", "dataset", "evaluation")], sort_keys=True
    )
    values = [
        machine["name"],
        machine["project_name"],
        *(json.dumps(machine[part]) for part in PARTS),
        hashlib.sha256(record).hexdigest(),
        hashlib.sha256(built_of.encode()).hexdigest(),
    ]
    upsert = (
        f"INSERT INTO {table} AS old ({', '.join(COLUMNS)}, reported_at) "
        f"VALUES ({', '.join(['%s'] * len(COLUMNS))}, now()) ON CONFLICT (name, project_name) DO UPDATE SET "
        + ", ".join(f"{column} = excluded.{column}" for column in (*COLUMNS[2:], "reported_at"))
        + " WHERE old.revision IS DISTINCT FROM excluded.revision"
    )
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(upsert, values)
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
