"""Coverage-guided fuzzing of the parsers in targets.py, by atheris; what is found is printed, and its input kept in .cache.

make fuzz                           a million inputs for each target
make fuzz ARGS="1000 crontab php"   fewer, of these alone
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

INPUTS = 1_000_000
KEPT = Path(".cache")
# An input that takes longer, in seconds by the clock of a machine that may be busy, is a finding; so is one that takes more megabytes.
SLOWEST, MOST_MEMORY, LONGEST = 60, 1024, 4096


def main(inputs: int, names: list[str]) -> int:
    """Fuzz each target in a process of its own; return how many failed."""
    from fuzz import targets

    KEPT.mkdir(exist_ok=True)
    failed = [name for name in names or targets.TARGETS if not _fuzzed(name, inputs, targets.TARGETS[name].seeds)]
    print(f"failed: {', '.join(failed) or 'none'}")
    return len(failed)


def _fuzzed(name: str, inputs: int, seeds: list[str]) -> bool:
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds):
            (Path(corpus) / f"seed{number}").write_text(seed)
        bounds = [f"-runs={inputs}", f"-timeout={SLOWEST}", f"-rss_limit_mb={MOST_MEMORY}", f"-max_len={LONGEST}"]
        command = [sys.executable, __file__, "--one", name, *bounds, f"-artifact_prefix={KEPT}/{name}-", corpus]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    print(f"{name:<16}{'ok' if done.returncode == 0 else done.stdout[-3000:]}", flush=True)
    return done.returncode == 0


def _one(name: str, arguments: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["ansible_collections"]):
        from fuzz import targets
    atheris.Setup([sys.argv[0], *arguments], lambda data: targets.run(name, data.decode("utf-8", "replace")))
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        _one(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else INPUTS, sys.argv[2:]))
