#!/usr/bin/env python3
"""The reader of the mask table in the series for SeaBIOS, compiled as a program with the sanitizers: tables that are right, damaged and
lying (docs/paravirtual.md, "What a reader must check"). No SeaBIOS is needed.

    guest/seabios/test_masks.py [-v]"""
import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "linux"))
sys.dont_write_bytecode = True
from test_files import BRIDGE, CARD, GOOD, MASKS, build, damaged, entry, source, table  # noqa: E402  (the path has to be set first)

# What SeaBIOS finds: the functions of that table.
DEVICES = ["-1 10 8086 1234 02000001 0", "-1 18 8086 1234 02000001 81", "1 100 1af4 1 02000001 0", "1 108 8086 1234 02000001 1",
           "3 238 8086 1234 02000001 0"]
FOUND = ["masks fffe0000 0 ffffffe1 fffffc04 ffffffff 0 fffc0000", "masks fffff000 0 0 0 0 0 0", "masks ffffff00 0 0 0 0 0 0",
         "masks 0 0 0 0 0 0 0", "masks fff00000 0 0 0 0 0 0"]
SAYS = "PCI: etc/pci-bar-masks"

# What is wrong, and what is said of it.
DAMAGED = (
    (table(GOOD)[:31], " is shorter than its header, ignoring it"), (table(GOOD)[:-4], " is truncated, ignoring it"),
    (table(GOOD, magic=b"PCIBMASQ"), " has no signature, ignoring it"), (table(GOOD, version=2), " is not of version 1, ignoring it"),
    (table(GOOD, header=28), " has a bad header length, ignoring it"), (table(GOOD, header=33), " has a bad header length, ignoring it"),
    (table([], header=64, total=32), " has a bad header length, ignoring it"),
    (table(GOOD, total=34), " has a length that is no multiple of 4, ignoring it"),
    (table(GOOD, total=0xfffffffc), " is truncated, ignoring it"), (table(GOOD, spoil=1), " has a bad checksum, ignoring it"),
    (table(GOOD, count=6), ": entry 5 of 6 runs over the end of the table, ignoring the table"),
    (table(GOOD, count=4), ": 76 bytes behind the last of 4 entries, ignoring the table"),
    (table([CARD, entry([0x20], [], path_length=0)]), ": entry 1 of 2 has an empty path, ignoring the table"),
    (table([CARD, entry([0x20], [], length=74)]), ": entry 1 of 2 has a bad length, ignoring the table"),
    (table([CARD, entry([0x20], [], length=72)]), ": entry 1 of 2 has a bad length, ignoring the table"),
    (table([CARD, entry([0x20], [], length=0)]), ": entry 1 of 2 has a bad length, ignoring the table"),
    (table([CARD, entry([0x20], [], length=80)]), ": entry 1 of 2 runs over the end of the table, ignoring the table"),
    (table([CARD, entry([0x20], [], length=0xfffc)]), ": entry 1 of 2 runs over the end of the table, ignoring the table"),
    *((table(entries), f": entry {n} of {len(entries)} is not preceded by the bridge that it is behind, ignoring the table")
      for n, entries in ((4, GOOD[:4] + [entry([0x18, 0x10, 0], [])]), (1, [CARD, entry([0x10, 0], [])]), (0, [entry([0x18, 0], [])]),
                         (1, [BRIDGE, entry([0x18, 0], [], segment=1)]), (1, [BRIDGE, entry([0x18, 0], [], root=3)]))))

# Masks and ROM mask of an entry, and the register of them that nothing has.
ODD = ((0, [0xfffe8000], 0), (0, [0x7ffe0000], 0), (0, [0x8], 0), (0, [0xfffe0004, 0], 0), (0, [0xfffe0004, 0x7fffffff], 0),
       (2, [0, 0, 0xff0001], 0), (2, [0, 0, 1], 0), (1, [0, 0xffff0fe1], 0), (5, [0, 0, 0, 0, 0, 0xfffff004], 0xffffffff),
       (6, [], 0xfffff801), (6, [], 0x7ffff800))
# And such as registers have.
REGISTERS = (([0xfffffff0, 0xfffffffc | 1, 0xffffff08, 0xc, 0xfffffff0], 0xfffff800), ([0x80000000, 0x8000000c, 0xffffffff], 0x80000000),
             ([0xff01, 0xffe1], 0), ([], 0))


def setUpModule():
    global folder, program
    folder = tempfile.TemporaryDirectory()
    for name in "pcimasks.c", "pcimasks.h":
        text = source(os.path.join(HERE, "patches"), f"src/fw/{name}").replace('"fw/pcimasks.h"', "<pcimasks.h>")
        with open(os.path.join(folder.name, name), "w", encoding="utf-8") as file:
            file.write(re.sub(r'#include ".*"', '#include "seabios.h"', text))
    program = build(os.path.join(HERE, "test"), folder.name, "masks", "-Wno-address-of-packed-member")


def tearDownModule():
    folder.cleanup()


class Masks(unittest.TestCase):
    def ask(self, data, devices=DEVICES):
        path = os.path.join(folder.name, "file")
        with open(path, "wb") as file:
            file.write(data)
        done = subprocess.run([program, path], input="\n".join(devices).encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                              env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        self.assertEqual(done.returncode, 0, done.stderr.decode()[-2000:])
        return re.sub(r"0x[0-9a-f]+P", "DEVICE", done.stdout.decode()).splitlines()

    def test_masks(self):
        self.assertEqual(self.ask(table(GOOD)), [f"{SAYS} has masks of 5 devices", *FOUND])

    def test_no_file(self):
        self.assertEqual(self.ask(b""), ["none"] * 5)

    def test_not_listed(self):
        others = ["-1 28 8086 1234 02000001 0", "-1 4010 8086 1234 02000001 0", "0 10 8086 1234 02000001 0"]
        self.assertEqual(self.ask(table(GOOD), DEVICES[:1] + others), [f"{SAYS} has masks of 1 devices", FOUND[0], *["none"] * 3])
        self.assertEqual(self.ask(table([entry([0x10], MASKS, segment=1)]), DEVICES[:1])[1:], ["none"])
        # another root bus, and a header that is none of the two that have BARs
        self.assertEqual(self.ask(table([entry([0x10], MASKS, root=0x40)]), others[1:2])[1:], ["masks fffe0000 0 ffffffe1 fffffc04 ffffffff 0 0"])
        self.assertEqual(self.ask(table([entry([0x10], [], header=2)]), ["-1 10 8086 1234 02000001 2"])[1:], ["none"])

    def test_longer_header_and_entries(self):
        longer = struct.pack("<H", len(CARD) + 8) + CARD[2:] + bytes(8)
        self.assertEqual(self.ask(table([longer, BRIDGE], header=48))[1:], FOUND[:2] + ["none"] * 3)

    def test_damaged(self):
        for data, fault in DAMAGED:
            with self.subTest(fault=fault):
                self.assertEqual(self.ask(data), [SAYS + fault, *["none"] * 5])

    def test_of_another_device(self):
        """Vendor and device, class and revision, header type."""
        for device in ("-1 10 8086 9999 02000001 0", "-1 10 8087 1234 02000001 0", "-1 10 8086 1234 02010001 0", "-1 10 8086 1234 02000002 0",
                       "-1 10 8086 1234 02000001 80"):
            with self.subTest(device):
                self.assertEqual(self.ask(table(GOOD), [device, *DEVICES[1:]]), [
                    f"{SAYS}: entry 0 of 5 is not what DEVICE is, ignoring the entry", f"{SAYS} has masks of 4 devices", "none", *FOUND[1:]])

    def test_masks_that_no_bar_has(self):
        for at, masks, rom in ODD:
            with self.subTest(masks=masks, rom=rom):
                value = (masks + [0] * 6)[:6][at] if at < 6 else rom
                self.assertEqual(self.ask(table([entry([0x10], masks, rom=rom)]), DEVICES[:1]), [
                    f"{SAYS}: entry 0 of 1 (DEVICE): nothing has mask {at} like {value:08x}, ignoring the entry", f"{SAYS} has masks of 0 devices",
                    "none"])

    def test_masks_that_bars_have(self):
        for masks, rom in REGISTERS:
            with self.subTest(masks=masks):
                self.assertEqual(self.ask(table([entry([0x10], masks, rom=rom)]), DEVICES[:1])[1], "masks " + " ".join(
                    f"{mask:x}" for mask in ((masks + [0] * 6)[:6] + [rom])))

    def test_random_damage(self):
        for data in damaged(table(GOOD), 200):
            self.ask(data)


if __name__ == "__main__":
    unittest.main()
