/* _CBA in its constant forms. */
#include "aml.h"
#include "mem.h"

#define NAME_OP   0x08
#define METHOD_OP 0x14
#define RETURN_OP 0xa4

/* An integer constant (ACPI 6.4, 20.2.3) at `at`; false when there is none. */
static bool constant(const uint8_t *aml, size_t len, size_t at, uint64_t *value)
{
	size_t left = at < len ? len - at : 0;

	if (left >= 1 && aml[at] <= 1)
		*value = aml[at];
	else if (left >= 2 && aml[at] == 0x0a)
		*value = aml[at + 1];
	else if (left >= 3 && aml[at] == 0x0b)
		*value = mem_le16(aml + at + 1);
	else if (left >= 5 && aml[at] == 0x0c)
		*value = mem_le32(aml + at + 1);
	else if (left >= 9 && aml[at] == 0x0e)
		*value = mem_le64(aml + at + 1);
	else
		return false;
	return true;
}

/*
 * What the object whose four-character name stands at `at` evaluates to, when that is a constant.
 */
static bool object(const uint8_t *aml, size_t len, size_t at, uint64_t *value)
{
	if (at >= 1 && aml[at - 1] == NAME_OP)
		return constant(aml, len, at + 4, value);
	/* Method: its package length, one byte for one this short, stands between the opcode and
	 * the name; then flags and Return. */
	if (at >= 2 && aml[at - 2] == METHOD_OP && at + 5 < len && aml[at + 5] == RETURN_OP)
		return constant(aml, len, at + 6, value);
	return false;
}

static bool find_object(const uint8_t *aml, size_t len, size_t *at, const char *name,
			uint64_t *value)
{
	for (; *at + 4 <= len; (*at)++)
		if (memcmp(aml + *at, name, 4) == 0 && object(aml, len, *at, value)) {
			*at += 4;
			return true;
		}
	return false;
}

bool aml_next_window(const uint8_t *aml, size_t len, size_t *at, struct aml_window *window)
{
	/* WordBusNumber: tag, length 13, resource type 2 (bus numbers); minimum and maximum at 8
	 * and 10. */
	static const uint8_t bus_range[] = {0x88, 0x0d, 0x00, 0x02};
	uint64_t base, segment;
	size_t from;

	if (!find_object(aml, len, at, "_CBA", &base))
		return false;
	*window = (struct aml_window){.base = base, .last = 255};
	for (from = *at; from + 16 <= len; from++)
		if (memcmp(aml + from, bus_range, sizeof(bus_range)) == 0) {
			window->first = mem_le16(aml + from + 8);
			window->last = mem_le16(aml + from + 10);
			break;
		}
	from = *at;
	if (find_object(aml, len, &from, "_SEG", &segment))
		window->segment = (uint16_t)segment;
	return true;
}
