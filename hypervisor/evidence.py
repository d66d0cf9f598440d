"""What the programs here that start QEMU from outside share: the reference machine, the features of the patches, and QEMU's
own trace of the accesses that reached it."""
import collections
import os
import re
import subprocess

ECAM = 0xb0000000  # where SeaBIOS and OVMF put it on q35, function 00:00.0 first

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(HERE)

# The names that the patches give their features. All are off by default.
READONLY = ["-global", "pcie-host-bridge.ecam-readonly=on"]
MASKS = ["-global", "fw_cfg.pci-bar-masks=on"]
HIDE = ["-global", "pcie-host-bridge.hide-config-address=on"]

# The section of docs/results.md that check/nested/write-results writes; it is the last.
EXITS_HEADING = "## Exits as KVM counts them\n"

TRACE = ["-trace", "memory_region_ops_read", "-trace", "memory_region_ops_write"]

LINE = re.compile(r"memory_region_ops_(read|write) cpu \S+ mr \S+ addr (0x[0-9a-f]+) value (0x[0-9a-f]+) "
                  r"size (\d+) name '([^']*)'")
CONFIG = ("cf8 read", "cf8 write", "cfc read", "cfc write", "ecam read", "ecam write")
KINDS = (*CONFIG, "fw_cfg call")


def reference(qemu, accel, boot="pvh", options="", extra=()):
    """QEMU's command line for the reference machine, from the one place that defines it (tools/machines.sh)."""
    script = r"""
        declare -A machine=([build]=$2 [qemu]=$3 [type]=q35 [devices]=default)
        . "$1/tools/machines.sh"
        find_ovmf machine
        for folder in /usr/share/qemu /usr/share/seabios /usr/lib/ipxe/qemu; do roms+=(-L "$folder"); done
        qemu_command command machine "$4" "$5" "$6" "${roms[@]}" "${@:7}"
        printf '%s\0' "${command[@]}"
    """
    build = os.environ.get("BUILD", os.path.join(ROOT, "build"))
    done = subprocess.run(["bash", "-euc", script, "-", ROOT, build, qemu, accel, boot, options, *extra],
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


def accesses(path):
    """(operation, address, value, region) of every access to a device in a trace."""
    with open(path, encoding="ascii", errors="replace") as trace:
        for line in trace:
            match = LINE.search(line)
            if match:
                operation, address, value, _, region = match.groups()
                yield operation, int(address, 16), int(value, 16), region


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
            address, value, width, write = int(address, 16), int(value, 16), int(width), operation == "write"
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


def count_linux(path):
    """(firmware, Linux, absent): exits by kind before and after the cut, the latter up to the mark that linux/init leaves; and how many
    of Linux's reads were of buses where nothing ever answered.

    The cut is the last fw_cfg transfer. With -kernel, what boots (SeaBIOS's option ROM, or OVMF) fetches kernel, command line and
    initramfs through fw_cfg, and the kernel's own fw_cfg driver is a module, which nothing here loads. After SeaBIOS the next
    instruction is the kernel's; OVMF still runs the kernel's EFI stub, which looks at the devices through the firmware.
    The mark is a write to the host bridge's vendor ID."""
    firmware, since, at_mark, selected = collections.Counter(), collections.Counter(), None, 0
    reads, answered = collections.Counter(), set()
    for operation, address, value, region in accesses(path):
        if region.startswith("fwcfg"):
            firmware += since
            since, reads, answered = collections.Counter(), collections.Counter(), set()
            continue
        kind = kind_of(operation, region)
        if kind == "cf8 write":
            selected = value
        if kind in ("cfc read", "ecam read"):
            bus = selected >> 16 & 0xff if kind == "cfc read" else max(address - ECAM, 0) >> 20
            reads[bus] += 1
            if value not in (0xff, 0xffff, 0xffffffff):
                answered.add(bus)
        if value == 0xb1 and (kind == "cfc write" and selected == 0x80000000 and address == 0xcfc or
                              kind == "ecam write" and address == ECAM):
            at_mark = since.copy()
            absent = sum(n for bus, n in reads.items() if bus not in answered)
            at_mark["cf8 write"] -= kind == "cfc write"
        elif kind:
            since[kind] += 1
    if at_mark is None:
        raise ValueError(f"{path}: Linux never came to its /init")
    return *({kind: counts[kind] for kind in CONFIG} for counts in (firmware, at_mark)), absent
