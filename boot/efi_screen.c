/* The frame buffer that firmware drew on, for the one thing that is drawn after the run (UEFI 2.10,
 * 12.9). */
#include "efi_boot.h"

static EFI_GUID graphics_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;

/* Only what needs no protocol to draw on: 32 bits a pixel in memory, of red, green and blue in
 * either order. */
static bool is_plain(const EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *mode)
{
	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = mode->Info;

	if (info->PixelFormat != PixelRedGreenBlueReserved8BitPerColor &&
	    info->PixelFormat != PixelBlueGreenRedReserved8BitPerColor)
		return false;
	return mode->FrameBufferBase && info->HorizontalResolution <= info->PixelsPerScanLine &&
	       (uint64_t)info->PixelsPerScanLine * info->VerticalResolution <=
		   mode->FrameBufferSize / 4;
}

void efi_take_screen(struct handoff *handoff)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *graphics;
	const EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *mode;

	if (EFI_ERROR(efi_services->LocateProtocol(&graphics_guid, NULL, (void **)&graphics)))
		return;
	mode = graphics->Mode;
	if (!mode || !mode->Info || !is_plain(mode))
		return;
	handoff->screen = (struct handoff_screen){
	    .base = mode->FrameBufferBase,
	    .width = mode->Info->HorizontalResolution,
	    .height = mode->Info->VerticalResolution,
	    .stride = mode->Info->PixelsPerScanLine,
	};
}
