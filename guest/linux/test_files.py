#!/usr/bin/env python3
"""Two files of the series for Linux, compiled as programs with the sanitizers; no kernel is needed. The reader of the mask table is given
tables that are right, damaged, and lying (docs/paravirtual.md, "What a reader must check"); what chooses between ECAM and the ports,
machines of all kinds.

    guest/linux/test_files.py [6.1|6.12] [-v]"""
import glob
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
TESTS = os.path.join(HERE, "test")


def source(series, name):
    """A file that the series in that folder adds, as the last of its patches leaves it."""
    with tempfile.TemporaryDirectory() as tree:
        for patch in sorted(glob.glob(os.path.join(series, "*.patch"))):
            with open(patch, encoding="utf-8") as file:
                parts = re.findall(rf"^diff --git a/{re.escape(name)} .*?(?=^diff --git |^-- $|\Z)", file.read(), flags=re.M | re.S)
            subprocess.run(["patch", "-s", "-p1", "-d", tree], input="".join(parts).encode(), check=True)
        with open(os.path.join(tree, name), encoding="utf-8") as file:
            return file.read()


def build(tests, folder, program, *words):
    """A program of what is in the folders, with the sanitizers; it goes into the second."""
    path = os.path.join(folder, program)
    subprocess.run(["gcc", "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-sign-compare", "-fsanitize=address,undefined",
                    "-fno-sanitize=alignment", "-fno-sanitize-recover=all", "-I", folder, "-I", tests, *words,
                    "-o", path, os.path.join(tests, program + ".c")], check=True)
    return path


def setUpModule():
    global folder, program
    folder = tempfile.TemporaryDirectory()
    series = os.path.join(HERE, "patches", VERSION)
    for name, path in (("bar-masks.c", "drivers/pci/bar-masks.c"), ("ecam-source.c", "arch/x86/pci/ecam.c")):
        with open(os.path.join(folder.name, name), "w", encoding="utf-8") as file:
            file.write(re.sub(r'#include [<"].*[>"]', '#include "kernel.h"' if name == "bar-masks.c" else "", source(series, path)))
    program = build(TESTS, folder.name, "table")


def tearDownModule():
    folder.cleanup()


def entry(path, masks, header=0, identity=0x12348086, rom=0, segment=0, root=0, length=None, path_length=None):
    masks = list(masks) + [0] * (6 - len(masks))
    size = (72 + len(path) + 3) // 4 * 4
    return struct.pack("<HHBBBBII6II6II", size if length is None else length, segment, root,
                       len(path) if path_length is None else path_length, header, 0, identity, 0x02000001, *masks, rom, *[0] * 6, 0) + \
        bytes(path) + bytes(size - 72 - len(path))


def table(entries, magic=b"PCIBMASK", version=1, header=32, total=None, count=None, spoil=0):
    body = b"".join(entries)
    total = header + len(body) if total is None else total
    head = struct.pack("<8sHHIII8x", magic, version, header, total, len(entries) if count is None else count, 0) + bytes(max(header - 32, 0))
    words = head[:32] + head[32:] + body
    words += bytes(-len(words) % 4)
    checksum = (-sum(struct.unpack(f"<{len(words) // 4}I", words)) + spoil) & 0xffffffff
    return words[:20] + struct.pack("<I", checksum) + words[24:]


def damaged(good, times):
    """A table with up to three bytes changed, each time others, and half of them cut."""
    generator = random.Random(1)
    for _ in range(times):
        data = bytearray(good)
        for _ in range(generator.randrange(1, 4)):
            data[generator.randrange(len(data))] = generator.choice((0, 1, 0x7f, 0xff, generator.randrange(256)))
        if generator.randrange(2):  # with a checksum that is right, so that what is behind it is reached
            data[20:24] = bytes(4)
            data[20:24] = struct.pack("<I", -sum(struct.unpack(f"<{len(data) // 4}I", data)) & 0xffffffff)
        yield bytes(data[:generator.choice((len(data), generator.randrange(len(data))))])


# A network card on bus 0, a bridge with a card behind it, and one behind a further bridge.
MASKS = [0xfffe0000, 0, 0xffffffe1, 0xfffffc04, 0xffffffff]
CARD = entry([0x10], MASKS, rom=0xfffc0000)
BRIDGE = entry([0x18], [0xfffff000], header=0x81)
BEHIND = entry([0x18, 0x00], [0xffffff00], identity=0x00011af4)
INNER = entry([0x18, 0x08], [], header=1)
DEEP = entry([0x18, 0x08, 0x38], [0xfff00000])
GOOD = [CARD, BRIDGE, BEHIND, INNER, DEEP]
WHERE = "dev 0 0 8086 1234 0 30 10\n"


class Table(unittest.TestCase):
    def ask(self, data, commands, said=None):
        path = os.path.join(folder.name, "file")
        with open(path, "wb") as file:
            file.write(data)
        done = subprocess.run([program, path, str(len(data) if said is None else said)], input=commands.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr.decode()[-2000:])
        return done.stdout.decode().splitlines()

    def test_masks(self):
        said = self.ask(table(GOOD), WHERE + "mask 10 febe0000 f\nmask 18 c001 3\nmask 1c fe00004 f\nmask 20 1 0\nmask 24 0 f\nmask 30 feb80000 0\n"
                        "dev 0 0 8086 1234 1 38 18\nmask 10 0 f\nmask 38 0 0\nmask 18 30201 f\n"
                        "dev 0 0 1af4 1 0 30 18 0\nmask 10 fe000000 f\ndev 0 0 8086 1234 0 30 18 8 38\nmask 10 0 f\n")
        self.assertEqual(said, ["PCI: etc/pci-bar-masks: 5 functions", "mask 0xfffe0000", "mask 0xffffffe1", "mask 0xfffffc04",
                                "mask 0xffffffff", "mask 0x00000000", "mask 0xfffc0000",
                                "mask 0xfffff000", "mask 0x00000000", "none",  # 18h of a bridge is its bus numbers
                                "mask 0xffffff00", "mask 0xfff00000"])

    def test_not_listed(self):
        said = self.ask(table(GOOD), "dev 0 0 8086 1234 0 30 28\nmask 10 0 f\ndev 0 0 8086 1234 0 30 10 0\nmask 10 0 f\n"
                        "dev 1 0 8086 1234 0 30 10\nmask 10 0 f\ndev 0 40 8086 1234 0 30 10\nmask 10 0 f\ndev 0 0 8086 1234 0 30 38\nmask 10 0 f\n"
                        "dev 0 0 8086 1234 0 30 10\nmask 184 0 f\n")
        self.assertEqual(said[1:], ["none"] * 6)

    def test_no_file(self):
        done = subprocess.run([program, "-", "0"], input=(WHERE + "mask 10 0 f\n").encode(), stdout=subprocess.PIPE, check=True)
        self.assertEqual(done.stdout, b"none\n")

    def test_once(self):
        said = self.ask(table(GOOD), WHERE + "mask 10 0 f\ndrop\nmask 10 0 f\n")
        self.assertEqual(said[1:], ["mask 0xfffe0000", "none"])
        self.assertEqual(self.ask(table(GOOD), "drop\n" + WHERE + "mask 10 0 f\n"), ["none"])

    def test_size_is_a_hint(self):
        many = table([entry([devfn], [0xfffff000]) for devfn in range(256)])
        for said in (0, 1, 100, len(many), 1 << 20, 0xffffffff):
            self.assertEqual(self.ask(many, "dev 0 0 8086 1234 0 30 ff\nmask 10 0 f\n", said), ["PCI: etc/pci-bar-masks: 256 functions", "mask 0xfffff000"])

    def test_damaged(self):
        whole, first = "ignoring the table", "PCI: etc/pci-bar-masks: "
        last = GOOD[:4]
        for data, fault in (
                (b"", "has no signature"), (table(GOOD)[:20], "has a bad header length|has a bad checksum|has a bad length"),
                (table(GOOD, magic=b"PCIBMASQ"), "has no signature"), (table(GOOD, version=2), "is of an unknown version"),
                (table(GOOD, header=28), "has a bad header length"), (table(GOOD, header=33), "has a bad header length"),
                (table([], header=64, total=32), "has a bad header length"), (table(GOOD, total=2 << 20), "has a bad length"),
                (table(GOOD, total=34), "has a bad length"), (table(GOOD, spoil=1), "has a bad checksum"),
                (table(GOOD, count=6), "entry 5 of 6 runs over the end"), (table(GOOD, count=0xffffffff), "entry 5 of 4294967295 runs over the end"),
                (table(GOOD, count=4), "entry 4 of 4 is the last, but does not end the table"),
                (table([CARD, entry([0x20], [], path_length=0)]), "entry 1 of 2 has no path"),
                (table([CARD, entry([0x20], [], length=74)]), "entry 1 of 2 has a bad length"),
                (table([CARD, entry([0x20], [], length=72)]), "entry 1 of 2 has a bad length"),
                (table([CARD, entry([0x20], [], length=0)]), "entry 1 of 2 has a bad length"),
                (table([CARD, entry([0x20], [], length=0xfffc)]), "entry 1 of 2 runs over the end"),
                (table(last + [entry([0x18, 0x10, 0], [])]), "entry 4 of 5 is not preceded by its bridge"),
                (table([CARD, entry([0x10, 0], [])]), "entry 1 of 2 is not preceded by its bridge"),
                (table([entry([0x18, 0], [])]), "entry 0 of 1 is not preceded by its bridge"),
                (table([BRIDGE, entry([0x18, 0], [], segment=1)]), "entry 1 of 2 is not preceded by its bridge"),
                (table([BRIDGE, entry([0x18, 0], [], root=3)]), "entry 1 of 2 is not preceded by its bridge")):
            with self.subTest(fault=fault):
                said = self.ask(data, WHERE + "mask 10 febe0000 f\nmask 18 c001 3\n")
                self.assertRegex(said[0], f"^{first}({fault}), {whole}$")
                self.assertEqual(said[1:], ["none", "none"])

    def test_longer_header_and_entries(self):
        longer = entry([0x10], [0xfffe0000])
        longer = struct.pack("<H", len(longer) + 8) + longer[2:] + bytes(8)
        self.assertEqual(self.ask(table([longer, BRIDGE], header=48), WHERE + "mask 10 0 f\n")[1:], ["mask 0xfffe0000"])

    def test_of_another_function(self):
        for what, commands in (("device", "dev 0 0 8086 9999 0 30 10\nmask 10 0 f\nmask 10 0 f\n"),
                               ("header type", "dev 0 0 8086 1234 1 38 10\nmask 10 0 f\nmask 10 0 f\n")):
            with self.subTest(what):
                said = self.ask(table(GOOD), commands)
                self.assertRegex(said[1], "^entry 0 of etc/pci-bar-masks is not this function's")
                self.assertEqual(said[2:], ["none", "none"])

    def test_contradicts_the_register(self):
        """A mask of twice the size under an address that is aligned to the true one alone; a memory BAR that holds I/O, and so on."""
        for what, register, value, fixed in (("twice the size", 0x10, 0xfeba0000 | 0x10000, 0xf), ("I/O", 0x10, 0xc001, 3), ("64 bits", 0x10, 0xfebe0004, 0xf),
                                             ("memory", 0x18, 0xfe000000, 0xf), ("no BAR", 0x24, 0xfe000000, 0xf), ("ROM", 0x30, 0xfeb80000 | 0x20000, 0)):
            with self.subTest(what):
                said = self.ask(table(GOOD), WHERE + f"mask {register:x} {value:x} {fixed:x}\nmask 10 febe0000 f\n")
                self.assertRegex(said[1], rf"^entry 0 of etc/pci-bar-masks is not this function's \(register {register:#x} is ")
                self.assertEqual(said[2:], ["none", "none"])

    def test_checked(self):
        """What was found is compared with what is told, and half the size is no less a lie than twice."""
        true = "mask 10 fffe0000 ffffffff\nmask 14 0 ffffffff\nmask 30 fffc0000 fffff800\n"
        self.assertEqual(self.ask(table(GOOD), "check\n" + WHERE + true)[1:], ["mask 0xfffe0000", "mask 0x00000000", "mask 0xfffc0000"])
        for register, found, all_ones in ((0x10, 0xfffc0000, 0xffffffff), (0x10, 0xffff0000, 0xffffffff),
                                          (0x14, 0xfffff000, 0xffffffff), (0x30, 0xfff80000, 0xfffff800), (0x30, 0xfffe0000, 0xfffff800)):
            with self.subTest(register=register, found=found):
                said = self.ask(table(GOOD), "check\n" + WHERE + f"mask {register:x} {found:x} {all_ones:x}\n" + true)
                self.assertRegex(said[1], rf"^entry 0 of etc/pci-bar-masks is not this function's \(register {register:#x} sizes as {found:#010x}, mask ")
                self.assertEqual(said[2:], ["none"] * 4)

    def test_random_damage(self):
        for data in damaged(table(GOOD), 300):
            self.ask(data, WHERE + "mask 10 0 f\nmask 30 0 0\ndev 0 0 8086 1234 0 30 18 8 38\nmask 10 0 f\ndrop\nmask 10 0 f\n")


class Ecam(unittest.TestCase):
    def test_choice(self):
        """Which mechanism is chosen, on machines that are made up in test/ecam.c."""
        words = {"6.1": [], "6.12": ["-DSYSCORE_DATA", "-Wno-unused-parameter"]}[VERSION]
        done = subprocess.run([build(TESTS, folder.name, "ecam", "-Wno-format", *words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual((done.returncode, done.stdout.decode()), (0, ""))


VERSION = "6.1"

if __name__ == "__main__":
    if len(sys.argv) > 1 and re.fullmatch(r"\d+\.\d+", sys.argv[1]):
        VERSION = sys.argv.pop(1)
    unittest.main()
