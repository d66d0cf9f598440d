/* Keeping what is printed. */
#include "log.h"
#include "crc32.h"
#include "mem.h"

#define LOG_MAX   (1ull << 20)

/* What is printed before there is memory: a few lines, unless all of a command line is refused. */
#define EARLY_MAX 4096

static char early[EARLY_MAX];
static struct log log = {.text = early, .room = EARLY_MAX};

size_t log_init(struct handoff_range ram)
{
	size_t len = ram.len / 8 < LOG_MAX ? ram.len / 8 : LOG_MAX;
	char *text = (char *)(ram.start + ram.len - len);

	if (log.len > log.room || log.len > len)
		return 0;
	memcpy(text, log.text, log.len);
	log.text = text;
	log.room = len;
	return len;
}

void log_put(const char *text, size_t len)
{
	size_t left = log.len < log.room ? log.room - log.len : 0;

	memcpy(log.text + log.len, text, len < left ? len : left);
	log.len += len;
	log.crc = crc32_add(log.crc, text, len);
}

const struct log *log_now(void)
{
	return &log;
}
