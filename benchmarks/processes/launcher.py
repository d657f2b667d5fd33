"""Runs a command for each line of standard input, and prints what it cost; see `processes.runner`.

A program of its own, without imports beyond these: on Linux the peak memory of a new process is at least
that of the process that started it.
"""

import json
import os
import sys
import time

OUTPUT = "output"


def run(command: list[str]) -> tuple[int, float, float, float]:
    """Return the exit code, seconds, seconds of CPU and bytes of peak memory."""
    log = os.open(OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    to_log = [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
    begin = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=to_log)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - begin
    os.close(log)
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return os.waitstatus_to_exitcode(status), seconds, usage.ru_utime + usage.ru_stime, peak


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
