; barometer.bz: the setup header and the real-mode part of the Linux boot protocol (Documentation/arch/x86/boot.rst),
; followed by the image itself. Assembled flat, with -dPAYLOAD='"file"' and -dINIT_SIZE=bytes.
;
; A loader either fills in boot_params itself and enters the image in protected or long mode (head.asm), or loads the
; first SETUP_SIZE bytes below 1 MiB and enters them in real mode, at 512 (GRUB's linux16, SeaBIOS with QEMU's option
; ROM, kvmtool). Then it is up to the code below to ask the BIOS for the memory map.

SETUP_SIZE  equ 8192                    ; bytes; boot_params included
BOOT_PARAMS equ 4096                    ; where in them

E820_COUNT  equ 0x1e8                   ; offsets in boot_params
HEADER      equ 0x1f1
E820_TABLE  equ 0x2d0
E820_MAX    equ 128
E820_ENTRY  equ 20

CODE32      equ 0x10                    ; __BOOT_CS, __BOOT_DS
DATA32      equ 0x18

bits 16
org 0

; The boot sector that this looks like: nothing to boot from.
	jmp short .no_loader
.no_loader:
	int 0x18
.halt:	hlt
	jmp .halt

	times HEADER - ($ - $$) db 0
header:
	db SETUP_SIZE / 512 - 1         ; setup_sects
	dw 0                            ; root_flags
	dd (payload_end - payload) / 16 ; syssize
	dw 0                            ; ram_size
	dw 0xffff                       ; vid_mode: as it is
	dw 0                            ; root_dev
	dw 0xaa55                       ; boot_flag
	jmp short start                 ; at 0x200; its second byte says where the header ends
header_version:
	db "HdrS"
	dw 0x020f                       ; version 2.15
	dd 0                            ; realmode_swtch
	dw 0                            ; start_sys_seg
	dw version - 0x200              ; kernel_version
	db 0                            ; type_of_loader
	db 0x01                         ; loadflags: LOADED_HIGH
	dw 0                            ; setup_move_size
code32_start:
	dd 0x100000
	dd 0, 0                         ; ramdisk_image, ramdisk_size
	dd 0                            ; bootsect_kludge
	dw 0                            ; heap_end_ptr
	db 0, 0                         ; ext_loader_ver, ext_loader_type
	dd 0                            ; cmd_line_ptr
	dd 0x7fffffff                   ; initrd_addr_max
	dd 0x1000                       ; kernel_alignment
	db 1                            ; relocatable_kernel
	db 12                           ; min_alignment, a power of two
	dw 0x0001                       ; xloadflags: XLF_KERNEL_64
	dd 2047                         ; cmdline_size
	dd 0                            ; hardware_subarch
	dq 0                            ; hardware_subarch_data
	dd 0, 0                         ; payload_offset, payload_length: not compressed
	dq 0                            ; setup_data
	dq 0x200000                     ; pref_address
	dd INIT_SIZE                    ; init_size
	dd 0                            ; handover_offset
	dd 0                            ; kernel_info_offset
header_end:

version:
	db "barometer", 0

; ds = es = ss = the segment that this was loaded to; cs that and 32 paragraphs, or, in kvmtool, the same. All addresses
; below are in the former.
start:
	cli
	cld
	mov ax, ds
	mov ss, ax
	mov sp, 0x8000                  ; up to there it is ours, whatever the loader puts behind it
	push ax
	push word go
	retf
go:
	sti
	; The loader wrote into this header.
	mov si, header
	mov di, BOOT_PARAMS + HEADER
	mov cx, header_end - header
	rep movsb
	call screen
	call memory_map
	cli
	call a20
	xor ebx, ebx
	mov bx, ds
	shl ebx, 4
	lea eax, [ebx + gdt]
	mov [gdt_pointer + 2], eax
	lea esi, [ebx + BOOT_PARAMS]
	mov ecx, [code32_start]
	lea eax, [ebx + protected]
	mov [.far], eax
	lgdt [gdt_pointer]
	mov eax, cr0
	or al, 1                        ; PE
	mov cr0, eax
	db 0x66, 0xea                   ; jmp CODE32:protected, 32 bits, whose address is written here
.far:	dd 0
	dw CODE32

; INT 10h, AH=0Fh: the mode and its columns, as screen_info has them (orig_video_mode, _cols, _lines, _isVGA).
screen:
	mov ah, 0x0f
	int 0x10
	mov [BOOT_PARAMS + 6], al
	mov [BOOT_PARAMS + 7], ah
	mov byte [BOOT_PARAMS + 14], 25
	mov byte [BOOT_PARAMS + 15], 1
	ret

; INT 15h, EAX=E820h (ACPI 6.4, 15.1), until it has no more to say.
memory_map:
	mov di, BOOT_PARAMS + E820_TABLE
	xor ebx, ebx
.next:
	mov eax, 0xe820
	mov edx, 0x534d4150             ; "SMAP"
	mov ecx, E820_ENTRY
	push ds
	pop es
	int 0x15
	jc .end
	cmp eax, 0x534d4150
	jne .end
	add di, E820_ENTRY
	inc byte [BOOT_PARAMS + E820_COUNT]
	cmp byte [BOOT_PARAMS + E820_COUNT], E820_MAX
	je .end
	test ebx, ebx
	jnz .next
.end:
	ret

; Every loader of today has done this; without it each second MiB would be the one below.
a20:
	mov ax, 0x2401
	int 0x15
	cli
	in al, 0x92
	or al, 0x02
	and al, 0xfe
	out 0x92, al
	ret

align 8
gdt:
	dq 0, 0
	dq 0x00cf9b000000ffff           ; 10h, code
	dq 0x00cf93000000ffff           ; 18h, data
gdt_pointer:
	dw $ - gdt - 1
	dd 0

bits 32
; What the 32-bit boot protocol asks for: these selectors, esi = boot_params, ebx = ebp = edi = 0.
protected:
	mov eax, DATA32
	mov ds, eax
	mov es, eax
	mov ss, eax
	mov fs, eax
	mov gs, eax
	xor ebx, ebx
	xor ebp, ebp
	xor edi, edi
	jmp ecx

	times SETUP_SIZE - ($ - $$) db 0

payload:
	incbin PAYLOAD
	align 16, db 0
payload_end:
