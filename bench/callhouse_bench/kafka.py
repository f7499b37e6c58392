"""A real Apache Kafka broker, one process on free loopback ports, from the jars of tests/kafka/install."""

import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

START_DEADLINE = 120
# Of a topic, which comes into being when it is first written to.
PARTITIONS = 3


def installed_libs() -> Path:
    pom = Path(__file__).parents[2] / "tests" / "kafka" / "pom.xml"
    version = re.search(r"<kafka.version>(.*?)</kafka.version>", pom.read_text())[1]
    return Path.home() / ".cache" / "callhouse" / f"kafka-{version}" / "libs"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Broker:
    """Ends, and is forgotten, with its `with` block."""

    def __enter__(self) -> "Broker":
        self.folder = Path(tempfile.mkdtemp(prefix="callhouse-kafka-"))
        port, controller = free_port(), free_port()
        properties = self.folder / "server.properties"
        properties.write_text(f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={self.folder / "data"}
auto.create.topics.enable=true
num.partitions={PARTITIONS}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
""")
        self.java("kafka.tools.StorageTool", "format", "--cluster-id", "Y2FsbGhvdXNlLWJlbmNoLQ", "--config", properties)
        self.output = (self.folder / "output").open("w")
        command = self.java_command("kafka.Kafka", properties)
        self.process = subprocess.Popen(command, stdout=self.output, stderr=self.output)
        self.address = f"127.0.0.1:{port}"
        ends_at = time.monotonic() + START_DEADLINE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > ends_at:
                    raise RuntimeError((self.folder / "output").read_text()) from None
                time.sleep(0.1)

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.output.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def java(self, *arguments: object) -> None:
        done = subprocess.run(self.java_command(*arguments), capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)

    @staticmethod
    def java_command(*arguments: object) -> list[str]:
        options = ["-Xmx512m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        return ["java", *options, "-cp", f"{installed_libs()}/*", *map(str, arguments)]
