"""ClickHouse's Kafka engine, in a Python of its own: the library's newer versions refuse to make such a table.

    python -m callhouse_bench.kafka_peer FOLDER BROKERS TOPIC MESSAGES

Prints the seconds until MESSAGES rows of the topic are in MergeTree tables, as events or as rejections, and how many
are; fewer when none came any more.
"""

import os
import sys
import time

import chdb.session

from .clickhouse_events import EVENTS, SETTINGS

DEADLINE = 300
GIVES_UP_AFTER = 30
# With its defaults the engine flushes every 7.5 s whatever has come, and takes half of the topic in the same time.
# Without error mode `stream` it reads some malformed messages again and again and never gets past them.
QUEUE_SETTINGS = """kafka_format = 'JSONEachRow', kafka_num_consumers = 2, kafka_thread_per_consumer = 1,
    kafka_max_block_size = 524288, kafka_poll_max_batch_size = 65536, kafka_flush_interval_ms = 1000,
    kafka_handle_error_mode = 'stream'"""


def main() -> None:
    folder, brokers, topic, messages = sys.argv[1:]
    session = chdb.session.Session(folder)

    def run(sql: str) -> str:
        return str(session.query(sql, "TSVRaw")).strip()

    run("CREATE DATABASE bench ENGINE = Atomic")
    run(f"CREATE TABLE bench.events ({EVENTS}) ENGINE = MergeTree ORDER BY (account, subject, time)")
    run("CREATE TABLE bench.rejections (reason String, payload String) ENGINE = MergeTree ORDER BY ()")
    run(f"""
        CREATE TABLE bench.queue ({EVENTS}) ENGINE = Kafka
        SETTINGS kafka_broker_list = '{brokers}', kafka_topic_list = '{topic}', kafka_group_name = 'clickhouse',
            {QUEUE_SETTINGS}, {SETTINGS}""")
    # Reading begins with the view on the queue, so what it feeds is there before.
    run(f"CREATE TABLE bench.incoming ({EVENTS}, error String, raw String) ENGINE = Null")
    run("""
        CREATE MATERIALIZED VIEW bench.reject TO bench.rejections
        AS SELECT error AS reason, raw AS payload FROM bench.incoming WHERE error != ''""")
    run("""
        CREATE MATERIALIZED VIEW bench.accept TO bench.events
        AS SELECT * EXCEPT (error, raw) FROM bench.incoming WHERE error = ''""")
    started = time.monotonic()
    run("""
        CREATE MATERIALIZED VIEW bench.fill TO bench.incoming
        AS SELECT *, _error AS error, _raw_message AS raw FROM bench.queue""")
    rows, came_at = 0, started
    while rows < int(messages) and time.monotonic() < min(came_at + GIVES_UP_AFTER, started + DEADLINE):
        time.sleep(0.1)
        now = int(run("SELECT (SELECT count() FROM bench.events) + (SELECT count() FROM bench.rejections)"))
        if now > rows:
            rows, came_at = now, time.monotonic()
    print(came_at - started, rows, flush=True)
    # Its consumers do not end while there is a topic to read.
    os._exit(0)


main()
