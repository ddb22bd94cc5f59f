"""Brokers of Kafka (a mock cluster) with a topic of the workload, as a process: prints their address, waits.

    python benchmarks/kafka_broker.py EVENTS PARTITIONS

It keeps 5 MB a partition, so what is in it is compressed, as most producers do.
"""

from __future__ import annotations

import sys

from confluent_kafka import Producer
from machine import ROOT
from runs import lines

sys.path.insert(0, str(ROOT))

from tests.support.kafka_cluster import kafka_cluster

TOPIC = "events"


def main() -> None:
    """Fill the topic, and wait until nobody needs it."""
    events, partitions = map(int, sys.argv[1:])
    with kafka_cluster() as cluster:
        cluster.create(TOPIC, partitions)
        told = {
            "bootstrap.servers": cluster.servers,
            "compression.type": "lz4",
            "linger.ms": 50,
            "log_level": 0,
        }
        producer = Producer(told)
        for number, line in enumerate(lines(events)):
            producer.produce(TOPIC, line.strip(), partition=number * partitions // events)
            if number % 5000 == 0:
                producer.flush()
        assert producer.flush(60) == 0
        print(cluster.servers, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
