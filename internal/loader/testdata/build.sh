#!/bin/sh
# Makes the ELF files of this directory again, in it.
set -e
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
small="-z noseparate-code -z max-page-size=4096 --build-id=none"
note=-mx86-used-note=no

as --32 $note -o "$tmp/32.o" hello32.S
as --64 $note -o "$tmp/64.o" hello64.S
as --x32 $note -o "$tmp/x32.o" hello64.S
as --64 $note --execstack -o "$tmp/exec.o" hello64.S
as --64 $note -o "$tmp/lib.o" lib.S
sed 's/call where/call helper@PLT/' hello64.S | as --64 $note -o "$tmp/user.o"

ld -m elf_i386 $small -o hello32.elf "$tmp/32.o"
ld -m elf_x86_64 $small -o hello64.elf "$tmp/64.o"
ld -m elf32_x86_64 $small -o x32.elf "$tmp/x32.o"
ld -m elf_i386 $small -z notext -pie --no-dynamic-linker -o pie32.elf "$tmp/32.o"
ld -m elf_x86_64 $small -pie --no-dynamic-linker -o pie64.elf "$tmp/64.o"
ld -m elf_x86_64 $small -s -o stripped64.elf "$tmp/64.o"
ld -m elf_x86_64 $small -z execstack -o execstack64.elf "$tmp/exec.o"
ld -m elf_x86_64 $small -pie --dynamic-linker /lib64/ld-linux-x86-64.so.2 -o interp64.elf "$tmp/64.o"
ld -m elf_x86_64 $small -shared -soname libhelper.so -o "$tmp/libhelper.so" "$tmp/lib.o"
ld -m elf_x86_64 $small -pie --no-dynamic-linker -o needed64.elf "$tmp/user.o" "$tmp/libhelper.so"
as --64 $note --gdwarf-4 --debug-prefix-map "$PWD=." -o "$tmp/lines.o" hello64.S
ld -m elf_x86_64 $small -o lines64.elf "$tmp/lines.o"
cp "$tmp/64.o" object64.elf
