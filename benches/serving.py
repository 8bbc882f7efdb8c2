"""`awsmfa serve` under load: 32 clients that ask without a pause, while the credentials are renewed
once."""

import contextlib
import json
import subprocess

from world import World

REQUESTS, CLIENTS = 10_000, 32
MILLISECOND = 1e-3


def serving(options, report):
    with World(options) as world:
        renewable(world)
        world.sign_in()
        before = calls(world)
        with server(world, options) as variables:
            load = options.server.parent / "load"
            done = subprocess.run(
                [load, str(REQUESTS), str(CLIENTS)], env=variables, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        renewals = calls(world) - before
    what = f"{REQUESTS:,} requests to `serve` from {CLIENTS} clients"
    report.row(f"{what}: errors", str(result["errors"]), "0", result["errors"] == 0)
    report.row("calls to STS meanwhile, for one renewal", str(renewals), "1", renewals == 1)
    report.row("half of them answered within", f"{result['p50'] / MILLISECOND:.2f} ms")
    report.at_most("99 of 100 within", result["p99"], 5 * MILLISECOND, "ms", MILLISECOND)
    report.row("all of them within", f"{result['longest'] / MILLISECOND:.2f} ms")
    report.row("answers per second", f"{result['answered'] / result['took']:,.0f}")


def renewable(world):
    """Credentials that live for 15 minutes are due from the start, and a command makes the code."""
    config = world.home / ".aws" / "config"
    ask = f"curl --silent '{world.control}code?serial={world.serial}'"
    with config.open("a") as file:
        file.write(f"duration_seconds = 900\nmfa_process = {ask}\n")


def calls(world):
    log = json.loads(world.ask("log"))["requests"]
    return sum(request["operation"] == "GetSessionToken" for request in log)


@contextlib.contextmanager
def server(world, options):
    command = [options.binary, "serve", "--quiet", "--output", "json"]
    process = subprocess.Popen(
        command, env=world.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    try:
        environment = json.loads(process.stdout.read())["profiles"][0]["environment"]
        yield {name: value for name, value in environment.items() if value is not None}
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0
