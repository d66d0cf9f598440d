/* First reads. */
#include <stddef.h>
#include "first.h"

static const unsigned registers[FIRST_REGISTERS] = {PCI_ID, PCI_CLASS_REVISION,
						    PCI_CACHE_LINE_HEADER};

/* Index of the register, or FIRST_REGISTERS. */
static unsigned index_of(unsigned reg)
{
	unsigned i = 0;

	while (i < FIRST_REGISTERS && registers[i] != reg)
		i++;
	return i;
}

/* Where the function is, or would be: a quarter of the places is always free. */
static struct first_function *find(const struct first_reads *first, struct cfg_address at)
{
	uint32_t key = cfg_key(at), i = key * 2654435761u >> 16; /* 2^32 by the golden ratio */

	for (;; i++) {
		struct first_function *f = &first->function[i % FIRST_CAPACITY];

		if (!f->used || f->key == key)
			return f;
	}
}

static void keep(struct first_reads *first, struct cfg_address at, unsigned index, uint32_t value)
{
	struct first_function *f = find(first, at);

	if (!f->used) {
		if (first->count == FIRST_KEPT_MAX)
			return;
		first->count++;
		*f = (struct first_function){.key = cfg_key(at), .used = true};
	}
	if (f->kept >> index & 1)
		return;
	f->kept = (uint8_t)(f->kept | 1u << index);
	f->value[index] = value;
}

static bool first_reaches(const struct cfg *cfg, struct cfg_address at, unsigned reg)
{
	const struct first_reads *first = cfg->state;

	return first->below->ops->reaches(first->below, at, reg);
}

static uint32_t first_read(struct cfg *cfg, struct cfg_address at, unsigned reg, unsigned width)
{
	struct first_reads *first = cfg->state;
	uint32_t value = cfg_read(first->below, at, reg, width);
	unsigned index = index_of(reg);

	if (first->function && width == 4 && index < FIRST_REGISTERS && first_reaches(cfg, at, reg))
		keep(first, at, index, value);
	return value;
}

static void first_write(struct cfg *cfg, struct cfg_address at, unsigned reg, unsigned width,
			uint32_t value)
{
	struct first_reads *first = cfg->state;

	cfg_write(first->below, at, reg, width, value);
}

static const struct cfg_ops first_ops = {
    .name = "first",
    .reaches = first_reaches,
    .read = first_read,
    .write = first_write,
};

void first_init(struct cfg *cfg, struct first_reads *first, struct cfg *below,
		struct first_function *function)
{
	*first = (struct first_reads){.below = below, .function = function};
	*cfg = (struct cfg){.ops = &first_ops, .state = first, .counts = below->counts};
}

bool first_of(const struct first_reads *first, struct cfg_address at, unsigned reg, uint32_t *value)
{
	unsigned index = index_of(reg);
	const struct first_function *f = first->function ? find(first, at) : NULL;

	if (!f || index == FIRST_REGISTERS || !(f->kept >> index & 1))
		return false;
	*value = f->value[index];
	return true;
}

static bool is_root(const struct pci_roots *roots, uint32_t key)
{
	return pci_root_at(roots, (uint16_t)(key >> 16), (uint8_t)(key >> 8));
}

void first_forget_absent(struct first_reads *first, const struct pci_roots *roots)
{
	for (unsigned i = 0; first->function && i < FIRST_CAPACITY; i++) {
		struct first_function *f = &first->function[i];

		if (f->kept & 1 && !pci_id_present(f->value[0]) && !is_root(roots, f->key))
			f->kept = 0;
	}
}
