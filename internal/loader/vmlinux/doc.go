// Package vmlinux reads kernel images as distributions ship them: a vmlinux
// ELF file, or a bzImage that holds one compressed, with the symbols of its own
// kallsyms tables.
//
// It maps and runs nothing. Input may come from anywhere: every size is
// bounded, and what is not understood is an error that says what was expected.
package vmlinux
