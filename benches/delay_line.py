"""A delay line between two network namespaces: every packet, SYN included, arrives late.

A proxy in user space answers the handshake itself and so hides a round trip; netem is not in every
kernel. This works below TCP with nothing but TUN devices:

    client's namespace                                              server's namespace
    127.0.0.1 is routed to tun ──► this process, half a round trip ──► tun ──► 127.0.0.1

127.0.0.1 in the client's namespace is the server's loopback address, so a server that listens on
loopback only, with a certificate for it, is reached as it is. Needs root and Linux; everything is
gone when the process ends. By itself it prints the two namespaces' names and runs until its
standard input is closed:

    sudo python3 benches/delay_line.py 0.050
"""

import collections
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x0001 | 0x1000
CLIENT, SERVER = "10.77.0.1", "10.77.0.2"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


def tun(name):
    """An open TUN device; it lives as long as the descriptor, also when moved to a namespace."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_WITHOUT_HEADER))
    return descriptor


def namespace(name, device, address, peer):
    ip("netns", "add", name)
    ip("link", "set", device, "netns", name)
    # Loopback addresses may cross this device, and their answers may come back through it.
    for setting in (
        "all/route_localnet=1",
        f"{device}/route_localnet=1",
        "all/rp_filter=0",
        f"{device}/rp_filter=0",
    ):
        path, _, value = setting.partition("=")
        command = f"echo {value} > /proc/sys/net/ipv4/conf/{path}"
        ip("netns", "exec", name, "sh", "-c", command)
    ip("-n", name, "address", "add", address, "peer", peer, "dev", device)
    ip("-n", name, "link", "set", device, "up")


def forward(client, server, delay):
    """Carries packets both ways, each `delay` seconds late, until standard input is closed."""
    waiting = collections.deque()
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, target, packet = waiting.popleft()
            os.write(target, packet)
        pause = max(0.0, waiting[0][0] - now) if waiting else None
        readable, _, _ = select.select([client, server, sys.stdin], [], [], pause)
        due = time.monotonic() + delay
        for source, target in ((client, server), (server, client)):
            if source in readable:
                waiting.append((due, target, os.read(source, 65535)))
        if sys.stdin in readable and not os.read(sys.stdin.fileno(), 1024):
            return


def main():
    round_trip = float(sys.argv[1])
    here = os.getpid()
    names = [f"awsmfa-{side}-{here}" for side in ("client", "server")]
    devices = [f"am{side}{here}"[:15] for side in ("c", "s")]
    ends = [tun(device) for device in devices]
    try:
        namespace(names[0], devices[0], CLIENT, SERVER)
        namespace(names[1], devices[1], SERVER, CLIENT)
        ip("-n", names[1], "link", "set", "lo", "up")
        # The client's own loopback stays down: 127.0.0.1 is at the other end of the line.
        ip("-n", names[0], "route", "add", "127.0.0.1/32", "dev", devices[0], "src", CLIENT)
        print(*names, flush=True)
        forward(*ends, round_trip / 2)
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False)


if __name__ == "__main__":
    main()
