"""ClickHouse's Kafka engine, in a Python of its own: the library's newer versions refuse to make such a table.

    python -m callhouse_bench.kafka_peer FOLDER BROKERS TOPIC EVENTS

Prints the seconds until EVENTS rows of the topic are in a MergeTree table.
"""

import sys
import time

import chdb.session

from .clickhouse_events import EVENTS, SETTINGS

DEADLINE = 300


def main() -> None:
    folder, brokers, topic, events = sys.argv[1:]
    session = chdb.session.Session(folder)

    def run(sql: str) -> str:
        return str(session.query(sql, "TSVRaw")).strip()

    run("CREATE DATABASE bench ENGINE = Atomic")
    run(f"CREATE TABLE bench.events ({EVENTS}) ENGINE = MergeTree ORDER BY (account, subject, time)")
    run(f"""
        CREATE TABLE bench.queue ({EVENTS}) ENGINE = Kafka
        SETTINGS kafka_broker_list = '{brokers}', kafka_topic_list = '{topic}', kafka_group_name = 'clickhouse',
            kafka_format = 'JSONEachRow', kafka_num_consumers = 2, kafka_thread_per_consumer = 1,
            kafka_max_block_size = 65536, kafka_skip_broken_messages = 65536,
            {SETTINGS}""")
    started = time.monotonic()
    run("CREATE MATERIALIZED VIEW bench.fill TO bench.events AS SELECT * FROM bench.queue")
    while (rows := int(run("SELECT count() FROM bench.events"))) < int(events):
        if time.monotonic() - started > DEADLINE:
            sys.exit(f"only {rows} of {events} rows after {DEADLINE} s")
        time.sleep(0.1)
    print(time.monotonic() - started)


main()
