"""Starting a program, timing it, and typing at its prompt.

Everything measured is started the same way, by posix_spawn from this process with the same three
descriptors, so that what starting costs is in every figure alike.
"""

import os
import pty
import re
import select
import statistics
import subprocess
import time

NOWHERE = os.open(os.devnull, os.O_RDWR)
QUIET = [(os.POSIX_SPAWN_DUP2, NOWHERE, descriptor) for descriptor in (0, 1, 2)]


def seconds(command, environment, exit_code=0):
    """Wall time from before the start until the program has ended."""
    command = [str(word) for word in command]
    start = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, environment, file_actions=QUIET)
    _, status = os.waitpid(pid, 0)
    elapsed = time.perf_counter() - start
    assert os.waitstatus_to_exitcode(status) == exit_code, explain(command, environment)
    return elapsed


def at_once(command, environment, count):
    """Wall time from before the first of `count` runs is started until the last has ended."""
    command = [str(word) for word in command]
    start = time.perf_counter()
    pids = [
        os.posix_spawnp(command[0], command, environment, file_actions=QUIET) for _ in range(count)
    ]
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    elapsed = time.perf_counter() - start
    assert not any(codes), codes
    return elapsed


def explain(command, environment):
    """Runs what failed once more, for its own words."""
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return f"{' '.join(command)}\nagain: exit {done.returncode}\n{done.stdout}{done.stderr}"


def peak_memory(command, environment):
    """Largest resident size in bytes. GNU time forks from its own small memory, so its figure is
    not that of this Python process, which a child's usage would otherwise begin with."""
    done = subprocess.run(
        ["/usr/bin/time", "--format", "%M", *map(str, command)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-1]) * 1024


def interleaved(runs, **actions):
    """Runs the actions in turn, `runs` times, and returns the median of what each returned. One
    round before that is thrown away: it fills the caches."""
    results = {name: [] for name in actions}
    for turn in range(runs + 1):
        for name, action in actions.items():
            result = action()
            if turn:
                results[name].append(result)
    return {name: statistics.median(values) for name, values in results.items()}


class Prompted:
    """A program on a terminal of its own, up to the point where it asks for the code."""

    def __init__(self, command, environment, prompt=re.compile(rb"code for [^\n]*: ")):
        command = [str(word) for word in command]
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)
        self.shown = b""
        self._read_until(prompt, 10)

    def _read_until(self, pattern, limit):
        deadline = time.monotonic() + limit
        while not pattern.search(self.shown):
            ready, _, _ = select.select([self.terminal], [], [], deadline - time.monotonic())
            assert ready, f"no prompt after {limit} s: {self.shown!r}"
            self.shown += os.read(self.terminal, 4096)

    def enter(self, code, path, typing):
        """Types the code, which takes so many seconds, and Enter. Returns the seconds from Enter
        until `path` was replaced, and until the program had ended."""
        time.sleep(typing)
        before = os.stat(path).st_ino
        start = time.perf_counter()
        os.write(self.terminal, code.encode() + b"\r")
        while os.stat(path).st_ino == before:
            # Asleep in between: a busy loop would keep a processor from the program it waits for.
            time.sleep(0.0001)
            assert time.perf_counter() - start < 10, f"not written: {self._rest()!r}"
        written = time.perf_counter() - start
        rest = self._rest()
        _, status = os.waitpid(self.pid, 0)
        ended = time.perf_counter() - start
        os.close(self.terminal)
        assert os.waitstatus_to_exitcode(status) == 0, rest
        return written, ended

    def _rest(self):
        """What is said until the terminal closes."""
        said = b""
        while True:
            try:
                piece = os.read(self.terminal, 4096)
            except OSError:  # the other side is closed
                return said
            if not piece:
                return said
            said += piece
