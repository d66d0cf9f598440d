"""Which functions of a Linux that boots make its configuration accesses: QEMU's gdb stub stops it where an access begins, the chain of
frame pointers says who asked for it, and QEMU's trace which accesses reached QEMU until the next one began."""
import bisect
import collections
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
import evidence  # noqa: E402  (the path has to be set first)

# The functions in which an access begins, and how many accesses one call makes at most: through the ports it is two. A kernel need not
# have all of them.
BEGINNINGS = {"pci_conf1_read": 2, "pci_conf1_write": 2, "pci_mmcfg_read": 1, "pci_mmcfg_write": 1, "pci_ecam_window_read": 1,
              "read_pci_config": 2, "read_pci_config_byte": 2, "read_pci_config_16": 2, "write_pci_config": 2,
              "write_pci_config_byte": 2, "write_pci_config_16": 2}

# What is between them and who wants the access.
LAYERS = {"raw_pci_read", "raw_pci_write", "pci_read", "pci_write", "pci_ecam_read", "pci_ecam_write", "pci_ecam_early_read",
          "pci_bus_read_config_byte", "pci_bus_read_config_word", "pci_bus_read_config_dword", "pci_bus_write_config_byte",
          "pci_bus_write_config_word", "pci_bus_write_config_dword", "pci_read_config_byte", "pci_read_config_word",
          "pci_read_config_dword", "pci_write_config_byte", "pci_write_config_word", "pci_write_config_dword",
          "pci_user_read_config_byte", "pci_user_read_config_word", "pci_user_read_config_dword",
          "acpi_os_read_pci_configuration", "acpi_os_write_pci_configuration",
          "pcie_capability_read_word", "pcie_capability_read_dword", "pcie_capability_write_word", "pcie_capability_write_dword",
          "pcie_capability_clear_and_set_word", "pcie_capability_clear_and_set_word_locked",
          "pcie_capability_clear_and_set_word_unlocked", *BEGINNINGS}


class Symbols:
    """A kernel's System.map."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            found = sorted((int(address, 16), name) for address, kind, name in (line.split() for line in file) if kind in "tTwW")
        self.addresses = [address for address, _ in found]
        self.names = [name for _, name in found]

    def address(self, name):
        """Where the one function of that name begins; None if there is none."""
        here = [address for address, other in zip(self.addresses, self.names) if other == name]
        if len(here) > 1:
            raise ValueError(f"the kernel has {len(here)} functions of the name {name}")
        return here[0] if here else None

    def name(self, address):
        """The function that an address is in, as the source has it: the compiler's parts and copies of one have suffixes."""
        at = bisect.bisect_right(self.addresses, address) - 1
        return self.names[at].split(".")[0] if at >= 0 else f"{address:#x}"


class Stub:
    """QEMU's gdb stub, as far as breakpoints, registers and memory go."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(300)
        self.socket.connect(path)
        self.left = b""
        self.standing = False  # on a breakpoint, which has to be stepped over
        self.ask("qSupported")

    def packet(self):
        """The next packet from the stub; an empty one when it has gone."""
        while True:
            start = self.left.find(b"$")
            end = self.left.find(b"#", start) if start >= 0 else -1
            if end >= 0 and len(self.left) >= end + 3:
                body, self.left = self.left[start + 1:end], self.left[end + 3:]
                self.socket.sendall(b"+")
                return body.decode("ascii", "replace")
            data = self.socket.recv(1 << 16)
            if not data:
                return ""
            self.left += data

    def send(self, body):
        self.socket.sendall(f"${body}#{sum(body.encode()) % 256:02x}".encode())

    def ask(self, body):
        self.send(body)
        return self.packet()

    def stop_at(self, address):
        if self.ask(f"Z0,{address:x},1") != "OK":
            raise ValueError(f"no breakpoint at {address:#x}")

    def go_on(self):
        """To the next breakpoint. Returns whether there was one; the other end is that of the machine."""
        stepped = not self.standing or self.ask("s").startswith("T")
        self.standing = stepped and self.ask("c").startswith("T")
        return self.standing

    def registers(self):
        """rbp, rsp and rip; the order is rax rbx rcx rdx rsi rdi rbp rsp r8..r15 rip."""
        raw = bytes.fromhex(self.ask("g")[:17 * 16].replace("x", "0"))
        return tuple(int.from_bytes(raw[8 * n:8 * n + 8], "little") for n in (6, 7, 16))

    def memory(self, address, count):
        answer = self.ask(f"m{address:x},{count:x}")
        return b"" if answer.startswith("E") else bytes.fromhex(answer)


def chain(stub, depth=48):
    """Return addresses, innermost first, at the first instruction of a function: its frame is not made yet."""
    frame, stack, _ = stub.registers()
    base, block = stack, stub.memory(stack, 2048)

    def word(address):
        nonlocal base, block
        if not base <= address <= base + len(block) - 8:
            base, block = address, stub.memory(address, 2048)
        return int.from_bytes(block[address - base:address - base + 8], "little") if len(block) >= 8 else 0

    found = [word(stack)]
    while len(found) < depth and frame > stack:
        found.append(word(frame + 8))
        stack, frame = frame, word(frame)
    return [address for address in found if address >= evidence.KERNEL[1]]


def caller(names):
    """Who wants an access, and the initcall or thread in which that is so, of a chain of functions."""
    who = next((name for name in names if name not in LAYERS), "?")
    root = next((inner for inner, outer in zip(names, names[1:]) if outer in ("do_one_initcall", "kthread", "start_kernel")),
                names[-1] if names else "?")
    return who, root


def run(stub, trace, symbols):
    """{(caller, root): calls, and exits by kind} from start_kernel to /init, of a machine that waits for the stub and writes TRACE."""
    start = symbols.address("start_kernel")
    beginnings = {symbols.address(name): name for name in BEGINNINGS if symbols.address(name)}
    for address in (start, *beginnings):
        stub.stop_at(address)
    counts = collections.defaultdict(collections.Counter)
    selected, key, room = 0, None, 0
    with open(trace, encoding="ascii", errors="replace") as lines:
        stub.go_on()
        lines.seek(0, os.SEEK_END)  # firmware's
        while True:
            alive = stub.go_on()
            for operation, address, value, region in evidence.parsed(lines):
                kind = evidence.kind_of(operation, region)
                if kind == "cf8 write":
                    selected = value
                if evidence.is_init(address, value, kind, selected):
                    counts[key]["calls"] -= 1
                    counts[key]["cf8 write"] -= kind == "cfc write"
                    return counts
                if kind in evidence.CONFIG:
                    counts[key if room > 0 else ("an access of its own", "")][kind] += 1
                    room -= 1
            if not alive:
                raise ValueError("Linux never came to its /init")
            name = beginnings[stub.registers()[2]]
            key, room = caller([symbols.name(address - 1) for address in chain(stub)]), BEGINNINGS[name]
            counts[key]["calls"] += 1
