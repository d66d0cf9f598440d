/* Records of boots, which a user may give. The first byte says whether sound lines come first. */
#include <string.h>
#include "fuzz.h"
#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char head[] =
	    "barometer-record 1\nfunction 00:01.0 bridge\n00:00.0-00:05.0/8 r0e.1\n";
	static uint8_t kind[RECORD_ADDRESSES];
	struct fuzz_input in = {data, size};
	size_t before = fuzz_byte(&in) & 1 ? sizeof(head) - 1 : 0;
	struct record_access access;
	struct record_walk walk;
	struct record record;
	unsigned count = 0;
	char *text;

	/* A copy of its own length, so that a read beyond it is seen. */
	text = malloc(before + in.left + 1);
	FUZZ_CHECK(text);
	memcpy(text, head, before);
	memcpy(text + before, in.at, in.left);
	text = realloc(text, before + in.left ? before + in.left : 1);
	FUZZ_CHECK(text);
	if (record_check(&record, text, before + in.left, kind, &fuzz_diag)) {
		record_begin(&walk, &record);
		while (record_next(&walk, &access)) {
			FUZZ_CHECK(access.reg + access.width <= 0x1000 &&
				   access.reg % access.width == 0);
			count++;
		}
		FUZZ_CHECK(!walk.fault && count == record.accesses && count <= RECORD_ACCESSES_MAX);
	}
	free(text);
	return 0;
}
