"""Which functions of a Linux that boots make its configuration accesses."""
import bisect


class Symbols:
    """A kernel's System.map."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            found = sorted((int(address, 16), name) for address, kind, name in (line.split() for line in file) if kind in "tTwW")
        self.addresses = [address for address, _ in found]
        self.names = [name for _, name in found]

    def address(self, name):
        """Where the one function of that name begins."""
        here = [address for address, other in zip(self.addresses, self.names) if other == name]
        if len(here) != 1:
            raise ValueError(f"the kernel has {len(here)} functions of the name {name}")
        return here[0]

    def name(self, address):
        """The function that an address is in."""
        at = bisect.bisect_right(self.addresses, address) - 1
        return self.names[at] if at >= 0 else f"{address:#x}"
