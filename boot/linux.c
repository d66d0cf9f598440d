/* The Linux boot protocol: from head.asm, boot_params at hand. */
#include <stddef.h>
#include "boot_params.h"
#include "image.h"
#include "loader.h"

static struct handoff handoff;

/* What head.asm's tables map. */
const void *loader_map_identity(void *context, uint64_t physical, uint64_t len)
{
	(void)context;
	return physical < LOADER_MAPPED && len <= LOADER_MAPPED - physical ? (const void *)physical
									   : NULL;
}

struct loader loader_here(void)
{
	return (struct loader){
	    .map = loader_map_identity,
	    .image = {.start = (uint64_t)image_start,
		      .len = (uint64_t)(image_end - image_start),
		      .ram = true},
	};
}

_Noreturn void linux_main(uint64_t boot_params);

_Noreturn void linux_main(uint64_t boot_params)
{
	const struct loader loader = loader_here();
	const uint8_t *params = loader.map(NULL, boot_params, BOOT_PARAMS_LEN);

	handoff.boot = "linux";
	/* The loader's word for where it is; not to be read before it is known to be mapped. */
	if (params)
		boot_params_take(params, &loader, &handoff);
	else
		handoff_options_lost(&handoff, "boot_params is not in the first 4 GiB");
	kernel_enter(&handoff);
}
