"""Where the cost of one audit lies: at the controller from the task's start to the recorded verdict, and on the host part by part.

    make bench-profile             5 hosts of the lab, one after the other
    make bench-profile ARGS=20     20 hosts

The controller is timed from within (spans/measured_spans.py), over SSH, with one fork; reported are medians. On the host the program that
was sent there runs again (profile_host.py): as a whole, with what an interpreter alone and `ping` take beside it, and in its parts. Two
hosts are profiled: one with a mail client and an account, and one with neither. Of several rounds on a host the least counts: what others
at work on the machine add is no cost of an audit.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench_audit import FETCHMAILRC, ROOT
from lab.container import File
from lab.host import Host
from lab.session import Lab, missing

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import python_program

BENCH = Path(__file__).parent
JUDGED = "worker: evidence checked and judged"
# Parts below this are summed up.
SMALL = 0.002


def main(hosts: int = 5) -> None:
    """Measure and print."""
    if missing():
        sys.exit("no lab on this machine: " + "; ".join(missing()))
    directory = Path(tempfile.mkdtemp(prefix="mailtls-bench-"))
    lab = Lab(directory)
    try:
        fleet = [
            lab.host(f"bench{number}", users=["alice"], files={"/home/alice/.fetchmailrc": File(FETCHMAILRC, "alice", 0o600)})
            for number in range(hosts)
        ]
        bare = lab.host("bare", "bookworm-minimal")
        audit = _payload(lab, [*fleet, bare], ROOT / "playbooks/audit.yml")
        ping = _payload(lab, [bare], BENCH / "ping.yml")
        _print_controller(_spans(directory / "audit/spans"), audit.stat().st_size)
        for host, what in ((fleet[0], "a host with fetchmail and an account"), (bare, "a host without a mail client")):
            _print_host(host, what, audit, ping)
    finally:
        lab.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _payload(lab: Lab, fleet: list[Host], playbook: Path) -> Path:
    """Run *playbook*, note its spans, and return the file with what Ansible sent to a host."""
    kept = lab.directory / playbook.stem
    kept.mkdir()
    environment = {
        "MAILTLS_REPORTS": str(lab.directory / "reports"),
        "MAILTLS_STORE": "none",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_FORKS": "1",
        "ANSIBLE_CALLBACK_PLUGINS": str(BENCH / "spans"),
        "MAILTLS_BENCH_DIRECTORY": str(kept),
    }
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(lab.inventory(playbook.stem, fleet)), str(playbook)]
    done = lab.run(command, cwd=ROOT, env=environment, timeout=600)
    if done.returncode != 0:
        sys.exit(f"{playbook.name} failed:\n{done.stdout}{done.stderr}")
    return kept / "payload"


def _spans(file: Path) -> dict[str, list[list[float]]]:
    """[wall, CPU, CPU of processes that were started] by what took it, of each worker that audited a host, and of the leading process."""
    spans = [json.loads(line) for line in file.read_text().splitlines()]
    auditing = {span["process"] for span in spans if span["what"] == JUDGED}
    found: dict[tuple[str, int], list[float]] = {}
    result: dict[str, list[list[float]]] = defaultdict(list)
    for span in spans:
        if span["process"] in auditing:
            key = (span["what"], span["process"])
            found[key] = [a + b for a, b in zip(found.get(key, [0.0, 0.0, 0.0]), span["used"], strict=True)]
        elif span["what"].startswith("leader"):
            result[span["what"]].append(span["used"])
    for (what, _process), used in found.items():
        result[what].append(used)
    return result


def _print_controller(spans: dict[str, list[list[float]]], size: int) -> None:
    print(f"Controller, for one host: medians, seconds; the program has {size:,} bytes")
    print(f"{'':<40}{'wall':>9}{'CPU':>9}{'CPU of what it starts':>23}")
    total = [0.0, 0.0, 0.0]
    for what, all_used in sorted(spans.items()):
        used = [statistics.median(column) for column in zip(*all_used, strict=True)]
        total = [a + b for a, b in zip(total, used, strict=True)]
        print(f"{what:<40}{used[0]:>9.4f}{used[1]:>9.4f}{used[2]:>23.4f}")
    print(f"{'together':<40}{total[0]:>9.4f}{total[1]:>9.4f}{total[2]:>23.4f}")


def _print_host(host: Host, what: str, audit: Path, ping: Path) -> None:
    host.put(
        {"/root/profile_host.py": (BENCH / "profile_host.py").read_text(), "/root/audit": audit.read_text(), "/root/ping": ping.read_text()}
    )
    print(f"\nHost, {what}")
    print(f"{'':<50}{'CPU':>8}{'MB at most':>12}")
    audits = f"{python_program.OPTIONS.rstrip('-')} /root/audit"
    for name, command in {"the interpreter alone": "-c pass", "ping": "/root/ping", "the audit": audits}.items():
        told = _told(host, f"whole /usr/bin/python3 {command}")
        print(f"{name:<50}{told['seconds']:>8.3f}{told['megabytes']:>12.1f}")
    rounds = [_told(host, "parts /root/audit") for _ in range(3)]
    small = [0.0, 0]
    print(f"{'':<50}{'CPU':>8}{'started':>9}{'MB so far':>11}")
    for parts in zip(*rounds, strict=True):
        own, started = (min(part[key] for part in parts) for key in ("own", "started"))
        if own + started < SMALL:
            small = [small[0] + own + started, small[1] + 1]
            continue
        print(f"{parts[0]['part']:<50}{own:>8.3f}{started:>9.3f}{parts[0]['megabytes']:>11.1f}")
    print(f"{small[1]} parts of less than {SMALL} s, together{'':<10}{small[0]:>8.3f}")


def _told(host: Host, arguments: str) -> Any:
    return json.loads(host.do(f"exec /usr/bin/python3 /root/profile_host.py {arguments}", timeout=120))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
