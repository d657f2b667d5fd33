"""Upserts a machine into a table with SQLAlchemy Core, as a script would: FILE URL TABLE."""

import hashlib
import json
import sys
from pathlib import Path

from sqlalchemy import Column, DateTime, MetaData, Table, Text, create_engine, func
from sqlalchemy.dialects.postgresql import JSONB, insert

PARTS = ("dataset", "model", "metadata", "runtime", "evaluation")


def main(file: str, url: str, name: str) -> None:
    machine = json.loads(Path(file).read_bytes())
    record = json.dumps(machine, sort_keys=True).encode()
    built_of = json.dumps(
        [machine[key] for key in ("name", "model", "dataset", "evaluation")], sort_keys=True
    )
    table = Table(
        name,
        MetaData(),
        Column("name", Text),
        Column("project_name", Text),
        *(Column(part, JSONB) for part in PARTS),
        Column("revision", Text),
        Column("model_key", Text),
        Column("reported_at", DateTime),
    )
    values = {
        "name": machine["name"],
        "project_name": machine["project_name"],
        **{part: machine[part] for part in PARTS},
        "revision": hashlib.sha256(record).hexdigest(),
        "model_key": hashlib.sha256(built_of.encode()).hexdigest(),
        "reported_at": func.now(),
    }
    new = insert(table).values(values)
    keys = ("name", "project_name")
    upsert = new.on_conflict_do_update(
        index_elements=keys,
        set_={column: new.excluded[column] for column in values if column not in keys},
        where=table.c.revision.is_distinct_from(new.excluded.revision),
    )
    with create_engine(url).begin() as connection:
        connection.execute(upsert)


if __name__ == "__main__":
    main(*sys.argv[1:])
