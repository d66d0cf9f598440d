/* Decode of all functions, off and on. */
#include "decode.h"

#define DECODE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

static bool decodes(const struct known *k, unsigned path)
{
	return k->seen >> path & 1 && k->command & DECODE && !pci_is_host_bridge(&k->fn);
}

unsigned decode_count(const struct session *s, unsigned path)
{
	unsigned count = 0;

	for (unsigned i = 0; i < s->inventory.count; i++)
		count += decodes(&s->inventory.known[i], path);
	return count;
}

static void write_all(struct session *s, unsigned path, unsigned without)
{
	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct known *k = &s->inventory.known[i];

		if (decodes(k, path))
			cfg_write16(&s->found.path[path], k->fn.at, PCI_COMMAND,
				    (uint16_t)(k->command & ~without));
	}
}

void decode_off(struct session *s, unsigned path)
{
	outcome_hold(s);
	write_all(s, path, DECODE);
}

void decode_on(struct session *s, unsigned path)
{
	char name[16];

	write_all(s, path, 0);
	outcome_release(s);
	for (unsigned i = 0; i < s->inventory.count; i++) {
		const struct known *k = &s->inventory.known[i];
		uint16_t now;

		if (!decodes(k, path))
			continue;
		now = cfg_read16(&s->found.path[path], k->fn.at, PCI_COMMAND);
		if (now != k->command)
			session_fail(s,
				     "%s COMMAND was 0x%04x before decode was turned off, and is "
				     "0x%04x after",
				     pci_name(name, k->fn.at), k->command, now);
	}
}
