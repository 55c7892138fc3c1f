//go:build unix

package emu

import "syscall"

// reserve takes size bytes from the host that are committed when they are
// first touched. The library can keep pointers to them.
func reserve(size int) ([]byte, error) {
	return syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
}

// release gives back what reserve took.
func release(data []byte) error { return syscall.Munmap(data) }
