//go:build !unix

package emu

// reserve makes size bytes: there is no library that would keep pointers.
func reserve(size int) ([]byte, error) { return make([]byte, size), nil }

// release leaves them to the garbage collector.
func release([]byte) error { return nil }
