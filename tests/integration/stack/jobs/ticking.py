"""A job without an end: counts its ticks in keyed state, in a Python worker; `fail` makes it fail."""

import sys

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import KeyedProcessFunction, SourceFunction
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.java_gateway import get_gateway


class Count(KeyedProcessFunction):
    def open(self, context):
        self._count = context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value, context):
        self._count.update((self._count.value() or 0) + 1)
        yield f"count={self._count.value()}"


def main() -> None:
    if "fail" in sys.argv:
        raise SystemExit("this job was told to fail")
    environment = StreamExecutionEnvironment.get_execution_environment()
    environment.enable_checkpointing(500)
    datagen = get_gateway().jvm.org.apache.flink.streaming.api.functions.source.datagen
    ticks = datagen.DataGeneratorSource(datagen.RandomGenerator.longGenerator(0, 9), 20, None)
    stream = environment.add_source(SourceFunction(ticks), type_info=Types.LONG())
    stream.key_by(lambda _: 0, Types.INT()).process(Count(), Types.STRING()).print()
    environment.execute("ticking")


if __name__ == "__main__":
    main()
