# shellcheck shell=bash
# What the tools that write media share: everything that could differ from one time or place to another is fixed.

# The commit's date; without a repository, one that FAT (from 1980) and ISO 9660 can both hold.
if [[ -z ${SOURCE_DATE_EPOCH-} ]]; then
    SOURCE_DATE_EPOCH=$(git -C "$(dirname -- "${BASH_SOURCE[0]}")" log -1 --format=%ct 2>/dev/null) || SOURCE_DATE_EPOCH=946684800
fi
export SOURCE_DATE_EPOCH
# File systems keep local time, and no user's settings may change what is made.
export TZ=UTC LC_ALL=C MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=1
unset MTOOLS_NAME_NUMERIC_TAIL MTOOLS_DATE_STRING MTOOLS_LOWER_CASE

grub_pc=/usr/lib/grub/i386-pc

# grub_core FORMAT FILE: GRUB for a BIOS, which knows the boot drive from the BIOS and our volume as its second partition.
# FORMAT is i386-pc-eltorito for a CD, i386-pc for a disk.
grub_core() {
    grub-mkimage -O "$1" -o "$2" -d "$grub_pc" -p '(,gpt2)/boot' \
        biosdisk part_gpt part_msdos fat normal test linux echo sleep halt
}
