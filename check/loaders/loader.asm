; A loader that hands barometer over as some hypervisor does which is not at hand: QEMU boots it by PVH, with the real
; machine's memory map, RSDP and command line, and it passes them on in that hypervisor's shape.
;
;   nasm -f bin -I ./ -dAS_CROSVM -dPVH_ENTRY=0x... -dPAYLOAD='"file"' -dEXTRA='"words "' -o loader.elf check/loaders/loader.asm
;
; AS_CROSVM            64-bit entry of the ELF, boot_params with an RSDP pointer
; AS_FIRECRACKER       the same without
; AS_KVMTOOL           32-bit entry of the bzImage, no RSDP pointer, at an address that is nobody's preference
; AS_CLOUD_HYPERVISOR  PVH, the RSDP at a0000h
; AS_XEN               PVH, version 0, no memory map
; LEAVE_CR4            with AS_CROSVM: bits of CR4 that it leaves set, and a protection key that refuses everything
; COUNT                with AS_CROSVM: how many E820 entries it claims; those that it does not have are empty
; PAYLOAD   what is to be entered: the ELF as a flat file (objcopy -O binary), or build/barometer.bz.bin
; EXTRA     words of the loader's, which come first on the command line

%include "boot/long_mode.inc"

BITS 32
ORG 0x4000000

PT_LOAD equ 1
PT_NOTE equ 4
XEN_ELFNOTE_PHYS32_ENTRY equ 18

START_INFO   equ 0x6000
BOOT_PARAMS  equ 0x7000
PAGE_TABLES  equ 0x9000
COMMAND_LINE equ 0x20000
RSDP_HIGH    equ 0xa0000

%ifdef AS_KVMTOOL
TARGET equ 0x1234000
%else
TARGET equ 0x200000                     ; where the ELF is linked
%endif

%ifdef AS_CLOUD_HYPERVISOR
%define BY_PVH
%elifdef AS_XEN
%define BY_PVH
%endif

; struct hvm_start_info
%define INFO_VERSION 4
%define INFO_COMMAND_LINE 24
%define INFO_RSDP 32
%define INFO_MAP 40
%define INFO_MAP_ENTRIES 48
%define INFO_LEN 56

elf:    db 0x7f, "ELF", 1, 1, 1, 0      ; 32-bit, little-endian
        times 8 db 0
        dw 2, 3                         ; an executable for the i386
        dd 1, start, headers - elf, 0, 0
        dw headers - elf, 32, 2, 0, 0, 0

headers:
        dd PT_LOAD, 0, elf, elf, end - elf, end - elf, 7, 4096
        dd PT_NOTE, note - elf, note, note, end_of_note - note, end_of_note - note, 4, 4

note:   dd 4, 4, XEN_ELFNOTE_PHYS32_ENTRY
        db "Xen", 0
        dd start
end_of_note:

start:
        cli
        cld
        mov esp, stack_top
        mov ebp, ebx                    ; QEMU's start info
        mov esi, payload
        mov edi, TARGET
        mov ecx, (end - payload + 3) / 4
        rep movsd

        mov edi, COMMAND_LINE
        mov esi, extra
        mov ecx, extra_end - extra
        rep movsb
        mov esi, [ebp + INFO_COMMAND_LINE]
.words: lodsb
        stosb
        test al, al
        jnz .words

%ifdef BY_PVH
        mov esi, ebp
        mov edi, START_INFO
        mov ecx, INFO_LEN / 4
        rep movsd
        mov ebx, START_INFO
        mov dword [ebx + INFO_COMMAND_LINE], COMMAND_LINE
%ifdef AS_CLOUD_HYPERVISOR
        mov esi, [ebp + INFO_RSDP]
        mov edi, RSDP_HIGH
        mov ecx, 36 / 4
        rep movsd
        mov dword [ebx + INFO_RSDP], RSDP_HIGH
%else
        mov dword [ebx + INFO_VERSION], 0
        mov dword [ebx + INFO_MAP], 0
        mov dword [ebx + INFO_MAP_ENTRIES], 0
%endif
        mov eax, PVH_ENTRY
        jmp eax
%else
        xor eax, eax
        mov edi, BOOT_PARAMS
        mov ecx, 4096 / 4
        rep stosd
        mov ebx, BOOT_PARAMS
        mov word [ebx + 0x1fe], 0xaa55
        mov dword [ebx + 0x202], "HdrS"
        mov word [ebx + 0x206], 0x020c
        mov byte [ebx + 0x210], 0xff    ; type_of_loader: undefined
        mov dword [ebx + 0x228], COMMAND_LINE
        mov dword [ebx + 0x238], 2047
%ifdef AS_CROSVM
        mov eax, [ebp + INFO_RSDP]
        mov [ebx + 0x70], eax
%endif
        mov esi, [ebp + INFO_MAP]
        mov ecx, [ebp + INFO_MAP_ENTRIES]
        mov [ebx + 0x1e8], cl
        lea edi, [ebx + 0x2d0]
.map:   movsd                           ; 24 bytes become 20
        movsd
        movsd
        movsd
        movsd
        add esi, 4
        loop .map
%ifdef COUNT
        mov byte [ebx + 0x1e8], COUNT
%endif
        mov esi, BOOT_PARAMS
%ifdef AS_KVMTOOL
        mov eax, TARGET
        jmp eax
%else
        ; The first GiB, as crosvm and Firecracker map it.
        xor eax, eax
        mov edi, PAGE_TABLES
        mov ecx, 3 * 4096 / 4
        rep stosd
        mov dword [PAGE_TABLES], PAGE_TABLES + 0x1003
        mov dword [PAGE_TABLES + 0x1000], PAGE_TABLES + 0x2003
        mov edi, PAGE_TABLES + 0x2000
        mov eax, 0x83
.page:  mov [edi], eax
        add edi, 8
        add eax, 0x200000
        cmp eax, 0x40000000
        jb .page
        mov eax, PAGE_TABLES
        mov cr3, eax
        enable_long_mode
        lgdt [gdt_pointer]
        jmp 0x10:long_mode

BITS 64
long_mode:
        mov eax, 0x18
        mov ss, eax
        mov ds, eax
        mov es, eax
%ifdef LEAVE_CR4
        mov rax, cr4                    ; PCIDE can be set in long mode alone
        or eax, LEAVE_CR4
        mov cr4, rax
        test eax, 1 << 22               ; PKE, where the processor has it
        jz .entry
        xor ecx, ecx
        xor edx, edx
        mov eax, 0x55555555
        wrpkru
.entry:
%endif
        mov esi, BOOT_PARAMS
        mov eax, TARGET + 0x200
        jmp rax

align 8
gdt:    dq 0, 0
        dq 0x00af9b000000ffff           ; 10h, 64-bit code
        dq 0x00cf93000000ffff           ; 18h, data
gdt_pointer:
        dw $ - gdt - 1
        dq gdt
%endif
%endif

extra:  db EXTRA
extra_end:

align 16
        times 256 db 0
stack_top:
payload:
        incbin PAYLOAD
end:
