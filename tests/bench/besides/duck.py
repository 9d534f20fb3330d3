"""The questions of `lumbra-bench history` to DuckDB, on one thread.

    duck.py FOLDER

FOLDER holds the raw samples as one file a column, the pain entries likewise, and questions.json: a list of {"name", "sql"}. They are
loaded into a DuckDB database in the folder; each question is asked a few times. Prints a JSON object a question: its name, the median
time in ms, and the rows.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import duckdb
import numpy

RAW = {"at_ms": "<i8", "utc_offset_s": "<i4", "pitch": "<i2", "roll": "<i2", "activity": "u1", "flags": "u1"}
PAIN = {"day": "<i4", "score": "u1"}
A_TIME = 1_000_000
TIMES = 3


def load(connection, folder, table, columns):
    """Brings a table's columns in, a million rows at a time, so that memory stays small."""
    files = {name: numpy.memmap(folder / f"{table}.{name}", kind, "r") for name, kind in columns.items()}
    rows = min(len(file) for file in files.values())
    for begin in range(0, rows, A_TIME):
        batch = {name: numpy.array(file[begin : begin + A_TIME]) for name, file in files.items()}
        connection.register("batch", batch)
        verb = "CREATE TABLE {} AS" if begin == 0 else "INSERT INTO {}"
        connection.execute(verb.format(table) + " SELECT * FROM batch")
        connection.unregister("batch")


def main():
    folder = Path(sys.argv[1])
    connection = duckdb.connect(str(folder / "raw.duckdb"))
    connection.execute("SET threads = 1")
    load(connection, folder, "raw", RAW)
    load(connection, folder, "pain", PAIN)
    connection.execute("CHECKPOINT")
    for question in json.loads((folder / "questions.json").read_text()):
        times = []
        for _ in range(TIMES):
            began = time.perf_counter()
            rows = connection.execute(question["sql"]).fetchall()
            times.append((time.perf_counter() - began) * 1_000)
        rows = [[float(value) for value in row] for row in rows]
        print(json.dumps({"name": question["name"], "ms": statistics.median(times), "rows": rows}))


main()
