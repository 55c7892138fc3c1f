package abi

// Flags of mmap(2).
const (
	MAP_SHARED          = 0x01
	MAP_PRIVATE         = 0x02
	MAP_SHARED_VALIDATE = 0x03
	MAP_TYPE            = 0x0f
	MAP_FIXED           = 0x10
	MAP_ANONYMOUS       = 0x20
	MAP_LOCKED          = 0x2000
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

// Flags of mlock2(2) and mlockall(2).
const (
	MLOCK_ONFAULT = 1
	MCL_CURRENT   = 1
	MCL_FUTURE    = 2
	MCL_ONFAULT   = 4
)

// Flags of memfd_create(2), and seals.
const (
	MFD_CLOEXEC         = 1
	MFD_ALLOW_SEALING   = 2
	MFD_HUGETLB         = 4
	F_ADD_SEALS         = 1033
	F_GET_SEALS         = 1034
	F_SEAL_SEAL         = 1
	F_SEAL_SHRINK       = 2
	F_SEAL_GROW         = 4
	F_SEAL_WRITE        = 8
	F_SEAL_FUTURE_WRITE = 16
)
