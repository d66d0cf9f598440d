"""What the programs here that start QEMU from outside share: the reference machine, the features of the patches, and QEMU's
own trace of the accesses that reached it."""
import collections
import os
import re
import subprocess
import textwrap

ECAM = 0xb0000000  # where SeaBIOS and OVMF put it on q35, function 00:00.0 first

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(HERE)

# The names that the patches give their features. All are off by default.
READONLY = ["-global", "pcie-host-bridge.ecam-readonly=on"]
MASKS = ["-global", "fw_cfg.pci-bar-masks=on"]
HIDE = ["-global", "pcie-host-bridge.hide-config-address=on"]

# The sections of docs/results.md that other programs than compare write, in their order, at its end: guest/seabios/boots,
# guest/ovmf/patterns, callers and boots, guest/linux/boots, check/nested/write-results.
SEABIOS_HEADING = "## SeaBIOS\n"
OVMF_HEADING = "## OVMF\n"
OVMF_FUNCTIONS_HEADING = "## OVMF, by function\n"
OVMF_SERIES_HEADING = "## OVMF, patch by patch\n"
BOOTS_HEADING = "## A whole boot\n"
EXITS_HEADING = "## Exits as KVM counts them\n"
OTHERS = (SEABIOS_HEADING, OVMF_HEADING, OVMF_FUNCTIONS_HEADING, OVMF_SERIES_HEADING, BOOTS_HEADING, EXITS_HEADING)


def section(text, heading):
    """(what is before a section, the section, what is after it); the latter two are empty where there is none."""
    start = text.find("\n" + heading)
    if start < 0:
        return text, "", ""
    end = text.find("\n## ", start + 1)
    return (text[:start], text[start:], "") if end < 0 else (text[:start], text[start:end], text[end:])


def replaced(text, heading, new):
    """TEXT with NEW in the place of the section, or, if there was none, before those of OTHERS that come after it."""
    before, old, after = section(text, heading)
    for later in OTHERS[OTHERS.index(heading) + 1 if heading in OTHERS else 0:]:
        if not old and "\n" + later in before:
            at = before.index("\n" + later)
            before, after = before[:at], before[at:]
            break
    return before.rstrip("\n") + "\n\n" + new.rstrip("\n") + "\n" + after


def write_section(path, heading, text):
    with open(path, encoding="utf-8") as file:
        new = replaced(file.read(), heading, text)
    with open(path, "w", encoding="utf-8") as file:
        file.write(new)


def table(head, rows):
    """A table of a page: the first column is text, and so is every other whose head is `in`; the rest are numbers, to the right."""
    align = ["---" if column == 0 or cell == "in" else "---:" for column, cell in enumerate(head)]
    return "\n".join("| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in row) + " |" for row in (head, align, *rows)) + "\n"


def paragraph(text):
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False) + "\n"


class Failure(Exception):
    """A program that was run did not do what it should: what it was, and its status."""


def run(*command):
    """What it prints; what it says goes where ours goes."""
    done = subprocess.run(command, stdout=subprocess.PIPE)
    if done.returncode:
        raise Failure(f"{os.path.basename(command[0])} ended with {done.returncode}", done.returncode)
    return done.stdout.decode()


def configuration_of(counts):
    """Trapped accesses of all kinds, of counts by kind"""
    return sum(counts[kind] for kind in CONFIG)


TRACE = ["-trace", "memory_region_ops_read", "-trace", "memory_region_ops_write"]

# The stages of a boot, as (name, address, bytes): each begins when code in its range runs for the first time, and there is one before
# them. INT 19h of a BIOS has had its entry here since the PC. Linux is linked to run at KERNEL, after a part that runs wherever it was
# loaded and touches no device but through firmware; what comes first there (.head.text) is left within a page. KASLR has to be off.
FIRMWARE = "firmware"
LOADER = ("boot loader", 0xfe6f2, 1)
KERNEL = ("kernel", 0xffffffff81000000, 0x1000)


def executed(stages):
    """QEMU's arguments for its log, the trace's own, to say when code of a stage runs: a line for each block of instructions that is not
    entered from another directly, and so for the first time that each runs. TCG alone can say it."""
    return ["-d", "exec", "-dfilter", ",".join(f"{address:#x}+{size:#x}" for _, address, size in stages)]


LINE = re.compile(r"memory_region_ops_(read|write) cpu \S+ mr \S+ addr (0x[0-9a-f]+) value (0x[0-9a-f]+) "
                  r"size (\d+) name '([^']*)'")
EXECUTED = re.compile(r"Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")
CONFIG = ("cf8 read", "cf8 write", "cfc read", "cfc write", "ecam read", "ecam write")
KINDS = (*CONFIG, "fw_cfg call")


def reference(qemu, accel, boot="pvh", options="", extra=(), machine="q35"):
    """QEMU's command line for the reference machine, from the one place that defines it (tools/machines.sh)."""
    script = r"""
        declare -A machine=([build]=$2 [qemu]=$3 [type]=$7 [devices]=default)
        . "$1/tools/machines.sh"
        find_ovmf machine || { echo "OVMF=$OVMF: no firmware there" >&2; exit 2; }
        for folder in /usr/share/qemu /usr/share/seabios /usr/lib/ipxe/qemu; do roms+=(-L "$folder"); done
        qemu_command command machine "$4" "$5" "$6" "${roms[@]}" "${@:8}"
        printf '%s\0' "${command[@]}"
    """
    build = os.environ.get("BUILD", os.path.join(ROOT, "build"))
    done = subprocess.run(["bash", "-euc", script, "-", ROOT, build, qemu, accel, boot, options, machine, *extra],
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().split("\0")[:-1]


def kind_of(operation, region):
    """Which of KINDS an access is, or None. The patches' regions inside the ECAM window are pcie-mmcfg-SOMETHING as well."""
    if region == "pci-conf-idx":
        return "cf8 " + operation
    if region == "pci-conf-data":
        return "cfc " + operation
    if region.startswith("pcie-mmcfg-"):
        return "ecam " + operation
    if region == "fwcfg.dma" and operation == "write":
        return "fw_cfg call"
    return None


def narrowed(value, size):
    """A value of the trace, as wide as the access: what answers for a function that is not there says 64 ones."""
    return int(value, 16) & (1 << 8 * int(size)) - 1


def parsed(lines):
    """(operation, address, value, region) of every access to a device in a trace, and ("executed", address, 0, "") of code that ran."""
    for line in lines:
        match = LINE.search(line)
        if match:
            operation, address, value, size, region = match.groups()
            yield operation, int(address, 16), narrowed(value, size), region
            continue
        match = EXECUTED.match(line)
        if match:
            yield "executed", int(match.group(1), 16), 0, ""


def events(path):
    """The same of the trace at PATH."""
    with open(path, encoding="ascii", errors="replace") as trace:
        yield from parsed(trace)


def accesses(path):
    """Of the trace at PATH, accesses alone."""
    return (event for event in events(path) if event[0] != "executed")


def configuration(path, ecam=ECAM):
    """Every configuration access in a trace, whichever way it was made: (write, function, register, width, value), where function is
    bus << 8 | device << 3 | function and value what was read or written. Between them whatever else the trace cut is told by:
    ("mark", value) for a write to port 80h, ("fw_cfg",) for a transfer."""
    selected = 0
    with open(path, encoding="ascii", errors="replace") as trace:
        for line in trace:
            match = LINE.search(line)
            if not match:
                continue
            operation, address, value, width, region = match.groups()
            address, value, width, write = int(address, 16), narrowed(value, width), int(width), operation == "write"
            if region == "pci-conf-idx" and write:
                # Four bytes at CF8h select a register; a byte at CF9h is the reset control register, which is no part of this.
                if width == 4:
                    selected = value
            elif region == "pci-conf-data":
                if selected >> 31:
                    yield write, selected >> 8 & 0xffff, (selected & 0xfc) + (address & 3), width, value
            elif region.startswith("pcie-mmcfg-"):
                # A function that traps alone is told by its offset in its bus; the reference machine has none.
                offset = max(address - ecam, 0)
                yield write, offset >> 12, offset & 0xfff, width, value
            elif region == "ioport80" and write:
                yield "mark", value
            elif region.startswith("fwcfg"):
                yield ("fw_cfg",)


def is_mark(access, value):
    operation, address, written, region = access
    return region == "ioport80" and operation == "write" and address == 0x80 and written == value


def is_init(address, value, kind, selected):
    """Whether an access is the mark that linux/init leaves; SELECTED is what CF8 holds."""
    return value == 0xb1 and (kind == "cfc write" and selected == 0x80000000 and address == 0xcfc or
                              kind == "ecam write" and address == ECAM)


def count_image(path):
    """Exits by kind between barometer's two marks on port 0x80."""
    counts, on = collections.Counter(), False
    for access in accesses(path):
        if is_mark(access, 0xb0):
            on = True
        elif is_mark(access, 0xb1):
            on = False
        elif on:
            counts[kind_of(access[0], access[3])] += 1
    return {kind: counts[kind] for kind in KINDS}


class Boot:
    """What one boot did to configuration space up to the mark that linux/init leaves.

    stages   {name: exits by kind} for FIRMWARE and what begins after it
    absent   reads since KERNEL began, of buses where nothing ever answered"""

    def __init__(self, path, stages):
        now, left, selected = FIRMWARE, list(stages), 0
        self.stages = {name: collections.Counter() for name in (FIRMWARE, *(name for name, _, _ in stages))}
        reads, answered = collections.Counter(), set()
        for operation, address, value, region in events(path):
            if operation == "executed":
                if left and left[0][1] <= address < left[0][1] + left[0][2]:
                    now, _, _ = left.pop(0)
                    if now == KERNEL[0]:
                        reads, answered = collections.Counter(), set()
                continue
            kind = kind_of(operation, region)
            if kind == "cf8 write":
                selected = value
            if kind in ("cfc read", "ecam read"):
                bus = selected >> 16 & 0xff if kind == "cfc read" else max(address - ECAM, 0) >> 20
                reads[bus] += 1
                if value not in (0xff, 0xffff, 0xffffffff):
                    answered.add(bus)
            if is_init(address, value, kind, selected):
                break
            self.stages[now][kind] += 1
        else:
            raise ValueError(f"{path}: Linux never came to its /init")
        if left:
            raise ValueError(f"{path}: the stage '{left[0][0]}' never began; is KASLR on, or is it not TCG?")
        self.stages[now]["cf8 write"] -= kind == "cfc write"
        self.absent = sum(n for bus, n in reads.items() if bus not in answered)

    def exits(self, *names):
        """Of these stages together, by kind; of all that there are if none is named."""
        return {kind: sum(self.stages[name][kind] for name in names or self.stages) for kind in KINDS}
