/* The records of boots that are part of the image: tests/records/, as tools/record made them. */
#ifndef BAROMETER_TESTS_RECORDS_H
#define BAROMETER_TESTS_RECORDS_H

enum records { RECORDS_LINUX, RECORDS_SEABIOS, RECORDS_OVMF, RECORDS, RECORDS_OWN = RECORDS };

struct records_text {
	const char *name;
	const char *text, *end;
};
extern const struct records_text records[RECORDS];

#endif
