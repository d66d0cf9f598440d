/* As much of edk2's headers as OvmfPkg/PciBarMaskDxe of the series needs as a program. */
#ifndef EDK2_H
#define EDK2_H
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t UINT8;
typedef uint16_t UINT16;
typedef uint32_t UINT32;
typedef uint64_t UINT64;
typedef uintptr_t UINTN;
typedef unsigned char BOOLEAN;
typedef char CHAR8;
typedef UINTN EFI_STATUS;
typedef UINTN RETURN_STATUS;
typedef void *EFI_HANDLE;
typedef struct {
	UINT8 Bytes[16];
} EFI_GUID;
typedef struct EFI_SYSTEM_TABLE EFI_SYSTEM_TABLE;
typedef UINTN FIRMWARE_CONFIG_ITEM;

#define VOID     void
#define STATIC   static
#define CONST    const
#define EFIAPI
#define IN
#define OUT
#define OPTIONAL
#define TRUE     1
#define FALSE    0

#define BIT0 1u
#define BIT1 2u
#define BIT2 4u
#define BIT3 8u
#define MAX_UINT32 0xffffffffu
#define MAX_UINTN  UINTPTR_MAX
#define SIZE_16MB  (16u << 20)
#define MAX(a, b)  ((a) > (b) ? (a) : (b))

#define EFI_SUCCESS          0
#define EFI_UNSUPPORTED      3
#define EFI_OUT_OF_RESOURCES 9
#define EFI_NOT_FOUND        14
#define EFI_ERROR(status)    ((status) != EFI_SUCCESS)

#define PCI_MAX_BAR                   6
#define HEADER_LAYOUT_CODE            0x7f
#define HEADER_TYPE_PCI_TO_PCI_BRIDGE 1

typedef struct {
	UINT16 VendorId, DeviceId, Command, Status;
	UINT8 RevisionID, ClassCode[3], CacheLineSize, LatencyTimer, HeaderType, BIST;
} PCI_DEVICE_INDEPENDENT_REGION;

#define SIGNATURE_64(a, b, c, d, e, f, g, h)                                                                                               \
	((UINT64)(a) | (UINT64)(b) << 8 | (UINT64)(c) << 16 | (UINT64)(d) << 24 | (UINT64)(e) << 32 | (UINT64)(f) << 40 | (UINT64)(g) << 48 | \
	 (UINT64)(h) << 56)

#define CompareMem memcmp
#define ZeroMem(buffer, length) memset(buffer, 0, length)
#define LShiftU64(value, count) ((UINT64)(value) << (count))
#define AllocatePool malloc
#define FreePool free

static inline UINT32 CalculateSum32(const UINT32 *buffer, UINTN length)
{
	UINT32 sum = 0;
	UINTN i;

	for (i = 0; i < length / 4; i++)
		sum += buffer[i];
	return sum;
}

#define DEBUG_INFO 0
#define DEBUG_WARN 1
#define DEBUG(words) DebugPrint words
void DebugPrint(UINTN level, const char *format, ...);

RETURN_STATUS QemuFwCfgFindFile(const char *name, FIRMWARE_CONFIG_ITEM *item, UINTN *size);
void QemuFwCfgSelectItem(FIRMWARE_CONFIG_ITEM item);
void QemuFwCfgReadBytes(UINTN size, void *buffer);

struct boot_services {
	EFI_STATUS (*InstallMultipleProtocolInterfaces)(EFI_HANDLE *handle, ...);
};
extern struct boot_services *gBS;

#endif
