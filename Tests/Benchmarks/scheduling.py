"""Stages that do nothing but create their output, by build systems and workflow engines.

usage: scheduling.py PEER COUNT CHAIN FOLDER [again|dry]

Writes COUNT stages in chains of CHAIN for PEER into the empty FOLDER, carries them out two at a time, and
prints one JSON object: milliseconds, with `again` also those of a second run that has nothing to do,
with `dry` those of a dry run instead, and the largest resident set of the planning process in megabytes.
Exits with status 3 where PEER is not there: ninja, llbuild (swift-build-tool beside swift), doit, redun
and snakemake are looked for beside this Python and on the PATH.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

peer, count, chain, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
mode = sys.argv[5] if len(sys.argv) > 5 else ""


def find(program):
    beside = pathlib.Path(sys.executable).parent / program
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which(program)
    if not found and program == "swift-build-tool" and shutil.which("swift"):
        beside = pathlib.Path(shutil.which("swift")).resolve().parent / program
        found = str(beside) if beside.exists() else None
    if not found:
        sys.exit(3)
    return found


def before(number):
    return None if number % chain == 0 else number - 1


ends = [n for n in range(count) if (n + 1) % chain == 0 or n + 1 == count]
os.makedirs(folder, exist_ok=True)
os.chdir(folder)
os.makedirs("out", exist_ok=True)


def ninja():
    lines = ["rule stage", "  command = : > $out"]
    for n in range(count):
        needs = "" if before(n) is None else f" out/{before(n)}"
        lines.append(f"build out/{n}: stage{needs}")
    pathlib.Path("build.ninja").write_text("\n".join(lines) + "\n")
    return [find("ninja"), "-j2", "--quiet"]


def llbuild():
    outputs = ",".join(f'"out/{n}"' for n in ends)
    lines = ["client:", "  name: swift-build", "  version: 0", "targets:", '  "": ["<all>"]']
    lines += ['default: ""', "commands:", '  "<all>":', "    tool: phony"]
    lines += [f"    inputs: [{outputs}]", '    outputs: ["<all>"]']
    for n in range(count):
        needs = "" if before(n) is None else f'"out/{before(n)}"'
        lines += [f'  "s{n}":', "    tool: shell", f"    inputs: [{needs}]"]
        lines += [f'    outputs: ["out/{n}"]', f'    args: ["/bin/sh", "-c", ": > out/{n}"]']
    pathlib.Path("build.llbuild").write_text("\n".join(lines) + "\n")
    return [find("swift-build-tool"), "-f", "build.llbuild", "--db", "build.db", "-j", "2"]


def doit():
    pathlib.Path("dodo.py").write_text(
        f"""
def task_stage():
    for n in range({count}):
        first = n % {chain} == 0
        yield {{"name": str(n), "actions": [f": > out/{{n}}"], "targets": [f"out/{{n}}"],
               "file_dep": [] if first else [f"out/{{n - 1}}"], "uptodate": [True]}}
"""
    )
    return [find("doit"), "-n", "2", "--reporter", "zero"]


def redun():
    pathlib.Path("workflow.py").write_text(
        """
from redun import File, task

redun_namespace = "noop"


@task()
def stage(path, before):
    open(path, "w").close()
    return File(path)


@task()
def main(count: int, chain: int):
    ends, last = [], None
    for n in range(count):
        last = stage(f"out/{n}", None if n % chain == 0 else last)
        if (n + 1) % chain == 0 or n + 1 == count:
            ends.append(last)
    return ends
"""
    )
    return [find("redun"), "run", "workflow.py", "main", "--count", str(count), "--chain", str(chain)]


def snakemake():
    rules = [f"rule all:\n    input: {[f'out/{n}' for n in ends]!r}"]
    rules.append(
        f"""
def before(wildcards):
    n = int(wildcards.n)
    return [] if n % {chain} == 0 else [f"out/{{n - 1}}"]

rule stage:
    input: before
    output: "out/{{n}}"
    shell: ": > {{output}}"
"""
    )
    pathlib.Path("Snakefile").write_text("\n".join(rules))
    dry = ["--dry-run"] if mode == "dry" else []
    return [find("snakemake"), "-j2", "--scheduler", "greedy", "--quiet", "all", *dry, "all"]


def run(command):
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    taken = 1e3 * (time.perf_counter() - start)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{peer} failed: {' '.join(command)}")
    return taken, usage.ru_maxrss / 1e3


command = {f.__name__: f for f in [ninja, llbuild, doit, redun, snakemake]}[peer]()
taken, peak = run(command)
if mode != "dry" and len(os.listdir("out")) != count:
    sys.exit(f"{peer} did not make all outputs")
answer = {"milliseconds": taken, "peer": peer, "peakMegabytes": peak}
if mode == "again":
    answer["again"], answer["peakMegabytes"] = run(command)[0], peak
print(json.dumps(answer))
