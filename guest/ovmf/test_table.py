#!/usr/bin/env python3
"""The driver of the series for OVMF that reads the mask table, compiled as a program with the sanitizers: tables that are right, damaged
and lying (docs/paravirtual.md, "What a reader must check"). No OVMF is needed.

    guest/ovmf/test_table.py [-v]"""
import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), folder) for folder in ("linux", "seabios")]
sys.dont_write_bytecode = True
from test_files import BRIDGE, CARD, GOOD, MASKS, build, damaged, entry, source, table  # noqa: E402  (the path has to be set first)
from test_masks import DAMAGED, FOUND, ODD, REGISTERS  # noqa: E402

# What PciBusDxe asks about: the functions of that table.
FUNCTIONS = ["0 0 8086 1234 02000001 0 1 10", "0 0 8086 1234 02000001 81 1 18", "0 0 1af4 1 02000001 0 2 18 0", "0 0 8086 1234 02000001 1 2 18 8",
             "0 0 8086 1234 02000001 0 3 18 8 38"]
NAME = "etc/pci-bar-masks"
SAYS = "warning: " + NAME


def setUpModule():
    global folder, program
    folder = tempfile.TemporaryDirectory()
    series = os.path.join(HERE, "patches")
    for path in ("MdeModulePkg/Include/Protocol/PciBarMask.h", *(f"OvmfPkg/PciBarMaskDxe/PciBarMask{name}" for name in ("Table.h", "Table.c", "Dxe.c"))):
        text = re.sub(r"#include <Protocol/(\w*\.h)>", r"#include <\1>", source(series, path)).replace('"PciBarMaskTable.h"', "<PciBarMaskTable.h>")
        with open(os.path.join(folder.name, os.path.basename(path)), "w", encoding="utf-8") as file:
            file.write(re.sub(r'#include (?!<PciBarMask(Table)?\.h>).*', '#include "edk2.h"', text))
    program = build(os.path.join(HERE, "test"), folder.name, "masks", "-Wno-unused-parameter", "-Wno-format-security")


def tearDownModule():
    folder.cleanup()


class Table(unittest.TestCase):
    def ask(self, data, functions=FUNCTIONS):
        path = os.path.join(folder.name, "file")
        if data is not None:
            with open(path, "wb") as file:
                file.write(data)
        done = subprocess.run([program, "-" if data is None else path], input="\n".join(functions).encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr.decode()[-2000:])
        return done.stdout.decode().splitlines()

    def test_masks(self):
        self.assertEqual(self.ask(table(GOOD)), [f"{NAME} has masks of 5 functions", *FOUND])

    def test_no_file(self):
        self.assertEqual(self.ask(None), [])
        self.assertEqual(self.ask(b""), [f"{SAYS} is shorter than its header, ignoring it"])

    def test_too_large(self):
        self.assertEqual(self.ask(bytes((16 << 20) + 1)), [f"{SAYS} has 0x1000001 bytes, ignoring it"])

    def test_not_listed(self):
        """Another device, a path that goes on, one that begins so, another segment and root bus."""
        for function in ("0 0 8086 1234 02000001 0 1 28", "0 0 8086 1234 02000001 0 2 10 0", "0 0 8086 1234 02000001 0 2 18 10",
                         "1 0 8086 1234 02000001 0 1 10", "10000 0 8086 1234 02000001 0 1 10", "0 1 8086 1234 02000001 0 1 10"):
            with self.subTest(function):
                self.assertEqual(self.ask(table(GOOD), [function, FUNCTIONS[0]])[1:], ["none", FOUND[0]])

    def test_segment_and_root_bus(self):
        self.assertEqual(self.ask(table([entry([0x10], MASKS, segment=0x1234, root=0x40)]), ["1234 40 8086 1234 02000001 0 1 10"])[1:],
                         ["masks fffe0000 0 ffffffe1 fffffc04 ffffffff 0 0"])

    def test_header_types(self):
        """A bridge has two BARs, and other headers than the first two have none that PciBusDxe would ask about."""
        self.assertEqual(self.ask(table([entry([0x10], MASKS, header=1)]), ["0 0 8086 1234 02000001 1 1 10"])[1:], ["masks fffe0000 0 0 0 0 0 0"])
        self.assertEqual(self.ask(table([entry([0x10], [], header=2)]), ["0 0 8086 1234 02000001 2 1 10"])[1:], ["none"])
        self.assertEqual(self.ask(table([entry([0x10], [0, 0xfffff004, 0xffffffff], header=1)]), ["0 0 8086 1234 02000001 1 1 10"])[1:], [
            f"{SAYS}: entry 0 of 1 (8086:1234): nothing has mask 1 like fffff004, ignoring the entry", "none"])

    def test_longer_header_and_entries(self):
        longer = struct.pack("<H", len(CARD) + 8) + CARD[2:] + bytes(8)
        self.assertEqual(self.ask(table([longer, BRIDGE], header=48))[1:], FOUND[:2] + ["none"] * 3)

    def test_damaged(self):
        for data, fault in DAMAGED:
            with self.subTest(fault=fault):
                fault = re.sub(r": \d+ bytes behind .* ignoring the table", " has more bytes than its entries, ignoring it", fault)
                self.assertEqual(self.ask(data), [SAYS + fault])

    def test_of_another_device(self):
        """Vendor and device, class and revision, header type."""
        for what, function in (("8086:9999", "8086 9999 02000001 0"), ("8087:1234", "8087 1234 02000001 0"), ("8086:1234", "8086 1234 02010001 0"),
                               ("8086:1234", "8086 1234 02000002 0"), ("8086:1234", "8086 1234 02000001 80")):
            with self.subTest(function):
                self.assertEqual(self.ask(table(GOOD), [f"0 0 {function} 1 10", FUNCTIONS[1]])[1:], [
                    f"{SAYS}: entry 0 of 5 is not what {what} is, ignoring the entry", "none", FOUND[1]])

    def test_masks_that_no_bar_has(self):
        for at, masks, rom in ODD:
            with self.subTest(masks=masks, rom=rom):
                value = (masks + [0] * 6)[:6][at] if at < 6 else rom
                self.assertEqual(self.ask(table([entry([0x10], masks, rom=rom)]), FUNCTIONS[:1])[1:], [
                    f"{SAYS}: entry 0 of 1 (8086:1234): nothing has mask {at} like {value:08x}, ignoring the entry", "none"])

    def test_masks_that_bars_have(self):
        for masks, rom in REGISTERS:
            with self.subTest(masks=masks):
                self.assertEqual(self.ask(table([entry([0x10], masks, rom=rom)]), FUNCTIONS[:1])[1:], ["masks " + " ".join(
                    f"{mask:x}" for mask in ((masks + [0] * 6)[:6] + [rom]))])

    def test_random_damage(self):
        for data in damaged(table(GOOD), 200):
            self.ask(data)


if __name__ == "__main__":
    unittest.main()
