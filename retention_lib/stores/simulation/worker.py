"""A process that tells blocks: its share comes as a line of JSON, blocks leave pickled, in their order.

The end of the input is the end of the caller: the process leaves at once. An error leaves as its traceback.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import sys
import threading
import traceback
from typing import IO, Any

from retention_lib.stores.simulation.workers import Share, ToldBlock


def main() -> None:
    """Tells a share of the blocks."""
    share = Share(**json.loads(sys.stdin.readline()))
    threading.Thread(target=_leave_with_caller, daemon=True).start()
    # Blocks wait here while the caller is busy with others; a full queue holds the telling up.
    waiting: queue.Queue[ToldBlock | str | None] = queue.Queue(maxsize=share.ahead)
    sender = threading.Thread(target=_send, args=(waiting, _private_output()))
    sender.start()
    try:
        _tell(share, waiting)
    except BaseException:  # noqa: BLE001 - the caller says it
        waiting.put(traceback.format_exc())
    waiting.put(None)
    sender.join()
    os._exit(0)  # the thread that waits for the caller's end would hold up an orderly leaving


def _tell(share: Share, waiting: queue.Queue[ToldBlock | str | None]) -> None:
    import pyarrow as pa

    from retention_lib.settings.simulation import Simulation
    from retention_lib.stores.simulation.shop import open_shop, tell_story
    from retention_lib.stores.simulation.tables import block_tables

    pa.set_cpu_count(1)
    shop = open_shop(Simulation.model_validate(share.simulation))
    for block in share.blocks:
        made = block_tables(tell_story(shop, block))
        streams = {place: _stream(table) for place, table in made.tables.items()}
        waiting.put(ToldBlock(tables=streams, sums=made.sums))


def _stream(table: Any) -> Any:
    """A table as an Arrow stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


def _send(waiting: queue.Queue[ToldBlock | str | None], output: IO[bytes]) -> None:
    while (block := waiting.get()) is not None:
        pickle.dump(block, output, protocol=5)
        output.flush()


def _private_output() -> IO[bytes]:
    """The standard output for blocks alone: whatever else prints goes to the error output."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return output


def _leave_with_caller() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
