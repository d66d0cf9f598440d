#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check the patched QEMU against itself: every test drives two machines that differ only in
ecam-readonly, does the same to both and compares what they answer, byte by byte. No guest runs: the
accesses are made through the qtest protocol, so that a test is exact and the same everywhere.

    test_patches.py QEMU [NAME...]

In some of them test_guest.asm is the guest, which needs nasm. test_few_slots needs KVM, and cc unless BAROMETER_FEW_SLOTS
names what few_slots.c was compiled to.

Exit status 0 if all tests pass, 1 if one fails."""

import json
import os
import re
import resource
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time

ECAM = 0xb0000000
REFERENCE = """-device VGA -device virtio-net-pci,id=net0
 -device virtio-blk-pci,id=blk0,drive=d0 -drive id=d0,if=none,file=null-co://,format=raw
 -device e1000e -device nvme,serial=x -device qemu-xhci
 -device ivshmem-plain,memdev=m0 -object memory-backend-ram,id=m0,size=64M,share=on
 -device pcie-root-port,id=rp1,chassis=1,slot=1 -device pcie-root-port,id=rp2,chassis=2,slot=2
 -device pcie-root-port,id=rp3,chassis=3,slot=3 -device pcie-root-port,id=rp4,chassis=4,slot=4
 -device e1000e,bus=rp1 -device virtio-rng-pci,id=rng0,bus=rp2
 -device pcie-pci-bridge,id=pb,bus=rp3 -device e1000,bus=pb,addr=1 -device pci-testdev,bus=pb,addr=2
 -device pci-bridge,id=pb2,chassis_nr=9,bus=pb,addr=3 -device edu,bus=pb2,addr=5
 -device pci-testdev,bus=pb2,addr=6.0,multifunction=on -device pci-testdev,bus=pb2,addr=6.3"""
READONLY = " -global pcie-host-bridge.ecam-readonly=on"
EXPANDER = """ -device pxb-pcie,id=x0,bus_nr=0x40,bus=pcie.0 -device pcie-root-port,id=xrp,bus=x0,chassis=20,slot=20
 -device virtio-rng-pci,bus=xrp -device pxb-pcie,id=x1,bus_nr=0x80,bus=pcie.0
 -device pcie-root-port,id=yrp,bus=x1,chassis=21,slot=21 -device qemu-xhci,bus=yrp"""


class Failure(Exception):
    pass


class Skip(Exception):
    pass


def check(condition, message):
    if not condition:
        raise Failure(message)


def accept(server):
    connection = server.accept()[0]
    connection.settimeout(120)
    return connection.makefile("rw")


class Machine:
    """A QEMU process with a qtest and a QMP connection."""

    running = []

    def __init__(self, qemu, args, machine="q35", accel="qtest", env=None, trace=True):
        self.dir = tempfile.TemporaryDirectory()
        self.log = os.path.join(self.dir.name, "trace")
        self.errors = os.path.join(self.dir.name, "errors")
        sockets = []
        for name in ("qtest", "qmp"):
            server = socket.socket(socket.AF_UNIX)
            server.bind(os.path.join(self.dir.name, name))
            server.listen(1)
            server.settimeout(120)
            sockets.append(server)
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                [qemu, "-M", machine, "-accel", accel, "-m", "64", "-nodefaults", "-display", "none",
                 "-qtest", f"unix:{self.dir.name}/qtest", "-qtest-log", "none",
                 "-qmp", f"unix:{self.dir.name}/qmp"] +
                (["-D", self.log, "-trace", "memory_region_ops_read"] if trace else []) + args.split(), stderr=errors,
                env=None if env is None else {**os.environ, **env})
        Machine.running.append(self)
        try:
            self.qtest, self.qmp_file = (accept(s) for s in sockets)
        except OSError as error:
            raise Failure(f"QEMU does not start: {self.said()}") from error
        for server in sockets:
            server.close()
        json.loads(self.qmp_file.readline())
        self.qmp("qmp_capabilities")

    def close(self):
        Machine.running.remove(self)
        self.process.kill()
        self.process.wait(30)
        self.dir.cleanup()

    def qmp(self, command, **arguments):
        self.qmp_file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.qmp_file.flush()
        while True:
            answer = json.loads(self.qmp_file.readline())
            if "event" not in answer:
                break
        check("return" in answer, f"{command} {arguments}: {answer}")
        return answer["return"]

    def ask(self, *texts):
        """Commands, all at once: as many as a socket takes without being read from, a thousand or so"""
        self.qtest.write("".join(text + "\n" for text in texts))
        self.qtest.flush()

    def answer(self, text):
        while True:
            answer = self.qtest.readline().split()
            check(answer, f"QEMU is gone after: {text}")
            if answer[0] != "IRQ":
                break
        check(answer[0] == "OK", f"{text}: {answer}")
        return answer[1] if len(answer) > 1 else None

    def command(self, text):
        self.ask(text)
        return self.answer(text)

    def out(self, port, value, width=4):
        self.command(f"out{'-bw-l'[width]} {port:#x} {value:#x}")

    def inp(self, port, width=4):
        return int(self.command(f"in{'-bw-l'[width]} {port:#x}"), 16)

    def load(self, address, width=4):
        return int(self.command(f"read{'-bw-l'[width]} {address:#x}"), 16)

    def store(self, address, value, width=4):
        self.command(f"write{'-bw-l'[width]} {address:#x} {value:#x}")

    def memory(self, address, length):
        return bytes.fromhex(self.command(f"read {address:#x} {length:#x}")[2:])

    def port_read(self, bus, devfn, reg, width=4):
        self.out(0xcf8, 1 << 31 | bus << 16 | devfn << 8 | reg & 0xfc)
        return self.inp(0xcfc + (reg & 3), width)

    def port_write(self, bus, devfn, reg, value, width=4):
        self.out(0xcf8, 1 << 31 | bus << 16 | devfn << 8 | reg & 0xfc)
        self.out(0xcfc + (reg & 3), value, width)

    def trapped_reads(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return sum("pcie-mmcfg" in line for line in log)

    def said(self):
        with open(self.errors, encoding="utf-8", errors="replace") as errors:
            return errors.read()

    def monitor(self, line):
        return self.qmp("human-monitor-command", **{"command-line": line})

    def functions(self):
        """{bdf: (bus, devfn)} by type"""
        return {state.split(":")[0]: (int(bdf[:2], 16), int(bdf[3:5], 16) << 3 | int(bdf[6], 16))
                for bdf, state in self.states().items()}

    def states(self):
        """By bdf what ecam-functions says: "TYPE: direct", "TYPE: traps: WHY" or "TYPE: absent: WHY"."""
        for path in ("/machine/q35", *(f"/machine/unattached/{p['name']}"
                                       for p in self.qmp("qom-list", path="/machine/unattached")
                                       if p["type"] == "child<gpex-pcihost>")):
            try:
                functions = self.qmp("qom-get", path=path, property="ecam-functions")
                return {"{bus:02x}:{slot:02x}.{function:x}".format(**f):
                        ": ".join(filter(None, (f["type"], f["reads"], f.get("reason")))) for f in functions}
            except Failure:
                pass
        raise Failure("no PCI Express host")


class Pair:
    """The same machine without and with ecam-readonly."""

    def __init__(self, qemu, args, machine="q35", ecam=ECAM):
        self.ecam = ecam
        both = args + " -global fw_cfg.pci-bar-masks=on"
        self.off = Machine(qemu, both, machine)
        self.on = Machine(qemu, both + READONLY, machine)
        self.machines = (self.off, self.on)
        self.ports = machine == "q35"
        if self.ports:
            self.move(ecam)

    def close(self):
        for m in self.machines:
            m.close()

    def move(self, ecam, length=0):
        """Set PCIEXBAR; length 0, 1 or 2 for 256, 128 or 64 MiB"""
        self.ecam = ecam
        for m in self.machines:
            m.port_write(0, 0, 0x64, 0)
            m.port_write(0, 0, 0x60, ecam | length << 1 | 1)

    def each(self, method, *args):
        a, b = (getattr(m, method)(*args) for m in self.machines)
        check(a == b, f"{method} {[hex(x) if isinstance(x, int) else x for x in args]}: {a} {b}")
        return a

    def address(self, bus, devfn, reg=0):
        return self.ecam + (bus << 20) + (devfn << 12) + reg

    def read(self, bus, devfn, reg, width=4):
        value = self.each("load", self.address(bus, devfn, reg), width)
        if self.ports and reg < 0x100:  # microvm has no ports
            check(value == self.each("port_read", bus, devfn, reg, width),
                  f"{bus:02x}:{devfn:02x} {reg:#x}: ECAM and ports differ")
        return value

    def write(self, bus, devfn, reg, value, width=4):
        for m in self.machines:
            m.store(self.address(bus, devfn, reg), value, width)

    def functions(self, bus):
        found = []
        for devfn in range(256):
            if self.read(bus, devfn, 0) & 0xffff != 0xffff:
                found.append(devfn)
        return found

    def number(self, bus=0, following=1, step=1, path=(), tree=None):
        """Number all buses below, depth first; return the next number and what was found"""
        tree = {} if tree is None else tree
        for devfn in self.functions(bus):
            header = self.read(bus, devfn, 0xe, 1) & 0x7f
            tree[path + (devfn,)] = (bus, devfn, header)
            if header == 1:
                self.write(bus, devfn, 0x18, bus | following << 8 | 0xff << 16)
                below = following
                following = self.number(below, following + step, step, path + (devfn,), tree)[0]
                self.write(bus, devfn, 0x1a, following - step, 1)
        return following, tree

    def compare(self, buses=256, reads=0):
        """Whole pages of present functions, both ends of absent ones; all of a bus's functions, or
        every eighth on the high buses. What is direct must not have been trapped."""
        before = self.on.trapped_reads()
        for bus in range(buses):
            for devfn in range(0, 256, 1 if bus < 8 or bus in (0x40, 0x80) else 8):
                parts = (0, 0x1000), (0xff0, 16)
                if self.off.load(self.address(bus, devfn)) == 0xffffffff:
                    parts = (0, 16), (0xff0, 16)
                for part, length in parts:
                    a, b = (m.memory(self.address(bus, devfn, part), length)
                            for m in self.machines)
                    if a != b:
                        at = next(i for i in range(length) if a[i] != b[i])
                        raise Failure(f"{bus:02x}:{devfn >> 3:02x}.{devfn & 7} offset {part + at:#x}:"
                                      f" {a[at]:#x} {b[at]:#x}")
        trapped = self.on.trapped_reads() - before
        check(reads is None or trapped == reads, f"{trapped} reads were trapped, {reads} expected")

    def direct(self, expected=()):
        """All functions are direct but those whose names match and whose reasons start so"""
        for bdf, state in self.on.states().items():
            name, state = state.split(": ", 1)
            why = [reason for match, reason in expected if re.match(match, f"{bdf} {name}")]
            check(state.startswith(why[0]) if why else state == "direct", f"{bdf} {name}: {state}")


def table(machine):
    """Read etc/pci-bar-masks; {(root, path): (header, id, class, masks, values)}"""
    def read(key, length):
        if key is not None:
            machine.out(0x510, key, 2)
        return bytes(machine.inp(0x511, 1) for _ in range(length))
    count, = struct.unpack(">I", read(0x19, 4))
    for _ in range(count):
        _, key, _, name = struct.unpack(">IHH56s", read(None, 64))
        if name.rstrip(b"\0") == b"etc/pci-bar-masks":
            break
    else:
        raise Failure("no etc/pci-bar-masks")
    head = read(key, 32)
    magic, version, header_length, total, entries = struct.unpack("<8sHHII", head[:20])
    check((magic, version, header_length) == (b"PCIBMASK", 1, 32), f"header {head}")
    blob = head + read(None, total - 32)
    check(sum(struct.unpack(f"<{total // 4}I", blob)) & 0xffffffff == 0, "checksum")
    check(read(None, 4) == bytes(4), "no zeroes after the table")
    result, at = {}, 32
    for _ in range(entries):
        (length, segment, root, depth, header, _, ident,
         class_) = struct.unpack_from("<HHBBBBII", blob, at)
        numbers = struct.unpack_from("<14I", blob, at + 16)
        check(length == 72 + (depth + 3) // 4 * 4 and segment == 0, "entry")
        path = tuple(blob[at + 72:at + 72 + depth])
        check(len(path) == 1 or (root, path[:-1]) in result, f"{path} before its bridge")
        check((root, path) not in result, f"{path} twice")
        result[root, path] = (header, ident, class_, numbers[:7], numbers[7:])
        at += length
    check(at == total, "entries do not end where the table does")
    return result


def dance(pair, bus, devfn, header):
    """What etc/pci-bar-masks should say, found out the hard way"""
    bars = {0: 6, 1: 2}.get(header & 0x7f, 0)
    rom = {0: 0x30, 1: 0x38}.get(header & 0x7f)
    values = [pair.read(bus, devfn, 0x10 + 4 * i) for i in range(6)]
    masks = [0] * 7
    command = pair.read(bus, devfn, 4, 2)
    pair.write(bus, devfn, 4, command & ~3, 2)
    for reg, index, ones in [(0x10 + 4 * i, i, 0xffffffff) for i in range(bars)] + \
                            ([(rom, 6, 0xfffff800)] if rom else []):
        old = pair.read(bus, devfn, reg)
        pair.write(bus, devfn, reg, ones)
        masks[index] = pair.read(bus, devfn, reg)
        pair.write(bus, devfn, reg, old)
        check(pair.read(bus, devfn, reg) == old, f"{bus:02x}:{devfn:02x} {reg:#x} not restored")
    pair.write(bus, devfn, 4, command, 2)
    return (pair.read(bus, devfn, 0xe, 1), pair.read(bus, devfn, 0), pair.read(bus, devfn, 8),
            tuple(masks), tuple(values + [pair.read(bus, devfn, rom) if rom else 0]))


def check_table(pair, tree, root=0):
    for machine in pair.machines:
        found = {key[1]: entry for key, entry in table(machine).items() if key[0] == root}
        check(set(found) == set(tree), f"table {sorted(found)} walk {sorted(tree)}")
        for path, (bus, devfn, header) in tree.items():
            expected = dance(pair, bus, devfn, header)
            check(found[path] == expected, f"{path}: table {found[path]} dance {expected}")


def test_reference(qemu):
    pair = Pair(qemu, REFERENCE)
    paths = [set(table(m)) for m in pair.machines]
    pair.compare()
    _, tree = pair.number()
    check(paths == [{(0, p) for p in tree}] * 2, "table before numbering")
    check(len(tree) == 24, f"{len(tree)} functions")
    pair.compare()
    pair.direct()
    check_table(pair, tree)
    pair.compare()
    for m in pair.machines:
        m.qmp("system_reset")
    pair.move(ECAM)
    pair.compare()
    _, tree = pair.number(step=3)
    pair.compare()
    pair.direct()
    check_table(pair, tree)
    pair.close()


def test_window(qemu):
    pair = Pair(qemu, REFERENCE)
    pair.number()
    for base, length, buses in ((0xc0000000, 0, 256), (0xe0000000, 1, 128), (0xd4000000, 2, 64),
                                (0xb0000000, 0, 256)):
        pair.move(base, length)
        pair.compare(buses)
    pair.close()


def test_bridges(qemu):
    """Overlapping, inverted and unset bus numbers, and secondary bus reset"""
    pair = Pair(qemu, REFERENCE)
    _, tree = pair.number()
    bridges = [(bus, devfn) for bus, devfn, header in tree.values() if header == 1]
    for bus, devfn in bridges:
        if bus:
            continue
        old = pair.read(bus, devfn, 0x18)
        for numbers in (0x000000, 0x050500, 0x020500, 0xff0100, 0xffff00, old):
            pair.write(bus, devfn, 0x18, numbers)
            pair.compare(8)
        pair.write(bus, devfn, 0x3e, 0x40, 2)
        pair.compare(8)
        pair.write(bus, devfn, 0x3e, 0, 2)
        pair.compare(8)
    pair.number()
    pair.compare()
    pair.close()


def test_hotplug(qemu):
    """Native PCI Express hot plug; the guest's part is played here"""
    pair = Pair(qemu, REFERENCE + " -global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off")
    _, tree = pair.number()
    port = max(devfn for bus, devfn, header in tree.values() if bus == 0 and header == 1)
    bus = pair.read(0, port, 0x19, 1)
    cap = pair.read(0, port, 0x34, 1)
    while pair.read(0, port, cap, 1) != 0x10:
        cap = pair.read(0, port, cap + 1, 1)
    pair.compare(8)
    for driver in ("e1000e", "virtio-net-pci", "qemu-xhci"):
        for m in pair.machines:
            m.qmp("device_add", driver=driver, id=f"hot-{driver}", bus="rp4")
        # the slot is powered by the guest
        pair.write(0, port, cap + 0x18, 0x0100, 2)
        pair.compare(8)
        pair.direct()
        check(pair.read(bus, 0, 0) != 0xffffffff, f"{driver} not there")
        pair.read(0, port, cap + 0x12, 2)
        for m in pair.machines:
            m.qmp("device_del", id=f"hot-{driver}")
        pair.write(0, port, cap + 0x18, 0x0700, 2)
        pair.compare(8)
        check(pair.read(bus, 0, 0) == 0xffffffff, f"{driver} still there")
    # functions other than 0 come first and are not exposed until it comes
    pair.write(0, port, cap + 0x18, 0x0100, 2)
    for fn in (1, 2, 0):
        for m in pair.machines:
            m.qmp("device_add", driver="e1000e", id=f"hot{fn}",
                  bus="rp4", addr=f"0.{fn}", multifunction=True)
        if fn:
            check(pair.read(bus, fn, 0) == 0xffffffff, "exposed without function 0")
            pair.direct([(f"{bus:02x}:00", "absent: not exposed")])
    pair.write(0, port, cap + 0x18, 0x0100, 2)
    pair.compare(8)
    pair.direct()
    check(pair.read(bus, 2, 0) != 0xffffffff, "function 2 missing")
    _, tree = pair.number()
    check_table(pair, tree)
    pair.close()


def test_virtio_window(qemu):
    pair = Pair(qemu, REFERENCE)
    _, tree = pair.number()
    bdf = {state.split(":")[0]: bdf for bdf, state in pair.on.states().items()}["virtio-rng-pci"]
    bus, devfn = int(bdf[:2], 16), int(bdf[3:5], 16) << 3 | int(bdf[6], 16)
    caps, cap = {}, pair.read(bus, devfn, 0x34, 1)
    while cap:
        if pair.read(bus, devfn, cap, 1) == 9:
            caps[pair.read(bus, devfn, cap + 3, 1)] = cap
        cap = pair.read(bus, devfn, cap + 1, 1)
    window = caps[5]
    bar = pair.read(bus, devfn, caps[1] + 4, 1)
    common = pair.read(bus, devfn, caps[1] + 8)
    pair.direct()
    pair.write(bus, devfn, window + 4, bar, 1)
    pair.write(bus, devfn, window + 8, common + 0x12)    # num_queues
    pair.direct()
    pair.write(bus, devfn, window + 12, 2)
    pair.direct([(bdf, "traps: VIRTIO_PCI_CAP_PCI_CFG")])
    check(pair.read(bus, devfn, window + 16) & 0xffff == 1, "num_queues through the window")
    # the port above keeps reading directly, and so do the other virtio functions
    pair.write(bus, devfn, window + 8, common + 0x14)    # device_status
    pair.write(bus, devfn, window + 12, 1)
    pair.write(bus, devfn, window + 16, 3, 1)
    check(pair.read(bus, devfn, window + 16, 1) == 3, "device_status through the window")
    for m in pair.machines:
        m.qmp("system_reset")
    pair.move(ECAM)
    pair.number()
    pair.direct([(bdf, "traps: VIRTIO_PCI_CAP_PCI_CFG")])
    check(pair.read(bus, devfn, window + 16, 1) == 0, "device_status after reset")
    pair.write(bus, devfn, window + 12, 0)
    pair.direct()
    pair.compare(8)
    pair.close()


def test_computed_reads(qemu):
    """Of 80 functions whose reads are computed, some are cut out, and then whole buses trap"""
    pair = Pair(qemu, "-device i6300esb,addr=5 -device e1000e,addr=6")
    pair.direct([(".* i6300esb", "traps: reads are computed")])
    pair.compare(1, reads=1024 + 4)
    # Reads that begin in what is direct and go on into what traps, and the other way round.
    for begin, length in ((pair.address(0, 0x27, 0xff8), 0x20), (pair.address(0, 0x28, 0xff8), 0x20), (pair.address(0, 0x20), 0x11000)):
        a, b = (m.memory(begin, length) for m in pair.machines)
        check(a == b, f"{length:#x} bytes from {begin:#x} on")
    pair.close()
    pair = Pair(qemu, MANY_COMPUTED)
    pair.number()
    for bus in range(5):
        pair.functions(bus)
    states = [s.split(": ", 1)[1] for s in pair.on.states().values()]
    check(states.count("traps: reads are computed") == 80, f"{states}")
    check(states.count("traps: too many other functions do") == 1, f"{states}")
    pair.close()


def test_expanders(qemu):
    pair = Pair(qemu, REFERENCE + EXPANDER)
    _, tree = pair.number()
    trees = {0: tree}
    for root in (0x40, 0x80):
        _, trees[root] = pair.number(root, root + 1)
    pair.compare()
    pair.direct()
    check({key[0] for key in table(pair.on)} == {0, 0x40, 0x80}, "root buses")
    for root, tree in trees.items():
        check_table(pair, tree, root)
    pair.close()


def test_microvm(qemu):
    args = ("-device virtio-net-pci -device virtio-rng-pci -device qemu-xhci"
            " -device pcie-root-port,id=rp1,chassis=1,slot=1 -device e1000e,bus=rp1")
    probe = Machine(qemu, args, "microvm,pcie=on")
    mtree = probe.monitor("info mtree")
    probe.close()
    ecam = int(re.search(r"([0-9a-f]{16})-[0-9a-f]{16} .*alias pcie-ecam", mtree).group(1), 16)
    pair = Pair(qemu, args, "microvm,pcie=on", ecam)
    _, tree = pair.number()
    check(len(tree) == 6, f"{len(tree)} functions")
    pair.compare()
    pair.direct()
    check_table(pair, tree)
    pair.close()


def test_sriov(qemu):
    """Virtual functions are read directly while they exist, and are not in the table"""
    pair = Pair(qemu, "-device pcie-root-port,id=rp1,chassis=1,slot=1 -device nvme-subsys,id=s0"
                " -device nvme,bus=rp1,serial=x,subsys=s0,max_ioqpairs=26,sriov_max_vfs=4"
                ",sriov_vq_flexible=8,sriov_vi_flexible=4")
    pair.number()
    cap = 0x100
    while pair.read(1, 0, cap, 2) != 0x10:
        cap = pair.read(1, 0, cap + 2, 2) >> 4
        check(cap, "no SR-IOV capability")
    first = pair.read(1, 0, cap + 0x14, 2)
    for count in (2, 0, 4, 0):
        pair.write(1, 0, cap + 0x10, count, 2)
        pair.write(1, 0, cap + 8, 9 if count else 0, 2)
        pair.compare(3, None)
        pair.direct([(f"01:00.[{first}-7]", "absent: not exposed")] if not count else
                    [(f"01:00.[{first + count}-7]", "absent: not exposed")])
        for vf in range(4):
            check((pair.read(1, first + vf, 8) != 0xffffffff) == (vf < count), f"VF {vf} of {count}")
        check(len(table(pair.on)) == len(table(pair.off)) == 4 + 2, f"{len(table(pair.on))} entries")
        if not count:
            pair.write(1, 0, cap + 8, 0, 2)
    pair.close()


def test_igb(qemu):
    """Virtual functions that are not enabled are absent without a trapping page, and direct once they are enabled"""
    devices = subprocess.run([qemu, "-device", "help"], stdout=subprocess.PIPE, check=True).stdout
    if b'name "igb"' not in devices:
        raise Skip("this QEMU has no igb")
    pair = Pair(qemu, "-device pcie-root-port,id=rp1,chassis=1,slot=1 -device igb,bus=rp1")
    pair.number()

    cap = 0x100
    while pair.read(1, 0, cap, 2) != 0x10:
        cap = pair.read(1, 0, cap + 2, 2) >> 4
        check(cap, "no SR-IOV capability")
    first, stride = (pair.read(1, 0, cap + reg, 2) for reg in (0x14, 0x16))
    check(stride > 1, f"stride {stride}")
    hidden = [("01:1", "absent: not exposed")]
    pair.direct(hidden)
    check(rows(pair.on) == 0, f"{rows(pair.on)} rows")
    for enable in (True, False):
        if enable:
            pair.write(1, 0, cap + 0x10, 8, 2)
        pair.write(1, 0, cap + 8, 9 if enable else 0, 2)
        pair.compare(3, None)
        pair.direct([] if enable else hidden)
        check(rows(pair.on) == 0, f"{rows(pair.on)} rows")
        for vf in range(8):
            check((pair.read(1, first + vf * stride, 8) != 0xffffffff) == enable, f"VF {vf}")
    pair.close()


def rows(machine):
    """The pieces of the window that trap"""
    return len({line for line in machine.monitor("info mtree -f").splitlines() if "pcie-mmcfg-trap" in line})


def test_no_room(qemu):
    """No memory for configuration space: the hot plug that would need it fails, and nothing else does"""
    fill = "".join(f" -device pci-testdev,addr={0x10 + n // 8:#x}.{n % 8},multifunction=on" for n in range(64 - 24))
    m = Machine(qemu, REFERENCE + fill + READONLY)
    with open(f"/proc/{m.process.pid}/status", encoding="ascii") as status:
        used = next(int(line.split()[1]) << 10 for line in status if line.startswith("VmSize:"))
    before = m.states()
    limits = resource.prlimit(m.process.pid, resource.RLIMIT_AS, (used + (192 << 10), resource.RLIM_INFINITY))
    try:
        m.qmp("device_add", driver="pci-testdev", id="hot", bus="rp4")
    except Failure as failure:
        check("cannot map configuration space" in str(failure), f"fails for another reason: {failure}")
    else:
        raise Failure("there was room")
    resource.prlimit(m.process.pid, resource.RLIMIT_AS, limits)
    check(m.states() == before, "the list of functions has changed")
    m.qmp("device_add", driver="pci-testdev", id="hot", bus="rp4")
    # No bus has a number yet, so the newest function 0 is the one that is listed.
    check(m.states()["00:00.0"].startswith("pci-testdev: "), "no function came once there was room")
    m.close()


MANY_COMPUTED = "".join(f" -device pci-bridge,id=b{n},chassis_nr={n + 1}" +
                        "".join(f" -device i6300esb,bus=b{n},addr={a:#x}" for a in range(1, 21)) +
                        f" -device e1000,bus=b{n},addr=0x1f" for n in range(4))


def test_reentry(qemu):
    """A device that reaches configuration space by DMA, because of a write to configuration space, is refused"""
    memory, bar_at = 0x100000, 0xe0000000
    for what in ("read of a function that traps", "read on a bus that traps", "write"):
        pair = Pair(qemu, "-device virtio-net-pci,ioeventfd=off,addr=0x10" + MANY_COMPUTED)
        pair.number()
        last = next(bdf for bdf, state in pair.on.states().items() if "too many" in state)
        for m in pair.machines:
            where = pair.address(0, 0x80)
            caps, cap = {}, m.load(where + 0x34, 1)
            while cap:
                if m.load(where + cap, 1) == 9:
                    caps[m.load(where + cap + 3, 1)] = cap
                cap = m.load(where + cap + 1, 1)
            window = where + caps[5]
            bar = m.load(where + caps[1] + 4, 1)
            m.store(where + 0x10 + 4 * bar, bar_at)
            m.store(where + 0x14 + 4 * bar, 0)
            m.store(where + 4, 6, 2)
            common, notify = (bar_at + m.load(where + caps[n] + 8) for n in (1, 2))
            multiplier = m.load(where + caps[2] + 16)
            ring = {"write": memory, "read of a function that traps": where,
                    "read on a bus that traps": pair.address(int(last[:2], 16), 0xf8)}[what]
            # descriptors: a control command, and where its result goes, which is a function's Interrupt Line
            for n, (address, length, flags) in enumerate(((memory + 0x800, 2, 1), (pair.address(0, 0) + 0x3c, 1, 2))):
                for offset, value in enumerate((address, 0, length, flags | (n + 1) << 16)):
                    m.store(memory + 16 * n + 4 * offset, value)
            m.store(memory + 0x100, 0x10000)        # flags, index 1; then descriptor 0
            m.store(memory + 0x800, 0xffff, 2)
            for status in (0, 1, 3):
                m.store(common + 0x14, status, 1)
            for half, bits in ((1, 1), (0, 1 << 17)):       # VIRTIO_F_VERSION_1, VIRTIO_NET_F_CTRL_VQ
                m.store(common + 8, half)
                m.store(common + 12, bits)
            m.store(common + 0x14, 11, 1)
            m.store(common + 0x16, 2, 2)            # the control queue
            for reg, offset in ((0x20, 0), (0x28, 0x100), (0x30, 0x200)):
                m.store(common + reg, ring + offset)
                m.store(common + reg + 4, 0)
            m.store(common + 0x1c, 1, 2)
            m.store(common + 0x14, 15, 1)
            notify += m.load(common + 0x1e, 2) * multiplier
            check("re-entrant" not in m.said(), m.said())
            # the notification goes through the window, hence through configuration space
            m.store(window + 4, bar, 1)
            m.store(window + 8, notify - bar_at)
            m.store(window + 12, 2)
            m.store(window + 16, 2, 2)
            check("Blocked re-entrant IO" in m.said(),
                  f"{what}, ecam-readonly {'off' if m is pair.off else 'on'}: not refused: {m.said()}")
        pair.close()


def test_file_slots(qemu):
    """No slot of fw_cfg is left for the table: QEMU says so, and which property to leave out, in place of an assertion"""
    def start(count, option=""):
        items = " ".join(f"-fw_cfg name=opt/barometer/{n},string=x" for n in range(count))
        return subprocess.run([qemu, "-M", "q35", "-accel", "qtest", "-nodefaults", "-display", "none", "-monitor", "stdio",
                               *items.split(), *option.split()], input=b"quit\n", capture_output=True, check=False)
    count = next(n for n in range(32, 0, -1) if start(n).returncode == 0)
    full = start(count, "-global fw_cfg.pci-bar-masks=on")
    check(full.returncode == 1 and b"pci-bar-masks" in full.stderr and b"x-file-slots" in full.stderr,
          f"ends with {full.returncode}: {full.stderr.decode()}")
    check(start(count - 1, "-global fw_cfg.pci-bar-masks=on").returncode == 0, "one slot is not enough")


def test_memory_lock(qemu):
    """What the property costs where all memory is locked"""
    used = []
    for option in ("", READONLY):
        m = Machine(qemu, REFERENCE + option + " -overcommit mem-lock=on")
        with open(f"/proc/{m.process.pid}/smaps_rollup", encoding="ascii") as rollup:
            used.append(next(int(line.split()[1]) for line in rollup if line.startswith("Pss:")))
        m.close()
    check(used[1] - used[0] < 8 << 10, f"{used[1] - used[0]} KiB")


def test_debugger(qemu):
    """A debugger's write does not reach configuration space past its write masks"""
    for option in ("", READONLY):
        with tempfile.TemporaryDirectory() as folder:
            m = Machine(qemu, f"-S -gdb unix:{folder}/gdb,server=on,wait=off" + option, accel="tcg")
            m.port_write(0, 0, 0x60, ECAM | 1)
            with socket.socket(socket.AF_UNIX) as gdb:
                gdb.settimeout(120)
                gdb.connect(f"{folder}/gdb")
                for address in (ECAM, ECAM + (0x50 << 20)):    # a function, an absent bus
                    command = f"M{address:x},4:01020304"
                    gdb.sendall(f"${command}#{sum(command.encode()) & 0xff:02x}".encode())
                    answer = b""
                    while answer.count(b"#") == 0:
                        answer += gdb.recv(100)
            for bus in (0, 0x50, 0x51):
                check(m.load(ECAM + (bus << 20)) == (0xffffffff if bus else 0x29c08086), f"bus {bus:#x} {option}")
            m.close()


def traced(machine, event):
    with open(machine.log, encoding="utf-8", errors="replace") as log:
        return sum(event in line for line in log)


def test_reset_growth(qemu):
    """A reset is followed once, whatever the number of ports, and rebuilds the memory map no more than without the property"""
    for ports in (50, 200):
        maps = []
        args = "".join(f" -device pcie-root-port,id=p{n},chassis={n + 1},addr={2 + n // 8:#x}.{n % 8},multifunction=on"
                       for n in range(ports)) + " -trace flatview_new -trace pcie_ecam_rebuild"
        pair = Pair(qemu, args)

        def number():
            for n in range(ports):
                pair.write(0, 16 + n, 0x18, 0x10100 * (n + 1))

        number()
        for m in pair.machines:
            before = traced(m, "flatview_new"), traced(m, "pcie_ecam_rebuild")
            m.qmp("system_reset")
            m.load(ECAM)
            maps.append(traced(m, "flatview_new") - before[0])
        followed = traced(pair.on, "pcie_ecam_rebuild") - before[1]
        check(followed == 1, f"{ports} ports: followed {followed} times")
        check(maps[1] <= maps[0], f"{ports} ports: the memory map {maps}")
        pair.move(ECAM)
        number()
        pair.compare(1)
        pair.direct()
        pair.close()


def guest(folder, *options):
    file = os.path.join(folder, "guest.bin")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "test_guest.asm")
    subprocess.run(["nasm", "-f", "bin", "-o", file, *options, source], check=True)
    return f" -bios {file} -device pcie-root-port,id=rp,chassis=1,slot=1,addr=1"


def results(machine):
    count = machine.load(0x10000)
    return [machine.load(0x10004 + 4 * n) for n in range(count)]


def test_code(qemu):
    """Code in configuration space is what was written there last"""
    with tempfile.TemporaryDirectory() as folder:
        for option in ("", READONLY):
            m = Machine(qemu, guest(folder) + option, accel="tcg")
            for _ in range(200):
                if results(m):
                    break
                time.sleep(0.1)
            check(results(m) == [0x41, 0x42], f"{option}: {results(m)}")
            m.close()


def test_half_made(qemu):
    """A vCPU that polls a slot, while functions are plugged and unplugged, sees them whole or not at all"""
    with tempfile.TemporaryDirectory() as folder:
        m = Machine(qemu, guest(folder, "-DPOLL") + READONLY +
                    " -global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off", accel="tcg,thread=multi")
        while not results(m):
            time.sleep(0.1)
        port = 8
        cap = m.port_read(0, port, 0x34, 1)
        while m.port_read(0, port, cap, 1) != 0x10:
            cap = m.port_read(0, port, cap + 1, 1)
        whole = {0xffffffff}
        for cycle in range(100):
            m.qmp("device_add", driver="qemu-xhci", id=f"hot{cycle}", bus="rp")
            m.port_write(0, port, cap + 0x18, 0x0100, 2)
            whole.add(m.port_read(1, 0, 0x34))
            m.port_read(0, port, cap + 0x12, 2)
            m.qmp("device_del", id=f"hot{cycle}")
            m.port_write(0, port, cap + 0x18, 0x0700, 2)
            check(m.port_read(1, 0, 0x34) == 0xffffffff, "still there")
        check(len(whole) == 2, f"{whole}")
        seen = set(results(m))
        check(seen <= whole, f"seen: {sorted(map(hex, seen - whole))}")
        check(seen == whole, f"not seen: {sorted(map(hex, whole - seen))}")
        m.close()


def test_few_slots(qemu):
    """KVM with 24 memory slots: what does not fit traps, with one warning, and QEMU goes on"""
    if not os.path.exists("/dev/kvm") or not stat.S_ISCHR(os.stat("/dev/kvm").st_mode) or not os.access("/dev/kvm", os.W_OK):
        raise Skip("no KVM here")
    with tempfile.TemporaryDirectory() as folder:
        library = os.environ.get("BAROMETER_FEW_SLOTS")
        if not library:
            library = os.path.join(folder, "few_slots.so")
            source = os.path.join(os.path.dirname(os.path.realpath(__file__)), "few_slots.c")
            subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
        functions = "".join(f" -device virtio-rng-pci,addr={2 * n + 2:#x}" for n in range(14))
        m = Machine(qemu, functions + READONLY + " -S", accel="kvm", env={"LD_PRELOAD": library})
        m.port_write(0, 0, 0x60, ECAM | 1)
        for n in range(14):
            where = ECAM + ((2 * n + 2) << 15)
            cap = m.load(where + 0x34, 1)
            while not (m.load(where + cap, 1) == 9 and m.load(where + cap + 3, 1) == 5):
                cap = m.load(where + cap + 1, 1)
            m.store(where + cap + 12, 1)
        states = list(m.states().values())
        check(sum("PCI_CFG" in state for state in states) == 14, f"{states}")
        check(any("too many other functions do" in state for state in states), f"{states}")
        check(m.said().count("whole buses trap") == 1, m.said())
        m.close()


def test_migration(qemu):
    """Between a machine without and one with ecam-readonly, both ways, window armed"""
    args = re.sub("-device (nvme|ivshmem)[^ ]*", "", REFERENCE)    # these cannot be migrated
    for source, target in ((0, 1), (1, 0)):
        pair = Pair(qemu, args)
        pair.number()
        bdf = {s.split(":")[0]: b for b, s in pair.on.states().items()}["virtio-rng-pci"]
        bus, cap = int(bdf[:2], 16), pair.read(int(bdf[:2], 16), 0, 0x34, 1)
        while not (pair.read(bus, 0, cap, 1) == 9 and pair.read(bus, 0, cap + 3, 1) == 5):
            cap = pair.read(bus, 0, cap + 1, 1)
        pair.write(bus, 0, cap + 12, 1)
        file = os.path.join(pair.off.dir.name, "state")
        pair.machines[source].qmp("migrate", uri=f"exec:cat > {file}")
        while True:
            status = pair.machines[source].qmp("query-migrate").get("status")
            check(status not in ("failed", "cancelled"), f"migration {status}")
            if status == "completed":
                break
        option = " -global fw_cfg.pci-bar-masks=on -incoming defer"
        if target:
            option += " -global pcie-host-bridge.ecam-readonly=on"
        new = Machine(qemu, args + option)
        new.qmp("migrate-incoming", uri=f"exec:cat {file}")
        while new.qmp("query-migrate").get("status") != "completed":
            pass
        pair.machines[target].close()
        pair.machines = (pair.off, new) if target else (new, pair.on)
        pair.off, pair.on = pair.machines
        for m in pair.machines:
            check(m.load(pair.address(bus, 0, cap + 12)) == 1, "window not armed")
        pair.direct([(bdf, "traps: VIRTIO_PCI_CAP_PCI_CFG")])
        pair.write(bus, 0, cap + 12, 0)
        pair.compare()
        pair.direct()
        pair.close()


def test_config_address(qemu):
    """CF8 is hidden while there is an ECAM window, and works all the same"""
    for option, expected in (("", 0x80000008),
                             ("-global q35-pcihost.hide-config-address=on", 0xffffffff)):
        m = Machine(qemu, option)
        for enabled in (0, 1, 0, 1):
            m.port_write(0, 0, 0x60, ECAM | enabled)
            m.out(0xcf8, 0x80000008)
            value = m.inp(0xcf8)
            check(value == (expected if enabled else 0x80000008), f"{option} {enabled}: {value:#x}")
            check(m.port_read(0, 0, 0) & 0xffff == 0x8086, "no access through the ports")
        m.qmp("system_reset")
        m.out(0xcf8, 0x80000008)
        check(m.inp(0xcf8) == 0x80000008, "hidden after reset")
        m.close()


def test_off(qemu):
    """Nothing is there that was not asked for"""
    m = Machine(qemu, REFERENCE)
    check("pcie-mmcfg-" not in m.monitor("info mtree").replace("pcie-mmcfg-mmio", ""),
          "regions of ecam-readonly exist")
    check(not m.states(), "functions are listed")
    try:
        table(m)
    except Failure:
        m.close()
        return
    raise Failure("etc/pci-bar-masks exists")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    tests = {name[5:]: test for name, test in globals().items() if name.startswith("test_")}
    failed = 0
    for name in sys.argv[2:] or tests:
        try:
            tests[name](sys.argv[1])
            print(f"ok - {name}", flush=True)
        except Skip as why:
            print(f"ok - {name} # SKIP {why}", flush=True)
        except (Failure, OSError, ValueError) as failure:
            failed += 1
            print(f"not ok - {name}: {failure}", flush=True)
        finally:
            for machine in Machine.running[:]:
                machine.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
