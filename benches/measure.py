#!/usr/bin/env python3
"""Measures what docs/performance.md promises and prints the table for it, in Markdown.

    cargo build --release --locked --bin awsmfa --example local_aws --example load
    sudo python3 benches/measure.py

How each figure is come by is said there under "Method". Needs Linux, curl and GNU time; the AWS CLI
where there is one; root for the part with the delay line. Exit code 1: a limit was missed.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from process import at_once, interleaved, peak_memory, seconds
from serving import serving
from world import World

ROOT = Path(__file__).resolve().parents[1]
MILLISECOND = 1e-3
MIB = 1024 * 1024
ROUND_TRIP = 50 * MILLISECOND
TYPING = 2.0
RUNS_AT_ONCE = 64
ROLES = 20
REPLY = 100 * MILLISECOND


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    release = ROOT / "target" / "release"
    parser.add_argument("--binary", type=Path, default=release / "awsmfa")
    parser.add_argument("--server", type=Path, default=release / "examples" / "local_aws")
    parser.add_argument("--aws", default=ROOT / ".ci" / "venv" / "bin" / "aws", help="AWS CLI v1")
    parser.add_argument("--runs", type=int, default=20, help="rounds of each comparison")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), help="some parts only")
    return parser.parse_args()


class Report:
    """The rows of the table; a row without a limit is there to compare with."""

    def __init__(self):
        self.rows = []
        self.missed = False

    def row(self, what, figure, limit="", kept=True):
        self.missed |= not kept
        verdict = "" if not limit else "yes" if kept else "**no**"
        self.rows.append((what, figure, limit, verdict))
        print("    " + " | ".join(self.rows[-1]), file=sys.stderr, flush=True)

    def at_most(self, what, value, limit, unit, scale):
        shown = [f"{number / scale:.2f} {unit}" for number in (value, limit)]
        self.row(what, shown[0], shown[1], value <= limit)

    def table(self):
        lines = ["| what | measured | limit | kept |", "| --- | ---: | ---: | --- |"]
        return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in self.rows])


def ms(value):
    return f"{value / MILLISECOND:.2f} ms"


def starting(options, report):
    """Programs that do nothing: what starting costs."""
    with World(options) as world:
        world.sign_in()
        medians = interleaved(
            options.runs,
            true=lambda: seconds(["/bin/true"], world.environment),
            version=lambda: seconds([options.binary, "--version"], world.environment),
            reuse=lambda: seconds([options.binary, "--quiet"], world.environment),
        )
    report.row("`/bin/true`", ms(medians["true"]))
    shown = {
        "version": "`awsmfa --version`",
        "reuse": "reuse, nothing to do",
    }
    for name, what in shown.items():
        over = medians[name] - medians["true"]
        report.at_most(f"{what}, over `/bin/true`", over, 1 * MILLISECOND, "ms", MILLISECOND)


def consumers(options, report):
    """Handing on what is there. The AWS CLI reads one value of the same section."""
    with World(options) as world:
        world.sign_in()
        own = {
            "credential-process": ["credential-process"],
            "env": ["env", "--shell", "bash"],
            "check": ["status", "--check", "30m", "--quiet"],
        }
        actions = {
            name: lambda words=words: seconds([options.binary, *words], world.environment)
            for name, words in own.items()
        }
        if Path(options.aws).exists():
            get = ["configure", "get", "aws_access_key_id", "--profile", "default-mfa"]
            actions["aws"] = lambda: seconds([options.aws, *get], world.environment)
        medians = interleaved(
            options.runs, true=lambda: seconds(["/bin/true"], world.environment), **actions
        )
    for name, words in own.items():
        over = medians[name] - medians["true"]
        what = f"`awsmfa {' '.join(words)}`, session good, over `/bin/true`"
        report.at_most(what, over, 1 * MILLISECOND, "ms", MILLISECOND)
        if "aws" in medians:
            faster = medians["aws"] / medians[name]
            figure = f"{ms(medians['aws'])} / {ms(medians[name])} = {faster:.0f} ×"
            report.row(f"the same / `aws {' '.join(get[:3])}`", figure, "150 ×", faster >= 150)


def flight(options, report):
    """A new world each time: codes from a command are half a minute apart per device."""
    alone, together, starts, reuse = [], [], [], []
    for _ in range(max(3, options.runs // 4)):
        with World(options, mfa_process=True) as world:
            command = [options.binary, "credential-process"]
            alone.append(seconds(command, world.environment))
            version = [options.binary, "--version"]
            starts.append(at_once(version, world.environment, RUNS_AT_ONCE))
            reuse.append(at_once(command, world.environment, RUNS_AT_ONCE))
        with World(options, mfa_process=True) as world:
            together.append(at_once(command, world.environment, RUNS_AT_ONCE))
            assert world.requests("GetSessionToken") == 1
    alone, together, starts, reuse = map(statistics.median, (alone, together, starts, reuse))
    report.row("one cold `credential-process` with `mfa_process`", ms(alone))
    report.row(f"{RUNS_AT_ONCE} × `awsmfa --version` at once", ms(starts))
    report.row(f"{RUNS_AT_ONCE} × `credential-process` at once, session good", ms(reuse))
    report.at_most(
        f"{RUNS_AT_ONCE} cold `credential-process` at once, one GetSessionToken",
        together, 1.5 * alone + starts, "ms", MILLISECOND,
    )


def many_roles(options, report):
    """Every reply of the server is late by the same time."""
    times = []
    for _ in range(max(3, options.runs // 4)):
        with World(options, roles=ROLES) as world:
            world.delay_replies(REPLY)
            times.append(seconds([*world.command(), "--all"], world.environment))
            assert world.requests("AssumeRole") == ROLES
    trips = statistics.median(times) / REPLY
    report.row(
        f"{ROLES} roles with `--all`, no session yet, 100 ms a request",
        f"{ms(statistics.median(times))} = {trips:.2f} round trips", "2.50", trips <= 2.5,
    )


def plain(options, report):
    with World(options) as world:
        medians = interleaved(
            options.runs, awsmfa=world.sign_in, curl=lambda: seconds(world.curl(), {})
        )
    ratio(report, "sign-in over HTTP", medians, "curl", "one POST by curl over HTTP", 0.6)


def tls(options, report):
    with World(options, tls=True) as world, World(options, tls=True) as other:
        actions = {"awsmfa": world.sign_in, "curl": lambda: seconds(world.curl(), {})}
        if Path(options.aws).exists():
            actions["aws"] = other.aws_cli
        medians = interleaved(options.runs, **actions)
    ratio(report, "sign-in over TLS", medians, "curl", "one POST by curl over TLS", 0.8)
    if "aws" in medians:
        ratio(report, "sign-in over TLS", medians, "aws", "`aws sts get-session-token`", 1 / 60)


def ratio(report, what, medians, peer, peer_name, limit):
    own, theirs = medians["awsmfa"], medians[peer]
    figure = f"{ms(own)} / {ms(theirs)} = {own / theirs:.3f}"
    report.row(f"{what} / {peer_name}", figure, f"{limit:.3f}", own <= limit * theirs)


def large_files(options, report):
    """Sections before and after ours, about 200 bytes each, as a file grows in years."""
    with World(options) as empty, World(options, sections=10_000) as ten_thousand:
        with World(options, sections=100_000) as hundred_thousand:
            medians = interleaved(
                options.runs,
                empty=empty.sign_in,
                ten=ten_thousand.sign_in,
                hundred=hundred_thousand.sign_in,
                small_disk=empty.disk,
                large_disk=ten_thousand.disk,
            )
    ten = medians["ten"] - medians["empty"]
    hundred = medians["hundred"] - medians["empty"]
    report.row("sign-in, credentials file with one section", ms(medians["empty"]))
    disk = medians["large_disk"] - medians["small_disk"]
    report.row("write, fsync, rename 2 MB, by themselves: more by", ms(disk))
    report.at_most("10,000 sections: more by", ten, 8 * MILLISECOND, "ms", MILLISECOND)
    report.row(
        "100,000 sections: more by", f"{ms(hundred)} = {hundred / ten:.1f} × that of 10,000",
        "linear, 12 ×", hundred <= 12 * ten,
    )


def delayed(options, report):
    """Enter → file at 50 ms. The same binary each time; only when the code comes differs."""
    if os.geteuid() != 0:
        report.row("Enter → file at 50 ms", "not measured: needs root")
        return
    far = {"tls": True, "round_trip": ROUND_TRIP}
    with World(options, **far) as warm, World(options, **far) as cold, World(options, **far) as given:
        medians = interleaved(
            options.runs,
            line=warm.connect,
            disk=warm.disk,
            warm=lambda: warm.enter(TYPING)[0],
            at_once=lambda: cold.enter(0)[0],
            given=given.sign_in,
        )
    line = medians["line"]
    report.row("round trip of the line (TCP connect)", ms(line))
    report.row("write, fsync, rename, fsync by themselves", ms(medians["disk"]))
    report.at_most("Enter → file, after 2 s of typing", medians["warm"], line + 5e-3, "ms", 1e-3)
    report.row("the same, typed at once: no time to warm up", ms(medians["at_once"]))
    report.row("code on the command line, start → end", ms(medians["given"]))


def hands_on(options, report):
    """Eleven questions at once, then what depends on the answers; the connections first."""
    if os.geteuid() != 0:
        report.row("`handson down` at 50 ms", "not measured: needs root")
        return
    with World(options, tls=True, round_trip=ROUND_TRIP) as world:
        medians = interleaved(options.runs, line=world.connect, down=world.hands_on_down)
    limit = 8 * medians["line"]
    report.at_most("`handson down` at 50 ms, over TLS", medians["down"], limit, "ms", MILLISECOND)


def memory(options, report):
    with World(options, tls=True) as world:
        peaks = [peak_memory(world.command(), world.environment) for _ in range(5)]
    report.at_most("peak memory of a sign-in over TLS", max(peaks), 12 * MIB, "MiB", MIB)


def size(options, report):
    report.at_most("the binary", options.binary.stat().st_size, 7_000_000, "MB", 1_000_000)


PARTS = {
    "starting": starting,
    "consumers": consumers,
    "flight": flight,
    "roles": many_roles,
    "http": plain,
    "tls": tls,
    "files": large_files,
    "delay": delayed,
    "serving": serving,
    "handson": hands_on,
    "memory": memory,
    "size": size,
}


def machine():
    model = next(
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith(("model name", "Model"))
    )
    return f"{platform.system()} {platform.release()}, {os.cpu_count()} cores ({model})"


def main():
    options = arguments()
    report = Report()
    for name, part in PARTS.items():
        if not options.only or name in options.only:
            print(f"{name}:", file=sys.stderr)
            part(options, report)
    version = subprocess.run([options.binary, "--version"], capture_output=True, text=True)
    print(f"{version.stdout.strip()}; {machine()}; {time.strftime('%Y-%m-%d')};", end=" ")
    print(f"medians of {options.runs} runs; files in {tempfile.gettempdir()}\n")
    print(report.table())
    sys.exit(report.missed)


if __name__ == "__main__":
    main()
