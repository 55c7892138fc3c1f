package abi

// Flags of mmap(2).
const (
	MAP_SHARED          = 0x01
	MAP_PRIVATE         = 0x02
	MAP_SHARED_VALIDATE = 0x03
	MAP_TYPE            = 0x0f
	MAP_FIXED           = 0x10
	MAP_ANONYMOUS       = 0x20
	MAP_FIXED_NOREPLACE = 0x100000
)

// Flags of mremap(2).
const (
	MREMAP_MAYMOVE = 1
	MREMAP_FIXED   = 2
)

// Advice of madvise(2).
const (
	MADV_DONTNEED = 4
	MADV_FREE     = 8
)
